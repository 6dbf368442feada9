// One pass over the photon events of a file, many at a time, read by all threads.
#pragma once

#include <functional>

#include "host/io/event_dataset.hpp"
#include "host/pipeline/event_source.hpp"
#include "kernels/acquisition/tags.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {

// Throws Interrupted when the run was cancelled.
void check_cancelled(const EventSourceOptions& options);

// Tags that a pass takes at once, and their bytes with room to sort them.
[[nodiscard]] std::int64_t tags_at_once(const EventDataset& events, std::size_t memory_bytes);
[[nodiscard]] std::size_t bytes_per_tag(const EventDataset& events);

// Calls `use` with all tags of the file, in file order, checked; inside an arena of options.threads threads. The
// pixels, which it may change, are given once more.
void pass_over_events(const EventDataset& events, const EventSourceOptions& options,
                      const std::function<void(const TagBlock&, std::uint32_t* pixels)>& use);

// Tags on a device, uploaded block by block.
class DeviceTags {
  public:
    DeviceTags(Queue& queue, std::int64_t most, std::size_t bin_size)
        : queue_(queue),
          pixels_(queue, static_cast<std::size_t>(most) * 4),
          bins_(queue, static_cast<std::size_t>(most) * bin_size) {}
    TagBlock upload(TagBlock block) {
        const auto n = static_cast<std::size_t>(block.tags);
        queue_.upload(pixels_.as(), block.pixels, n * 4, 0);
        queue_.upload(bins_.as(), block.bins, n * (block.wide ? 4 : 2), 0);
        block.pixels = pixels_.as<std::uint32_t>();
        block.bins = bins_.as();
        return block;
    }

  private:
    Queue& queue_;
    QueueMemory pixels_, bins_;
};

}  // namespace firstlight
