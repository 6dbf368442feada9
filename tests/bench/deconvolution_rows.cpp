// Deconvolution: against the machine's multiply-adds, against the FFT library's own transforms, and against scipy.fft.
#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "kernels/deconvolution/corrected_light.hpp"
#include "kernels/deconvolution/richardson_lucy.hpp"
#include "kernels/deconvolution/wiener.hpp"
#include "kernels/support/fft.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr std::int64_t taps = 33;
constexpr double snr = 40;
constexpr std::int64_t iterations = 20;
constexpr std::int64_t sampled = 4096;  // traces that scipy works on

std::vector<float> response() {
    std::vector<float> values;
    for (std::int64_t k = 0; k < taps; ++k) {
        const double d = static_cast<double>(k - taps / 2);
        values.push_back(static_cast<float>(std::exp(-d * d / 32) + 1e-3));
    }
    double sum = 0;
    for (const float v : values) sum += static_cast<double>(v);
    for (float& v : values) v = static_cast<float>(static_cast<double>(v) / sum);
    return values;
}

Scan scan_with_response(const PhotonCube& cube) {
    Scan scan = scan_of(cube);
    const std::vector<float> values = response();
    for (std::int64_t k = 0; k < taps; ++k) {
        scan.irf.time_s.push_back(static_cast<double>(k - taps / 2) * scan.bin_width_s);
        scan.irf.values.push_back(static_cast<double>(values[static_cast<std::size_t>(k)]));
    }
    return scan;
}

template <class S>
class Deconvolution {
  public:
    Deconvolution(RotatingCubes& cubes, int threads, const typename S::Params& params)
        : cubes_(cubes),
          scan_(scan_with_response(cubes.first())),
          threads_(threads),
          queue_(open_cpu_queue(threads)),
          keep_(*queue_),
          signal_(static_cast<std::size_t>(scan_.pixels() * scan_.bins)) {
        StageContext context{scan_, keep_};
        context.warn = [](const std::string&) {};
        c_ = S::prepare(params, context);
    }
    void run(const PhotonCube& cube) {
        with_threads(threads_, [&] {
            parallel_for(scan_.pixels(), 256, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t from = begin; from < end; from += 64) {  // a tile of the pipeline
                    const std::int64_t n = std::min<std::int64_t>(64, end - from);
                    TraceTile tile;
                    const auto* counts = reinterpret_cast<const std::uint16_t*>(cube.counts.data()) + from * scan_.bins;
                    tile.counts = {counts, CountType::u2, n, scan_.bins};
                    tile.window = {0, 0, from, 1, n, scan_.pixels()};
                    tile.signal = signal_.data() + from * scan_.bins;
                    S::on_cpu(tile, c_);
                }
            });
        });
    }
    void run() { run(cubes_.next()); }

    // Pixel p of the first cube after run(cube), against double precision.
    void check(const std::vector<double>& truth, std::int64_t p) const {
        double difference = 0;
        double size = 0;
        for (std::int64_t i = 0; i < scan_.bins; ++i) {
            const double t = truth[static_cast<std::size_t>(i)];
            const double found = static_cast<double>(signal_[static_cast<std::size_t>(p * scan_.bins + i)]);
            difference += (found - t) * (found - t);
            size += t * t;
        }
        if (!(difference <= 1e-10 * size))
            throw std::runtime_error(
                fmt::format("{} of pixel {} differs by {}", S::info.name, p, std::sqrt(difference / size)));
    }
    [[nodiscard]] const Scan& scan() const { return scan_; }
    [[nodiscard]] const typename S::Coefficients& coefficients() const { return c_; }

  private:
    RotatingCubes& cubes_;
    Scan scan_;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    typename S::Coefficients c_;
    std::vector<float> signal_;
};

std::vector<double> trace_of(const PhotonCube& cube, std::int64_t p) {
    const auto* y = reinterpret_cast<const std::uint16_t*>(cube.counts.data()) + p * cube.bins;
    return {y, y + cube.bins};
}

// sum_k h[k] x[i - first - k], or transposed.
std::vector<double> folded(const std::vector<double>& x, bool transposed) {
    const std::vector<float> h = response();
    const auto n = static_cast<std::int64_t>(x.size());
    std::vector<double> out(x.size(), 0.0);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t k = 0; k < taps; ++k) {
            const std::int64_t from = transposed ? i + k - taps / 2 : i - k + taps / 2;
            if (from >= 0 && from < n)
                out[static_cast<std::size_t>(i)] +=
                    static_cast<double>(h[static_cast<std::size_t>(k)]) * x[static_cast<std::size_t>(from)];
        }
    return out;
}

std::vector<double> lucy_in_double(const std::vector<double>& y) {
    const std::vector<double> seen = folded(std::vector<double>(y.size(), 1.0), true);
    double counted = 0;
    double all = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        counted += y[i];
        all += seen[i];
    }
    std::vector<double> x(y.size(), counted / all);
    for (std::int64_t n = 0; n < iterations; ++n) {
        std::vector<double> ratio = folded(x, false);
        for (std::size_t i = 0; i < y.size(); ++i) ratio[i] = y[i] / ratio[i];
        const std::vector<double> back = folded(ratio, true);
        for (std::size_t i = 0; i < y.size(); ++i) x[i] *= back[i] / seen[i];
    }
    return x;
}

// By plain sums: the filter's own response, then the trace through it.
std::vector<double> wiener_in_double(const std::vector<double>& y, std::int64_t n) {
    using Complex = std::complex<double>;
    const std::vector<float> h = response();
    const auto turn = [n](std::int64_t k) {
        return std::polar(1.0, 2 * M_PI * static_cast<double>(k % n) / static_cast<double>(n));
    };
    std::vector<double> kernel(static_cast<std::size_t>(n), 0.0);
    for (std::int64_t f = 0; f < n; ++f) {
        Complex spectrum = 0;
        for (std::int64_t k = 0; k < taps; ++k)
            spectrum += static_cast<double>(h[static_cast<std::size_t>(k)]) * std::conj(turn((k - taps / 2 + n) * f));
        const Complex gain = std::conj(spectrum) / (std::norm(spectrum) + 1 / snr) / static_cast<double>(n);
        for (std::int64_t i = 0; i < n; ++i) kernel[static_cast<std::size_t>(i)] += (gain * turn(i * f)).real();
    }
    std::vector<double> x(y.size(), 0.0);
    for (std::size_t i = 0; i < y.size(); ++i)
        for (std::size_t j = 0; j < y.size(); ++j)
            x[i] += kernel[(i + static_cast<std::size_t>(n) - j) % static_cast<std::size_t>(n)] * y[j];
    return x;
}

// The transforms alone: real rows that lie in the cache already, forward, times a spectrum, and back, row by row.
class LibraryTransforms {
  public:
    LibraryTransforms(std::int64_t rows, std::int64_t n, int threads) : rows_(rows), threads_(threads), fft_(n) {}
    void run() {
        with_threads(threads_, [&] {
            parallel_for(rows_, 256, [&](std::int64_t begin, std::int64_t end) {
                constexpr std::int64_t held = 32;
                std::vector<float> values(static_cast<std::size_t>(held * fft_.size()), 1.0F);
                std::vector<std::complex<float>> spectrum(static_cast<std::size_t>(fft_.spectrum_size()));
                const std::complex<float> gain(0.5F / static_cast<float>(fft_.size()), 0.1F);
                for (std::int64_t i = begin; i < end; ++i) {
                    float* row = values.data() + i % held * fft_.size();
                    fft_.forward(row, spectrum.data(), 1);
                    for (std::complex<float>& v : spectrum)
                        v = {v.real() * gain.real() - v.imag() * gain.imag(),
                             v.real() * gain.imag() + v.imag() * gain.real()};
                    fft_.inverse(spectrum.data(), row, 1);
                }
            });
        });
    }

  private:
    std::int64_t rows_;
    int threads_;
    RealFft fft_;
};

double scipy_seconds(const Session& session, const char* what, const PhotonCube& cube) {
    const ScratchFolder folder;
    const std::string path = (folder.path() / "counts").string();
    const std::int64_t traces = std::min(sampled, cube.rows * cube.columns);
    const std::vector<float> h = response();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(cube.counts.data()), static_cast<std::streamsize>(traces * cube.bins * 2));
    file.write(reinterpret_cast<const char*>(h.data()), static_cast<std::streamsize>(h.size() * sizeof(float)));
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
    const std::string out =
        output_of({session.options().python, FIRSTLIGHT_BENCH_SOURCES "/scipy_deconvolution.py", what, path,
                   std::to_string(traces), std::to_string(cube.bins), std::to_string(session.options().threads)});
    return std::stod(out) * static_cast<double>(cube.rows * cube.columns) / static_cast<double>(traces);
}

}  // namespace

void add_deconvolution_rows(Session& session) {
    const std::string lucy_row = fmt::format("Richardson-Lucy, {} iterations, {} taps", iterations, taps);
    const std::string wiener_row = "Wiener along time";
    const std::string corrected_row = "corrected light / copying its counts";
    const bool scipy = !session.options().python.empty();
    const int threads = session.options().threads;
    if (session.wanted(lucy_row) || session.wanted(lucy_row + " against scipy.fft")) {
        RotatingCubes& cubes = session_cubes(session.options().quick);
        auto lucy = std::make_shared<Deconvolution<RichardsonLucy>>(
            cubes, threads, RichardsonLucy::Params{RichardsonLucy::Stop::iterations, iterations});
        lucy->run(cubes.all()[0]);
        for (const std::int64_t p : {0, 17, 1023}) lucy->check(lucy_in_double(trace_of(cubes.all()[0], p)), p);
        session.time("richardson_lucy", [lucy] { lucy->run(); });
        const Scan& scan = lucy->scan();
        const double share = 100 * 4.0 * taps * iterations * static_cast<double>(scan.pixels() * scan.bins) /
                             multiply_add_operations(session.options());
        session.row(
            {lucy_row, "% of peak", Goal::at_least, 75, "multiply-adds; those of the taps alone are counted"},
            [share](const Medians& m) { return share * m.at("ceiling: multiply-add") / m.at("richardson_lucy"); });
        if (scipy) {
            session.measured_outside("richardson_lucy in scipy",
                                     scipy_seconds(session, "richardson_lucy", cubes.all()[0]));
            session.row({lucy_row + " against scipy.fft", "x", Goal::at_least, 15, "scipy.fft, as many workers"},
                        [](const Medians& m) { return m.at("richardson_lucy in scipy") / m.at("richardson_lucy"); });
        }
    }
    if (session.wanted(corrected_row)) {
        RotatingCubes& cubes = session_cubes(session.options().quick);
        auto light = std::make_shared<Deconvolution<CorrectedLight>>(cubes, threads, CorrectedLight::Params{});
        light->run(cubes.all()[0]);
        for (const std::int64_t p : {0, 1023}) light->check(trace_of(cubes.all()[0], p), p);
        session.time("corrected light", [light] { light->run(); });
        session.row({corrected_row, "x", Goal::at_most, 2, "memory: half the bytes read, twice the bytes written"},
                    [](const Medians& m) { return m.at("corrected light") / m.at("ceiling: copy"); });
    }
    if (session.wanted(wiener_row + " against FFTW3f") || session.wanted(wiener_row + " against scipy.fft")) {
        RotatingCubes& cubes = session_cubes(session.options().quick);
        auto wiener = std::make_shared<Deconvolution<Wiener>>(cubes, threads, Wiener::Params{snr});
        const std::int64_t n = wiener->coefficients().fft.n;
        wiener->run(cubes.all()[0]);
        for (const std::int64_t p : {0, 1023}) wiener->check(wiener_in_double(trace_of(cubes.all()[0], p), n), p);
        auto library = std::make_shared<LibraryTransforms>(wiener->scan().pixels(), n, threads);
        session.time("wiener", [wiener] { wiener->run(); });
        session.time("wiener's transforms in FFTW3f", [library] { library->run(); });
        session.row({wiener_row + " against FFTW3f", "x", Goal::at_least, 2.5,
                     fmt::format("bare transforms of {} floats in cache, row by row", n)},
                    [](const Medians& m) { return m.at("wiener's transforms in FFTW3f") / m.at("wiener"); });
        if (scipy) {
            session.measured_outside("wiener in scipy", scipy_seconds(session, "wiener", cubes.all()[0]));
            session.row({wiener_row + " against scipy.fft", "x", Goal::at_least, 4, "scipy.fft, as many workers"},
                        [](const Medians& m) { return m.at("wiener in scipy") / m.at("wiener"); });
        }
    }
}

}  // namespace firstlight::bench
