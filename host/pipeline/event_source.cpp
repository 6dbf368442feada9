#include "host/pipeline/event_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <numeric>

#include "host/pipeline/event_pass.hpp"
#include "host/pipeline/event_sums.hpp"
#include "kernels/acquisition/tag_histogram.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

constexpr std::uint32_t no_slot = std::numeric_limits<std::uint32_t>::max();

struct Freed {
    void operator()(std::byte* memory) const { std::free(memory); }
};
using Lines = std::unique_ptr<std::byte, Freed>;  // aligned to cache lines

Lines lines_of(std::size_t bytes) {
    Lines memory(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
    if (memory == nullptr && bytes > 0)
        throw Error(ExitCode::bad_input, fmt::format("{} MiB of memory are not to be had", bytes >> 20), "",
                    "give less --memory");
    return memory;
}

}  // namespace

struct EventSource::Parts {
    Parts(const EventDataset& events_, Queue& queue_, const EventSourceOptions& options_)
        : events(events_), queue(queue_), options(options_) {
        EventSurveyOptions how;
        how.threads = options.threads;
        how.memory_bytes = options.memory_bytes;
        how.check_cancelled = [this] { check_cancelled(options); };
        survey = survey_events(events, how);
        type = survey.most_tags < std::numeric_limits<std::uint16_t>::max() ? CountType::u2 : CountType::u4;
        const EventDataset::Shape& shape = events.shape();
        trace_bytes = static_cast<std::size_t>(shape.bins) * count_size(type);
        row_bytes = static_cast<std::size_t>(shape.columns) * trace_bytes;
        if (survey.in_order) {
            first_tag.assign(survey.pixel_tags.size() + 1, 0);
            std::partial_sum(survey.pixel_tags.begin(), survey.pixel_tags.end(), first_tag.begin() + 1,
                             std::plus<std::int64_t>());
            return;
        }
        const std::size_t share = options.memory_bytes / 4;
        band_rows = std::min(shape.rows, static_cast<std::int64_t>(share / row_bytes));
        if (band_rows < 1)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: {} MiB of memory do not hold one row of histograms", events.where_times(),
                                    options.memory_bytes >> 20),
                        fmt::format("{} x {} counts take {} MiB, a quarter of the memory", shape.columns, shape.bins,
                                    row_bytes >> 20),
                        fmt::format("give --memory {}M or more", (row_bytes * 4 >> 20) + 1));
        at_once = tags_at_once(events, options.memory_bytes);
    }

    // Counts of `pixels` pixels from `first` on, into `counts` on the host. `slots`: the pixels are numbered anew.
    void count(std::int64_t first, std::int64_t pixels, void* counts, const std::uint32_t* slots) {
        const std::size_t bytes = static_cast<std::size_t>(pixels) * trace_bytes;
        const std::size_t words = (bytes + 3) / 4 * 4;  // CUDA adds to whole words
        TagHistogramTask task;
        task.type = type;
        task.first_pixel = first;
        task.pixels = pixels;
        task.bins = events.shape().bins;
        const bool device = !queue.is_host() && words + static_cast<std::size_t>(at_once) * 8 < queue.free_bytes() / 2;
        std::memset(counts, 0, bytes);
        QueueMemory there;
        std::unique_ptr<DeviceTags> tags;
        Lines scratch;
        if (device) {
            there = QueueMemory(queue, words);
            const std::vector<std::byte> zeros(words);
            queue.upload(there.as(), zeros.data(), words, 0);
            queue.synchronize(0);
            tags = std::make_unique<DeviceTags>(queue, at_once, events.bin_size());
            task.counts = there.as();
        } else {
            scratch = lines_of(TagHistogram::scratch_bytes(at_once));
            task.counts = counts;
            task.scratch = scratch.get();
        }
        pass_over_events(events, options, [&](const TagBlock& block, std::uint32_t* pixel_of) {
            if (slots != nullptr)
                parallel_for(block.tags, 1 << 16, [&](std::int64_t from, std::int64_t to) {
                    for (std::int64_t i = from; i < to; ++i) pixel_of[i] = slots[pixel_of[i]];
                });
            task.tags = device ? tags->upload(block) : block;
            if (device) {
                run<TagHistogram>(queue, task, {}, 0);
                queue.synchronize(0);
            } else {
                TagHistogram::on_cpu(task, {});
            }
        });
        if (device) {
            queue.download(counts, there.as(), bytes, 0);
            queue.synchronize(0);
        }
    }

    // Makes sure that `row` is in the band; the caller holds the lock.
    void count_band(std::int64_t row) {
        if (band != nullptr && row >= band_first && row < band_first + band_now) return;
        if (band == nullptr) band = lines_of(static_cast<std::size_t>(band_rows) * row_bytes);
        band_now = 0;  // until it is counted
        const std::int64_t first = row / band_rows * band_rows;
        const std::int64_t rows = std::min(band_rows, events.shape().rows - first);
        count(first * events.shape().columns, rows * events.shape().columns, band.get(), nullptr);
        band_first = first;
        band_now = rows;
    }

    // Lanes take turns, for a window at a time: two that wanted different bands would undo each other's.
    void read_from_band(const TileWindow& window, std::byte* out) {
        const std::lock_guard turn(lock);
        const std::size_t bytes = static_cast<std::size_t>(window.columns) * trace_bytes;
        for (std::int64_t r = 0; r < window.rows; ++r) {
            count_band(window.y0 + r);
            std::memcpy(out + static_cast<std::size_t>(r) * bytes,
                        band.get() + static_cast<std::size_t>(window.y0 + r - band_first) * row_bytes +
                            static_cast<std::size_t>(window.x0) * trace_bytes,
                        bytes);
        }
    }

    // In scan order: the tags of each row of the window lie side by side.
    void read_in_order(const TileWindow& window, std::byte* out, EventDataset::Scratch& scratch,
                       std::vector<std::byte>& bins) const {
        const std::int64_t trace = events.shape().bins;
        std::memset(out, 0, static_cast<std::size_t>(window.traces()) * trace_bytes);
        for (std::int64_t r = 0; r < window.rows; ++r) {
            const std::int64_t first = (window.y0 + r) * events.shape().columns + window.x0;
            std::int64_t pixel = first;
            for (std::int64_t tag = first_tag[first]; tag < first_tag[first + window.columns];) {
                const std::int64_t n = std::min(events.block_tags(), first_tag[first + window.columns] - tag);
                bins.resize(static_cast<std::size_t>(n) * events.bin_size());
                events.read_bins(tag, n, bins.data(), scratch);
                const TagBlock block{nullptr, bins.data(), events.wide(), n};
                const auto add = [&](const auto* bin, auto* counts) {
                    for (std::int64_t i = 0; i < n;) {
                        while (first_tag[pixel + 1] <= tag + i) ++pixel;
                        const std::int64_t end = std::min(n, first_tag[pixel + 1] - tag);
                        auto* here = counts + (r * window.columns + pixel - first) * trace;
                        for (; i < end; ++i) ++here[bin[i]];
                    }
                };
                visit_bins(block, [&](const auto* bin) {
                    if (type == CountType::u2) add(bin, reinterpret_cast<std::uint16_t*>(out));
                    else add(bin, reinterpret_cast<std::uint32_t*>(out));
                });
                tag += n;
            }
        }
    }

    CountSource::Read read_sample(const std::vector<TileWindow>& windows) {
        std::vector<std::uint32_t> slots(static_cast<std::size_t>(events.pixels()), no_slot);
        std::uint32_t next = 0;
        for (const TileWindow& window : windows)
            for (std::int64_t i = 0; i < window.traces(); ++i)
                slots[static_cast<std::size_t>(window.pixel(i))] = next++;
        auto counts = std::make_shared<std::vector<std::byte>>(next * trace_bytes);
        count(0, next, counts->data(), slots.data());
        auto kept = std::make_shared<std::vector<std::uint32_t>>(std::move(slots));
        return [counts, kept, bytes = trace_bytes](const TileWindow& window, void* out) {
            const std::size_t slot = (*kept)[static_cast<std::size_t>(window.pixel(0))];
            std::memcpy(out, counts->data() + slot * bytes, static_cast<std::size_t>(window.traces()) * bytes);
        };
    }

    [[nodiscard]] bool one_band() const { return band_rows == events.shape().rows; }

    const EventDataset& events;
    Queue& queue;
    EventSourceOptions options;
    EventSurvey survey;
    CountType type = CountType::u4;
    std::size_t trace_bytes = 0, row_bytes = 0;
    std::vector<std::int64_t> first_tag;  // scan order: [pixels + 1]
    std::int64_t at_once = 0;             // other orders
    std::int64_t band_rows = 0;
    std::mutex lock;  // of the band
    Lines band;
    std::int64_t band_first = 0, band_now = 0;  // rows that are counted
};

EventSource::EventSource(const EventDataset& events, Queue& queue, const EventSourceOptions& options)
    : parts_(std::make_unique<Parts>(events, queue, options)) {}
EventSource::~EventSource() = default;

const EventSurvey& EventSource::survey() const { return parts_->survey; }

std::size_t EventSource::most_bytes(const EventDataset& events, std::size_t memory_bytes) {
    const auto pixels = static_cast<std::size_t>(events.pixels());
    return pixels * 12 + std::min(memory_bytes / 4, pixels * static_cast<std::size_t>(events.shape().bins) * 4) +
           static_cast<std::size_t>(tags_at_once(events, memory_bytes)) * bytes_per_tag(events);
}

CountSource EventSource::counts() {
    Parts* parts = parts_.get();
    CountSource source;
    source.type = parts->type;
    source.grid_rows = 1;
    source.grid_columns = parts->events.shape().columns;
    source.memory_bytes = parts->survey.pixel_tags.size() * 12;
    if (parts->survey.in_order) {
        source.reader = [parts]() -> CountSource::Read {
            auto scratch = std::make_shared<EventDataset::Scratch>();
            auto bins = std::make_shared<std::vector<std::byte>>();
            return [parts, scratch, bins](const TileWindow& window, void* out) {
                parts->read_in_order(window, static_cast<std::byte*>(out), *scratch, *bins);
            };
        };
        return source;
    }
    source.memory_bytes += static_cast<std::size_t>(parts->band_rows) * parts->row_bytes +
                           static_cast<std::size_t>(parts->at_once) * bytes_per_tag(parts->events);
    source.reader = [parts]() -> CountSource::Read {
        return [parts](const TileWindow& window, void* out) {
            parts->read_from_band(window, static_cast<std::byte*>(out));
        };
    };
    source.get_ready = [parts] {
        const std::lock_guard turn(parts->lock);
        parts->count_band(0);
    };
    if (parts->one_band())
        source.resident = [parts](const TileWindow& window) -> const std::byte* {
            if (window.columns != parts->events.shape().columns || parts->band_now == 0) return nullptr;
            return parts->band.get() + static_cast<std::size_t>(window.y0) * parts->row_bytes;
        };
    source.sample = [parts](const std::vector<TileWindow>& windows) { return parts->read_sample(windows); };
    source.in_windows = [parts](WindowEdges edges) {
        return sum_events(parts->events, parts->queue, parts->options, std::move(edges));
    };
    return source;
}

}  // namespace firstlight
