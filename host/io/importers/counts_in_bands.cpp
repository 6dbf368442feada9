#include "host/io/importers/counts_in_bands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <type_traits>

#include "host/io/element_cast.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

std::size_t at(int axis) { return static_cast<std::size_t>(axis); }

template <class Stored>
using Kept =
    std::conditional_t<std::is_floating_point_v<Stored>, float,
                       std::conditional_t<sizeof(Stored) == 1, std::uint8_t,
                                          std::conditional_t<sizeof(Stored) == 2, std::uint16_t, std::uint32_t>>>;

// Of a window's traces in a band: where they begin and how far apart elements are, in elements.
struct Traces {
    const std::byte* band = nullptr;
    std::int64_t first = 0;
    std::array<std::int64_t, 4> stride{};
    TileWindow window;
    std::int64_t bins = 0;
    double largest = 0;
};

template <class Stored>
const char* why_no_count(Stored value, double largest) {
    if constexpr (std::is_floating_point_v<Stored>) {
        if (!std::isfinite(value)) return "counts are finite";
        if (value < 0) return "counts cannot be negative";
        if (static_cast<double>(value) > static_cast<double>(std::numeric_limits<float>::max()))
            return "counts past the range of float32";
        constexpr double exact = 16777216;  // 2^24: up to here float32 holds each whole number
        if (static_cast<double>(value) > exact && value == std::floor(value) &&
            static_cast<double>(static_cast<float>(value)) != static_cast<double>(value))
            return "float32 does not hold it exactly; store whole counts as uint32";
    } else {
        if (std::cmp_less(value, 0)) return "counts cannot be negative";
        if (std::cmp_greater(value, std::numeric_limits<Kept<Stored>>::max()))
            return "counts of at most 4294967295 are read";
    }
    return largest > 0 && static_cast<double>(value) > largest ? "that is more than the bit depth holds" : nullptr;
}

template <class Stored, bool swap>
double gather(const Traces& from, const std::string& name, Kept<Stored>* out) {
    const TileWindow& w = from.window;
    const std::int64_t step_x = from.stride[at(axis_x)], step_t = from.stride[at(axis_t)];
    using Sum = std::conditional_t<std::is_floating_point_v<Stored>, double, std::uint64_t>;
    Sum sum = 0;
    bool good = true;
    const auto value_at = [&](std::int64_t y, std::int64_t x, std::int64_t t) {
        return load_element<Stored>(from.band + (from.first + y * from.stride[at(axis_y)] + x * step_x + t * step_t) *
                                                    static_cast<std::int64_t>(sizeof(Stored)),
                                    swap);
    };
    const auto take = [&](std::int64_t y, std::int64_t x, std::int64_t t) {
        const Stored value = value_at(y, x, t);
        if constexpr (!std::is_same_v<Stored, Kept<Stored>> || std::is_floating_point_v<Stored>)
            good = good && why_no_count(value, from.largest) == nullptr;
        else if (from.largest > 0) good = good && static_cast<double>(value) <= from.largest;
        const auto kept = static_cast<Kept<Stored>>(value);
        out[(y * w.columns + x) * from.bins + t] = kept;
        sum += static_cast<Sum>(kept);
    };
    for (std::int64_t y = 0; y < w.rows; ++y) {
        if (step_t < step_x) {
            for (std::int64_t x = 0; x < w.columns; ++x)
                for (std::int64_t t = 0; t < from.bins; ++t) take(y, x, t);
        } else {
            for (std::int64_t t = 0; t < from.bins; ++t)
                for (std::int64_t x = 0; x < w.columns; ++x) take(y, x, t);
        }
    }
    if (good) return static_cast<double>(sum);
    for (std::int64_t y = 0; y < w.rows; ++y)
        for (std::int64_t x = 0; x < w.columns; ++x)
            for (std::int64_t t = 0; t < from.bins; ++t)
                if (const char* why = why_no_count(value_at(y, x, t), from.largest); why != nullptr)
                    throw Error(ExitCode::bad_input,
                                fmt::format("{}: holds {} at view {}, y {}, x {}, bin {}", name, value_at(y, x, t),
                                            w.view, w.y0 + y, w.x0 + x, t),
                                why, "correct it where the file is made");
    return 0;
}

using Gather = double (*)(const Traces&, const std::string&, void*);

template <class Stored, bool swap>
double gather_to(const Traces& from, const std::string& name, void* out) {
    return gather<Stored, swap>(from, name, static_cast<Kept<Stored>*>(out));
}

template <class Stored>
Gather gather_of(bool swap) {
    return swap && sizeof(Stored) > 1 ? &gather_to<Stored, true> : &gather_to<Stored, false>;
}

Gather gather_of(const h5::ElementType& type, const std::string& name) {
    const bool swap = type.big_endian;
    const bool is_signed = type.kind == h5::Kind::signed_integer;
    if (type.kind == h5::Kind::real && type.bytes == 4) return gather_of<float>(swap);
    if (type.kind == h5::Kind::real && type.bytes == 8) return gather_of<double>(swap);
    if (is_signed || type.kind == h5::Kind::unsigned_integer) switch (type.bytes) {
            case 1: return is_signed ? gather_of<std::int8_t>(swap) : gather_of<std::uint8_t>(swap);
            case 2: return is_signed ? gather_of<std::int16_t>(swap) : gather_of<std::uint16_t>(swap);
            case 4: return is_signed ? gather_of<std::int32_t>(swap) : gather_of<std::uint32_t>(swap);
            case 8: return is_signed ? gather_of<std::int64_t>(swap) : gather_of<std::uint64_t>(swap);
            default: break;
        }
    throw Error(ExitCode::bad_input, fmt::format("{}: holds numbers of type {}", name, type.name),
                "counts are whole numbers of 8 to 64 bits, or float32 or float64", "convert them first");
}

}  // namespace

int ArrayOfCounts::cut_axis() const {
    return *std::find_if(order.begin(), order.end(), [](int axis) { return axis == axis_y || axis == axis_x; });
}

std::int64_t ArrayOfCounts::outer() const {
    std::int64_t product = 1;
    for (const int axis : order) {
        if (axis == cut_axis()) return product;
        product *= size[at(axis)];
    }
    return product;
}

std::int64_t ArrayOfCounts::inner() const { return size[0] * size[1] * size[2] * size[3] / (outer() * cut_size()); }

CountType kept_count_type(const h5::ElementType& type, const std::string& name) {
    (void)gather_of(type, name);
    if (type.kind == h5::Kind::real) return CountType::f4;
    return type.bytes == 1 ? CountType::u1 : type.bytes == 2 ? CountType::u2 : CountType::u4;
}

double write_in_bands(AcquisitionWriter& writer, const ArrayOfCounts& array, const BandRequest& bands,
                      const ReadBand& read) {
    std::vector<TileWindow> windows = writer.windows();
    if (bands.reference) std::erase_if(windows, [](const TileWindow& w) { return w.view > 0; });
    const bool by_rows = array.cut_axis() == axis_y;
    const std::int64_t chunk = by_rows ? windows.front().rows : windows.front().columns;
    const double line = static_cast<double>(array.outer() * array.inner()) * static_cast<double>(array.type.bytes);
    const double allowed = allowed_memory(bands.request);
    if (line * static_cast<double>(chunk) > allowed)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: {} {} with all their bins take {:.0f} MiB", bands.name, chunk,
                                by_rows ? "rows" : "columns", line * static_cast<double>(chunk) / 1048576),
                    fmt::format("{:.0f} MiB of memory may be used", allowed / 1048576),
                    "use a machine with more memory");
    const double chunks = std::floor(std::min(bands.budget, allowed) / (line * static_cast<double>(chunk)));
    const std::int64_t total = array.cut_size();
    const std::int64_t height =
        chunk * static_cast<std::int64_t>(std::clamp(chunks, 1.0, static_cast<double>(total / chunk + 1)));

    const Gather gather_window = gather_of(array.type, bands.name);
    const std::size_t element = count_size(kept_count_type(array.type, bands.name));
    const std::int64_t bins = array.size[at(axis_t)];
    std::vector<std::byte> band(static_cast<std::size_t>(line) * static_cast<std::size_t>(std::min(height, total)));
    double counts = 0;
    std::mutex lock;
    for (std::int64_t first = 0; first < total; first += height) {
        const std::int64_t n = std::min(height, total - first);
        step(bands.request,
             bands.from + (bands.to - bands.from) * static_cast<double>(first) / static_cast<double>(total));
        read(first, n, band.data());
        Traces traces;
        traces.band = band.data();
        traces.bins = bins;
        traces.largest = bands.largest;
        std::int64_t stride = 1;
        for (std::size_t i = 4; i-- > 0;) {
            const int axis = array.order[i];
            traces.stride[at(axis)] = stride;
            stride *= axis == array.cut_axis() ? n : array.size[at(axis)];
        }
        std::vector<TileWindow> here;
        for (const TileWindow& w : windows) {
            const std::int64_t start = by_rows ? w.y0 : w.x0;
            if (start >= first && start < first + n) here.push_back(w);
        }
        parallel_for(static_cast<std::int64_t>(here.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<std::byte> out;
            double sum = 0;
            for (std::int64_t i = begin; i < end; ++i) {
                Traces mine = traces;
                mine.window = here[static_cast<std::size_t>(i)];
                const TileWindow& w = mine.window;
                mine.first = w.view * mine.stride[at(axis_view)] +
                             (w.y0 - (by_rows ? first : 0)) * mine.stride[at(axis_y)] +
                             (w.x0 - (by_rows ? 0 : first)) * mine.stride[at(axis_x)];
                out.resize(static_cast<std::size_t>(w.traces() * bins) * element);
                sum += gather_window(mine, bands.name, out.data());
                if (bands.reference) writer.write_reference(w, out.data());
                else writer.write(w, out.data());
            }
            const std::scoped_lock hold(lock);
            counts += sum;
        });
    }
    return counts;
}

}  // namespace firstlight
