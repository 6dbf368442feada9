#include "host/calibration/slab_traces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/calibration/traces.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t parts = 128;
constexpr std::int64_t block = 64;

struct Second {
    double total = 0;
    std::vector<double> share = std::vector<double>(parts);
};

Second summary_of(const std::vector<std::uint32_t>& counts) {
    Second second;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        second.total += counts[i];
        second.share[i * parts / counts.size()] += counts[i];
    }
    for (double& share : second.share) share /= std::max(second.total, 1.0);
    return second;
}

// Total variation between two shapes beyond what counting statistics explain (three times their mean).
double distance(const Second& a, const Second& b) {
    double variation = 0, noise = 0;
    for (std::size_t k = 0; k < parts; ++k) {
        variation += 0.5 * std::abs(a.share[k] - b.share[k]);
        noise += 0.4 *
                 std::sqrt(0.5 * (a.share[k] + b.share[k]) * (1 / std::max(a.total, 1.0) + 1 / std::max(b.total, 1.0)));
    }
    return std::max(0.0, variation - 3 * noise);
}

bool agree(const Second& a, const Second& b, const SecondsOptions& options) {
    const double rate = std::abs(a.total - b.total) / std::max({a.total, b.total, 1.0});
    const double noise = 4 / std::sqrt(std::max({1.0, std::min(a.total, b.total)}));
    return rate <= options.rate_tolerance + noise && distance(a, b) <= options.shape_tolerance;
}

std::vector<std::size_t> group_of(const std::vector<Second>& all, std::size_t with, const SecondsOptions& options) {
    std::vector<std::size_t> group;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (agree(all[with], all[i], options)) group.push_back(i);
    return group;
}

// "1..120, 180" of indices from 0, as people count.
std::string written(const std::vector<std::size_t>& indices) {
    std::string text;
    for (std::size_t i = 0; i < indices.size();) {
        std::size_t end = i;
        while (end + 1 < indices.size() && indices[end + 1] == indices[end] + 1) ++end;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", indices[i] + 1);
        if (end > i) text += fmt::format("..{}", indices[end] + 1);
        i = end + 1;
    }
    return text;
}

void finish(SlabTrace& slab, double pulses) {
    const double total = std::accumulate(slab.counts.begin(), slab.counts.end(), 0.0);
    if (!(total > 0))
        throw Error(ExitCode::bad_input, slab.name + ": holds no counts", "a slab is fitted to the light behind it",
                    "leave it out");
    slab.live.assign(slab.counts.size(), 1.0);
    if (pulses > 0) {
        if (total > 0.99 * pulses)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: {:.0f} counts in {:.0f} pulses", slab.name, total, pulses),
                        "pile-up cannot be undone where nearly every pulse was counted",
                        "check the repetition rate, or record with less light");
        slab.live = live_shares(slab.counts, pulses);
    } else {
        slab.remarks.push_back(slab.name + ": pile-up is not corrected, because the laser pulses are not known");
    }
    const double background = background_of(slab.counts);
    std::vector<double> cumulative;
    double light = 0;
    for (const double y : slab.counts) cumulative.push_back(light += y - background);
    const auto at = [&](double share) {
        std::size_t i = 0;
        while (i + 1 < cumulative.size() && cumulative[i] < share * light) ++i;
        return static_cast<double>(i);
    };
    slab.half_width_bins = at(0.75) - at(0.25);
    if (!(light > 5 * std::sqrt(total)))
        throw Error(ExitCode::bad_input, slab.name + ": no light stands out from the background",
                    fmt::format("{:.0f} counts are spread evenly over {} bins", total, slab.counts.size()),
                    "leave it out");
}

}  // namespace

double background_of(const std::vector<double>& counts) {
    std::vector<double> means;
    const auto n = static_cast<std::int64_t>(counts.size());
    const std::int64_t size = std::min(block, std::max<std::int64_t>(1, n / 4));
    for (std::int64_t i = 0; i + size <= n; i += size)
        means.push_back(std::accumulate(counts.begin() + i, counts.begin() + i + size, 0.0) /
                        static_cast<double>(size));
    if (means.empty()) return 0;
    std::vector<double> sorted = means;
    std::sort(sorted.begin(), sorted.end());
    // From the quiet end up: blocks within three standard deviations of the mean of those already in it.
    double mean = sorted[sorted.size() / 4];
    for (int round = 0; round < 10; ++round) {
        const double reach = 3 * std::sqrt(std::max(mean, 1.0 / static_cast<double>(size)) / static_cast<double>(size));
        double sum = 0, number = 0;
        for (const double m : means)
            if (std::abs(m - mean) <= reach) sum += m, number += 1;
        if (number == 0 || sum / number == mean) break;
        mean = sum / number;
    }
    return mean;
}

std::vector<std::size_t> consistent_seconds(const std::vector<std::vector<std::uint32_t>>& seconds,
                                            const SecondsOptions& options) {
    std::vector<std::size_t> all(seconds.size());
    std::iota(all.begin(), all.end(), 0);
    if (options.keep_all || seconds.size() < 3) return all;
    std::vector<Second> summaries;
    summaries.reserve(seconds.size());
    for (const auto& second : seconds) summaries.push_back(summary_of(second));
    const auto enough = [&](const std::vector<std::size_t>& group) { return 10 * group.size() >= 4 * seconds.size(); };
    std::vector<std::size_t> best = group_of(summaries, 0, options);
    for (std::size_t i = 1; i < seconds.size() && !enough(best); ++i) {
        std::vector<std::size_t> group = group_of(summaries, i, options);
        if (group.size() > best.size()) best = std::move(group);
    }
    // Once more around the middle of the group, so that a slow drift is cut evenly on both sides.
    std::vector<std::size_t> centred = group_of(summaries, best[best.size() / 2], options);
    return centred.size() >= best.size() ? centred : best;
}

SlabTrace make_slab_trace(const std::string& name, double thickness_m, const CaptureSeconds& capture,
                          std::optional<double> pulses_per_second, const SecondsOptions& options) {
    if (capture.seconds.empty()) {
        SlabTrace slab = make_slab_trace(name, thickness_m, capture.total, 0);
        if (options.draw > 0)
            throw Error(ExitCode::bad_input, name + ": no seconds can be drawn from it", capture.remark);
        return slab;
    }
    SlabTrace slab;
    slab.name = name;
    slab.thickness_m = thickness_m;
    std::vector<std::size_t> kept = consistent_seconds(capture.seconds, options);
    std::vector<std::size_t> dropped;
    for (std::size_t i = 0; i < capture.seconds.size(); ++i)
        if (!std::binary_search(kept.begin(), kept.end(), i)) dropped.push_back(i);
    slab.seconds_dropped = static_cast<std::int64_t>(dropped.size());
    if (!dropped.empty())
        slab.remarks.push_back(
            fmt::format("{}: {} of {} seconds dropped ({}): their rate or shape is not that of the others", name,
                        dropped.size(), capture.seconds.size(), written(dropped)));
    if (options.draw > 0) {
        std::mt19937_64 engine(options.seed);
        for (std::size_t i = kept.size(); i > 1; --i) std::swap(kept[i - 1], kept[engine() % i]);
        kept.resize(std::min(kept.size(), static_cast<std::size_t>(options.draw)));
    }
    slab.seconds_kept = static_cast<std::int64_t>(kept.size());
    slab.counts.assign(capture.total.size(), 0.0);
    for (const std::size_t i : kept)
        for (std::size_t k = 0; k < slab.counts.size(); ++k) slab.counts[k] += capture.seconds[i][k];
    finish(slab, pulses_per_second.value_or(0) * static_cast<double>(kept.size()));
    return slab;
}

SlabTrace make_slab_trace(const std::string& name, double thickness_m, std::vector<double> counts, double pulses) {
    SlabTrace slab;
    slab.name = name;
    slab.thickness_m = thickness_m;
    slab.counts = std::move(counts);
    finish(slab, pulses);
    return slab;
}

std::vector<std::string> drop_misplaced_slabs(std::vector<SlabTrace>& slabs) {
    std::vector<std::string> remarks;
    std::sort(slabs.begin(), slabs.end(),
              [](const SlabTrace& a, const SlabTrace& b) { return a.thickness_m < b.thickness_m; });
    while (true) {
        std::vector<int> against(slabs.size());
        for (std::size_t i = 0; i < slabs.size(); ++i)
            for (std::size_t k = i + 1; k < slabs.size(); ++k)
                if (slabs[k].half_width_bins <= slabs[i].half_width_bins) ++against[i], ++against[k];
        const int most = against.empty() ? 0 : *std::max_element(against.begin(), against.end());
        if (most == 0) return remarks;
        std::vector<SlabTrace> kept;
        for (std::size_t i = 0; i < slabs.size(); ++i) {
            if (against[i] < most) {
                kept.push_back(std::move(slabs[i]));
                continue;
            }
            remarks.push_back(
                fmt::format("{}: dropped: half of its light comes within {:.0f} bins, which does not fit {:.4g} mm "
                            "between the other "
                            "slabs: thickness and file do not belong together",
                            slabs[i].name, slabs[i].half_width_bins, slabs[i].thickness_m * 1e3));
        }
        slabs = std::move(kept);
    }
}

}  // namespace firstlight
