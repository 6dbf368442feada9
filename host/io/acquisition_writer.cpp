#include "host/io/acquisition_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>

#include "host/io/acquisition_layout.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/filters.hpp"
#include "host/io/gated_layout.hpp"
#include "host/io/h5.hpp"
#include "host/io/transpose.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t largest_in_memory = std::int64_t{128} << 20;
constexpr std::int64_t largest_chunk = std::int64_t{1} << 20;

struct ChunkSize {
    std::int64_t rows, columns;
};

ChunkSize chunk_size(const Scan& scan, const WriteOptions& options) {
    ChunkSize size{options.chunk_rows, options.chunk_columns};
    const std::int64_t trace = scan.bins * static_cast<std::int64_t>(count_size(scan.type));
    if (size.rows <= 0) size.rows = 16;
    if (size.columns <= 0) size.columns = 16;
    while (options.chunk_rows <= 0 && size.rows > 1 && size.rows * size.columns * trace > largest_chunk) size.rows /= 2;
    while (options.chunk_columns <= 0 && size.columns > 1 && size.rows * size.columns * trace > largest_chunk)
        size.columns /= 2;
    return {std::min(size.rows, scan.rows), std::min(size.columns, scan.columns)};
}

}  // namespace

struct AcquisitionWriter::Parts {
    Parts(const std::filesystem::path& path, const Scan& scan_, const WriteOptions& options_)
        : target(path, options_.force), scan(scan_), options(options_), size(chunk_size(scan_, options_)) {}

    AtomicFile target;  // destroyed last: removes the temporary file
    Scan scan;
    WriteOptions options;
    ChunkSize size;
    std::unique_ptr<h5::WriteFile> file;
    std::mutex lock;               // of `file` and `written`
    std::vector<char> written[2];  // per chunk: counts, reference
    Truth truth;

    std::int64_t across() const { return (scan.columns - 1) / size.columns + 1; }
    std::int64_t down() const { return (scan.rows - 1) / size.rows + 1; }
    std::int64_t views(bool reference) const { return reference ? options.reference_views : scan.views; }
    bool has_views_axis(bool reference) const { return scan.has_views_axis && (!reference || views(true) > 1); }
    CountType type(bool reference) const {
        return reference && options.reference_type ? *options.reference_type : scan.type;
    }
    bool gated() const { return scan.kind == ScanKind::gated; }
    std::string path(bool reference) const { return counts_path(scan.kind, reference); }

    void make_counts(bool reference) {
        std::vector<std::int64_t> shape{scan.rows, scan.columns, scan.bins}, chunk{size.rows, size.columns, scan.bins};
        if (gated()) {
            shape = {scan.bins, scan.rows, scan.columns};
            chunk = {scan.bins, size.rows, size.columns};
        }
        const std::vector<std::string> axes = axis_names(scan.kind, has_views_axis(reference));
        if (has_views_axis(reference)) {
            shape.insert(shape.begin(), views(reference));
            chunk.insert(chunk.begin(), 1);
        }
        file->dataset(path(reference), type_name(type(reference)), shape, nullptr,
                      {chunk, options.packing == Packing::deflate, "counts",
                       gated() ? "photon counts of the gate" : "photon counts"});
        if (gated()) write_frame_attributes(*file, path(reference), scan.gates);
        for (std::size_t i = 0; i < axes.size(); ++i)
            file->attach_scale(path(reference), "/entry/data/" + axes[i], static_cast<unsigned>(i));
        written[reference ? 1 : 0].assign(static_cast<std::size_t>(views(reference) * down() * across()), 0);
    }

    void write(const TileWindow& window, const void* counts, bool reference) {
        if (reference && !scan.has_reference)
            throw Error(ExitCode::internal, "the scan to be written has no reference");
        const std::int64_t row = window.y0 / size.rows, column = window.x0 / size.columns;
        if (window.view < 0 || window.view >= views(reference) || window.y0 != row * size.rows ||
            window.x0 != column * size.columns || window.rows != std::min(size.rows, scan.rows - window.y0) ||
            window.columns != std::min(size.columns, scan.columns - window.x0))
            throw Error(ExitCode::internal, "counts are written in the writer's own windows");
        const std::size_t element = count_size(type(reference)), trace = static_cast<std::size_t>(scan.bins) * element;
        std::span<const std::byte> chunk(static_cast<const std::byte*>(counts),
                                         static_cast<std::size_t>(window.traces()) * trace);
        std::vector<std::byte> padded, frames, packed;
        if (window.rows != size.rows || window.columns != size.columns) {  // chunks at the edges are stored whole
            padded.resize(static_cast<std::size_t>(size.rows * size.columns) * trace);
            const std::size_t row_bytes = static_cast<std::size_t>(window.columns) * trace;
            for (std::int64_t r = 0; r < window.rows; ++r)
                std::memcpy(padded.data() + static_cast<std::size_t>(r * size.columns) * trace,
                            chunk.data() + static_cast<std::size_t>(r) * row_bytes, row_bytes);
            chunk = padded;
        }
        if (gated()) {
            frames.resize(chunk.size());
            transpose(chunk.data(), size.rows * size.columns, scan.bins, element, frames.data());
            chunk = frames;
        }
        if (options.packing == Packing::deflate) {
            packed = encode_chunk(chunk, element);
            chunk = packed;
        }
        std::vector<std::int64_t> offset{window.y0, window.x0, 0};
        if (gated()) offset = {0, window.y0, window.x0};
        if (has_views_axis(reference)) offset.insert(offset.begin(), window.view);
        const std::scoped_lock hold(lock);
        const NoFileSizeSignal guard;
        file->write_chunk(path(reference), offset, chunk.data(), chunk.size());
        written[reference ? 1 : 0][static_cast<std::size_t>((window.view * down() + row) * across() + column)] = 1;
    }

    void write_all(const PhotonCube& cube, bool reference, const std::vector<TileWindow>& windows) {
        if (cube.type != type(reference) || cube.views != views(reference) || cube.rows != scan.rows ||
            cube.columns != scan.columns || cube.bins != scan.bins)
            throw Error(ExitCode::internal, "the photon cube to be written does not fit its scan");
        parallel_for(static_cast<std::int64_t>(windows.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<std::byte> counts;
            for (std::int64_t i = begin; i < end; ++i) {
                const TileWindow& window = windows[static_cast<std::size_t>(i)];
                if (window.view >= views(reference)) continue;
                counts.resize(static_cast<std::size_t>(window.traces()) * cube.trace_bytes());
                cube.copy_window(window, counts.data());
                write(window, counts.data(), reference);
            }
        });
    }
};

AcquisitionWriter::AcquisitionWriter(const std::filesystem::path& target, const Scan& scan, const AcquisitionInfo& info,
                                     const WriteOptions& options) {
    check_scan(scan);
    if (scan.has_reference && options.reference_views != 1 && options.reference_views != scan.views)
        throw Error(ExitCode::internal, "the reference to be written has other views than its scan");
    parts_ = std::make_unique<Parts>(target, scan, options);
    const NoFileSizeSignal guard;
    const std::int64_t bytes =
        scan.views * scan.pixels() * scan.bins * static_cast<std::int64_t>(count_size(scan.type));
    const std::int64_t all = scan.has_reference ? 2 * bytes : bytes;
    if (all <= largest_in_memory) parts_->file = std::make_unique<h5::WriteFile>();
    else parts_->file = std::make_unique<h5::WriteFile>(parts_->target.temporary());
    write_scan(*parts_->file, scan, info, options.created);
    parts_->make_counts(false);
    if (scan.has_reference) parts_->make_counts(true);
}

AcquisitionWriter::~AcquisitionWriter() {
    const NoFileSizeSignal guard;  // closing an unfinished file may still write
    parts_.reset();
}

AcquisitionWriter::AcquisitionWriter(AcquisitionWriter&&) noexcept = default;

std::vector<TileWindow> AcquisitionWriter::windows() const {
    const Scan& scan = parts_->scan;
    std::vector<TileWindow> all;
    for (std::int64_t view = 0; view < scan.views; ++view)
        for (std::int64_t y = 0; y < scan.rows; y += parts_->size.rows)
            for (std::int64_t x = 0; x < scan.columns; x += parts_->size.columns)
                all.push_back({view, y, x, std::min(parts_->size.rows, scan.rows - y),
                               std::min(parts_->size.columns, scan.columns - x), scan.columns});
    return all;
}

void AcquisitionWriter::write(const TileWindow& window, const void* counts) { parts_->write(window, counts, false); }
void AcquisitionWriter::write_reference(const TileWindow& window, const void* counts) {
    parts_->write(window, counts, true);
}
void AcquisitionWriter::write_all(const PhotonCube& cube) { parts_->write_all(cube, false, windows()); }
void AcquisitionWriter::write_all_reference(const PhotonCube& cube) { parts_->write_all(cube, true, windows()); }
void AcquisitionWriter::set_truth(const Truth& truth) { parts_->truth = truth; }

void AcquisitionWriter::commit() {
    for (const std::vector<char>& written : parts_->written)
        if (std::find(written.begin(), written.end(), 0) != written.end())
            throw Error(ExitCode::internal, "an acquisition is not complete: some of its counts were not written");
    const NoFileSizeSignal guard;
    write_truth(*parts_->file, parts_->scan, parts_->truth);
    put_in_place(*parts_->file, parts_->target);
}

}  // namespace firstlight
