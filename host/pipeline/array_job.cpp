#include "host/pipeline/array_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>

#include "host/pipeline/device_counts.hpp"
#include "host/pipeline/job_record.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

// NaN, infinite and negative counts of an array; the first in order of the array.
struct BadCounts {
    std::int64_t number = 0, first = -1;
};

bool is_bad(float count) { return !(count >= 0) || std::isinf(count); }

BadCounts find_bad_counts(const BorrowedCounts& counts) {
    BadCounts all;
    if (counts.type != CountType::f4) return all;
    const std::int64_t traces = counts.views * counts.rows * counts.columns;
    std::mutex adding;
    parallel_for(traces, 256, [&](std::int64_t begin, std::int64_t end) {
        BadCounts here;
        const auto* values = reinterpret_cast<const float*>(counts.counts);
        for (std::int64_t i = begin * counts.bins; i < end * counts.bins; ++i)
            if (is_bad(values[i]) && ++here.number == 1) here.first = i;
        if (here.number == 0) return;
        const std::lock_guard lock(adding);
        all.first = all.number == 0 ? here.first : std::min(all.first, here.first);
        all.number += here.number;
    });
    return all;
}

BadCounts find_bad_counts_on_device(const BorrowedCounts& counts, Queue& queue) {
    BadCounts all;
    if (counts.type != CountType::f4) return all;
    constexpr std::size_t block_bytes = std::size_t{16} << 20;
    const std::int64_t rows = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(block_bytes / counts.trace_bytes()) / std::max<std::int64_t>(1, counts.columns));
    std::vector<std::byte> block;
    for (std::int64_t view = 0; view < counts.views; ++view)
        for (std::int64_t y = 0; y < counts.rows; y += rows) {
            const TileWindow window{view, y, 0, std::min(rows, counts.rows - y), counts.columns, counts.columns};
            block.resize(static_cast<std::size_t>(window.traces()) * counts.trace_bytes());
            download_window(counts, queue, window, block.data());
            BorrowedCounts here = counts;
            here.views = 1;
            here.rows = window.rows;
            here.counts = block.data();
            const BadCounts found = find_bad_counts(here);
            if (found.number > 0 && all.number == 0)
                all.first = (view * counts.rows + y) * counts.columns * counts.bins + found.first;
            all.number += found.number;
        }
    return all;
}

std::unique_ptr<Queue> queue_of(const ArrayScan& array, const Job& job, const JobCallbacks& callbacks) {
    if (!array.device) return open_queue(job.backend, job.threads, callbacks.say);
    if (job.backend == "cpu")
        throw Error(ExitCode::device, array.scan.name + ": the counts lie in a GPU's memory", "the CPU cannot see them",
                    "take backend auto or cuda, or copy them to the host first");
    std::string why_not;
    if (auto queue = open_cuda_queue(*array.device, why_not)) return queue;
    throw Error(ExitCode::device,
                fmt::format("{}: the counts lie in the memory of CUDA device {}, which cannot be used", array.scan.name,
                            *array.device),
                why_not, "copy them to the host first");
}

CountSource source_of(const BorrowedCounts& counts) {
    CountSource source;
    source.type = counts.type;
    source.grid_columns = counts.columns;
    source.reader = [counts]() -> CountSource::Read {
        return [counts](const TileWindow& window, void* out) { counts.copy_window(window, out); };
    };
    source.resident = [counts](const TileWindow& window) { return counts.window_in_place(window); };
    return source;
}

// The same f4 counts, read tile by tile with zeros in place of those that are none.
CountSource mended(CountSource source, std::int64_t bins) {
    source.resident = source.on_device = {};
    source.reader = [reader = std::move(source.reader), bins]() -> CountSource::Read {
        return [read = reader(), bins](const TileWindow& window, void* out) {
            read(window, out);
            auto* values = static_cast<float*>(out);
            std::replace_if(values, values + window.traces() * bins, is_bad, 0.0F);
        };
    };
    return source;
}

std::string problem_of(const std::string& whose, const BorrowedCounts& counts, const BadCounts& bad) {
    std::int64_t at = bad.first;
    std::array<std::int64_t, 4> place{};
    const std::array<std::int64_t, 4> sizes{counts.views, counts.rows, counts.columns, counts.bins};
    for (std::size_t axis = 4; axis-- > 0;) {
        place[axis] = at % sizes[axis];
        at /= sizes[axis];
    }
    return bad_counts_problem(whose, bad.number, place);
}

class Checker {
  public:
    explicit Checker(const Scan& scan) : scan_(scan) {}

    [[noreturn]] void refuse(const std::string& what, const std::string& why, const std::string& suggestion) const {
        throw Error(ExitCode::bad_input, fmt::format("{}: {}", scan_.name, what), why, suggestion);
    }
    void number(const char* name, double value, bool positive) const {
        if (!std::isfinite(value) || (positive ? value <= 0 : value < 0))
            refuse(fmt::format("{} is {}", name, value),
                   positive ? "it must be a number above 0" : "it must be a number, 0 or more", "");
    }
    void numbers(const char* name, const std::vector<double>& values, bool may_be_negative) const {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isfinite(values[i]) || (!may_be_negative && values[i] < 0))
                refuse(fmt::format("{}[{}] is {}", name, i, values[i]),
                       may_be_negative ? "it must be a number" : "it must be a number, 0 or more", "");
    }
    template <class T>
    void size(const char* name, const std::vector<T>& values, std::initializer_list<std::int64_t> allowed,
              const char* meaning) const {
        if (values.empty()) return;
        const auto n = static_cast<std::int64_t>(values.size());
        if (std::find(allowed.begin(), allowed.end(), n) == allowed.end())
            refuse(fmt::format("{} has {} values", name, n),
                   fmt::format("the counts have {} views of {} x {} pixels and {} bins", scan_.views, scan_.rows,
                               scan_.columns, scan_.bins),
                   fmt::format("give {}", meaning));
    }

  private:
    const Scan& scan_;
};

void check_shape(const Checker& check, const char* name, const BorrowedCounts& counts, const Scan& scan,
                 std::int64_t views) {
    if (counts.views < 1 || counts.rows < 1 || counts.columns < 1 || counts.bins < 1 || counts.counts == nullptr)
        check.refuse(fmt::format("{} have an empty axis", name), "there is nothing to reconstruct",
                     "give counts[y, x, t] of at least one pixel");
    if (counts.views != views || counts.rows != scan.rows || counts.columns != scan.columns || counts.bins != scan.bins)
        check.refuse(
            fmt::format("{} are [{}, {}, {}, {}]", name, counts.views, counts.rows, counts.columns, counts.bins),
            fmt::format("expected [{}, {}, {}, {}] (view, y, x, t)", views, scan.rows, scan.columns, scan.bins),
            "give both the same shape");
}

}  // namespace

void check_array_scan(const ArrayScan& array) {
    const Scan& scan = array.scan;
    const Checker check(scan);
    check_shape(check, "the counts", array.counts, scan, scan.views);
    if (array.counts.type != scan.type) throw Error(ExitCode::internal, "an array scan of two types");
    if (scan.has_reference != array.reference.has_value())
        throw Error(ExitCode::internal, "an array scan that does not know whether it has a reference");
    if (array.reference)  // one for all views, or one each
        check_shape(check, "the reference's counts", *array.reference, scan,
                    array.reference->views == scan.views ? scan.views : 1);
    check.number("the width of a bin, in s,", scan.bin_width_s, true);
    if (!std::isfinite(scan.first_bin_centre_s)) check.refuse("the time of the first bin is no number", "", "");
    check_description(scan);
}

void check_description(const Scan& scan) {
    const Checker check(scan);
    const std::int64_t pixels = scan.pixels();
    const char* per_pixel = "one per pixel";
    const char* pulses = "one number, one per view, or one per pixel";
    check.size("pulses", scan.pulses, {1, scan.views, pixels}, pulses);
    check.size("reference_pulses", scan.reference_pulses, {1, scan.views, pixels}, pulses);
    check.size("exposure_s", scan.exposure_s, {1, scan.views, pixels}, pulses);
    check.numbers("pulses", scan.pulses, false);
    check.numbers("reference_pulses", scan.reference_pulses, false);
    check.numbers("exposure_s", scan.exposure_s, false);
    check.size("x_m", scan.x_m, {scan.columns}, "one per column");
    check.size("y_m", scan.y_m, {scan.rows}, "one per row");
    check.size("view_angle", scan.view_angle_rad, {scan.views}, "one per view");
    check.numbers("x_m", scan.x_m, true);
    check.numbers("y_m", scan.y_m, true);
    check.numbers("view_angle", scan.view_angle_rad, true);
    check.size("t0_map_s", scan.t0_map_s, {pixels}, per_pixel);
    check.size("dark_rate_hz", scan.dark_rate_hz, {pixels}, per_pixel);
    check.size("flat", scan.flat, {pixels}, per_pixel);
    check.size("pixel_mask", scan.pixel_mask, {pixels}, per_pixel);
    check.size("bin_width_correction", scan.bin_width_correction, {scan.bins}, "one per bin");
    check.numbers("t0_map_s", scan.t0_map_s, true);
    check.numbers("dark_rate_hz", scan.dark_rate_hz, false);
    check.numbers("flat", scan.flat, false);
    check.numbers("bin_width_correction", scan.bin_width_correction, false);
    for (const double width : scan.bin_width_correction) check.number("a width in bin_width_correction", width, true);
    if ((scan.kind == ScanKind::gated) == scan.gates.empty())
        check.refuse(scan.gates.empty() ? "kind is \"gated\", but there is no gate_delay_s"
                                        : "gate_delay_s is given, but kind is not \"gated\"",
                     "frames of a gated camera have delays, histograms have none", "");
    const char* per_gate = "one per gate";
    check.size("gate_delay_s", scan.gates.delay_s, {scan.bins}, per_gate);
    check.size("gate_width_s", scan.gates.width_s, {scan.bins}, per_gate);
    check.size("gate_exposure_s", scan.gates.exposure_s, {scan.bins}, per_gate);
    check.numbers("gate_delay_s", scan.gates.delay_s, true);
    check.numbers("gate_width_s", scan.gates.width_s, false);
    check.numbers("gate_exposure_s", scan.gates.exposure_s, false);
    if (scan.kind == ScanKind::gated) {
        for (const auto& [name, values] :
             {std::pair{"gate_width_s", &scan.gates.width_s}, std::pair{"gate_exposure_s", &scan.gates.exposure_s}})
            if (values->empty())
                check.refuse(fmt::format("{} is missing", name), "a gate sees light as long as it is open",
                             "give one per gate");
        check_gates(scan.gates, scan.bins, scan.name);
    }
    check.numbers("the response", scan.irf.values, false);
    if (!scan.irf.empty()) {
        const auto n = static_cast<std::int64_t>(scan.irf.values.size());
        if (scan.irf.per_pixel && n % pixels != 0)
            check.refuse(fmt::format("the response has {} values", n), "it must have as many for every pixel", "");
        const std::int64_t length = scan.irf.per_pixel ? n / pixels : n;
        check.size("the response's times", scan.irf.time_s, {length}, "one per value of the response");
        check.numbers("the response's times", scan.irf.time_s, true);
        if (std::all_of(scan.irf.values.begin(), scan.irf.values.end(), [](double v) { return v == 0; }))
            check.refuse("the response is 0 everywhere", "it holds no light", "leave it out, or measure it again");
        for (std::size_t i = 1; i < scan.irf.time_s.size(); ++i)
            if (!(scan.irf.time_s[i] > scan.irf.time_s[i - 1]))
                check.refuse(fmt::format("the response's times do not increase at value {}", i), "they are a time axis",
                             "sort the response by its times");
    }
    const std::pair<const char*, const std::optional<double>*> positive[] = {
        {"repetition_rate_hz", &scan.repetition_rate_hz}, {"wavelength_m", &scan.wavelength_m}};
    for (const auto& [name, value] : positive)
        if (*value) check.number(name, **value, true);
    const std::pair<const char*, const std::optional<double>*> not_negative[] = {{"pulse_fwhm_s", &scan.pulse_fwhm_s},
                                                                                 {"dead_time_s", &scan.dead_time_s},
                                                                                 {"jitter_fwhm_s", &scan.jitter_fwhm_s},
                                                                                 {"standoff_m", &scan.standoff_m}};
    for (const auto& [name, value] : not_negative)
        if (*value) check.number(name, **value, false);
    check.number("filter_transmission", scan.filter_transmission, true);
    struct Limit {
        const char* name;
        std::optional<double> value;
        double lowest, highest;
    };
    const Medium& medium = scan.medium;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Limit limits[] = {{"wavelength_m", scan.wavelength_m, 0, 1},
                            {"pulse_fwhm_s", scan.pulse_fwhm_s, 0, 1},
                            {"dead_time_s", scan.dead_time_s, 0, 1},
                            {"jitter_fwhm_s", scan.jitter_fwhm_s, 0, 1},
                            {"pde", scan.pde, 0, 1},
                            {"numerical_aperture", scan.numerical_aperture, 0, 2},
                            {"filter_transmission", scan.filter_transmission, 0, 1},
                            {"medium_thickness_m", medium.thickness_m, 0, infinity},
                            {"medium_refractive_index", medium.refractive_index, 0.1, 10},
                            {"medium_mu_s_per_m", medium.mu_s_per_m, 0, infinity},
                            {"medium_mu_s_prime_per_m", medium.mu_s_prime_per_m, 0, infinity},
                            {"medium_mu_a_per_m", medium.mu_a_per_m, 0, infinity},
                            {"medium_g", medium.g, -1, 1}};
    for (const Limit& limit : limits)
        if (limit.value && !(*limit.value >= limit.lowest && *limit.value <= limit.highest))
            check.refuse(fmt::format("{} is {}", limit.name, *limit.value),
                         fmt::format("it is between {} and {}", limit.lowest, limit.highest), "");
}

Result run_array_job(const ArrayScan& array, const Job& job, const JobCallbacks& callbacks) {
    check_array_scan(array);
    std::vector<std::string> calibrated;
    Scan scan = calibrated_scan(array.scan, job.calibration_path, &calibrated);
    for (const std::string& what : calibrated)
        if (callbacks.say) callbacks.say(what);
    std::unique_ptr<Queue> own;
    if (callbacks.queue == nullptr) own = queue_of(array, job, callbacks);
    Queue& queue = own ? *own : *callbacks.queue;

    std::vector<std::string> remarks;
    const auto open = [&](const BorrowedCounts& counts, const std::string& whose) {
        const BadCounts bad = array.device ? find_bad_counts_on_device(counts, queue) : find_bad_counts(counts);
        if (bad.number > 0) {
            const std::string problem = problem_of(whose, counts, bad);
            if (job.strict)
                throw Error(ExitCode::bad_input, problem, "strict refuses such counts",
                            "repair them, or run without strict");
            remarks.push_back(problem + "; they were taken as 0");
        }
        CountSource source = array.device ? source_on_device(counts, queue) : source_of(counts);
        return bad.number > 0 ? mended(std::move(source), counts.bins) : source;
    };
    const CountSource counts = open(array.counts, scan.name);
    CountSource reference;
    if (array.reference) reference = open(*array.reference, scan.name + ", reference");

    RunOptions options;
    options.memory_bytes = job.memory_bytes;
    options.tile_traces = job.tile_traces;
    options.cancelled = callbacks.cancelled;
    options.progress = callbacks.progress;
    options.hold = callbacks.hold;
    options.look = callbacks.look;
    Reconstruction made = reconstruct(scan, counts, array.reference ? &reference : nullptr, job.recipe, queue, options);
    Result result = result_of(std::move(made), scan, job, queue, {});
    result.process.warnings.insert(result.process.warnings.end(), remarks.begin(), remarks.end());
    result.process.inputs = {{memory_input_path + scan.name, "", ""}};
    if (!job.calibration_path.empty()) record_calibration(job, result.process);
    return result;
}

}  // namespace firstlight
