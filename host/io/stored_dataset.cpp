#include "host/io/stored_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "host/io/element_cast.hpp"
#include "host/io/filters.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t max_rank = 8;
std::atomic<std::uint64_t> next_number{1};
using Position = std::array<std::int64_t, max_rank>;

// Calls f(offset in a, offset in b, bytes) for every run of a box that lies side by side both in array a and in b.
// `a_start` and `b_start` are the box's first element in each; offsets are in bytes.
template <class F>
void for_each_run(std::size_t rank, const Position& count, const std::int64_t* a_shape, const Position& a_start,
                  const std::int64_t* b_shape, const Position& b_start, std::size_t element, const F& f) {
    std::array<std::size_t, max_rank> a_step{}, b_step{};
    std::size_t a_offset = 0, b_offset = 0, a_stride = element, b_stride = element;
    for (std::size_t i = rank; i-- > 0;) {
        a_step[i] = a_stride;
        b_step[i] = b_stride;
        a_offset += static_cast<std::size_t>(a_start[i]) * a_stride;
        b_offset += static_cast<std::size_t>(b_start[i]) * b_stride;
        a_stride *= static_cast<std::size_t>(a_shape[i]);
        b_stride *= static_cast<std::size_t>(b_shape[i]);
    }
    std::size_t outer = rank, run = element;
    while (outer > 0) {  // axes that are whole in both arrays make longer runs
        --outer;
        run *= static_cast<std::size_t>(count[outer]);
        if (count[outer] != a_shape[outer] || count[outer] != b_shape[outer]) break;
    }
    Position at{};
    while (true) {
        f(a_offset, b_offset, run);
        std::size_t axis = outer;
        while (axis > 0) {
            --axis;
            a_offset += a_step[axis];
            b_offset += b_step[axis];
            if (++at[axis] < count[axis]) break;
            a_offset -= a_step[axis] * static_cast<std::size_t>(count[axis]);
            b_offset -= b_step[axis] * static_cast<std::size_t>(count[axis]);
            at[axis] = 0;
            if (axis == 0) return;
        }
        if (outer == 0) return;
    }
}

void fill_run(std::byte* to, std::size_t bytes, const std::vector<std::byte>& fill) {
    if (std::all_of(fill.begin(), fill.end(), [](std::byte b) { return b == std::byte{0}; })) {
        std::memset(to, 0, bytes);
        return;
    }
    for (std::size_t i = 0; i < bytes; i += fill.size()) std::memcpy(to + i, fill.data(), fill.size());
}

}  // namespace

StoredDataset::StoredDataset(h5::StoredLayout layout, std::shared_ptr<const ReadOnlyFile> file,
                             std::size_t memory_limit)
    : number_(next_number.fetch_add(1)),
      layout_(std::move(layout)),
      file_(std::move(file)),
      memory_limit_(memory_limit) {
    const auto refuse = [&](const std::string& problem, const std::string& why) {
        throw Error(ExitCode::bad_input, layout_.where + problem, why, "copy or record the file again");
    };
    if (layout_.shape.size() > max_rank)
        refuse(fmt::format(" has {} axes", layout_.shape.size()), "at most 8 are read");
    elements_ = 1;
    std::int64_t bytes = 0;
    for (const std::int64_t n : layout_.shape)
        if (n < 0 || __builtin_mul_overflow(elements_, n, &elements_)) refuse(" is too large", "its size overflows");
    if (elements_ > std::int64_t{1} << 48 ||
        __builtin_mul_overflow(elements_, static_cast<std::int64_t>(layout_.type.bytes), &bytes))
        refuse(fmt::format(" claims to hold {} elements", elements_), "no file is that large");
    switch (layout_.layout) {
        case h5::Layout::compact:
            if (layout_.compact.size() != static_cast<std::size_t>(bytes)) refuse(" is cut short", "compact data");
            break;
        case h5::Layout::contiguous:
            if (layout_.allocated && (static_cast<std::uint64_t>(bytes) > file_->size() ||
                                      layout_.address > file_->size() - static_cast<std::uint64_t>(bytes)))
                refuse(" lies beyond the end of the file",
                       fmt::format("{} bytes at {}, the file has {}", bytes, layout_.address, file_->size()));
            break;
        case h5::Layout::chunked: {
            std::int64_t chunk = static_cast<std::int64_t>(layout_.type.bytes);
            bool overflow = layout_.chunk_shape.size() != layout_.shape.size();
            for (std::size_t i = 0; i < layout_.chunk_shape.size() && !overflow; ++i) {
                overflow = layout_.chunk_shape[i] < 1 || __builtin_mul_overflow(chunk, layout_.chunk_shape[i], &chunk);
                chunk_grid_.push_back((layout_.shape[i] + layout_.chunk_shape[i] - 1) / layout_.chunk_shape[i]);
            }
            if (overflow || static_cast<std::uint64_t>(chunk) > memory_limit)
                throw Error(ExitCode::bad_input, layout_.where + " has chunks too large to read",
                            overflow ? "their size overflows"
                                     : fmt::format("{} MiB each, {} MiB are allowed", chunk >> 20, memory_limit >> 20),
                            "allow more memory, or rewrite the file with smaller chunks");
            chunk_bytes_ = static_cast<std::size_t>(chunk);
            check_filters(layout_.filters, layout_.where);
            for (const h5::Chunk& c : layout_.chunks)
                if (c.bytes > file_->size() || c.address > file_->size() - c.bytes || c.bytes > memory_limit)
                    refuse(": a chunk lies beyond the end of the file",
                           fmt::format("{} bytes at {}", c.bytes, c.address));
        }
    }
}

void StoredDataset::read_box(const std::int64_t* start, const std::int64_t* count, std::byte* out,
                             Scratch& scratch) const {
    const std::size_t rank = layout_.shape.size();
    for (std::size_t i = 0; i < rank; ++i) {
        if (start[i] < 0 || count[i] < 0 || start[i] > layout_.shape[i] || count[i] > layout_.shape[i] - start[i])
            throw Error(ExitCode::internal, layout_.where + ": asked for elements outside its shape");
        if (count[i] == 0) return;
    }
    if (layout_.layout == h5::Layout::chunked && rank > 0) read_chunked(start, count, out, scratch);
    else read_contiguous(start, count, out);
}

void StoredDataset::read_contiguous(const std::int64_t* start, const std::int64_t* count, std::byte* out) const {
    const std::size_t rank = layout_.shape.size();
    Position from{}, size{}, zero{};
    std::copy_n(start, rank, from.begin());
    std::copy_n(count, rank, size.begin());
    for_each_run(rank, size, layout_.shape.data(), from, size.data(), zero, layout_.type.bytes,
                 [&](std::size_t a, std::size_t b, std::size_t bytes) {
                     if (layout_.layout == h5::Layout::compact) std::memcpy(out + b, layout_.compact.data() + a, bytes);
                     else if (layout_.allocated) file_->read(layout_.address + a, out + b, bytes);
                     else fill_run(out + b, bytes, layout_.fill);
                 });
}

void StoredDataset::read_chunked(const std::int64_t* start, const std::int64_t* count, std::byte* out,
                                 Scratch& scratch) const {
    const std::size_t rank = layout_.shape.size(), element = layout_.type.bytes;
    const std::int64_t* shape = layout_.chunk_shape.data();
    Position first{}, last{}, cell{}, box{};
    std::copy_n(count, rank, box.begin());
    for (std::size_t i = 0; i < rank; ++i) {
        first[i] = start[i] / shape[i];
        last[i] = (start[i] + count[i] - 1) / shape[i];
    }
    cell = first;
    while (true) {
        Position size{}, in_chunk{}, in_box{};
        std::int64_t index = 0;
        bool whole = true;  // the part is the whole chunk and the whole box
        for (std::size_t i = 0; i < rank; ++i) {
            index = index * chunk_grid_[i] + cell[i];
            const std::int64_t low = std::max(start[i], cell[i] * shape[i]);
            size[i] = std::min(start[i] + count[i], (cell[i] + 1) * shape[i]) - low;
            in_chunk[i] = low - cell[i] * shape[i];
            in_box[i] = low - start[i];
            whole = whole && size[i] == shape[i] && size[i] == count[i];
        }
        const auto found = std::lower_bound(layout_.chunks.begin(), layout_.chunks.end(), index,
                                            [](const h5::Chunk& c, std::int64_t i) { return c.index < i; });
        if (found == layout_.chunks.end() || found->index != index) {
            for_each_run(
                rank, size, shape, in_chunk, box.data(), in_box, element,
                [&](std::size_t, std::size_t b, std::size_t bytes) { fill_run(out + b, bytes, layout_.fill); });
        } else {
            const bool plain = layout_.filters.empty();
            if (plain && found->bytes != chunk_bytes_)
                throw Error(ExitCode::bad_input, layout_.where + ": a chunk is damaged",
                            fmt::format("it has {} bytes, expected {}", found->bytes, chunk_bytes_));
            const std::size_t run = static_cast<std::size_t>(size[rank - 1]) * element;
            if (plain && (whole || run >= 2048)) {
                for_each_run(rank, size, shape, in_chunk, box.data(), in_box, element,
                             [&](std::size_t a, std::size_t b, std::size_t bytes) {
                                 file_->read(found->address + a, out + b, bytes);
                             });
            } else if (whole) {
                unpack(*found, {out, chunk_bytes_}, scratch);
            } else {
                if (scratch.owner != number_ || scratch.chunk != index) {
                    scratch.owner = 0;
                    scratch.unpacked.resize(chunk_bytes_);
                    unpack(*found, scratch.unpacked, scratch);
                    scratch.owner = number_;
                    scratch.chunk = index;
                }
                for_each_run(rank, size, shape, in_chunk, box.data(), in_box, element,
                             [&](std::size_t a, std::size_t b, std::size_t bytes) {
                                 std::memcpy(out + b, scratch.unpacked.data() + a, bytes);
                             });
            }
        }
        std::size_t axis = rank;
        while (axis > 0) {
            --axis;
            if (++cell[axis] <= last[axis]) break;
            cell[axis] = first[axis];
            if (axis == 0) return;
        }
    }
}

void StoredDataset::unpack(const h5::Chunk& chunk, std::span<std::byte> out, Scratch& scratch) const {
    scratch.packed.resize(chunk.bytes);
    file_->read(chunk.address, scratch.packed.data(), scratch.packed.size());
    decode_chunk(layout_.filters, chunk.filter_mask, layout_.type.bytes, scratch.packed, scratch.work, out,
                 layout_.where);
}

std::vector<double> StoredDataset::read_doubles() const {
    if (static_cast<std::uint64_t>(elements_) > memory_limit_ / 16)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} elements", layout_.where, elements_),
                    fmt::format("they do not fit into {} MiB", memory_limit_ >> 20), "allow more memory");
    const auto n = static_cast<std::size_t>(elements_);
    std::vector<std::byte> raw(n * layout_.type.bytes);
    const Position zero{};
    Scratch scratch;
    read_box(zero.data(), layout_.shape.data(), raw.data(), scratch);
    std::vector<double> values(n);
    visit_elements(layout_.type, raw.data(), n,
                   [&](std::size_t i, auto value) { values[i] = static_cast<double>(value); });
    return values;
}

std::vector<std::uint8_t> StoredDataset::read_bytes() const {
    const std::vector<double> values = read_doubles();
    std::vector<std::uint8_t> bytes(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!(values[i] >= 0 && values[i] <= 255 && values[i] == static_cast<std::uint8_t>(values[i])))
            throw Error(ExitCode::bad_input, fmt::format("{} holds {} at element {}", layout_.where, values[i], i),
                        "whole numbers from 0 to 255 were expected");
        bytes[i] = static_cast<std::uint8_t>(values[i]);
    }
    return bytes;
}

}  // namespace firstlight
