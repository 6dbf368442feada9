#include "kernels/acquisition/tag_windows.hpp"

namespace firstlight {
namespace {

// The edges of a record, or its counts: one vector register. The mask of a comparison is -1 where it holds.
using Eight = std::uint16_t __attribute__((vector_size(16), may_alias));

constexpr std::int64_t ahead = 32;  // tags: by when a record that is fetched now is there

__attribute__((noinline)) void add_pending(PixelEdges& record, std::uint32_t* counts) {
    for (int k = 0; k < PixelEdges::size; ++k) {
        counts[k] += record.pending[k];
        record.pending[k] = 0;
    }
}

// Groups: their number, or 0 where it is only known at run time. Everything is in local variables because a store to a
// record might otherwise change it.
template <int Groups, class Bin>
void count(const TagWindowsTask& task, const Bin* bins) {
    const auto pixels = static_cast<std::uint64_t>(task.pixels);
    const auto last = static_cast<std::uint64_t>(task.bins);
    const auto groups = Groups > 0 ? static_cast<std::uint64_t>(Groups) : static_cast<std::uint64_t>(task.groups);
    const std::uint32_t* pixel_of = task.tags.pixels;
    PixelEdges* const records = task.records;
    std::uint32_t* const counts = task.counts;
    const auto look_at = [=](std::int64_t i) {
        const std::uint64_t pixel = pixel_of[i];
        if (pixel >= pixels || bins[i] >= last) return;
        const auto bin = static_cast<std::uint16_t>(bins[i]);
        for (std::uint64_t at = pixel * groups; at < (pixel + 1) * groups; ++at) {
            PixelEdges& record = records[at];
            const Eight here = reinterpret_cast<const Eight&>(record.edges) <= bin;
            const Eight pending = reinterpret_cast<const Eight&>(record.pending) - here;
            reinterpret_cast<Eight&>(record.pending) = pending;
            if (pending[0] == 65535) add_pending(record, counts + at * PixelEdges::size);
        }
    };
    const std::int64_t n = task.tags.tags;
    std::int64_t i = 0;
    for (; i < n - ahead; ++i) {
        __builtin_prefetch(records + pixel_of[i + ahead] * groups, 1);  // of no pixel: harmless
        look_at(i);
    }
    for (; i < n; ++i) look_at(i);
}

}  // namespace

void TagWindows::on_cpu(const TagWindowsTask& task, const Coefficients&) {
    visit_bins(task.tags, [&](const auto* bins) {
        if (task.groups == 1) count<1>(task, bins);
        else count<0>(task, bins);
    });
}

void TagWindows::flush(const TagWindowsTask& task) {
    for (std::int64_t at = 0; at < task.pixels * task.groups; ++at)
        add_pending(task.records[at], task.counts + at * PixelEdges::size);
}

}  // namespace firstlight
