#include "kernels/deconvolution/richardson_lucy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/deconvolution/bin_taps.hpp"
#include "kernels/deconvolution/lane_estimate.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t most_sampled = 512;  // traces whose deviance decides
constexpr double worth = 2;                 // deviance per trace
constexpr std::array<std::int64_t, 16> checks{1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256};
constexpr std::size_t checks_per_doubling = 2;
constexpr std::size_t device_shared_bytes = 227 * 1024;

// Unmasked traces spread over the sample, loaded.
std::vector<LaneEstimate> estimates_of(const SurveySample& sample, const RichardsonLucy::Coefficients& c,
                                       double& loaded) {
    const std::int64_t step = std::max<std::int64_t>(1, (sample.traces + most_sampled - 1) / most_sampled);
    std::vector<LaneEstimate> all;
    std::int64_t number = 0;
    for (const TraceTile& tile : sample.tiles) {
        std::vector<std::int64_t> traces;
        const auto load = [&] {
            if (traces.empty()) return;
            all.emplace_back();
            all.back().use(c);
            all.back().load(tile, traces);
            loaded += static_cast<double>(traces.size());
            traces.clear();
        };
        for (std::int64_t t = 0; t < tile.counts.traces; ++t) {
            if (number++ % step != 0 || tile.is_masked(t)) continue;
            traces.push_back(t);
            if (static_cast<std::int64_t>(traces.size()) == LaneEstimate::lanes) load();
        }
        load();
    }
    return all;
}

std::int64_t iterations_worth(const RichardsonLucy::Coefficients& c, StageContext& context) {
    if (context.sample == nullptr) throw Error(ExitCode::internal, "richardson_lucy: there is no survey sample");
    double traces = 0;
    std::vector<LaneEstimate> estimates = estimates_of(*context.sample, c, traces);
    std::vector<double> deviance;
    std::int64_t done = 0;
    for (std::size_t k = 0; k < checks.size() && traces > 0; ++k) {
        double sum = 0;
        for (LaneEstimate& estimate : estimates) {
            estimate.iterate(checks[k] - done);
            sum += estimate.deviance();
        }
        done = checks[k];
        deviance.push_back(sum / traces);
        if (k > checks_per_doubling && deviance[k - checks_per_doubling] - deviance[k] < worth) break;
    }
    const bool settled =
        deviance.size() < checks.size() || deviance[checks.size() - 1 - checks_per_doubling] - deviance.back() < worth;
    if (!settled && !context.is_reference)
        context.warn(
            fmt::format("{}: richardson_lucy was stopped after {} iterations, though more would still explain the "
                        "counts better; --richardson_lucy.stop iterations lets you choose their number",
                        context.scan.name, done));
    if (done == 0) done = 1;  // every pixel is masked: the pipeline refuses that with its own words
    if (context.found != nullptr && !deviance.empty())
        (*context.found)["deviance_per_bin"] = deviance.back() / static_cast<double>(context.scan.bins);
    return done;
}

}  // namespace

const ParamTable& RichardsonLucy::Params::table() {
    static const ParamTable t{
        choice(&Params::stop, "stop",
               "when to stop: once the deviance of sampled traces falls no more than noise explains, or after a number "
               "of iterations",
               {"automatic", "iterations"}),
        integer(&Params::iterations, "iterations", "", "number of iterations", 1, 10000).only_if("stop", "iterations"),
    };
    return t;
}

RichardsonLucy::Coefficients RichardsonLucy::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const BinTaps taps = bin_taps(scan, info);
    announce(taps, context);
    Coefficients on_host{taps.taps.data(), taps.count, taps.first, taps.per_pixel, params.iterations, {}, nullptr};
    // The taps' spectrum, scaled so that the inverse transform needs no factor.
    const bool by_fft = !taps.per_pixel && taps.count > most_direct_taps;
    const std::int64_t n = fft_size(scan.bins + std::max({taps.last(), -taps.first, std::int64_t{0}}));
    const FftTables tables(by_fft ? n : 2);
    std::vector<float> spectrum;
    if (by_fft) {
        spectrum = real_spectrum(tables, on_circle(taps, n, 1 / static_cast<float>(tables.plan().m)));
        on_host.fft = tables.plan();
        on_host.spectrum = spectrum.data();
    }
    if (params.stop == Stop::automatic) on_host.iterations = iterations_worth(on_host, context);
    if (context.found != nullptr) (*context.found)["iterations"] = static_cast<double>(on_host.iterations);

    Coefficients c = on_host;
    c.taps = context.keep.keep(taps.taps);
    if (!context.keep.queue().is_host()) {
        c.fft = {};
        c.spectrum = nullptr;
        if (static_cast<std::size_t>(scan.bins) * 5 * sizeof(float) > device_shared_bytes - 1024)
            throw Error(
                ExitCode::device,
                fmt::format("{}: traces of {} bins are too long for richardson_lucy on a GPU", scan.name, scan.bins),
                "a trace and its model must fit into one multiprocessor's shared memory", "use --backend cpu");
    } else if (by_fft) {
        c.fft = tables.plan(context.keep.keep(tables.turn()));
        c.spectrum = context.keep.keep(spectrum);
    }
    return c;
}

void RichardsonLucy::on_cpu(const TraceTile& tile, const Coefficients& c) {
    thread_local LaneEstimate estimate;
    estimate.use(c);
    std::vector<std::int64_t> traces;
    for (std::int64_t t = 0; t < tile.counts.traces; ++t) {
        if (tile.effect != nullptr) tile.effect[t] = 0;
        if (tile.is_masked(t))
            std::fill_n(tile.signal + t * tile.counts.bins, tile.counts.bins, std::numeric_limits<float>::quiet_NaN());
        else traces.push_back(t);
        const bool last = t + 1 == tile.counts.traces;
        if (traces.empty() || (static_cast<std::int64_t>(traces.size()) < LaneEstimate::lanes && !last)) continue;
        estimate.load(tile, traces);
        estimate.iterate(c.iterations);
        estimate.store(tile);
        traces.clear();
    }
}

}  // namespace firstlight
