#include "host/pipeline/trace_detail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/gating/adaptive_gate_trace.hpp"
#include "kernels/gating/component_bins.hpp"
#include "kernels/gating/last_surface.hpp"
#include "kernels/gating/time_gate_trace.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr const char* component_names[component_count] = {"ballistic", "snake", "diffuse", "background"};

// A mean of what some pixels have.
struct Mean {
    double sum = 0, n = 0;
    void add(double value) {
        if (!std::isfinite(value)) return;
        sum += value;
        ++n;
    }
    [[nodiscard]] std::optional<double> get() const { return n > 0 ? std::optional(sum / n) : std::nullopt; }
};
struct MeanWindow {
    Mean from, to;
    void add(double first, double last) {
        from.add(first);
        to.add(last);
    }
    [[nodiscard]] std::optional<TimeWindow> in_ps(const Scan& scan) const {
        if (!from.get()) return std::nullopt;
        return TimeWindow{scan.time_of(*from.get()) * 1e12, scan.time_of(*to.get()) * 1e12};
    }
};

void add_to(std::vector<double>& sum, const std::vector<double>& values) {
    if (sum.empty()) sum.assign(values.size(), 0.0);
    for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

// The response to draw: the scan's, else what is known of the detector and the pulse.
struct DrawnResponse {
    ResponseOrigin origin = ResponseOrigin::none;
    std::optional<BinnedResponse> binned;

    DrawnResponse(const Scan& scan, const Recipe& recipe) {
        double fwhm_s = 0;
        if (const MatchedArrival::Params* arrival = recipe.params<MatchedArrival>();
            arrival != nullptr && arrival->response == MatchedArrival::ResponseSource::gaussian)
            fwhm_s = arrival->gaussian_fwhm_ps * 1e-12;
        else if (!scan.irf.empty()) origin = ResponseOrigin::measured;
        else if (scan.jitter_fwhm_s) fwhm_s = std::hypot(*scan.jitter_fwhm_s, scan.pulse_fwhm_s.value_or(0));
        if (origin == ResponseOrigin::measured) {
            binned = binned_response(scan);
        } else if (fwhm_s > 0) {
            origin = ResponseOrigin::gaussian;
            Scan with;
            with.rows = with.columns = 1;
            with.bins = scan.bins;
            with.bin_width_s = scan.bin_width_s;
            with.irf = gaussian_response(fwhm_s);
            binned = binned_response(with);
        }
    }
    // Of the pixel's own response where there is one and the gate uses it.
    [[nodiscard]] CumulativeResponse of(const Scan& scan, std::int64_t pixel, bool own) const {
        return own && origin == ResponseOrigin::measured ? pixel_response(scan, *binned, pixel) : binned->cumulative;
    }
};

class Collector {
  public:
    Collector(const TraceStages& stages, bool of_one)
        : stages_(stages),
          of_one_(of_one),
          scan_(stages.scan()),
          bins_(static_cast<std::size_t>(scan_.bins)),
          response_(scan_, stages.recipe()),
          time_gate_(stages.coefficients<TimeGate>()),
          adaptive_gate_(stages.coefficients<AdaptiveGate>()),
          fit_(stages.coefficients<ComponentFit>()) {
        detail_.counts.assign(bins_, 0.0);
        weighted_.assign(bins_, 0.0);
        weights_.assign(bins_, 0.0);
    }

    void add(const TraceTile& tile, std::int64_t trace) {
        if (detail_.edge_ps.empty()) set_times(tile);
        const DetectorModel& m = tile.model;
        y_.assign(bins_, 0.0);
        for (std::size_t i = 0; i < bins_; ++i)
            y_[i] = exact_count_at(tile.counts, trace, static_cast<std::int64_t>(i));
        if (of_one_) remember_layers(tile, trace);
        if (tile.is_masked(trace)) {
            ++detail_.masked;
            if (of_one_) add_to(detail_.counts, y_);  // people want to see why
            return;
        }
        ++detail_.pixels;
        add_to(detail_.counts, y_);
        const double gain = m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]);
        gain_.add(gain);
        dark_.add(m.dark == nullptr ? 0.0 : static_cast<double>(m.dark[trace]));
        shift_.add(m.shift == nullptr ? 0.0 : static_cast<double>(m.shift[trace]));
        const bool has_arrival = stages_.recipe().has_family("first_arrival") || adaptive_gate_ != nullptr;
        const double arrival = has_arrival ? static_cast<double>(m.arrival[trace]) : nan_value;
        if (fit_ != nullptr) add_fit(tile, trace);
        else arrival_.add(arrival);
        std::vector<double> weight(bins_, 0.0);
        double unscattered = nan_value;  // counts in the gate, over the gain
        if (time_gate_ != nullptr) unscattered = add_time_gate(tile, trace, weight);
        if (adaptive_gate_ != nullptr) unscattered = add_adaptive_gate(tile, trace, weight);
        for (std::size_t i = 0; i < bins_; ++i) {
            weighted_[i] += weight[i] * y_[i];
            weights_[i] += weight[i];
        }
        if (fit_ == nullptr && std::isfinite(arrival)) add_response(tile, trace, arrival, unscattered, weight);
    }

    TraceDetail finish() {
        TraceDetail& d = detail_;
        for (const double y : d.counts) d.sigma.push_back(std::sqrt(y));
        if (const auto at = arrival_.get()) d.arrival_ps = scan_.time_of(*at) * 1e12;
        d.gate = gate_.in_ps(scan_);
        d.late = late_.in_ps(scan_);
        d.background = background_.in_ps(scan_);
        if (time_gate_ != nullptr) d.rise_ps = time_gate_->rise * scan_.bin_width_s * 1e12;
        if (time_gate_ != nullptr || adaptive_gate_ != nullptr) {
            const double pixels = std::max(1.0, static_cast<double>(d.pixels));
            for (std::size_t i = 0; i < bins_; ++i)
                d.gate_weight.push_back(d.counts[i] > 0 ? weighted_[i] / d.counts[i] : weights_[i] / pixels);
        }
        if (!d.total.empty())
            for (std::size_t i = 0; i < bins_; ++i)
                d.residual.push_back(d.total[i] > 0 ? (d.counts[i] - d.total[i]) / std::sqrt(d.total[i]) : nan_value);
        if (!d.response.empty()) d.response_origin = origin();
        d.deviance = deviance_.get();
        d.gain = gain_.get().value_or(1);
        d.dark_per_bin = dark_.get().value_or(0);
        d.shift_ps = shift_.get().value_or(0) * scan_.bin_width_s * 1e12;
        return std::move(detail_);
    }

  private:
    [[nodiscard]] ResponseOrigin origin() const {
        const AdaptiveGate::Params* own = stages_.recipe().params<AdaptiveGate>();
        if (own == nullptr) return response_.origin;
        return own->response == AdaptiveGate::ResponseSource::gaussian ? ResponseOrigin::gaussian
                                                                       : ResponseOrigin::measured;
    }

    void set_times(const TraceTile& tile) {
        for (std::int64_t i = 0; i <= scan_.bins; ++i)
            detail_.edge_ps.push_back(scan_.time_of(bin_edge(tile.model.edges, i)) * 1e12);
        for (std::size_t i = 0; i < bins_; ++i)
            detail_.time_ps.push_back(scan_.gates.empty() ? (detail_.edge_ps[i] + detail_.edge_ps[i + 1]) / 2
                                                          : scan_.gates.delay_s[i] * 1e12);
    }

    void add_fit(const TraceTile& tile, std::int64_t trace) {
        TraceBins room(scan_.bins, fit_->fit_arrival);
        FitState state;
        double all = 0;
        for (const double y : y_) all += y;
        if (!fit_on_cpu(tile, trace, *fit_, all, room, state)) return;
        arrival_.add(state.value[arrival_parameter]);
        const ExpectedParts parts = expected_parts(tile, trace, *fit_, state);
        for (int j = 0; j < component_count; ++j) {
            if (parts.counts[j].empty()) continue;
            auto found = std::find_if(detail_.components.begin(), detail_.components.end(),
                                      [&](const TraceComponent& c) { return c.name == component_names[j]; });
            if (found == detail_.components.end()) found = detail_.components.insert(found, {component_names[j], {}});
            add_to(found->counts, parts.counts[j]);
            add_to(detail_.total, parts.counts[j]);
        }
        add_to(detail_.response, parts.counts[ballistic_part]);
        if (const float* deviance = tile.layer(Layer::deviance)) deviance_.add(static_cast<double>(deviance[trace]));
    }

    double add_time_gate(const TraceTile& tile, std::int64_t trace, std::vector<double>& weight) {
        const GatedTrace g = gated_windows(tile, trace, *time_gate_);
        const float* edges = tile.signal == nullptr ? tile.model.edges : nullptr;
        gate_.add(g.gate.open, g.gate.close);
        if (time_gate_->shares != nullptr) late_.add(g.late.open, g.late.close);
        if (g.lead_bins > 0) background_.add(bin_edge(edges, 0), bin_edge(edges, g.lead_bins));
        if (g.gate.inside)
            for (std::int64_t i = g.gate.first; i < g.gate.last; ++i)
                weight[static_cast<std::size_t>(i)] = g.gate.weight(edges, i);
        const float* ballistic = tile.layer(Layer::ballistic);
        const float* purity = tile.layer(Layer::purity);
        const double share = purity != nullptr && std::isfinite(purity[trace]) ? static_cast<double>(purity[trace]) : 1;
        return ballistic == nullptr ? nan_value : share * static_cast<double>(ballistic[trace]);
    }

    double add_adaptive_gate(const TraceTile& tile, std::int64_t trace, std::vector<double>& weight) {
        SearchRoom room(tile);
        const GateSearch found = gate_on_cpu(tile, trace, *adaptive_gate_, room);
        if (!found.gate.accepted) return nan_value;
        const std::int64_t first = found.gate.window.start, last = first + adaptive_gate_->test.width;
        gate_.add(bin_edge(tile.model.edges, first), bin_edge(tile.model.edges, last));
        for (std::int64_t i = first; i < last; ++i) weight[static_cast<std::size_t>(i)] = 1;
        return static_cast<double>(tile.layer(Layer::ballistic)[trace]);
    }

    // `unscattered`: counts within the gate over the gain; NaN where nothing gates.
    void add_response(const TraceTile& tile, std::int64_t trace, double arrival, double unscattered,
                      const std::vector<double>& weight) {
        const DetectorModel& m = tile.model;
        std::vector<double> light(bins_);  // of one count that arrives then
        if (adaptive_gate_ != nullptr) {   // as its filter looks for it, with what was scattered forwards
            KnownLight one;
            one.position[0] = arrival;
            one.signal[0] = 1;
            one.count = 1;
            for (std::size_t i = 0; i < bins_; ++i)
                light[i] = known_in_bin(adaptive_gate_->filters[0], one, m.edges, static_cast<std::int64_t>(i));
        } else if (response_.binned) {
            const bool own = time_gate_ != nullptr && time_gate_->shares_per_pixel;
            const CumulativeResponse curve = response_.of(scan_, tile.window.pixel(trace), own);
            for (std::size_t i = 0; i < bins_; ++i) {
                const auto bin = static_cast<std::int64_t>(i);
                light[i] = curve.between(bin_edge(m.edges, bin) - arrival, bin_edge(m.edges, bin + 1) - arrival);
            }
        } else {
            return;
        }
        const double gain = m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]);
        std::vector<double> expected(bins_);
        const double fwhm = response_.binned ? response_.binned->fwhm_bins : 0;
        double in_gate = 0, near = 0, near_counts = 0, lead_counts = 0, lead_width = 0, near_width = 0;
        for (std::size_t i = 0; i < bins_; ++i) {
            const auto bin = static_cast<std::int64_t>(i);
            const double from = bin_edge(m.edges, bin) - arrival, to = bin_edge(m.edges, bin + 1) - arrival;
            const double live = m.live == nullptr ? 1.0 : static_cast<double>(m.live[trace * scan_.bins + bin]);
            expected[i] = light[i] * live * gain;
            in_gate += weight[i] * light[i];
            if (to < -3 * fwhm) {
                lead_counts += y_[i] / live;
                lead_width += to - from;
            } else if (std::abs(from + to) / 2 <= fwhm) {
                near += light[i];
                near_counts += y_[i] / live;
                near_width += to - from;
            }
        }
        double scale = unscattered / (tile.signal == nullptr ? in_gate : 1);
        if (time_gate_ == nullptr && adaptive_gate_ == nullptr) {
            const double background = lead_width > 0 ? lead_counts / lead_width : 0;
            scale = std::max(0.0, near_counts - background * near_width) / gain / near;
        }
        if (!std::isfinite(scale)) return;
        for (double& value : expected) value *= scale;
        add_to(detail_.response, expected);
    }

    void remember_layers(const TraceTile& tile, std::int64_t trace) {
        for (const LayerInfo& info : layer_table)
            if (const float* values = tile.layer(info.layer))
                detail_.layers[info.name] = static_cast<double>(values[trace]);
    }

    const TraceStages& stages_;
    bool of_one_;
    const Scan& scan_;
    std::size_t bins_;
    DrawnResponse response_;
    const TimeGate::Coefficients* time_gate_;
    const AdaptiveGate::Coefficients* adaptive_gate_;
    const ComponentFit::Coefficients* fit_;
    TraceDetail detail_;
    std::vector<double> y_, weighted_, weights_;
    Mean gain_, dark_, shift_, arrival_, deviance_;
    MeanWindow gate_, late_, background_;
};

}  // namespace

TraceDetail trace_detail(const TraceStages& stages, const std::vector<std::int64_t>& pixels) {
    if (pixels.empty())
        throw Error(ExitCode::usage, "no pixel is chosen", "a trace is that of one pixel or of several",
                    "choose a pixel or a region");
    Collector all(stages, pixels.size() == 1);
    for (const std::int64_t pixel : pixels)
        stages.run(pixel, [&](const TraceTile& tile, std::int64_t trace) { all.add(tile, trace); });
    return all.finish();
}

}  // namespace firstlight
