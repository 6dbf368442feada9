#include "host/pipeline/scan_traces.hpp"

#include <algorithm>
#include <memory>

#include "host/io/acquisition_file.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/plan.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::size_t most_block_bytes = std::size_t{64} << 20;  // more reads no faster

struct OpenScan {
    OpenScan(const std::filesystem::path& path, const OpenOptions& how) : file(AcquisitionFile::open(path, how)) {}

    AcquisitionFile file;
    std::unique_ptr<Queue> queue;  // of events
    std::unique_ptr<EventSource> events;
    CountSource counts;
    std::size_t memory_bytes = 0;
    const std::atomic<bool>* cancelled = nullptr;

    // Rows that are read at once: whole chunks where the memory holds them.
    [[nodiscard]] std::int64_t rows_at_once() const {
        const Scan& scan = file.scan();
        const std::size_t row_bytes =
            static_cast<std::size_t>(scan.columns) * static_cast<std::size_t>(scan.bins) * count_size(counts.type);
        const auto room = static_cast<std::int64_t>(std::min(memory_bytes / 8, most_block_bytes) / row_bytes);
        const std::int64_t whole = room >= counts.grid_rows ? room / counts.grid_rows * counts.grid_rows : room;
        return std::clamp<std::int64_t>(whole, 1, scan.rows);
    }

    void visit(const TraceVisitor& visitor) const {
        const Scan& scan = file.scan();
        const std::int64_t at_once = rows_at_once(), bins = scan.bins;
        const CountSource::Read read = counts.reader();
        std::vector<std::byte> buffer;
        std::vector<double> trace(static_cast<std::size_t>(bins));
        for (std::int64_t view = 0; view < scan.views; ++view)
            for (std::int64_t y = 0; y < scan.rows; y += at_once) {
                if (cancelled != nullptr && *cancelled) throw Interrupted();
                const TileWindow window{view, y, 0, std::min(at_once, scan.rows - y), scan.columns, scan.columns};
                buffer.resize(static_cast<std::size_t>(window.traces() * bins) * count_size(counts.type));
                read(window, buffer.data());
                visit_counts(CountsView{buffer.data(), counts.type, window.traces(), bins}, [&](const auto* values) {
                    for (std::int64_t i = 0; i < window.traces(); ++i) {
                        std::transform(values + i * bins, values + (i + 1) * bins, trace.begin(),
                                       [](auto count) { return static_cast<double>(count); });
                        visitor(view, window.pixel(i), trace);
                    }
                });
            }
    }
};

}  // namespace

TraceInput open_traces(const std::filesystem::path& path, const TraceOptions& options) {
    if (is_capture_file(path)) return open_capture(path, options.capture);
    OpenOptions how;
    if (options.memory_bytes != 0) how.memory_limit = options.memory_bytes;
    const auto open = std::make_shared<OpenScan>(path, how);
    const AcquisitionFile& file = open->file;
    if (file.scan().kind == ScanKind::gated && !options.frames)
        throw Error(ExitCode::bad_input, path.string() + ": holds the frames of a gated camera",
                    "of those come dark counts and a mask; all else needs the even bins of histograms or photon events",
                    "store the camera's response and flat field in its scans, under /entry/calibration");
    open->memory_bytes = options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 2;
    open->cancelled = options.cancelled;
    TraceInput input;
    input.path = path;
    input.scan = file.scan();
    input.remarks = file.warnings();
    if (file.events() != nullptr) {
        open->queue = open_queue("cpu", 0, {});
        open->events = std::make_unique<EventSource>(
            *file.events(), *open->queue, EventSourceOptions{open->memory_bytes, machine_threads(), options.cancelled});
        open->counts = open->events->counts();
        input.scan.type = open->counts.type;
        const EventSurvey& survey = open->events->survey();
        if (survey.wraps > 0) input.remarks.push_back(wrap_remark(*file.events(), survey));
        if (survey.disorder) input.remarks.push_back(*survey.disorder);
    } else {
        open->counts = source_of(file.counts());
    }
    input.visit = [open](const TraceVisitor& visitor) { open->visit(visitor); };
    return input;
}

}  // namespace firstlight
