#include "viewer/trace/light_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace firstlight::viewer {
namespace {

constexpr std::int64_t most_samples = 1024;
constexpr double exceeded_by = 0.005;  // share of the pixels that the scale leaves above its end
constexpr double log_span = 1000, least_low = 0.5;
constexpr double frames_per_second = 30;

std::string time_text(double ps) {
    if (std::abs(ps) < 0.05) ps = 0;  // no "-0"
    return fmt::format("{}{:.{}f}", ps < 0 ? "−" : "", std::abs(ps), std::abs(ps - std::round(ps)) < 0.05 ? 0 : 1);
}

}  // namespace

double LightAxis::clamp(double at_ps, double width_ps) const {
    const double half = std::min(width_ps, to_ps - from_ps) / 2;
    return std::clamp(at_ps, from_ps + half, to_ps - half);
}

std::int64_t light_view(const Document& document) {
    const std::int64_t views = document.held ? document.held->scan.scan().views : 1;
    return std::clamp<std::int64_t>(document.looks.view, 0, views - 1);
}

std::optional<LightAxis> light_axis(const Document& document) {
    if (!document.held) return std::nullopt;
    const HeldScan& held = document.held->scan;
    const Scan& scan = held.scan();
    const double arrival_s = document.looks.light.aligned ? held.median_arrival_s(light_view(document)) : 0;
    const double zero_s = std::isfinite(arrival_s) ? arrival_s : 0;
    return LightAxis{(scan.time_of(0) - zero_s) * 1e12, (scan.time_of(static_cast<double>(scan.bins)) - zero_s) * 1e12,
                     scan.bin_width_s * 1e12 * static_cast<double>(held.plan().step)};
}

void LightFrames::look_at(const Document& document, const std::shared_ptr<const Held>& held) {
    const std::int64_t view = light_view(document);
    if (of_.lock() == held && view_ == view) return;
    of_ = held;
    view_ = view;
    scale_width_ = 0;
    to_bin_ = from_bin_ = 0;
    sample_.clear();
    const HeldScan& from = held->scan;
    const std::int64_t pixels = from.scan().pixels(), count = std::min(pixels, most_samples);
    std::vector<std::int64_t> sampled;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t pixel = (2 * i + 1) * pixels / (2 * count);
        if ((from.model(view, pixel).flags & masked_flags) == 0) sampled.push_back(pixel);
    }
    for (const std::int64_t pixel : sampled) {
        std::vector<double> sums{0.0};
        for (const double counts : from.trace(view, pixel).counts) sums.push_back(sums.back() + counts);
        sample_.push_back(std::move(sums));
    }
    const auto mean = [&](bool aligned) {
        const HeldCurve sum = from.sum_of(view, sampled, aligned);
        edge_s_ = sum.edge_s;
        std::vector<float> values;
        for (std::size_t k = 0; k < sum.counts.size(); ++k)
            values.push_back(static_cast<float>(
                sum.counts[k] * from.scan().bin_width_s /
                ((sum.edge_s[k + 1] - sum.edge_s[k]) * std::max(1.0, static_cast<double>(sampled.size())))));
        return values;
    };
    aligned_mean_ = mean(true);
    mean_ = mean(false);
}

void LightFrames::find_scale(std::int64_t width_steps) {
    if (scale_width_ == width_steps) return;
    scale_width_ = width_steps;
    const auto width = static_cast<std::size_t>(width_steps);
    std::vector<double> brightest;
    for (const std::vector<double>& sums : sample_) {
        double most = 0;
        for (std::size_t k = 0; k + width < sums.size(); ++k) most = std::max(most, sums[k + width] - sums[k]);
        brightest.push_back(most);
    }
    high_ = 1;
    if (brightest.empty()) return;
    const auto at = static_cast<std::ptrdiff_t>((1 - exceeded_by) * static_cast<double>(brightest.size() - 1));
    std::nth_element(brightest.begin(), brightest.begin() + at, brightest.end());
    high_ = std::max(1.0, brightest[static_cast<std::size_t>(at)]);
}

const LightFrame* LightFrames::frame(const Document& document, std::string* why_not) {
    const std::shared_ptr<const Held> held = document.held;
    if (!held) {
        if (why_not != nullptr) *why_not = why_no_traces(document);
        return nullptr;
    }
    const auto alone = held->alone();
    look_at(document, held);
    const HeldScan& from = held->scan;
    const Scan& scan = from.scan();
    const LightLook& look = document.looks.light;
    const LightAxis axis = light_axis(document).value();
    const double bin_ps = scan.bin_width_s * 1e12;
    const auto steps = static_cast<std::int64_t>(edge_s_.size()) - 1;
    const std::int64_t width =
        std::clamp<std::int64_t>(std::llround(light_width_ps(document, axis.bin_ps) / axis.bin_ps), 1, steps);
    const double width_ps = static_cast<double>(width) * axis.bin_ps, at_ps = axis.clamp(look.at_ps, width_ps);
    double from_bin = 0, to_bin = 0, from_ps = at_ps - width_ps / 2, to_ps = at_ps + width_ps / 2;
    if (look.aligned) {
        from_bin = from_ps / bin_ps;
        to_bin = to_ps / bin_ps;
    } else {  // whole bins, at their true edges
        const double step_s = scan.bin_width_s * static_cast<double>(from.plan().step);
        const auto next = std::lower_bound(edge_s_.begin(), edge_s_.end(), from_ps * 1e-12 - step_s / 2);
        const std::int64_t first = std::clamp<std::int64_t>(next - edge_s_.begin(), 0, steps - width);
        const auto bin_at_edge = [&](std::int64_t k) {
            const double bin = scan.bin_of(edge_s_[static_cast<std::size_t>(k)]);
            return std::abs(bin - std::round(bin)) < 1e-6 ? std::round(bin) : bin;
        };
        from_bin = bin_at_edge(first);
        to_bin = bin_at_edge(first + width);
        from_ps = scan.time_of(from_bin) * 1e12;
        to_ps = scan.time_of(to_bin) * 1e12;
    }
    find_scale(width);
    LightFrame now = frame_;
    now.tone = {};
    if (const ImageLayer* layer = document.layer()) {
        const ToneMap::Params colours = document.tone(*layer);
        now.tone.colormap = colours.colormap;
        now.tone.invert = colours.invert;
    }
    now.tone.window = ToneMap::WindowFrom::fixed;
    now.tone.high = high_;
    now.tone.low = 0;
    if (look.log) {
        now.tone.scale = ToneMap::Scale::log;
        now.tone.low = std::min(std::max(high_ / log_span, least_low), high_ / 2);
    }
    now.title = fmt::format("light, {} ps to {} ps{}", time_text(from_ps), time_text(to_ps),
                            look.aligned ? " after the arrival" : "");
    now.rows = scan.rows;
    now.columns = scan.columns;
    const bool same = from_bin == from_bin_ && to_bin == to_bin_ && aligned_ == look.aligned;
    if (!same) {
        auto values = std::make_shared<std::vector<float>>(static_cast<std::size_t>(scan.pixels()));
        from.frame(view_, from_bin, to_bin, look.aligned, values->data());
        now.values = values->data();
        now.owner = std::move(values);
        from_bin_ = from_bin;
        to_bin_ = to_bin;
        aligned_ = look.aligned;
    }
    const auto differs = [](const ToneMap::Params& a, const ToneMap::Params& b) {
        return a.colormap != b.colormap || a.invert != b.invert || a.scale != b.scale || a.low != b.low ||
               a.high != b.high;
    };
    if (!same || now.title != frame_.title || differs(now.tone, frame_.tone)) ++now.number;
    frame_ = std::move(now);
    return &frame_;
}

const std::vector<float>* LightFrames::mean_trace(const Document& document) {
    const std::shared_ptr<const Held> held = document.held;
    if (!held) return nullptr;
    const auto alone = held->alone();
    look_at(document, held);
    return document.looks.light.aligned ? &aligned_mean_ : &mean_;
}

std::string why_no_traces(const Document& document) {
    if (!document.why_no_scan.empty()) return document.why_no_scan;
    if (document.pipeline.busy()) return "the traces are being read";
    if (!document.failed_run.empty()) return "the traces could not be read: " + document.failed_run;
    return "the traces are not in memory: allow more of it, or reload the file";
}

double LightFrames::begins_ps(const Document& document, const LightAxis& axis) {
    constexpr double share = 0.02;  // of the most that there is
    constexpr int before = 10;      // steps
    const std::vector<float>* mean = mean_trace(document);
    if (mean == nullptr || mean->empty()) return axis.from_ps;
    const float most = *std::max_element(mean->begin(), mean->end());
    const auto first = std::find_if(mean->begin(), mean->end(), [&](float v) {
        return static_cast<double>(v) >= share * static_cast<double>(most);
    });
    const auto step = static_cast<double>(first - mean->begin() - before);
    return std::max(axis.from_ps,
                    axis.from_ps + step * (axis.to_ps - axis.from_ps) / static_cast<double>(mean->size()));
}

double light_width_ps(const Document& document, double bin_ps) {
    return std::max(document.looks.light.width_ps, bin_ps);
}

void step_light(Document& document, int frames) {
    const std::optional<LightAxis> axis = light_axis(document);
    if (!axis) return;
    show_light(document, true);
    LightLook& look = document.looks.light;
    look.playing = false;
    look.at_ps = axis->clamp(look.at_ps + frames * axis->bin_ps, light_width_ps(document, axis->bin_ps));
}

void play_light(Document& document, double seconds, double again_ps) {
    const std::optional<LightAxis> axis = light_axis(document);
    if (!axis) return;
    LightLook& look = document.looks.light;
    const double width_ps = light_width_ps(document, axis->bin_ps);
    const double speed = look.ps_per_second > 0 ? look.ps_per_second : frames_per_second * axis->bin_ps;
    const double next = look.at_ps + seconds * speed, end = axis->clamp(axis->to_ps, width_ps);
    look.at_ps = next > end ? axis->clamp(std::isfinite(again_ps) ? again_ps : axis->from_ps, width_ps)
                            : axis->clamp(next, width_ps);
}

void show_light(Document& document, bool shown) {
    LightLook& look = document.looks.light;
    look.shown = shown;
    if (!shown) look.playing = false;
    const std::optional<LightAxis> axis = light_axis(document);
    if (!shown || !axis || (look.at_ps >= axis->from_ps && look.at_ps <= axis->to_ps && look.at_ps != 0)) return;
    const HeldScan& held = document.held->scan;
    const double arrival_s = held.median_arrival_s(light_view(document));
    look.at_ps = look.aligned || !std::isfinite(arrival_s) ? 0 : arrival_s * 1e12;
    look.at_ps = axis->clamp(look.at_ps, light_width_ps(document, axis->bin_ps));
}

void toggle_playing(Document& document) {
    LightLook& look = document.looks.light;
    const bool plays = !look.playing && document.held != nullptr;
    if (plays) show_light(document, true);
    look.playing = plays;
}

void align_light(Document& document, bool aligned) {
    LightLook& look = document.looks.light;
    if (look.aligned == aligned) return;
    look.aligned = aligned;
    const std::optional<LightAxis> axis = light_axis(document);
    if (!axis) return;
    const HeldScan& held = document.held->scan;
    const double arrival_s = held.median_arrival_s(light_view(document));
    if (std::isfinite(arrival_s)) look.at_ps += (aligned ? -1 : 1) * arrival_s * 1e12;
    look.at_ps = axis->clamp(look.at_ps, light_width_ps(document, axis->bin_ps));
}

}  // namespace firstlight::viewer
