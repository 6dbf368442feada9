#include "host/pipeline/event_pass.hpp"

#include <algorithm>
#include <vector>

#include "host/pipeline/pipeline.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t fewest_tags_at_once = 1 << 17, most_tags_at_once = 1 << 23;

}  // namespace

void check_cancelled(const EventSourceOptions& options) {
    if (options.cancelled != nullptr && *options.cancelled) throw Interrupted();
}

std::size_t bytes_per_tag(const EventDataset& events) { return 4 + events.bin_size() + 2; }

std::int64_t tags_at_once(const EventDataset& events, std::size_t memory_bytes) {
    const auto wanted = std::clamp(static_cast<std::int64_t>(memory_bytes / 8 / bytes_per_tag(events)),
                                   fewest_tags_at_once, most_tags_at_once);
    return std::min(std::max<std::int64_t>(1, wanted / events.block_tags()) * events.block_tags(),
                    std::max<std::int64_t>(1, events.tags()));
}

void pass_over_events(const EventDataset& events, const EventSourceOptions& options,
                      const std::function<void(const TagBlock&, std::uint32_t*)>& use) {
    const std::int64_t at_once = tags_at_once(events, options.memory_bytes);
    std::vector<std::uint32_t> pixels(static_cast<std::size_t>(at_once));
    std::vector<std::byte> bins(static_cast<std::size_t>(at_once) * events.bin_size());
    std::vector<EventDataset::Scratch> scratch(static_cast<std::size_t>(std::max(1, options.threads)));
    with_threads(options.threads, [&] {
        for (std::int64_t begin = 0; begin < events.tags(); begin += at_once) {
            check_cancelled(options);
            const std::int64_t n = std::min(at_once, events.tags() - begin);
            const std::int64_t blocks = (n - 1) / events.block_tags() + 1;
            const auto parts = std::min(blocks, static_cast<std::int64_t>(scratch.size()));
            parallel_for(parts, 1, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t part = from; part < to; ++part) {
                    const std::int64_t first = blocks * part / parts * events.block_tags();
                    const std::int64_t last = std::min(n, blocks * (part + 1) / parts * events.block_tags());
                    EventDataset::Scratch& mine = scratch[static_cast<std::size_t>(part)];
                    events.read_pixels(begin + first, last - first, pixels.data() + first, mine);
                    events.read_bins(begin + first, last - first,
                                     bins.data() + static_cast<std::size_t>(first) * events.bin_size(), mine);
                }
            });
            use(TagBlock{pixels.data(), bins.data(), events.wide(), n}, pixels.data());
        }
    });
}

}  // namespace firstlight
