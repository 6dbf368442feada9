// Counts out of photon events, as the pipeline reads them: it never learns that the file holds no histograms.
//
// Scan order (seen at the first look at the file): the events of a window lie side by side and are counted as they are
// read; nothing is kept. Other orders: bands of rows are counted in one pass over the file each, as many rows at once
// as a quarter of the memory holds (one band, hence one pass, where the whole histogram does). Where the stages need no
// more than sums over windows of each pixel (window_edges.hpp) no histogram is made: `in_windows` counts those in one
// pass, in 64 bytes per pixel and thread for a hard gate. Memory does not grow with the number of events.
//
//   EventSource source(*file.events(), *queue, {memory, threads, cancelled});
//   scan.type = source.counts().type;
//   reconstruct(scan, source.counts(), …);
//
// Counts are u2 where no pixel has more events than u2 holds, else u4. Errors (bad_input): those of survey_events() and
// of reading, and no memory for one row.
#pragma once

#include <atomic>
#include <memory>

#include "host/io/event_survey.hpp"
#include "host/pipeline/count_source.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {

struct EventSourceOptions {
    std::size_t memory_bytes = std::size_t{1} << 30;  // of the whole run
    int threads = 1;
    const std::atomic<bool>* cancelled = nullptr;
};

class EventSource {
  public:
    EventSource(const EventDataset& events, Queue& queue, const EventSourceOptions& options);
    ~EventSource();

    [[nodiscard]] const EventSurvey& survey() const;
    // Refers to this object.
    [[nodiscard]] CountSource counts();

    // The most that a source of such events holds in a run of so much memory, known without a look at them.
    [[nodiscard]] static std::size_t most_bytes(const EventDataset& events, std::size_t memory_bytes);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace firstlight
