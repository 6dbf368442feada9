#include "host/simulation/gated_camera.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/simulation/random_counts.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double ps = 1e-12;
constexpr double fwhm_per_sigma = 2.354820045030949;
constexpr double rise_per_sigma = 2.563103131089201;  // from 10 % to 90 % of a Gaussian's integral
constexpr double sigmas = 6;
constexpr double decays = 16;
constexpr double steps_per_width = 256;
constexpr std::uint32_t frame_purpose = 48;  // of the counters, apart from those of detector_response

std::vector<double> delays_of(TomlTable& t) {
    std::vector<double> delays;
    if (t.has("delays_ps")) {
        for (const double d : t.numbers("delays_ps")) delays.push_back(d * ps);
        return delays;
    }
    const double start = t.number("start_ps") * ps;
    const double step = t.number("step_ps") * ps;
    const std::int64_t number = t.whole("number");
    for (std::int64_t i = 0; i < number; ++i) delays.push_back(start + static_cast<double>(i) * step);
    return delays;
}

}  // namespace

double GatedCamera::mean_exposure() const {
    return std::accumulate(exposure.begin(), exposure.end(), 0.0) / static_cast<double>(exposure.size());
}

GatedCamera read_gated_camera(TomlTable t) {
    GatedCamera camera;
    camera.delay_s = delays_of(t);
    camera.shape = t.one_of("shape", {"kerr", "rectangle"}, "kerr") == "kerr" ? GatedCamera::Shape::kerr
                                                                              : GatedCamera::Shape::rectangle;
    camera.width_s = t.number("width_ps", 1, 1e-3, 1e7) * ps;
    if (camera.shape == GatedCamera::Shape::kerr) {
        camera.decay_s = t.number("decay_ps", 1.6, 1e-3, 1e6) * ps;
        camera.decay_share = t.number("decay_share", 0, 0, 1);
    } else {
        camera.rise_s = t.number("rise_ps", 0, 0, 1e6) * ps;
    }
    camera.exposure.assign(camera.delay_s.size(), 1.0);
    if (t.has("exposure")) camera.exposure = t.numbers("exposure");
    if (t.has("bit_depth")) camera.bit_depth = t.whole("bit_depth");
    camera.full_well = t.number("full_well", 0, 0, 4294967295.0);
    t.refuse_unknown();
    GateAxis axis;
    axis.delay_s = camera.delay_s;
    axis.exposure_s = camera.exposure;
    axis.width_s.assign(camera.delay_s.size(), camera.width_s);
    axis.bit_depth = camera.bit_depth;
    check_gates(axis, static_cast<std::int64_t>(camera.delay_s.size()), "scene [gates]");
    return camera;
}

GateShape::GateShape(const GatedCamera& camera) {
    const double sigma = camera.shape == GatedCamera::Shape::kerr
                             ? camera.width_s / fwhm_per_sigma
                             : std::max(camera.rise_s / rise_per_sigma, camera.width_s / steps_per_width);
    const double tail = camera.decay_share > 0 ? camera.decay_s : 0;
    step_ = camera.width_s / steps_per_width;
    first_ = -std::ceil(sigmas * sigma / step_) * step_;
    const double end =
        sigmas * sigma + decays * tail + (camera.shape == GatedCamera::Shape::rectangle ? camera.width_s : 0);
    const auto n = static_cast<std::size_t>(std::ceil((end - first_) / step_)) + 1;
    open_.resize(n);
    double lingering = 0;
    double before = 0;
    const double keep = tail > 0 ? std::exp(-step_ / tail) : 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double tau = first_ + static_cast<double>(i) * step_;
        if (camera.shape == GatedCamera::Shape::rectangle) {
            const auto risen = [&](double x) { return 0.5 * std::erfc(-x / (sigma * std::sqrt(2.0))); };
            open_[i] = risen(tau) - risen(tau - camera.width_s);
            continue;
        }
        const double pump = std::exp(-0.5 * tau * tau / (sigma * sigma));
        lingering = keep * lingering + (1 - keep) * 0.5 * (pump + before);
        before = pump;
        open_[i] = (1 - camera.decay_share) * pump + camera.decay_share * lingering;
    }
    const double peak = *std::max_element(open_.begin(), open_.end());
    for (double& v : open_) v /= peak;
    integral_.assign(n, 0.0);
    for (std::size_t i = 1; i < n; ++i) integral_[i] = integral_[i - 1] + 0.5 * step_ * (open_[i - 1] + open_[i]);
}

double GateShape::value(const std::vector<double>& table, double tau_s) const {
    const double place = (tau_s - first_) / step_;
    if (!(place > 0)) return 0;
    const auto i = static_cast<std::size_t>(place);
    if (i + 1 >= table.size()) return table.back();
    const double part = place - static_cast<double>(i);
    return table[i] + part * (table[i + 1] - table[i]);
}

double GateShape::mean(double from_s, double to_s) const {
    return (value(integral_, to_s) - value(integral_, from_s)) / (to_s - from_s);
}

Response gate_response(const GateShape& shape, const Response& pulse) {
    const double from = pulse.time_s.front() - shape.last();
    const double to = pulse.time_s.back() - shape.first();
    double whole = 0;
    for (const double v : pulse.values) whole += v;
    constexpr std::int64_t samples = 801;
    const double step = (to - from) / static_cast<double>(samples - 1);
    Response response;
    for (std::int64_t k = 0; k < samples; ++k) {
        const double x = from + static_cast<double>(k) * step;
        double seen = 0;
        for (std::size_t i = 0; i < pulse.values.size(); ++i) {
            const double tau = pulse.time_s[i] - x;
            if (tau > shape.first() && tau < shape.last()) seen += pulse.values[i] * shape.at(tau);
        }
        response.time_s.push_back(x);
        response.values.push_back(seen / whole);
    }
    return response;
}

Scan gated_scan(const Scan& open, const GatedCamera& camera, double pulses) {
    Scan scan = open;
    scan.kind = ScanKind::gated;
    scan.bins = static_cast<std::int64_t>(camera.delay_s.size());
    scan.gates.delay_s = camera.delay_s;
    scan.gates.width_s.assign(camera.delay_s.size(), camera.width_s);
    for (const double e : camera.exposure) scan.gates.exposure_s.push_back(pulses * e / *open.repetition_rate_hz);
    scan.gates.bit_depth = camera.bit_depth;
    const double largest = saturation_of(scan.gates, scan.type);
    scan.gates.saturation_count = camera.full_well > 0 ? std::min(camera.full_well, largest) : largest;
    set_time_axis(scan);
    scan.pulses = {pulses * camera.mean_exposure()};
    scan.exposure_s = {mean_exposure_s(scan.gates)};
    for (double& reference : scan.reference_pulses) reference *= camera.mean_exposure();
    scan.bin_width_correction.clear();
    scan.irf = gate_response(GateShape(camera), open.irf);
    return scan;
}

std::vector<std::uint32_t> expose(const std::vector<double>& light, const Scan& open, const Scan& gated,
                                  const GatedCamera& camera, double pulses, CountKey key) {
    const GateShape shape(camera);
    const auto bins = static_cast<std::size_t>(open.bins);
    const auto gates = static_cast<std::size_t>(gated.bins);
    std::vector<double> transmission(gates * bins);
    for (std::size_t g = 0; g < gates; ++g)
        for (std::size_t j = 0; j < bins; ++j) {
            const double from = open.time_of(static_cast<double>(j)) - camera.delay_s[g];
            transmission[g * bins + j] = shape.mean(from, from + open.bin_width_s);
        }
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(gated.pixels()) * gates);
    const double most = gated.gates.saturation_count;
    parallel_for(gated.pixels(), 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p) {
            const double* of_pixel = light.data() + static_cast<std::size_t>(p) * bins;
            for (std::size_t g = 0; g < gates; ++g) {
                double seen = 0;
                for (std::size_t j = 0; j < bins; ++j) seen += of_pixel[j] * transmission[g * bins + j];
                const double frame_pulses = pulses * camera.exposure[g];
                const double dark = gated.dark_rate_hz.empty() ? 0.0
                                                               : gated.dark_rate_hz[static_cast<std::size_t>(p)] *
                                                                     frame_pulses / *open.repetition_rate_hz;
                CounterStream stream{key.first + static_cast<std::uint32_t>(p),
                                     static_cast<std::uint32_t>(g),
                                     0,
                                     frame_purpose + key.recording,
                                     key.low,
                                     key.high};
                const double count = poisson_number(frame_pulses * seen + dark, stream);
                counts[static_cast<std::size_t>(p) * gates + g] = static_cast<std::uint32_t>(std::min(count, most));
            }
        }
    });
    return counts;
}

}  // namespace firstlight
