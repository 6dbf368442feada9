#include "host/io/event_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/io/element_cast.hpp"
#include "host/io/filters.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t block_wanted = 1 << 17;

[[noreturn]] void refuse(const StoredDataset& column, double value, std::int64_t tag, const std::string& why,
                         const std::string& suggestion) {
    throw Error(ExitCode::bad_input, fmt::format("{} holds {:.0f} at tag {}", column.where(), value, tag), why,
                suggestion);
}

void check_column(const StoredDataset& column, std::int64_t tags) {
    const h5::StoredLayout& layout = column.layout();
    if (layout.type.kind != h5::Kind::unsigned_integer && layout.type.kind != h5::Kind::signed_integer)
        throw Error(ExitCode::bad_input, fmt::format("{} is of type {}", column.where(), layout.type.name),
                    "photon events are whole numbers", "store it as u2, u4 or i8");
    if (layout.shape.size() != 1)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} axes", column.where(), layout.shape.size()),
                    "expected one value per tag");
    if (column.elements() != tags)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} values", column.where(), column.elements()),
                    fmt::format("there are {} detectors, and each tag has one of each", tags),
                    "record or convert the file again");
}

// The values as T, which must fit. `out_of_range` is called with the index of one that does not.
template <class T, class F>
void read_as(const StoredDataset& column, std::int64_t begin, std::int64_t n, T* out, StoredDataset::Scratch& scratch,
             std::vector<std::byte>& raw, const F& out_of_range) {
    const h5::ElementType& type = column.layout().type;
    const bool is_signed = type.kind == h5::Kind::signed_integer;
    if (type.bytes == sizeof(T) && is_signed == std::is_signed_v<T> && !type.big_endian) {
        column.read_box(&begin, &n, reinterpret_cast<std::byte*>(out), scratch);
        return;
    }
    raw.resize(static_cast<std::size_t>(n) * type.bytes);
    column.read_box(&begin, &n, raw.data(), scratch);
    visit_elements(type, raw.data(), static_cast<std::size_t>(n), [&](std::size_t i, auto value) {
        if constexpr (std::is_integral_v<decltype(value)>) {
            if (!std::in_range<T>(value)) out_of_range(static_cast<std::int64_t>(i), static_cast<double>(value));
            out[i] = static_cast<T>(value);
        }
    });
}

// Values must be below `limit`: the plain maximum lets the loop look at many at a time.
template <class T, class F>
void check_below(const T* values, std::int64_t n, std::int64_t limit, const F& out_of_range) {
    T largest = 0;
    for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, values[i]);
    if (static_cast<std::int64_t>(largest) < limit) return;
    for (std::int64_t i = 0; i < n; ++i)
        if (static_cast<std::int64_t>(values[i]) >= limit) out_of_range(i, static_cast<double>(values[i]));
}

}  // namespace

EventDataset::EventDataset(StoredDataset timestamps, StoredDataset nanotimes, StoredDataset detectors,
                           const Shape& shape)
    : times_(std::move(timestamps)), bins_(std::move(nanotimes)), pixels_(std::move(detectors)), shape_(shape) {
    for (const StoredDataset* column : {&pixels_, &bins_, &times_}) check_column(*column, pixels_.elements());
    wide_ = bins_.layout().type.bytes > 2 || shape.bins > 65536;
}

std::int64_t EventDataset::block_tags() const {
    const auto& chunk = pixels_.layout().chunk_shape;
    if (chunk.empty() || chunk[0] > block_wanted) return block_wanted;
    return block_wanted / chunk[0] * chunk[0];
}

std::string EventDataset::describe() const {
    const auto packing = [](const StoredDataset& column) {
        const h5::StoredLayout& layout = column.layout();
        if (layout.layout != h5::Layout::chunked) return std::string("not in chunks");
        std::string text = fmt::format("chunks of {}", layout.chunk_shape[0]);
        for (std::size_t i = 0; i < layout.filters.size(); ++i)
            text += (i == 0 ? ", " : " + ") + filter_name(layout.filters[i]);
        return text;
    };
    std::string text =
        fmt::format("{} tags (detectors {}, nanotimes {}, timestamps {}), {}", tags(), pixels_.layout().type.name,
                    bins_.layout().type.name, times_.layout().type.name, packing(pixels_));
    if (packing(bins_) != packing(pixels_)) text += "; nanotimes: " + packing(bins_);
    if (packing(times_) != packing(pixels_)) text += "; timestamps: " + packing(times_);
    return text;
}

void EventDataset::read_pixels(std::int64_t begin, std::int64_t n, std::uint32_t* out, Scratch& scratch) const {
    const auto outside = [&](std::int64_t i, double value) {
        refuse(pixels_, value, begin + i,
               fmt::format("the detector has {} x {} pixels, numbered y * {} + x", shape_.rows, shape_.columns,
                           shape_.columns),
               "correct the numbers, or the attribute shape");
    };
    read_as(pixels_, begin, n, out, scratch.pixels, scratch.raw, outside);
    check_below(out, n, pixels(), outside);
}

void EventDataset::read_bins(std::int64_t begin, std::int64_t n, void* out, Scratch& scratch) const {
    const auto beyond = [&](std::int64_t i, double value) {
        refuse(bins_, value, begin + i, fmt::format("the period has {} units (tcspc_num_bins)", shape_.bins),
               "correct the attribute, or leave out tags that were not timed");
    };
    const auto read = [&](auto* bins) {
        read_as(bins_, begin, n, bins, scratch.bins, scratch.raw, beyond);
        check_below(bins, n, shape_.bins, beyond);
    };
    if (wide_) read(static_cast<std::uint32_t*>(out));
    else read(static_cast<std::uint16_t*>(out));
}

void EventDataset::read_timestamps(std::int64_t begin, std::int64_t n, std::int64_t* out, Scratch& scratch) const {
    const auto beyond = [&](std::int64_t i, double value) {
        refuse(times_, value, begin + i, "time stamps of at most 2^63 - 1 are read", "store them as i8");
    };
    read_as(times_, begin, n, out, scratch.times, scratch.raw, beyond);
    std::int64_t least = 0;
    for (std::int64_t i = 0; i < n; ++i) least = std::min(least, out[i]);
    for (std::int64_t i = 0; least < 0 && i < n; ++i)
        if (out[i] < 0)
            refuse(times_, static_cast<double>(out[i]), begin + i, "macro time runs from 0 on",
                   "record or convert the file again; a signed counter that has wrapped is stored unsigned");
}

}  // namespace firstlight
