#include "kernels/gating/component_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/gating/component_bins.hpp"
#include "kernels/gating/component_shapes.hpp"

namespace firstlight {
namespace {

// Shares of light between two times after the arrival.
void set_purity(const CumulativeCurves& curves, double open, double close, ComponentFit::Coefficients& c) {
    c.purity_width = close - open;
    for (int j = 0; j < 3; ++j)
        if (c.present[j]) c.purity_share[j] = curves.at(j, close) - curves.at(j, open);
}

// The table of kernels: light per bin for each place of the arrival within its bin, and its integral.
CurveTable table_of(const CumulativeCurves& curves, std::int64_t bins, std::int64_t margin, Keeper& keep) {
    std::vector<float> bin;
    std::vector<double> cumulative;
    for (int j = 0; j < 3; ++j) {
        const bool there = !curves.curve[j].empty();
        for (int phase = 0; phase <= curve_phases; ++phase)
            for (std::int64_t k = 0; k < bins; ++k) {
                const double x = curves.first + static_cast<double>(k) - static_cast<double>(phase) / curve_phases;
                bin.push_back(there ? static_cast<float>(curves.at(j, x + 1) - curves.at(j, x)) : 0.0F);
            }
        for (std::int64_t m = 0; m <= bins * curve_phases; ++m)
            cumulative.push_back(there ? curves.at(j, curves.first + static_cast<double>(m) / curve_phases) : 0.0);
    }
    return {keep.keep(bin), keep.keep(cumulative), bins, static_cast<std::int64_t>(curves.first), margin};
}

Slab slab_of(const Scan& scan) {
    const Medium& m = scan.medium;
    if (!m.thickness_m || !m.refractive_index)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: /entry/geometry/medium has no {}", scan.name,
                                m.thickness_m ? "refractive_index" : "thickness"),
                    "component_fit.diffuse is \"slab\", diffusion through a slab of that thickness",
                    "add it, or set --component_fit.diffuse gamma");
    Slab slab;
    slab.thickness_m = *m.thickness_m;
    slab.refractive_index = *m.refractive_index;
    slab.mu_s_prime_per_m = m.mu_s_prime_per_m.value_or(10 / *m.thickness_m);
    slab.mu_a_per_m = std::max(m.mu_a_per_m.value_or(0), 1e-3 / *m.thickness_m);
    return slab;
}

FittedShapes shapes_for(const ComponentFit::Params& params, StageContext& context, const BinnedResponse& response,
                        const PooledComponents& pooled) {
    const Scan& scan = context.scan;
    ShapeChoice choice;
    choice.choose_parts = params.components == ComponentFit::Components::automatic;
    choice.start.snake = choice.start.diffuse = params.components != ComponentFit::Components::ballistic;
    choice.start.bin_width_s = scan.bin_width_s;
    choice.start.diffuse_shape = params.diffuse;
    if (!std::isnan(params.snake_decay_ps)) choice.snake_decay = params.snake_decay_ps * 1e-12 / scan.bin_width_s;
    if (context.is_reference) choice.start.snake = choice.start.diffuse = false;
    if (choice.start.diffuse && params.diffuse == DiffuseShape::slab) choice.start.slab = slab_of(scan);
    return fit_shapes(pooled, response, choice);
}

void tell(const FittedShapes& fitted, StageContext& context) {
    if (!fitted.converged)
        context.warn(context.scan.name +
                     ": the shapes of scattered light did not settle within their steps; the fit "
                     "goes on with the best that was found");
    if (context.found == nullptr) return;
    std::map<std::string, double>& found = *context.found;
    const ComponentShapes& s = fitted.shapes;
    const double ps = context.scan.bin_width_s * 1e12;
    found["gate_share"] = 1;  // of unscattered light, for whoever compares with the truth
    found["ballistic_share"] = fitted.share[ballistic_part];
    found["pooled_deviance"] = fitted.deviance;
    if (s.snake) found["snake_decay_ps"] = s.snake_decay * ps;
    if (s.snake) found["snake_share"] = fitted.share[snake_part];
    if (!s.diffuse) return;
    found["diffuse_share"] = fitted.share[diffuse_part];
    if (s.diffuse_shape == DiffuseShape::gamma) {
        found["gamma_shape"] = s.gamma_shape;
        found["gamma_scale_ps"] = s.gamma_scale * ps;
    } else if (s.diffuse_shape == DiffuseShape::exponential) {
        found["onset_ps"] = s.onset * ps;
        found["decay_ps"] = s.decay * ps;
    } else {
        found["slab_mu_s_prime_per_m"] = s.slab.mu_s_prime_per_m;
        found["slab_mu_a_per_m"] = s.slab.mu_a_per_m;
    }
}

}  // namespace

const ParamTable& ComponentFit::Params::table() {
    static const ParamTable t{
        choice(&Params::components, "components",
               "which parts are fitted: those that the pooled traces need, all four, or ballistic light and background",
               {"automatic", "all", "ballistic"}),
        choice(&Params::diffuse, "diffuse", "how diffuse light comes: a gamma curve, an exponential tail, or a slab's",
               {"gamma", "exponential", "slab"})
            .only_if("components", "automatic|all"),
        choice(&Params::background, "background", "constant background: fitted, or the model's dark counts",
               {"fitted", "dark"}),
        choice(&Params::amplitudes, "amplitudes",
               "whether light may come out below 0 (unbiased), or is held at 0 where it would",
               {"non_negative", "either_sign"}),
        choice(&Params::arrival, "arrival", "when light arrives: as expected, or fitted where light is seen",
               {"fixed", "per_pixel"}),
        real(&Params::snake_decay_ps, "snake_decay_ps", "ps", "decay time of snake light", 0.01, 1e6)
            .auto_is("fitted to the pooled traces")
            .only_if("components", "automatic|all"),
        real(&Params::arrival_reach_ps, "arrival_reach_ps", "ps", "how far from the expected arrival it is looked for",
             0.01, 1e6)
            .auto_is("the response's FWHM")
            .only_if("arrival", "per_pixel"),
        integer(&Params::iterations, "iterations", "", "most steps of a fit; one that needs more is flagged", 1, 1000),
    };
    return t;
}

std::vector<Layer> ComponentFit::layers(const Params& params) {
    std::vector<Layer> layers{Layer::counts,     Layer::ballistic, Layer::ballistic_sigma, Layer::snake, Layer::diffuse,
                              Layer::background, Layer::purity,    Layer::deviance,        Layer::snr};
    if (params.arrival == Arrival::per_pixel)
        for (const Layer layer : {Layer::arrival, Layer::arrival_sigma}) layers.push_back(layer);
    return layers;
}

ComponentFit::Coefficients ComponentFit::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (scan.irf.empty())
        throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/irf",
                    "component_fit tells the parts of light apart by the response",
                    "add the response, or use --recipe transmission, which works without one");
    const BinnedResponse response = binned_response(scan);
    if (!context.is_reference) {
        for (const std::string& message : response.messages) context.warn(scan.name + ": " + message);
        if (scan.irf.per_pixel)
            context.warn(scan.name + ": component_fit takes the mean of the pixels' responses for all of them");
    }
    const ResponseSpan span = response_span(response.cumulative);
    const PooledComponents pooled = pool_components(scan, context.sample, span);
    const FittedShapes fitted = shapes_for(params, context, response, pooled);
    if (!context.is_reference) tell(fitted, context);

    Coefficients c;
    c.present[ballistic_part] = true;
    c.present[snake_part] = fitted.shapes.snake;
    c.present[diffuse_part] = fitted.shapes.diffuse;
    c.present[background_part] = params.background == Background::fitted;
    c.signed_amplitudes = params.amplitudes == Amplitudes::either_sign;
    c.fit_arrival = params.arrival == Arrival::per_pixel;
    c.iterations = static_cast<int>(params.iterations);
    double sum = 0;
    for (int j = 0; j < 3; ++j) {
        c.start[j] = c.present[j] ? std::max(fitted.share[j], 0.02) : 0;
        sum += c.start[j];
    }
    for (double& start : c.start) start /= sum;
    const double fwhm = response.fwhm_bins;
    if (c.fit_arrival)
        c.arrival_reach =
            std::isnan(params.arrival_reach_ps) ? fwhm : params.arrival_reach_ps * 1e-12 / scan.bin_width_s;
    const auto margin = c.fit_arrival ? static_cast<std::int64_t>(std::ceil(c.arrival_reach)) + 1 : 0;
    const std::int64_t bins = pooled.bins + 3 * margin;
    // One bin more on either side than the table shows: a place within its bin looks one bin back.
    const CumulativeCurves curves =
        cumulative_curves(response.cumulative, fitted.shapes, pooled.first - 2 * static_cast<double>(margin), bins,
                          curve_steps(span, curve_phases));
    c.table = table_of(curves, bins, margin, context.keep);
    set_purity(curves, -1.0 * fwhm, 0.5 * fwhm, c);
    if (context.found != nullptr) {
        (*context.found)["purity_window_ps"] = c.purity_width * scan.bin_width_s * 1e12;
        (*context.found)["fitted_until_ps"] =
            (curves.first + static_cast<double>(bins)) * scan.bin_width_s * 1e12;  // after the arrival
    }
    c.bin_width_s = scan.bin_width_s;
    c.first_bin_centre_s = scan.first_bin_centre_s;
    if (context.shared != nullptr) (*context.shared)[context.is_reference ? "reference.gate_share" : "gate_share"] = 1;
    return c;
}

void ComponentFit::on_cpu(const TraceTile& tile, const Coefficients& c) {
    const std::int64_t all = tile.counts.bins;
    TraceBins bins(all, c.fit_arrival);
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        FitState state;
        const double total = sum_counts(tile.counts, i, 0, all);
        if (fit_on_cpu(tile, i, c, total, bins, state))
            write_fitted(tile, i, c, &state, total, deviance_of(bins, state));
        else write_fitted(tile, i, c, nullptr, total, {});
    }
}

std::string ComponentFit::remark(const ImageTile& images) {
    std::int64_t looked_at = 0, left_out = 0;
    const float* ballistic = images.layer(Layer::ballistic);
    for (std::int64_t i = 0; ballistic != nullptr && i < images.pixels(); ++i) {
        if (images.is_masked(i)) continue;
        ++looked_at;
        left_out += std::isnan(ballistic[i]) ? 1 : 0;
    }
    if (2 * left_out <= looked_at) return "";
    return fmt::format(
        "component_fit: {} of {} pixels could not be fitted (light must arrive within the data, and its "
        "response with it): check /entry/calibration/arrival or set --expected_arrival.source given with given_ps, "
        "measure from earlier "
        "or to later times, or use --recipe transmission",
        left_out, looked_at);
}

}  // namespace firstlight
