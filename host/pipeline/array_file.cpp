#include "host/pipeline/array_file.hpp"

#include <fmt/format.h>

#include <atomic>

#include "host/io/acquisition_writer.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

// A file's reader wants what the engine can do without.
void check_readable(const Scan& scan) {
    const auto refuse = [&](const std::string& what, const char* why, const char* suggestion) {
        throw Error(ExitCode::bad_input, fmt::format("{}: {}", scan.name, what), why, suggestion);
    };
    if (scan.irf.empty() || !scan.irf.time_s.empty()) return;
    const std::int64_t samples =
        static_cast<std::int64_t>(scan.irf.values.size()) / (scan.irf.per_pixel ? scan.pixels() : 1);
    if (scan.kind == ScanKind::gated)
        refuse("the response has no times", "that of a gated camera is what a gate sees of a flash, by delay - arrival",
               "give irf_time_s");
    if (samples != scan.bins)
        refuse(fmt::format("the response has {} samples, the counts have {} bins", samples, scan.bins),
               "without times its samples would be the counts' bins", "give irf_time_s");
}

}  // namespace

void check_truth(const Scan& scan, const Truth& truth) {
    const auto check = [&](const char* name, const std::vector<double>& values,
                           std::initializer_list<std::int64_t> sizes, const char* expected) {
        if (values.empty()) return;
        for (const std::int64_t size : sizes)
            if (static_cast<std::int64_t>(values.size()) == size) return;
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the truth's {} has {} values", scan.name, name, values.size()),
                    fmt::format("the scan has {} views of {} x {} pixels", scan.views, scan.rows, scan.columns),
                    fmt::format("give {}", expected));
    };
    const std::int64_t image = scan.pixels(), images = image * scan.views;
    const char* one = "one per pixel, or one per view and pixel";
    check("transmission", truth.transmission, {image, images}, one);
    check("ballistic", truth.ballistic, {image, images}, one);
    check("optical_depth", truth.optical_depth, {image, images}, one);
    check("depth_m", truth.depth_m, {image, images}, one);
    check("mu_per_m", truth.mu_per_m, {image * scan.columns}, "a volume [z, y, x] of y, x and x pixels of the scan");
}

void write_array_scan(const std::filesystem::path& target, const ArrayScan& array, const ArrayFile& file,
                      const JobCallbacks& callbacks) {
    if (array.device)
        throw Error(ExitCode::device, array.scan.name + ": cannot be saved", "its counts lie in a GPU's memory",
                    "copy them to the host first");
    check_array_scan(array);
    check_readable(array.scan);
    check_truth(array.scan, file.truth);
    WriteOptions how;
    how.force = file.force;
    if (array.reference) {
        how.reference_views = array.reference->views;
        how.reference_type = array.reference->type;
    }
    AcquisitionWriter writer(target, array.scan, file.info, how);
    const std::vector<TileWindow> windows = writer.windows();
    const auto traces_of = [](const BorrowedCounts& c) { return c.views * c.rows * c.columns; };
    const std::int64_t total = traces_of(array.counts) + (array.reference ? traces_of(*array.reference) : 0);
    std::atomic<std::int64_t> done{0};
    const auto write = [&](const BorrowedCounts& counts, bool is_reference) {
        parallel_for(static_cast<std::int64_t>(windows.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<std::byte> copy;
            for (std::int64_t i = begin; i < end; ++i) {
                const TileWindow& window = windows[static_cast<std::size_t>(i)];
                if (window.view >= counts.views) continue;
                if (callbacks.cancelled != nullptr && *callbacks.cancelled) return;
                copy.resize(static_cast<std::size_t>(window.traces()) * counts.trace_bytes());
                counts.copy_window(window, copy.data());
                if (is_reference) writer.write_reference(window, copy.data());
                else writer.write(window, copy.data());
                done += window.traces();
                if (callbacks.progress) callbacks.progress({"counts written", done, total});
            }
        });
        if (callbacks.cancelled != nullptr && *callbacks.cancelled) throw Interrupted();
    };
    write(array.counts, false);
    if (array.reference) write(*array.reference, true);
    writer.set_truth(file.truth);
    writer.commit();
}

}  // namespace firstlight
