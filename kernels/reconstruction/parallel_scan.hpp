// What the tomographic stages ask of a scan of many views, and what they say of it: where the rotation axis is, how
// large a pixel is, which volume comes out, how many rays have an optical depth.
//
// Geometry (docs/file_format.md): a column at x' sees the object's points with X cos + Y sin = x'; rows are its z. The
// volume is rows x columns x columns voxels, as wide as the detector's pitch, centred on the rotation axis; voxels that
// lie farther from the axis than the farther end of the detector are 0.
//
// The rotation axis, `centre`:
//   axis    where x' = 0 by the file's x; the middle of the detector, with a warning, where the file has none
//   given   detector column `centre_px`, 0 = middle of the first one
//   find    the centre of mass of what a view sees moves as c + a cos + b sin, because it is the projection of the
//           object's own; fitted by least squares over all views, twice more with only what lies within 3 standard
//           deviations of the object's width around it. The whole object must be in view. Outcome: centre_px and its
//           standard deviation from the misfit, centre_sigma_px.
// Errors (bad_input), each with a way out: one view; angles missing, not finite, beyond two turns (degrees) or all the
// same modulo pi; fewer than 3 columns (box() only: kernels take any); no pixel pitch; uneven columns; an axis outside
// the detector, or not to be found. Usage: `given` without centre_px. Warnings, once per run: fewer than 8 views; views
// over less than 180 degrees; more than half of the rays unseen; a misfit per ray above 5 (RunFigures); a volume that
// is 0 everywhere (iterative stages).
//
//   5 columns, 0.2 mm apart, x = -0.3 .. 0.5 mm  ->  centre 1.5, pitch 0.2 mm, voxels x, y = -0.4 .. 0.4 mm
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/support/parallel_beam.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

enum class BeamCentre : std::uint8_t { axis, given, find };

struct ParallelScanParams {
    BeamCentre centre = BeamCentre::axis;
    double centre_px = std::numeric_limits<double>::quiet_NaN();
    double pixel_mm = std::numeric_limits<double>::quiet_NaN();
};

// The three parameters above, for the table of a stage whose Params inherit from them.
template <class P>
ParamTable parallel_scan_params() {
    return {choice<P, BeamCentre>(
                &P::centre, "centre",
                "rotation axis: where x is 0 in the file, a column as given, or found from how the object moves",
                {"axis", "given", "find"}),
            real<P>(&P::centre_px, "centre_px", "px", "detector column of the rotation axis; 0: middle of the first",
                    -1e6, 1e6)
                .auto_is("to be given")
                .only_if("centre", "given"),
            real<P>(&P::pixel_mm, "pixel_mm", "mm", "distance of detector columns, and of voxels", 1e-6, 1e6)
                .auto_is("as the file's x says")};
}

// What box() of each stage gives; all checks that need no data. `stage`: its name, for messages.
[[nodiscard]] VolumeBox parallel_scan_box(const ParallelScanParams& params, const Scan& scan, const char* stage);

struct ParallelScan {
    double pitch_m = 0;
    double centre = 0;
    double radius = 0;              // px: voxels farther from the axis are 0
    std::vector<double> angle_rad;  // [views] with columns counted along x'
    std::vector<double> gap_rad;    // [views] share of the half circle that each view stands for
};

// Everything; `centre = find` looks at context.volume_input. Writes centre_px into context.found.
[[nodiscard]] ParallelScan parallel_scan(const ParallelScanParams& params, StageContext& context, const char* stage);

// Half the distance to the neighbours on both sides on the circle of 180 degrees; views at the same angle share.
// A gap of more than three times the median is one that was not looked at: it counts as the median.
[[nodiscard]] std::vector<double> view_gaps(const std::vector<double>& angles_rad);

// Rays of a scan by what is known of them.
struct RayCount {
    std::int64_t known = 0;   // with an optical depth
    std::int64_t unseen = 0;  // no photon: a lower limit of it
    std::int64_t masked = 0;  // neither
};
[[nodiscard]] RayCount count_rays(const VolumeTask& input);

// "60 of 2,460 rays (2.4 %)"; no percentage below 0.1 %.
[[nodiscard]] std::string share_of_rays(std::int64_t some, const RayCount& rays);

// The same of context.volume_input (nothing where there is none), into context.found as rays_unseen and rays_masked.
// Warns where more than half of the rays saw no photon. Errors (bad_input): no ray has an optical depth or a limit of
// it.
[[nodiscard]] RayCount tell_of_rays(StageContext& context, const char* stage);

// Rays of one row of a view: optical depths; their limits where no photon was seen; neighbours along the row,
// interpolated, where nothing is known, and 0 where the whole row is unknown.
FL_HD inline void fill_rays(const float* depth, const float* limit, std::int64_t columns, float* out,
                            std::int64_t step) {
    std::int64_t last = -1;  // known so far
    for (std::int64_t k = 0; k < columns; ++k) {
        const float seen = depth[k] - depth[k] == 0 ? depth[k] : limit == nullptr ? depth[k] : limit[k];
        if (!(seen - seen == 0)) continue;
        const float before = last < 0 ? seen : out[last * step];
        for (std::int64_t i = last + 1; i < k; ++i) {
            const float share = last < 0 ? 1.0F : static_cast<float>(i - last) / static_cast<float>(k - last);
            out[i * step] = before + share * (seen - before);
        }
        out[k * step] = seen;
        last = k;
    }
    const float rest = last < 0 ? 0.0F : out[last * step];
    for (std::int64_t i = last + 1; i < columns; ++i) out[i * step] = rest;
}

// Sums over all bands of a run, told to provenance as they grow, and judged once all rows are done. Host memory.
class RunFigures {
  public:
    // `judged`: the mean that is 1 where nothing but noise is left.
    RunFigures(const StageContext& context, const char* stage, const char* judged)
        : found_(context.found),
          warn_(context.warn),
          scan_(context.scan.name),
          rows_(context.scan.rows),
          stage_(stage),
          judged_(judged) {}
    void add(const std::string& mean_of, double sum, double count) {
        const std::lock_guard lock(mutex_);
        Mean& m = means_[mean_of];
        m.sum += sum;
        m.count += count;
        if (found_ != nullptr && m.count > 0) (*found_)[mean_of] = m.sum / m.count;
    }
    // The largest so far.
    void largest(const std::string& name, double value) {
        const std::lock_guard lock(mutex_);
        if (found_ == nullptr) return;
        const auto at = found_->try_emplace(name, value).first;
        if (value > at->second) at->second = value;
    }

    // What voxels are made of: 0 in the sum of all means an empty volume.
    void add_squares(double sum) {
        const std::lock_guard lock(mutex_);
        squares_ += sum;
        knows_squares_ = true;
    }
    // Squares of what is left of rays and of the rays themselves: told by stages without a model of the voxels' error,
    // whose misfit is far above 1 at the edges of dense parts alone.
    void add_residual(double residual, double depth) {
        const std::lock_guard lock(mutex_);
        residual_ += residual;
        depth_ += depth;
    }
    // After each task. Warns, after the last one, of a volume that explains the rays badly or is 0 everywhere.
    void rows_done(std::int64_t rows);

    // Adds to a number; true when this is the first time.
    bool count(const std::string& name, double more) {
        const std::lock_guard lock(mutex_);
        double& sum = counts_[name];
        const bool first = sum == 0;
        sum += more;
        if (found_ != nullptr) (*found_)[name] = sum;
        return first;
    }

  private:
    struct Mean {
        double sum = 0, count = 0;
    };
    std::map<std::string, double>* found_;
    std::function<void(const std::string&)> warn_;
    std::string scan_;
    std::int64_t rows_ = 0, done_ = 0;
    const char *stage_, *judged_;
    double squares_ = 0, residual_ = 0, depth_ = 0;
    bool knows_squares_ = false;
    std::map<std::string, Mean> means_;
    std::map<std::string, double> counts_;
    std::mutex mutex_;
};

}  // namespace firstlight
