#include "host/io/count_dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/io/element_cast.hpp"
#include "host/io/filters.hpp"
#include "host/io/transpose.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t tile_bytes_wanted = 512 << 10;  // stays in a core's L2 cache

CountType kept_type(const h5::ElementType& type, const std::string& where) {
    if (type.kind == h5::Kind::real && (type.bytes == 4 || type.bytes == 8)) return CountType::f4;
    if (type.kind == h5::Kind::unsigned_integer || type.kind == h5::Kind::signed_integer) {
        if (type.bytes == 1) return CountType::u1;
        if (type.bytes == 2) return CountType::u2;
        if (type.bytes == 4 || type.bytes == 8) return CountType::u4;
    }
    throw Error(ExitCode::bad_input, fmt::format("{} is of type {}", where, type.name),
                "counts are u1, u2, u4 or f4; i1, i2, i4, i8, u8 and f8 are converted", "store it as one of these");
}

const char* name_of(CountType type) {
    return type == CountType::u1 ? "u1" : type == CountType::u2 ? "u2" : type == CountType::u4 ? "u4" : "f4";
}

void swap_bytes(std::byte* data, std::size_t n, std::size_t element) {
    for (std::size_t i = 0; i < n; ++i) std::reverse(data + i * element, data + (i + 1) * element);
}

}  // namespace

CountDataset::CountDataset(StoredDataset stored, Order order)
    : stored_(std::move(stored)), order_(order), tally_(std::make_unique<Tally>()) {
    const h5::StoredLayout& layout = stored_.layout();
    const std::vector<std::int64_t>& shape = layout.shape;
    if (shape.size() != 3 && shape.size() != 4)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} axes", stored_.where(), shape.size()),
                    fmt::format("found shape [{}], expected {}", fmt::join(shape, ", "),
                                order == Order::traces ? "counts[y, x, t] or counts[view, y, x, t]"
                                                       : "frames[gate, y, x] or frames[view, gate, y, x]"),
                    "reshape it, or import it with `firstlight import`");
    for (const std::int64_t n : shape)
        if (n == 0)
            throw Error(ExitCode::bad_input, fmt::format("{} is empty", stored_.where()),
                        fmt::format("its shape is [{}]", fmt::join(shape, ", ")));
    has_views_axis_ = shape.size() == 4;
    const std::size_t first = has_views_axis_ ? 1 : 0;
    if (has_views_axis_) views_ = shape[0];
    const std::size_t y = order == Order::traces ? first : first + 1;
    rows_ = shape[y];
    columns_ = shape[y + 1];
    bins_ = shape[order == Order::traces ? first + 2 : first];
    type_ = kept_type(layout.type, stored_.where());
    const bool kept = layout.type.bytes == count_size(type_) &&
                      layout.type.kind == (type_ == CountType::f4 ? h5::Kind::real : h5::Kind::unsigned_integer);
    if (!kept)
        conversion_ =
            fmt::format("{} is stored as {} and read as {}", stored_.where(), layout.type.name, name_of(type_));
}

CountDataset::TileGrid CountDataset::grid() const {
    const h5::StoredLayout& layout = stored_.layout();
    if (layout.layout == h5::Layout::chunked) {
        const std::size_t rank = layout.chunk_shape.size();
        const std::size_t y = order_ == Order::traces ? rank - 3 : rank - 2;
        return {std::min(layout.chunk_shape[y], rows_), std::min(layout.chunk_shape[y + 1], columns_)};
    }
    // Whole runs of rows, so that a tile is one piece of the file; parts of a row where a row is too long.
    const std::int64_t traces =
        std::max<std::int64_t>(1, tile_bytes_wanted / (bins_ * static_cast<std::int64_t>(layout.type.bytes)));
    if (traces < columns_) return {1, order_ == Order::traces ? traces : columns_};  // frames: whole rows of each
    return {std::min(rows_, traces / columns_), columns_};
}

std::string CountDataset::describe() const {
    const h5::StoredLayout& layout = stored_.layout();
    std::string text = fmt::format("{} [{}]", layout.type.name, fmt::join(layout.shape, ", "));
    if (layout.layout == h5::Layout::compact) return text + ", compact";
    if (layout.layout == h5::Layout::contiguous) return text + ", contiguous";
    text += fmt::format(", chunks [{}]", fmt::join(layout.chunk_shape, ", "));
    std::vector<std::string> names;
    for (const h5::Filter& f : layout.filters) names.push_back(filter_name(f));
    return text + (names.empty() ? ", not packed" : fmt::format(", {}", fmt::join(names, " + ")));
}

void CountDataset::read(const TileWindow& window, void* counts_out, Scratch& scratch) const {
    if (window.view < 0 || window.view >= views_ || window.y0 < 0 || window.rows < 0 ||
        window.rows > rows_ - window.y0 || window.x0 < 0 || window.columns < 0 || window.columns > columns_ - window.x0)
        throw Error(ExitCode::internal, stored_.where() + ": asked for pixels outside the scan");
    const auto n = static_cast<std::size_t>(window.traces() * bins_);
    const h5::ElementType& type = stored_.layout().type;
    if (conversion_.empty()) {
        auto* out = static_cast<std::byte*>(counts_out);
        read_stored(window, out, scratch);
        if (type.big_endian) swap_bytes(out, n, type.bytes);
    } else {
        scratch.stored.resize(n * type.bytes);
        read_stored(window, scratch.stored.data(), scratch);
        convert(window, scratch.stored.data(), counts_out);
    }
    if (type_ == CountType::f4) clean_floats(window, static_cast<float*>(counts_out));
}

// Traces in the stored type.
void CountDataset::read_stored(const TileWindow& window, std::byte* out, Scratch& scratch) const {
    const std::size_t skip = has_views_axis_ ? 0 : 1;
    if (order_ == Order::traces) {
        const std::array<std::int64_t, 4> start{window.view, window.y0, window.x0, 0};
        const std::array<std::int64_t, 4> count{1, window.rows, window.columns, bins_};
        stored_.read_box(start.data() + skip, count.data() + skip, out, scratch);
        return;
    }
    const std::array<std::int64_t, 4> start{window.view, 0, window.y0, window.x0};
    const std::array<std::int64_t, 4> count{1, bins_, window.rows, window.columns};
    const std::size_t element = stored_.layout().type.bytes;
    scratch.frames.resize(static_cast<std::size_t>(window.traces() * bins_) * element);
    stored_.read_box(start.data() + skip, count.data() + skip, scratch.frames.data(), scratch);
    transpose(scratch.frames.data(), bins_, window.traces(), element, out);
}

void CountDataset::convert(const TileWindow& window, const std::byte* from, void* to) const {
    const auto refuse = [&](std::size_t i, double value, const char* why) {
        const auto trace = static_cast<std::int64_t>(i) / bins_;
        throw Error(ExitCode::bad_input,
                    fmt::format("{} holds {} at view {}, y {}, x {}, bin {}", stored_.where(), value, window.view,
                                window.y0 + trace / window.columns, window.x0 + trace % window.columns,
                                static_cast<std::int64_t>(i) % bins_),
                    why, "correct it where the file is made");
    };
    const auto n = static_cast<std::size_t>(window.traces() * bins_);
    const h5::ElementType& type = stored_.layout().type;
    if (type_ == CountType::f4) {
        auto* out = static_cast<float*>(to);
        visit_elements(type, from, n, [&](std::size_t i, auto value) {
            const auto real = static_cast<double>(value);
            if (std::isfinite(real) && std::abs(real) > static_cast<double>(std::numeric_limits<float>::max()))
                refuse(i, real, "counts past the range of float32");
            out[i] = static_cast<float>(value);
        });
        return;
    }
    const auto store = [&]<class Kept>(Kept* out) {
        visit_elements(type, from, n, [&](std::size_t i, auto value) {
            if constexpr (std::is_integral_v<decltype(value)>) {
                if (std::cmp_less(value, 0)) refuse(i, static_cast<double>(value), "counts cannot be negative");
                if (std::cmp_greater(value, std::numeric_limits<Kept>::max()))
                    refuse(i, static_cast<double>(value), "counts of at most 4294967295 are read");
            }
            out[i] = static_cast<Kept>(value);
        });
    };
    if (type_ == CountType::u1) store(static_cast<std::uint8_t*>(to));
    else if (type_ == CountType::u2) store(static_cast<std::uint16_t*>(to));
    else store(static_cast<std::uint32_t*>(to));
}

void CountDataset::clean_floats(const TileWindow& window, float* counts) const {
    const std::int64_t n = window.traces() * bins_;
    // Written so that NaN fails the comparison too; the plain sum lets it run many at a time.
    std::int64_t good = 0;
    for (std::int64_t i = 0; i < n; ++i)
        good += (counts[i] >= 0.0F && counts[i] <= std::numeric_limits<float>::max()) ? 1 : 0;
    if (good == n) return;
    std::call_once(tally_->made, [&] {
        tally_->seen = std::vector<std::atomic<bool>>(static_cast<std::size_t>(views_ * rows_ * columns_));
    });
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t trace = window.traces(); trace-- > 0;) {
        const std::int64_t pixel = (window.y0 + trace / window.columns) * columns_ + window.x0 + trace % window.columns;
        const std::int64_t whole = window.view * rows_ * columns_ + pixel;
        float* values = counts + trace * bins_;
        std::int64_t bad = 0;
        for (std::int64_t i = bins_; i-- > 0;) {
            if (values[i] >= 0.0F && values[i] <= std::numeric_limits<float>::max()) continue;
            values[i] = 0;
            ++bad;
            lowest = std::min(lowest, whole * bins_ + i);
        }
        if (bad > 0 && !tally_->seen[static_cast<std::size_t>(whole)].exchange(true))
            tally_->number.fetch_add(bad, std::memory_order_relaxed);
    }
    std::int64_t known = tally_->first.load(std::memory_order_relaxed);
    while ((known < 0 || lowest < known) &&
           !tally_->first.compare_exchange_weak(known, lowest, std::memory_order_relaxed)) {
    }
}

CountDataset::BadValues CountDataset::bad_values() const {
    BadValues bad;
    bad.number = tally_->number.load(std::memory_order_relaxed);
    const std::int64_t first = tally_->first.load(std::memory_order_relaxed);
    if (first >= 0) {
        const std::int64_t pixel = first / bins_ % (rows_ * columns_);
        bad.first = {first / bins_ / (rows_ * columns_), pixel / columns_, pixel % columns_, first % bins_};
    }
    return bad;
}

}  // namespace firstlight
