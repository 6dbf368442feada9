#include "host/io/event_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr int fewest_counter_bits = 10;

// The bits of the counter that wraps when its values go from `before` to `after`; 0: none does. Within a sixteenth of
// its range of the end, then of the start.
int wrapped_bits(std::int64_t before, std::int64_t after) {
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(before)));
    if (bits < fewest_counter_bits || bits > 62) return 0;
    const std::int64_t range = std::int64_t{1} << bits, margin = range / 16;
    return before >= range - margin && after < margin ? bits : 0;
}

struct Fall {  // of macro time
    std::int64_t tag = -1, before = 0, after = 0;
};

// What one thread found in its stretch of the file.
struct Stretch {
    std::int64_t begin = 0, end = 0;
    std::uint32_t first_pixel = 0, last_pixel = 0;
    std::int64_t first_time = 0, last_time = 0;
    bool in_order = true;
    std::int64_t wraps = 0;
    double unwrapped = 0;  // sum of the ranges that wrapped
    Fall any, in_pixel;
    std::vector<std::uint32_t> pixel_tags;

    void compare(std::int64_t tag, std::uint32_t pixel, std::int64_t time) {
        if (pixel < last_pixel) in_order = false;
        if (time < last_time) {
            if (const int bits = wrapped_bits(last_time, time); bits > 0) {
                ++wraps;
                unwrapped += static_cast<double>(std::int64_t{1} << bits);
            } else {
                if (any.tag < 0) any = {tag, last_time, time};
                if (in_pixel.tag < 0 && pixel == last_pixel) in_pixel = {tag, last_time, time};
            }
        }
    }
};

[[noreturn]] void too_many(const EventDataset& events, std::size_t pixel) {
    const auto columns = static_cast<std::size_t>(events.shape().columns);
    throw Error(ExitCode::bad_input,
                fmt::format("{}: more than 4294967295 tags in pixel y {}, x {}", events.where_times(), pixel / columns,
                            pixel % columns),
                "they are counted by 32 bits", "split the recording");
}

void add_tag(const EventDataset& events, Stretch& s, std::uint32_t pixel) {
    if (++s.pixel_tags[pixel] == 0) too_many(events, pixel);
}

void look_through(const EventDataset& events, const EventSurveyOptions& options, Stretch& s) {
    EventDataset::Scratch scratch;
    std::vector<std::uint32_t> pixels;
    std::vector<std::int64_t> times;
    std::vector<std::byte> bins;
    s.pixel_tags.assign(static_cast<std::size_t>(events.pixels()), 0);
    for (std::int64_t begin = s.begin; begin < s.end; begin += events.block_tags()) {
        if (options.check_cancelled) options.check_cancelled();
        const std::int64_t n = std::min(events.block_tags(), s.end - begin);
        pixels.resize(static_cast<std::size_t>(n));
        times.resize(static_cast<std::size_t>(n));
        events.read_pixels(begin, n, pixels.data(), scratch);
        events.read_timestamps(begin, n, times.data(), scratch);
        if (options.bins_too) {
            bins.resize(static_cast<std::size_t>(n) * events.bin_size());
            events.read_bins(begin, n, bins.data(), scratch);
        }
        std::size_t i = 0;
        if (begin == s.begin) {
            s.first_pixel = s.last_pixel = pixels[0];
            s.first_time = s.last_time = times[0];
            add_tag(events, s, pixels[0]);
            i = 1;
        }
        for (; i < pixels.size(); ++i) {
            s.compare(begin + static_cast<std::int64_t>(i), pixels[i], times[i]);
            s.last_pixel = pixels[i];
            s.last_time = times[i];
            add_tag(events, s, pixels[i]);
        }
    }
}

}  // namespace

std::string wrap_remark(const EventDataset& events, const EventSurvey& survey) {
    return fmt::format(
        "{} wraps {} times, as a counter does at a power of two: unwrapped, the recording lasts {:.4g} s",
        events.where_times(), survey.wraps, survey.duration_s);
}

EventSurvey survey_events(const EventDataset& events, const EventSurveyOptions& options) {
    EventSurvey survey;
    const auto pixels = static_cast<std::size_t>(events.pixels());
    if (pixels > options.memory_bytes / 32)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: a detector of {} x {} pixels", events.where_times(), events.shape().rows,
                                events.shape().columns),
                    fmt::format("{} MiB of memory do not hold its images", options.memory_bytes >> 20),
                    "correct the attribute shape of detectors, or give more --memory");
    survey.pixel_tags.assign(pixels, 0);
    if (events.tags() == 0) return survey;

    const std::int64_t blocks = (events.tags() - 1) / events.block_tags() + 1;
    const auto fitting = static_cast<std::int64_t>(options.memory_bytes / 32 / std::max<std::size_t>(1, pixels));
    const std::int64_t parts = std::min({blocks, std::max<std::int64_t>(1, options.threads), fitting});
    std::vector<Stretch> stretches(static_cast<std::size_t>(parts));
    for (std::int64_t part = 0; part < parts; ++part) {
        const auto at = [&](std::int64_t p) {
            return std::min(events.tags(), blocks * p / parts * events.block_tags());
        };
        stretches[static_cast<std::size_t>(part)].begin = at(part);
        stretches[static_cast<std::size_t>(part)].end = at(part + 1);
    }
    with_threads(options.threads, [&] {
        parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t part = begin; part < end; ++part)
                look_through(events, options, stretches[static_cast<std::size_t>(part)]);
        });
    });

    Stretch whole = std::move(stretches[0]);
    for (std::size_t part = 1; part < stretches.size(); ++part) {
        const Stretch& next = stretches[part];
        whole.compare(next.begin, next.first_pixel, next.first_time);
        whole.in_order = whole.in_order && next.in_order;
        whole.wraps += next.wraps;
        whole.unwrapped += next.unwrapped;
        if (whole.any.tag < 0) whole.any = next.any;
        if (whole.in_pixel.tag < 0) whole.in_pixel = next.in_pixel;
        whole.last_pixel = next.last_pixel;
        whole.last_time = next.last_time;
        for (std::size_t p = 0; p < pixels; ++p)
            if (__builtin_add_overflow(whole.pixel_tags[p], next.pixel_tags[p], &whole.pixel_tags[p]))
                too_many(events, p);
    }
    survey.pixel_tags = std::move(whole.pixel_tags);
    survey.most_tags = *std::max_element(survey.pixel_tags.begin(), survey.pixel_tags.end());
    survey.in_order = whole.in_order;
    survey.wraps = whole.wraps;
    survey.duration_s =
        (static_cast<double>(whole.last_time) - static_cast<double>(whole.first_time) + whole.unwrapped) *
        events.shape().timestamp_unit_s;
    const Fall& fall = whole.in_order ? whole.in_pixel : whole.any;
    if (fall.tag >= 0)
        survey.disorder = fmt::format(
            "{} falls from {} to {} at tag {}: the tags are not in the order of macro time (no image depends "
            "on it, but the file may be damaged or joined of several)",
            events.where_times(), fall.before, fall.after, fall.tag);
    return survey;
}

}  // namespace firstlight
