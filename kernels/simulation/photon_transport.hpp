// Follows photons through a scene by Monte Carlo and tallies where and when they end, or what a camera expects.
//
// Free paths are exponential (mean 1/(mu_s + mu_a)); an interaction absorbs with probability mu_a/(mu_s + mu_a), else
// scatters by Henyey & Greenstein (Astrophys. J. 93, 1941). Interfaces refract and reflect by Fresnel's formulae for
// unpolarised light where the indices differ. Photons are analog: each ends exactly once.
//
//   exits  every photon's end is counted by kind and number of scatterings: for validation.
//   image  at every scattering the light expected in the camera is added ("next-event estimation": a direction within
//          the acceptance cone, weight p(cos) · solid angle · e^{-optical depth to the face} · targets on the way), as
//          photons that end inside a small aperture are too rare to wait for. Scattered light only; the unscattered
//          part is computed exactly by unscattered_light.hpp. Units: expected detected photons per launched photon.
//          Left out: light reflected inside by a mismatched face between its last scattering and the camera (a share
//          of order of the face's Fresnel reflectance, 2 % for water against air; none with matched indices).
//
// Objects (spheres, cylinders) in a layer are met by Woodcock's method: free paths are drawn for the largest
// attenuation within the layer, and a collision is one in name only with the probability by which the attenuation at
// its place is less (E. Woodcock et al., ANL-7050 (1965)). So the flight knows nothing of objects, and scenes without
// any give the bits they gave before there were objects. An object of very large attenuation makes the whole layer
// slow. Lines to the camera take their chords through objects in closed form (object_chord.hpp). No light is refracted
// by an object.
//
// Random numbers are Philox counters (photon, event) under the seed, sums are integers (fixed point, rounded at random
// so that they are unbiased): the same seed gives the same bits for any number of threads, lanes, and on CUDA.
//
// Example: 1e6 photons through 2 mean free paths of g = 0.75, albedo 0.9: 9.7 % reflected, 66.1 % transmitted.
//   std::vector<std::int64_t> ends(c.ends_size());
//   PhotonTransport::on_cpu({.photons = 1'000'000, .ends = ends.data()}, c);
// Errors: ExitCode::bad_input where the scene cannot be (negative coefficient, target outside the stack,
// objects that overlap or reach out of their layer, …).
#pragma once

#include <cstdint>

#include "kernels/simulation/object_chord.hpp"
#include "kernels/simulation/scene.hpp"
#include "kernels/support/param.hpp"
#include "kernels/support/portable.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

enum class PhotonEnd : int {
    reflected,    // left through the entry face
    transmitted,  // left through the exit face
    sideways,     // left through the box
    absorbed,     // in a layer
    stopped,      // by a target
    lost,         // still flying after 2^20 events
    accepted,     // besides: left through the camera's face within its numerical aperture and radius
    count_
};
constexpr int photon_end_count = static_cast<int>(PhotonEnd::count_);

// What is to be done: photons [first, first + photons). Sums are added to what is there; pointers are the queue's.
struct TransportTask {
    std::int64_t first = 0;
    std::int64_t photons = 0;
    std::int64_t* ends = nullptr;    // [photon_end_count][orders] photons
    std::int64_t* image = nullptr;   // [rows][columns][bins] weight / weight_unit; null: exits only
    std::int64_t* orders = nullptr;  // [orders][bins + 1] as image, summed over pixels, by number of scatterings; the
                                     // last column is light outside the time window; light outside the pixels counts
};

struct PhotonTransport {
    static constexpr StageInfo info{"photon_transport", "simulation", "Follow photons through a scattering medium"};
    static constexpr int max_layers = 16;  // layers after targets have cut them
    static constexpr int max_targets = 8;
    static constexpr int max_objects = 32;

    struct Params {
        std::int64_t seed = 1;
        std::int64_t photons = 1'000'000;
        std::int64_t orders = 33;
        static const ParamTable& table() {
            static const ParamTable t{
                integer(&Params::seed, "seed", "", "key of the random numbers: the same seed, the same photons", 0,
                        std::int64_t{1} << 62),
                integer(&Params::photons, "photons", "", "photons to follow for the scattered light", 1,
                        1'000'000'000'000),
                integer(&Params::orders, "orders", "",
                        "rows of the histogram by number of scatterings; the last one holds all above", 2, 1024)};
            return t;
        }
    };

    struct Target {
        const float* values = nullptr;  // [rows][columns]
        int rows = 0, columns = 0;
        float left = 0, bottom = 0, cells_per_m = 0, outside = 1;
        float pass_offset = 0, pass_slope = 1, reflect_slope = 0;  // probabilities: offset + slope · value
    };

    struct Object {
        ObjectBody<float> body;
        float excess = 0;                          // attenuation above the layer's, 1/m; may be negative
        float absorbed_share = 0, real_share = 1;  // as of the layer it is in
    };

    // Layer k lies between interfaces k and k + 1. Index tables hold the outside too: index[k + 1] is layer k's.
    struct Coefficients {
        int layers = 0;
        float z[max_layers + 1] = {};
        int target_at[max_layers + 1] = {};  // -1: none
        float mu_t[max_layers] = {};
        // For the largest attenuation in the layer: its mean free path, and the shares of such collisions outside of
        // objects that absorb, and that absorb or scatter (1 without objects).
        float mean_free_path[max_layers] = {}, absorbed_share[max_layers] = {}, real_share[max_layers] = {};
        float g[max_layers] = {};
        float index[max_layers + 2] = {};
        float cone_height[max_layers] = {};  // 1 - cos of the acceptance angle inside the layer
        Target targets[max_targets];
        int objects = 0;
        Object object[max_objects];
        float half_width_x = 0, half_width_y = 0;

        SourceKind source = SourceKind::pencil;
        float source_x = 0, source_y = 0, source_width = 0, source_height = 0, source_cone_height = 0;

        int side = 1;  // +1 the camera looks at the exit face, -1 at the entry face
        float sine_limit = 1, aperture_radius_squared = 0, focus_z = 0, focus_path = 0;  // axial path focus to face
        float left = 0, bottom = 0, pixels_per_m = 0;
        int rows = 0, columns = 0, bins = 0, orders = 0;
        float first_path = 0, bins_per_m = 0;  // the time axis as optical path
        std::uint32_t key_low = 0, key_high = 0;
        double weight_scale = 0;  // 1 / weight_unit, a power of two

        [[nodiscard]] std::int64_t image_size() const { return std::int64_t{rows} * columns * bins; }
        [[nodiscard]] std::int64_t orders_size() const { return std::int64_t{orders} * (bins + 1); }
        [[nodiscard]] std::int64_t ends_size() const { return std::int64_t{orders} * photon_end_count; }
    };

    static Coefficients prepare(const Params& params, const TransportScene& scene, Keeper& keep);
    static void on_cpu(const TransportTask& task, const Coefficients& c);
};

}  // namespace firstlight
