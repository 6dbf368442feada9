#include "kernels/acquisition/tag_histogram.hpp"

#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

using Place = std::uint16_t;                   // of a count within its tile
constexpr std::int64_t tile_counts = 1 << 16;  // all that a Place can name; 128 or 256 KiB: a part of L2
constexpr std::int64_t most_tiles = 4096;      // sorted into at once: their buffers share L2
constexpr std::int64_t most_parts = 16;
constexpr std::int64_t fewest_tags = 1 << 16;     // of a part; fewer tags than that are not worth sorting
constexpr std::size_t line = 64 / sizeof(Place);  // places that are written at once

template <class Bin, class Count>
void count_as_they_come(const TagHistogramTask& task, const Bin* bins, Count* counts) {
    const auto pixels = static_cast<std::uint64_t>(task.pixels);
    const auto trace = static_cast<std::uint64_t>(task.bins);
    for (std::int64_t i = 0; i < task.tags.tags; ++i) {
        const std::uint64_t pixel = task.tags.pixels[i] - static_cast<std::uint64_t>(task.first_pixel);
        if (pixel < pixels && bins[i] < trace) ++counts[pixel * trace + bins[i]];
    }
}

// Past the caches, which hold the buffers of all tiles and must not be filled with what is read much later.
void write_line(Place* to, const Place* from) {
#if defined(__SSE2__)
    for (int i = 0; i < 4; ++i)
        _mm_stream_si128(reinterpret_cast<__m128i*>(to) + i,
                         _mm_load_si128(reinterpret_cast<const __m128i*>(from) + i));
#else
    std::memcpy(to, from, 64);
#endif
}

struct alignas(64) Line {
    std::array<Place, line> places;
};

// Sorts a part of the tags: those of tile k go to room[next[k]] and after, in whole lines; next[k] ends behind them.
template <class Bin>
void sort_part(const TagHistogramTask& task, const Bin* bins, std::int64_t from, std::int64_t to, int shift,
               std::vector<std::size_t>& next, Place* room) {
    const auto pixels = static_cast<std::uint64_t>(task.pixels);
    const auto trace = static_cast<std::uint64_t>(task.bins);
    const auto first = static_cast<std::uint64_t>(task.first_pixel);
    const std::uint64_t in_tile = (std::uint64_t{1} << shift) - 1;
    std::vector<Line> lines(next.size());
    for (std::int64_t i = from; i < to; ++i) {
        const std::uint64_t pixel = task.tags.pixels[i] - first;
        if (pixel >= pixels || bins[i] >= trace) continue;
        const std::uint64_t tile = pixel >> shift;
        const std::size_t at = next[tile]++;
        Place* here = lines[tile].places.data();
        here[at % line] = static_cast<Place>((pixel & in_tile) * trace + bins[i]);
        if (at % line == line - 1) write_line(room + (at + 1 - line), here);
    }
    for (std::size_t tile = 0; tile < next.size(); ++tile)
        std::memcpy(room + next[tile] / line * line, lines[tile].places.data(), next[tile] % line * sizeof(Place));
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

template <class Bin, class Count>
void count_by_tiles(const TagHistogramTask& task, const Bin* bins, Count* counts, int shift) {
    const auto pixels = static_cast<std::uint64_t>(task.pixels);
    const auto trace = static_cast<std::uint64_t>(task.bins);
    const auto first = static_cast<std::uint64_t>(task.first_pixel);
    const auto tiles = static_cast<std::size_t>(((task.pixels - 1) >> shift) + 1);
    const std::int64_t n = task.tags.tags;
    const std::int64_t most = std::min<std::int64_t>(most_parts, tbb::this_task_arena::max_concurrency());
    const std::int64_t parts = std::clamp<std::int64_t>(n / fewest_tags, 1, most);
    const auto start_of = [&](std::int64_t part) { return n / parts * part + std::min(part, n % parts); };

    // Room for each part's tags of each tile: as many as there are of these pixels, in whole lines.
    std::vector<std::vector<std::size_t>> begin(static_cast<std::size_t>(parts), std::vector<std::size_t>(tiles, 0));
    parallel_for(parts, 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t part = from; part < to; ++part) {
            std::vector<std::size_t> number(tiles, 0);
            for (std::int64_t i = start_of(part); i < start_of(part + 1); ++i) {
                const std::uint64_t pixel = task.tags.pixels[i] - first;
                if (pixel < pixels) ++number[pixel >> shift];
            }
            begin[static_cast<std::size_t>(part)] = std::move(number);
        }
    });
    std::size_t sum = 0;
    for (std::vector<std::size_t>& places : begin)
        for (std::size_t& place : places) {
            const std::size_t number = place;
            place = sum;
            sum += (number + line - 1) / line * line;
        }
    std::vector<std::vector<std::size_t>> end = begin;
    auto* room = reinterpret_cast<Place*>(task.scratch);
    parallel_for(parts, 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t part = from; part < to; ++part)
            sort_part(task, bins, start_of(part), start_of(part + 1), shift, end[static_cast<std::size_t>(part)], room);
    });
    parallel_for(static_cast<std::int64_t>(tiles), 1, [&](std::int64_t from, std::int64_t to) {
        for (auto tile = static_cast<std::size_t>(from); tile < static_cast<std::size_t>(to); ++tile) {
            Count* here = counts + (static_cast<std::uint64_t>(tile) << shift) * trace;
            for (std::size_t part = 0; part < begin.size(); ++part)
                for (std::size_t i = begin[part][tile]; i < end[part][tile]; ++i) ++here[room[i]];
        }
    });
}

// Pixels per tile, as a shift.
int tile_shift(std::int64_t bins) {
    int shift = 0;
    while ((std::int64_t{2} << shift) * bins <= tile_counts) ++shift;
    return shift;
}

}  // namespace

std::size_t TagHistogram::scratch_bytes(std::int64_t tags) {
    return static_cast<std::size_t>(tags) * sizeof(Place) + static_cast<std::size_t>(most_parts * most_tiles) * 64;
}

void TagHistogram::on_cpu(const TagHistogramTask& task, const Coefficients&) {
    if (task.tags.tags == 0 || task.pixels == 0 || task.bins == 0) return;
    const bool sort = task.scratch != nullptr && task.bins <= tile_counts && task.tags.tags >= fewest_tags;
    visit_bins(task.tags, [&](const auto* bins) {
        const auto count = [&](auto* counts) {
            if (!sort) {
                count_as_they_come(task, bins, counts);
                return;
            }
            const int shift = tile_shift(task.bins);
            for (std::int64_t done = 0; done < task.pixels; done += most_tiles << shift) {
                TagHistogramTask some = task;
                some.first_pixel += done;
                some.pixels = std::min(task.pixels - done, most_tiles << shift);
                count_by_tiles(some, bins, counts + done * task.bins, shift);
            }
        };
        if (task.type == CountType::u2) count(static_cast<std::uint16_t*>(task.counts));
        else count(static_cast<std::uint32_t*>(task.counts));
    });
}

}  // namespace firstlight
