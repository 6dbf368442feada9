// What is simulated: a stack of layers along z (light enters at z = 0), thin targets and bodies inside it, a source
// before it and a telecentric camera before or behind it. Host memory, SI units, z = 0 at the entry face, x = y = 0 on
// the axis.
#pragma once

#include <cstdint>
#include <vector>

namespace firstlight {

struct SceneLayer {
    double thickness_m = 0;
    double refractive_index = 1;
    double mu_s_per_m = 0;  // scattering coefficient
    double mu_a_per_m = 0;  // absorption coefficient
    double g = 0;           // mean cosine of the Henyey-Greenstein phase function, (-1, 1)
};

// Values on a grid of square cells around (centre_x_m, centre_y_m); row 0 has the smallest y.
struct Pattern {
    std::int64_t rows = 0, columns = 0;
    double pitch_m = 0, centre_x_m = 0, centre_y_m = 0;
    std::vector<float> values;  // [rows][columns], 0..1
    float outside = 1;          // the value beyond the grid
};

// An infinitely thin target. Transmission: a photon passes with probability `pattern`, else it is stopped.
// Reflection: `pattern` says where the object is; a photon that meets it is reflected by Lambert's law with
// probability `reflectivity`, else stopped; elsewhere it passes.
struct SceneTarget {
    double z_m = 0;
    bool reflects = false;
    double reflectivity = 1;
    Pattern pattern;
};

// A sphere or a straight cylinder in a layer, of the layer's refractive index and g; its coefficients take the place of
// the layer's. It must lie within one layer, and no two may overlap.
struct SceneObject {
    enum class Shape : std::uint8_t { sphere, cylinder };
    Shape shape = Shape::sphere;
    double x_m = 0, y_m = 0, z_m = 0;                  // centre
    double axis_x = 0, axis_y = 1, axis_z = 0;         // of a cylinder, any length above 0
    double radius_m = 0, height_m = 0 /* cylinder */;  // height: along the axis, from end to end
    double mu_s_per_m = 0, mu_a_per_m = 0;             // inside
};

enum class SourceKind : std::uint8_t {
    pencil,  // along z through (x, y)
    wide,    // along z, uniform over width x height around (x, y)
    cone     // from the point (x, y) of the entry face, uniform in solid angle up to half_angle inside the first layer
};

struct SceneSource {
    SourceKind kind = SourceKind::pencil;
    double x_m = 0, y_m = 0, width_m = 0, height_m = 0, half_angle_rad = 0;
};

enum class DetectorSide : std::uint8_t { exit_face, entry_face };  // transmission, reflection

// A telecentric camera focused (through the layers) on the plane z = focus_m. A ray that leaves the stack is seen in
// the pixel its backward extension meets in that plane, when its sine outside is at most the numerical aperture and it
// leaves within aperture_radius_m of the axis. Sharp imaging keeps optical paths equal, so a ray arrives when it would
// have left its point of the focal plane, plus the axial path from there to the face.
struct SceneDetector {
    DetectorSide side = DetectorSide::exit_face;
    double numerical_aperture = 1, aperture_radius_m = 0 /* 0: no limit */, focus_m = 0;
    std::int64_t rows = 1, columns = 1, bins = 1;
    double pitch_m = 1, first_edge_s = 0, bin_width_s = 1;  // time 0: the source's light enters the stack
};

struct TransportScene {
    std::vector<SceneLayer> layers;
    std::vector<SceneTarget> targets;
    std::vector<SceneObject> objects;
    double index_before = 0, index_behind = 0;      // refractive index outside; 0: matched to the next layer
    double half_width_x_m = 0, half_width_y_m = 0;  // light beyond leaves sideways; 0: no limit
    SceneSource source;
    SceneDetector detector;
};

}  // namespace firstlight
