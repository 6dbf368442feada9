#include "kernels/reconstruction/parallel_scan.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>

#include "kernels/reconstruction/scan_geometry.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t few_views = 8, fewest_columns = 3;
constexpr double pi = 3.14159265358979323846;

[[noreturn]] void refuse(const Scan& scan, const std::string& problem, const std::string& why,
                         const std::string& way_out) {
    throw Error(ExitCode::bad_input, scan.name + ": " + problem, why, way_out);
}

// The file's x: negative where columns run against it.
double pitch_of_file(const Scan& scan, const char* stage) {
    if (scan.x_m.size() < 2 || static_cast<std::int64_t>(scan.x_m.size()) != scan.columns)
        refuse(scan, "the distance of detector columns is not known",
               "lengths of rays, and so mu in 1/m, follow from /entry/data/x",
               fmt::format("add it (pixel centres in the object plane, m), or give --{}.pixel_mm", stage));
    const double step = (scan.x_m.back() - scan.x_m.front()) / static_cast<double>(scan.columns - 1);
    for (std::size_t i = 1; i < scan.x_m.size(); ++i)
        if (!(std::abs(scan.x_m[i] - scan.x_m[i - 1] - step) <= 0.02 * std::abs(step)) || step == 0)
            refuse(scan, "detector columns are not evenly spaced",
                   fmt::format("/entry/data/x goes from {:.6g} to {:.6g} m between columns {} and {}, and by {:.6g} m "
                               "on average",
                               scan.x_m[i - 1], scan.x_m[i], i - 1, i, step),
                   "resample the scan to even columns");
    return step;
}

bool has_columns(const Scan& scan) {
    return scan.x_m.size() > 1 && static_cast<std::int64_t>(scan.x_m.size()) == scan.columns;
}

double pitch_of(const ParallelScanParams& params, const Scan& scan, const char* stage) {
    return std::isnan(params.pixel_mm) ? std::abs(pitch_of_file(scan, stage)) : params.pixel_mm * 1e-3;
}

bool columns_run_backwards(const Scan& scan) { return has_columns(scan) && scan.x_m.back() < scan.x_m.front(); }

double given_centre(const ParallelScanParams& params, const char* stage) {
    if (!std::isnan(params.centre_px)) return params.centre_px;
    throw Error(ExitCode::usage, fmt::format("--{0}.centre given needs --{0}.centre_px", stage),
                "no column is given for the rotation axis",
                fmt::format("add --{0}.centre_px N (0: middle of the first column), or --{0}.centre find", stage));
}

void check_centre(const ParallelScanParams& params, const Scan& scan, double centre, const char* stage) {
    const double last = static_cast<double>(scan.columns - 1);
    if (centre >= 0 && centre <= last) return;
    const char* from = params.centre == BeamCentre::given  ? "as given"
                       : params.centre == BeamCentre::find ? "as found"
                                                           : "where /entry/data/x is 0";
    refuse(scan, fmt::format("the rotation axis is outside the detector: column {:.2f}", centre),
           fmt::format("{}; columns go from 0 to {:.0f}", from, last),
           params.centre == BeamCentre::given
               ? fmt::format("give --{}.centre_px within the detector", stage)
               : fmt::format("give the axis (--{0}.centre given --{0}.centre_px N), or correct x", stage));
}

// Distance from direction i to the next, on the circle.
std::vector<double> distances(const std::vector<Direction>& d) {
    std::vector<double> to_next(d.size());
    for (std::size_t i = 0; i < d.size(); ++i)
        to_next[i] = i + 1 < d.size() ? d[i + 1].angle - d[i].angle : d[0].angle + pi - d[i].angle;
    return to_next;
}

double median_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void warn_of_views(const Scan& scan, StageContext& context, const char* stage) {
    if (!context.warn) return;
    const bool iterates = stage != std::string_view("filtered_backprojection");  // is what others are told to take
    if (scan.views < few_views)
        context.warn(fmt::format(
            "{}: {} views are few for tomography: expect streaks between dense parts, and details of less than about "
            "1/{} of the object's width are lost; {}",
            scan.name, scan.views, scan.views,
            iterates ? "take 20 or more"
                     : "os_sart_tv and ml_tr (recipes tomography-tv, tomography-ml) do better than "
                       "filtered_backprojection"));
    const std::vector<double> gaps = distances(directions(scan.view_angle_rad));
    const double largest = *std::max_element(gaps.begin(), gaps.end());
    if (gaps.size() < 3 || largest <= 3 * median_of(gaps)) return;
    const double seen = (pi - largest) * 180 / pi;
    context.warn(fmt::format(
        "{}: the views cover {:.0f} of 180 degrees: edges along the directions that were not seen are blurred, and mu "
        "is too low there; {}",
        scan.name, seen,
        iterates ? "take views over 180 degrees, evenly" : "os_sart_tv (recipe tomography-tv) fills some of it"));
}

struct CentreFit {
    double centre = 0, sigma = 0, a = 0, b = 0;
};

CentreFit fit_centre(const std::vector<double>& angles, const std::vector<double>& at,
                     const std::vector<double>& weight) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (std::size_t v = 0; v < angles.size(); ++v) {
        const Eigen::Vector3d row(1, std::cos(angles[v]), std::sin(angles[v]));
        normal += weight[v] * row * row.transpose();
        right += weight[v] * at[v] * row;
    }
    const Eigen::Matrix3d inverse = normal.inverse();
    const Eigen::Vector3d x = inverse * right;
    double misfit = 0, weights = 0;
    for (std::size_t v = 0; v < angles.size(); ++v) {
        const double d = at[v] - x(0) - x(1) * std::cos(angles[v]) - x(2) * std::sin(angles[v]);
        misfit += weight[v] * d * d;
        weights += weight[v];
    }
    const double freedom = std::max(1.0, static_cast<double>(angles.size()) - 3);
    const double scale = misfit / weights * static_cast<double>(angles.size()) / freedom;  // variance of one view
    return {x(0), std::sqrt(std::max(0.0, inverse(0, 0) * weights / static_cast<double>(angles.size()) * scale)), x(1),
            x(2)};
}

CentreFit find_centre(const Scan& scan, const std::vector<double>& angles, const VolumeTask* input, const char* stage) {
    const std::string other = fmt::format("give it (--{0}.centre given --{0}.centre_px N)", stage);
    if (input == nullptr || input->layer(Layer::optical_depth) == nullptr)
        refuse(scan, "the rotation axis cannot be found", "there are no optical depths to find it from", other);
    // Columns' optical depths of each view, summed over rows.
    const auto views = static_cast<std::size_t>(input->views), columns = static_cast<std::size_t>(input->columns);
    std::vector<double> profile(views * columns, 0.0);
    std::vector<float> row(columns);
    for (std::size_t v = 0; v < views; ++v)
        for (std::int64_t y = 0; y < input->rows; ++y) {
            const std::int64_t at = (static_cast<std::int64_t>(v) * input->rows + y) * input->columns;
            const float* limit = input->layer(Layer::optical_depth_upper_limit);
            fill_rays(input->layer(Layer::optical_depth) + at, limit == nullptr ? nullptr : limit + at, input->columns,
                      row.data(), 1);
            for (std::size_t k = 0; k < columns; ++k) profile[v * columns + k] += static_cast<double>(row[k]);
        }
    CentreFit fit;
    std::vector<double> at(views), weight(views);
    double reach = 2 * static_cast<double>(columns);
    for (int pass = 0; pass < 3; ++pass) {
        double mass_of_all = 0, spread = 0;
        for (std::size_t v = 0; v < views; ++v) {
            const double middle = pass == 0 ? static_cast<double>(columns) / 2
                                            : fit.centre + fit.a * std::cos(angles[v]) + fit.b * std::sin(angles[v]);
            double mass = 0, first = 0, second = 0;
            for (std::size_t k = 0; k < columns; ++k) {
                const double d = static_cast<double>(k) - middle;
                if (std::abs(d) > reach) continue;
                mass += profile[v * columns + k];
                first += d * profile[v * columns + k];
                second += d * d * profile[v * columns + k];
            }
            at[v] = mass > 0 ? middle + first / mass : middle;
            weight[v] = std::max(mass, 0.0);
            mass_of_all += weight[v];
            if (mass > 0) spread += second - first * first / mass;
        }
        if (!(mass_of_all > 0))
            refuse(scan, "the rotation axis cannot be found", "the optical depths add up to nothing", other);
        fit = fit_centre(angles, at, weight);
        reach = std::max(2.0, 3 * std::sqrt(std::max(0.0, spread / mass_of_all)));
    }
    if (!std::isfinite(fit.centre) || directions(scan.view_angle_rad).size() < 3)
        refuse(scan, "the rotation axis cannot be found", "it takes views from three directions or more, well apart",
               other);
    return fit;
}

}  // namespace

std::vector<double> view_gaps(const std::vector<double>& angles_rad) {
    const std::vector<Direction> all = directions(angles_rad);
    std::vector<double> to_next = distances(all);
    const double median = median_of(to_next);
    if (all.size() > 2)
        for (double& gap : to_next)
            if (gap > 3 * median) gap = median;
    std::vector<double> gaps(angles_rad.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double before = to_next[(i + all.size() - 1) % all.size()];
        for (const std::size_t v : all[i].views)
            gaps[v] = (before + to_next[i]) / 2 / static_cast<double>(all[i].views.size());
    }
    return gaps;
}

RayCount count_rays(const VolumeTask& input) {
    RayCount count;
    const float* depth = input.layer(Layer::optical_depth);
    const float* limit = input.layer(Layer::optical_depth_upper_limit);
    for (std::int64_t i = 0; depth != nullptr && i < input.rays(); ++i) {
        if (std::isfinite(depth[i])) ++count.known;
        else if (limit != nullptr && std::isfinite(limit[i])) ++count.unseen;
        else ++count.masked;
    }
    return count;
}

std::string share_of_rays(std::int64_t some, const RayCount& rays) {
    const auto with_commas = [](std::int64_t n) {
        std::string digits = std::to_string(n);
        for (std::int64_t at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
            digits.insert(static_cast<std::size_t>(at), ",");
        return digits;
    };
    const std::int64_t all = rays.known + rays.unseen + rays.masked;
    const double percent = 100.0 * static_cast<double>(some) / static_cast<double>(std::max<std::int64_t>(all, 1));
    return fmt::format("{} of {} rays{}", with_commas(some), with_commas(all),
                       percent < 0.1 ? "" : fmt::format(" ({:.3g} %)", percent));
}

RayCount tell_of_rays(StageContext& context, const char* stage) {
    if (context.volume_input == nullptr) return {};
    const RayCount rays = count_rays(*context.volume_input);
    if (rays.masked > 0 && rays.known + rays.unseen == 0)
        refuse(context.scan, "no ray has an optical depth", "all are masked, or dark in the reference",
               "look at the images of its views with --recipe transmission");
    if (context.found != nullptr) {
        (*context.found)["rays_unseen"] = static_cast<double>(rays.unseen);
        (*context.found)["rays_masked"] = static_cast<double>(rays.masked);
    }
    if (context.warn && 2 * rays.unseen > rays.known + rays.unseen + rays.masked)
        context.warn(
            fmt::format("{}: {} saw no photon: their optical depths are only known to be large, so mu along "
                        "them is a guess; expect no structure where they cross. Look whether the light was on "
                        "and the gate is where it arrives (--recipe transmission), or count longer",
                        stage, share_of_rays(rays.unseen, rays)));
    return rays;
}

void RunFigures::rows_done(std::int64_t rows) {
    const std::lock_guard lock(mutex_);
    const bool was_done = done_ >= rows_;
    done_ += rows;
    if (!warn_ || was_done || done_ < rows_) return;
    if (knows_squares_ && squares_ == 0)
        warn_(
            fmt::format("{}: {}: the volume is 0 everywhere: the scan is no darker than its reference says it would be "
                        "with nothing in the way; check the reference, its pulses and the exposure of both (--recipe "
                        "transmission shows the optical depths)",
                        scan_, stage_));
    constexpr double most = 5;  // per ray; voxels without edges make 2 or 3 of a scan with many counts
    const auto judged = means_.find(judged_);
    if (judged == means_.end() || !(judged->second.count > 0) || judged->second.sum <= most * judged->second.count)
        return;
    constexpr double share = 0.15;  // of the rays' own size (root mean square)
    if (depth_ > 0 && residual_ <= share * share * depth_) return;
    warn_(fmt::format(
        "{}: {}: the volume explains the line integrals badly: {} {:.3g} where 1 is expected (wrong angles, "
        "rotation axis or reference, or an object that reaches beyond the detector): check "
        "/entry/data/view (rad), the axis (--{}.centre find) and the views (--recipe transmission)",
        scan_, stage_, judged_, judged->second.sum / judged->second.count, stage_));
}

VolumeBox parallel_scan_box(const ParallelScanParams& params, const Scan& scan, const char* stage) {
    check_view_angles(scan, stage);
    if (scan.columns < fewest_columns)
        refuse(scan, fmt::format("{} column{} too few for a volume", scan.columns, scan.columns == 1 ? " is" : "s are"),
               "a slice has as many voxels across as the detector has columns",
               "use --recipe transmission for an image of each view, or record 3 columns or more");
    const double pitch = pitch_of(params, scan, stage);
    if (params.centre == BeamCentre::given) check_centre(params, scan, given_centre(params, stage), stage);
    VolumeBox box;
    box.name = "mu";
    box.unit = "1/m";
    box.long_name = "attenuation coefficient";
    box.x = {scan.columns, -0.5 * static_cast<double>(scan.columns - 1) * pitch, pitch};
    box.y = box.x;
    const bool has_rows = static_cast<std::int64_t>(scan.y_m.size()) == scan.rows && scan.rows > 0;
    const double step =
        has_rows && scan.rows > 1 ? (scan.y_m.back() - scan.y_m.front()) / static_cast<double>(scan.rows - 1) : pitch;
    box.z = {scan.rows, has_rows ? scan.y_m.front() : -0.5 * static_cast<double>(scan.rows - 1) * pitch, step};
    return box;
}

ParallelScan parallel_scan(const ParallelScanParams& params, StageContext& context, const char* stage) {
    const Scan& scan = context.scan;
    check_view_angles(scan, stage);
    ParallelScan found;
    found.pitch_m = pitch_of(params, scan, stage);
    found.angle_rad = scan.view_angle_rad;
    if (columns_run_backwards(scan))
        for (double& angle : found.angle_rad) angle += pi;
    if (params.centre == BeamCentre::given) found.centre = given_centre(params, stage);
    else if (params.centre == BeamCentre::find) {
        const CentreFit fit = find_centre(scan, found.angle_rad, context.volume_input, stage);
        found.centre = fit.centre;
        if (context.found != nullptr) (*context.found)["centre_sigma_px"] = fit.sigma;
    } else if (has_columns(scan)) {
        found.centre = -scan.x_m.front() / pitch_of_file(scan, stage);
    } else {
        found.centre = 0.5 * static_cast<double>(scan.columns - 1);
        if (context.warn)
            context.warn(
                fmt::format("{}: /entry/data/x does not say where the rotation axis is: taken to be the middle "
                            "of the detector (--{}.centre find looks for it)",
                            scan.name, stage));
    }
    check_centre(params, scan, found.centre, stage);
    if (context.found != nullptr) (*context.found)["centre_px"] = found.centre;
    constexpr double least = 0.75;  // the four voxels of two columns
    found.radius = std::max({found.centre, static_cast<double>(scan.columns - 1) - found.centre, least});
    found.gap_rad = view_gaps(found.angle_rad);
    warn_of_views(scan, context, stage);
    return found;
}

}  // namespace firstlight
