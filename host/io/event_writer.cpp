#include "host/io/event_writer.hpp"

#include <array>
#include <cstring>
#include <string>

#include "host/io/acquisition_layout.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/filters.hpp"
#include "host/io/h5.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t chunk_tags = 1 << 16;
constexpr std::int64_t largest_in_memory = std::int64_t{128} << 20;

// A column that is written chunk by chunk.
struct Column {
    std::string path;
    std::size_t element = 0;
    std::vector<std::byte> waiting;  // of the chunk that is not full yet
    std::int64_t written = 0;        // tags in the file
};

struct Columns {
    std::int64_t tags = 0;  // announced
    std::int64_t appended = 0;
    std::array<Column, 3> all;
};

}  // namespace

struct EventWriter::Parts {
    Parts(const std::filesystem::path& path, const Scan& scan_, const WriteOptions& options_)
        : target(path, options_.force), scan(scan_), options(options_) {}

    AtomicFile target;  // destroyed last: removes the temporary file
    Scan scan;
    WriteOptions options;
    std::unique_ptr<h5::WriteFile> file;
    Columns recordings[2];  // scan, reference
    Truth truth;

    void make(Columns& made, const std::string& group, std::int64_t tags, double timestamp_unit_s) {
        made.tags = tags;
        const bool wide = scan.bins > 65536;
        made.all = {{{group + "timestamps", 8, {}, 0},
                     {group + "nanotimes", wide ? std::size_t{4} : std::size_t{2}, {}, 0},
                     {group + "detectors", 4, {}, 0}}};
        const std::array<const char*, 3> types{"i8", wide ? "u4" : "u2", "u4"};
        const std::array<const char*, 3> names{"macro time", "time after the laser pulse, in TCSPC units",
                                               "pixel, y * columns + x"};
        const std::int64_t chunk = std::min(chunk_tags, std::max<std::int64_t>(1, tags));
        for (std::size_t c = 0; c < made.all.size(); ++c)
            file->dataset(made.all[c].path, types[c], {tags}, nullptr,
                          {{chunk}, options.packing == Packing::deflate, "1", names[c]});
        file->attribute(made.all[0].path, "unit_s", timestamp_unit_s);
        file->attribute(made.all[1].path, "tcspc_unit_s", scan.bin_width_s);
        file->attribute(made.all[1].path, "tcspc_num_bins", scan.bins);
        file->attribute(made.all[2].path, "shape",
                        std::vector<double>{static_cast<double>(scan.rows), static_cast<double>(scan.columns)});
    }

    void write_chunk(Column& column, std::int64_t chunk) {
        column.waiting.resize(static_cast<std::size_t>(chunk) * column.element);  // the last one is stored whole
        const std::vector<std::byte> bytes =
            options.packing == Packing::deflate ? encode_chunk(column.waiting, column.element) : column.waiting;
        file->write_chunk(column.path, {column.written}, bytes.data(), bytes.size());
        column.written += chunk;
        column.waiting.clear();
    }

    template <class T>
    void append(Columns& columns, std::size_t which, const std::vector<T>& values) {
        Column& column = columns.all[which];
        const std::int64_t chunk = std::min(chunk_tags, std::max<std::int64_t>(1, columns.tags));
        const auto full = static_cast<std::size_t>(chunk) * column.element;
        for (const T value : values) {
            std::byte bytes[sizeof(T)];
            std::memcpy(bytes, &value, sizeof(T));  // little-endian: the first bytes of a number that fits
            column.waiting.insert(column.waiting.end(), bytes, bytes + column.element);
            if (column.waiting.size() == full) write_chunk(column, chunk);
        }
    }
};

EventWriter::EventWriter(const std::filesystem::path& target, const Scan& scan, const AcquisitionInfo& info,
                         const WriteOptions& options, std::int64_t tags, std::int64_t reference_tags,
                         double timestamp_unit_s) {
    if (scan.has_views_axis || scan.views != 1)
        throw Error(ExitCode::internal, "photon events of several views cannot be written");
    Scan written = scan;
    written.kind = ScanKind::events;
    check_scan(written);
    parts_ = std::make_unique<Parts>(target, written, options);
    const NoFileSizeSignal guard;
    if ((tags + reference_tags) * 14 <= largest_in_memory) parts_->file = std::make_unique<h5::WriteFile>();
    else parts_->file = std::make_unique<h5::WriteFile>(parts_->target.temporary());
    write_scan(*parts_->file, written, info, options.created);
    parts_->make(parts_->recordings[0], "/entry/data/", tags, timestamp_unit_s);
    if (scan.has_reference) parts_->make(parts_->recordings[1], "/entry/reference/", reference_tags, timestamp_unit_s);
}

EventWriter::~EventWriter() {
    const NoFileSizeSignal guard;  // closing an unfinished file may still write
    parts_.reset();
}

void EventWriter::append(const EventTags& tags, bool reference) {
    Columns& columns = parts_->recordings[reference ? 1 : 0];
    if (tags.timestamps.size() != tags.detectors.size() || tags.nanotimes.size() != tags.detectors.size())
        throw Error(ExitCode::internal, "photon events to be written do not fit each other");
    columns.appended += static_cast<std::int64_t>(tags.detectors.size());
    if (columns.appended > columns.tags) throw Error(ExitCode::internal, "more photon events than were announced");
    const NoFileSizeSignal guard;
    parts_->append(columns, 0, tags.timestamps);
    parts_->append(columns, 1, tags.nanotimes);
    parts_->append(columns, 2, tags.detectors);
}

void EventWriter::set_truth(const Truth& truth) { parts_->truth = truth; }

void EventWriter::commit() {
    const NoFileSizeSignal guard;
    for (Columns& columns : parts_->recordings) {
        if (columns.appended != columns.tags)
            throw Error(ExitCode::internal, "photon events to be written are missing");
        for (Column& column : columns.all)
            if (!column.waiting.empty())
                parts_->write_chunk(column, chunk_tags < columns.tags ? chunk_tags : columns.tags);
    }
    write_truth(*parts_->file, parts_->scan, parts_->truth);
    put_in_place(*parts_->file, parts_->target);
}

}  // namespace firstlight
