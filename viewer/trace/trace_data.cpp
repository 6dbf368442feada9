#include "viewer/trace/trace_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/pipeline/image_stages.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::size_t quick_values = 1000000;  // bins to add up that a frame has time for

std::shared_ptr<const TraceCurve> make_curve(const Held& held, const TraceTarget& target) {
    const auto alone = held.alone();
    const HeldScan& from = held.scan;
    auto curve = std::make_shared<TraceCurve>();
    std::vector<std::int64_t> pixels = target.pixels;
    if (pixels.empty()) {
        pixels.resize(static_cast<std::size_t>(from.scan().pixels()));
        std::iota(pixels.begin(), pixels.end(), 0);
    }
    if (pixels.size() == 1) {
        const HeldPixel model = from.model(target.view, pixels[0]);
        curve->held = from.trace(target.view, pixels[0]);
        curve->arrival_s = model.arrival_s;
        curve->flags = model.flags;
        curve->pixels = 1;
        return curve;
    }
    double arrivals = 0;
    std::int64_t with_arrival = 0;
    std::vector<std::int64_t> good;
    for (const std::int64_t pixel : pixels) {
        const HeldPixel model = from.model(target.view, pixel);
        if ((model.flags & masked_flags) != 0) continue;
        good.push_back(pixel);
        if (!std::isfinite(model.arrival_s)) continue;
        arrivals += model.arrival_s;
        ++with_arrival;
    }
    curve->pixels = static_cast<std::int64_t>(good.size());
    curve->masked = static_cast<std::int64_t>(pixels.size() - good.size());
    curve->held = from.sum_of(target.view, good, target.aligned);
    curve->arrival_s = target.aligned     ? from.median_arrival_s(target.view)
                       : with_arrival > 0 ? arrivals / static_cast<double>(with_arrival)
                                          : std::numeric_limits<double>::quiet_NaN();
    return curve;
}

// The held counts of a view, or of the reference (-1), as if read from the file.
CountSource source_of(const std::weak_ptr<const Held>& held, bool reference) {
    CountSource source;
    source.type = CountType::u4;
    source.reader = [held, reference]() -> CountSource::Read {
        return [held, reference](const TileWindow& window, void* out) {
            const std::shared_ptr<const Held> from = held.lock();
            if (!from) throw Interrupted();
            const auto alone = from->alone();
            const std::int64_t columns = from->scan.scan().columns;
            auto* counts = static_cast<std::uint32_t*>(out);
            for (std::int64_t y = window.y0; y < window.y0 + window.rows; ++y)
                for (std::int64_t x = window.x0; x < window.x0 + window.columns; ++x)
                    for (const double n : from->scan.trace(reference ? -1 : window.view, y * columns + x).counts)
                        *counts++ = static_cast<std::uint32_t>(std::llround(n));
        };
    };
    return source;
}

std::string trace_part(const Document& document) {
    Recipe part = document.recipe();
    part.name.clear();
    part.summary.clear();
    std::erase_if(part.stages, [](const RecipeStage& s) { return s.stage->kind != StageKind::traces; });
    return document.edits().calibration.string() + "\n" + to_toml(part);
}

}  // namespace

// The recipe's trace stages, made ready once for many pixels.
struct TraceData::Stages {
    std::string of;
    std::weak_ptr<const Held> held;
    std::int64_t view = 0;
    Recipe recipe;
    Scan scan;
    CountSource counts, reference;
    std::atomic<bool> stop{false};
    std::unique_ptr<TraceStages> ready;  // made, and used, by the thread of details
};

double TraceCurve::counts_between(double from_s, double to_s, double rise_s) const {
    double sum = 0;
    for (std::size_t k = 0; k < held.counts.size(); ++k) {
        const double start = held.edge_s[k], end = held.edge_s[k + 1];
        if (rise_s > 0) {
            const auto edge = [&](double at, double sign) {
                const double share = std::clamp(0.5 + sign * (held.time_s[k] - at) / rise_s, 0.0, 1.0);
                return 0.5 - 0.5 * std::cos(M_PI * share);
            };
            sum += held.counts[k] * edge(from_s, 1) * edge(to_s, -1);
            continue;
        }
        const double inside = std::min(end, to_s) - std::max(start, from_s);
        if (inside > 0) sum += held.counts[k] * inside / (end - start);
    }
    return sum;
}

TraceData::TraceData(std::function<void()> wake)
    : sums_(wake, Worker::Order::latest_wins), details_(wake, Worker::Order::latest_waits) {}

TraceData::~TraceData() {
    if (stages_) stages_->stop = true;
}

std::shared_ptr<const TraceCurve> TraceData::curve(const Document& document, const TraceTarget& target) {
    const std::shared_ptr<const Held> held = document.held;
    if (!held) return nullptr;
    const std::string key = target.key();
    const bool same = of_.lock() == held;
    if (!same) {
        of_ = held;
        curve_asked_.clear();
        detail_asked_.clear();
        const std::lock_guard lock(mutex_);
        made_ = {};
    }
    {
        const std::lock_guard lock(mutex_);
        if (made_.curve && made_.curve_key == key) return made_.curve;
    }
    const std::size_t pixels =
        target.pixels.empty() ? static_cast<std::size_t>(held->scan.scan().pixels()) : target.pixels.size();
    if (pixels * static_cast<std::size_t>(held->scan.plan().steps) <= quick_values) {
        const std::lock_guard lock(mutex_);
        made_.curve = make_curve(*held, target);
        made_.curve_key = key;
        return made_.curve;
    }
    if (curve_asked_ != key) {
        curve_asked_ = key;
        sums_.request("adding up traces", [this, place = std::weak_ptr(held), target, key](const Worker::Control&) {
            const std::shared_ptr<const Held> from = place.lock();
            if (!from) return;
            try {
                auto curve = make_curve(*from, target);
                const std::lock_guard lock(mutex_);
                made_.curve = std::move(curve);
                made_.curve_key = key;
            } catch (const std::exception&) {  // of a file that is being closed
            }
        });
    }
    return nullptr;
}

std::shared_ptr<const TraceDetail> TraceData::detail(const Document& document, const TraceTarget& target,
                                                     std::string* why_not) {
    const auto none = [&](const std::string& why) {
        if (why_not != nullptr) *why_not = why;
        return nullptr;
    };
    const std::shared_ptr<const Held> held = document.held;
    if (!held || of_.lock() != held) return none("");
    const HeldScan& from = held->scan;
    if (from.plan().step > 1) return none("the traces are in memory in steps of several bins only");
    if (target.aligned) return none("traces that were moved cannot be compared with what a recipe expects");
    if (target.pixels.empty() || target.pixels.size() > most_pixels)
        return none(fmt::format("shown for at most {} pixels", most_pixels));
    const std::string name = target.key();
    const bool dragged = document.settle_at.has_value() && stages_ && stages_->held.lock() == held;
    const std::string of = dragged ? stages_->of : trace_part(document);
    const std::string key = name + "\n" + of;
    {
        const std::lock_guard lock(mutex_);
        if (made_.detail_key == key) {
            if (!made_.detail) return none(made_.failed);
            return made_.detail;
        }
    }
    if (detail_asked_ != key) {
        detail_asked_ = key;
        if (!stages_ || stages_->of != of || stages_->held.lock() != held || stages_->view != target.view) {
            if (stages_) stages_->stop = true;
            stages_ = std::make_shared<Stages>();
            stages_->of = of;
            stages_->held = held;
            stages_->view = target.view;
            stages_->recipe = document.recipe();
            stages_->scan = from.scan();
            stages_->scan.type = CountType::u4;
            stages_->counts = source_of(held, false);
            stages_->reference = source_of(held, true);
        }
        details_.request(
            "looking into traces", [this, stages = stages_, pixels = target.pixels, name, key](const Worker::Control&) {
                Made made;
                try {
                    if (!stages->ready) {
                        const bool has_reference = stages->scan.has_reference && uses_reference(stages->recipe);
                        stages->ready = std::make_unique<TraceStages>(
                            TraceStagesInput{stages->scan, stages->counts, has_reference ? &stages->reference : nullptr,
                                             stages->recipe, stages->view, &stages->stop});
                    }
                    made.detail = std::make_shared<TraceDetail>(trace_detail(*stages->ready, pixels));
                } catch (const Interrupted&) {
                    return;  // for another recipe
                } catch (const std::exception& e) {
                    made.failed = e.what();
                }
                const std::lock_guard lock(mutex_);
                made_.detail = made.detail;
                made_.failed = made.failed;
                made_.detail_target = name;
                made_.detail_key = key;
            });
    }
    const std::lock_guard lock(mutex_);
    return made_.detail_target == name ? made_.detail : nullptr;
}

const TraceReadOut& TraceData::read_out(const Document& document, const TraceTarget& target) {
    const std::string key = fmt::format("{} {} {}", document.path.string(), document.revision, target.key());
    if (key == read_out_key_) return read_out_;
    read_out_key_ = key;
    read_out_ = {};
    const GatedImages* images = document.images();
    if (images == nullptr) return read_out_;
    const std::int64_t pixels = images->rows * images->columns, first = document.view_of_images() * pixels;
    const auto values = [&](const char* layer) -> const float* {
        const ImageLayer* found = images->layer(layer);
        return found == nullptr ? nullptr : found->values.data() + first;
    };
    const float *ballistic = values("ballistic"), *sigma = values("ballistic_sigma"), *back = values("background");
    const auto set = [](std::optional<double>& to, const float* from, std::int64_t pixel) {
        if (from != nullptr && std::isfinite(from[pixel])) to = static_cast<double>(from[pixel]);
    };
    if (target.pixels.size() == 1 && target.pixels[0] < pixels) {
        const std::int64_t p = target.pixels[0];
        set(read_out_.ballistic, ballistic, p);
        set(read_out_.sigma, sigma, p);
        set(read_out_.background, back, p);
        set(read_out_.purity, values("purity"), p);
        set(read_out_.snr, values("snr"), p);
        return read_out_;
    }
    if (ballistic == nullptr || sigma == nullptr) return read_out_;
    double sum = 0, variance = 0, background = 0;
    const std::uint8_t* flags = document.flags();
    const auto add = [&](std::int64_t p) {
        if (p >= pixels || (flags != nullptr && (flags[p] & masked_flags) != 0) || !std::isfinite(ballistic[p]) ||
            !std::isfinite(sigma[p]))
            return;
        sum += static_cast<double>(ballistic[p]);
        variance += static_cast<double>(sigma[p]) * static_cast<double>(sigma[p]);
        if (back != nullptr && std::isfinite(back[p])) background += static_cast<double>(back[p]);
    };
    if (target.pixels.empty())
        for (std::int64_t p = 0; p < pixels; ++p) add(p);
    for (const std::int64_t p : target.pixels) add(p);
    read_out_.ballistic = sum;
    read_out_.sigma = std::sqrt(variance);
    if (back != nullptr) read_out_.background = background;
    if (variance > 0) read_out_.snr = sum / std::sqrt(variance);
    return read_out_;
}

bool TraceData::busy() const { return sums_.busy() || details_.busy(); }

}  // namespace firstlight::viewer
