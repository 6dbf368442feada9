#include "kernels/simulation/confocal_light.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/portable.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double least_transfer = 1e-6;
constexpr double spread_share = 0.98, spread_sigmas = 3.5;
constexpr std::int64_t fine_steps = 8;  // of the slab's curve per bin
constexpr double most_pairs = 2e11;
constexpr std::int64_t rows_at_once = 16;

void require(bool holds, const std::string& what, const std::string& found, const std::string& expected) {
    if (!holds) throw Error(ExitCode::bad_input, "scene: " + what + " is " + found, "expected " + expected);
}

void check(const ConfocalSetup& s) {
    require(!s.surfaces.empty(), "the number of hidden surfaces", "0", "at least one");
    require(s.rows > 0 && s.columns > 0 && s.bins > 0, "the scan",
            fmt::format("{} x {} x {}", s.rows, s.columns, s.bins), "rows, columns and bins above 0");
    require(s.height_m > 0 && s.width_m > 0 && std::isfinite(s.height_m) && std::isfinite(s.width_m),
            "the size of the scan", fmt::format("{:g} x {:g} m", s.height_m, s.width_m), "more than 0");
    require(s.bin_width_s > 0 && std::isfinite(s.bin_width_s) && std::isfinite(s.first_edge_s), "the bin width",
            fmt::format("{:g} s", s.bin_width_s), "more than 0");
    for (std::size_t k = 0; k < s.surfaces.size(); ++k) {
        const HiddenSurface& h = s.surfaces[k];
        require(h.z_m > 0 && std::isfinite(h.z_m), fmt::format("the depth of hidden surface {}", k + 1),
                fmt::format("{:g} m", h.z_m), "behind the slab, more than 0");
        require(h.albedo >= 0 && std::isfinite(h.albedo), fmt::format("the albedo of hidden surface {}", k + 1),
                fmt::format("{:g}", h.albedo), "0 or more");
    }
}

struct Cell {
    double x, y, z, strength;  // strength: albedo A / pi^2
    bool lambertian;
};

std::vector<Cell> cells_of(const ConfocalSetup& setup) {
    std::vector<Cell> cells;
    for (const HiddenSurface& h : setup.surfaces) {
        const Pattern& p = h.pattern;
        for (std::int64_t i = 0; i < p.rows; ++i)
            for (std::int64_t j = 0; j < p.columns; ++j) {
                const auto value = static_cast<double>(p.values[static_cast<std::size_t>(i * p.columns + j)]);
                if (!(value > 0)) continue;
                cells.push_back(
                    {p.centre_x_m + (static_cast<double>(j) + 0.5 - 0.5 * static_cast<double>(p.columns)) * p.pitch_m,
                     p.centre_y_m + (static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(p.rows)) * p.pitch_m,
                     h.z_m, h.albedo * value * p.pitch_m * p.pitch_m / (pi * pi), h.lambertian});
            }
    }
    return cells;
}

// Points along one side of the far face: the scan's points and, between and beside them, those that its light reaches.
struct Side {
    std::int64_t scan_points = 0, points = 0;
    double pitch = 0, step = 0, first = 0;
    [[nodiscard]] double at(std::int64_t i) const { return first + static_cast<double>(i) * step; }
    [[nodiscard]] double scan_at(std::int64_t i) const {
        return (static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(scan_points)) * pitch;
    }
};

Side side_of(double size, std::int64_t scan_points, double longest_step, double margin) {
    Side s;
    s.scan_points = scan_points;
    s.pitch = size / static_cast<double>(scan_points);
    const auto within = static_cast<std::int64_t>(std::max(1.0, std::ceil(s.pitch / longest_step)));
    const auto beyond = static_cast<std::int64_t>(std::ceil(margin / s.pitch));
    s.step = s.pitch / static_cast<double>(within);
    s.points = (scan_points + 2 * beyond) * within;
    s.first = (0.5 - 0.5 * static_cast<double>(s.points)) * s.step;
    return s;
}

// The light of all cells that returns to a point of the far face, added to trace[bins] from bin `start` on.
void add_returns(const std::vector<Cell>& cells, const ConfocalSetup& setup, double x, double y, std::int64_t start,
                 std::int64_t bins, double* trace) {
    const double bins_per_m = 2 / (speed_of_light * setup.bin_width_s);
    const double first = setup.first_edge_s / setup.bin_width_s + 0.5 + static_cast<double>(start);
    for (const Cell& cell : cells) {
        const double dx = cell.x - x, dy = cell.y - y;
        const double square = dx * dx + dy * dy + cell.z * cell.z;
        double light = cell.strength / (square * square);
        if (cell.lambertian) {
            const double cosine_squared = cell.z * cell.z / square;
            light *= cosine_squared * cosine_squared;
        }
        const double place = std::sqrt(square) * bins_per_m - first;
        const double below = std::floor(place);
        if (!(below >= -1 && below < static_cast<double>(bins))) continue;
        const auto i = static_cast<std::int64_t>(below);
        const double part = place - below;
        if (i >= 0) trace[i] += (1 - part) * light;
        if (i + 1 < bins) trace[i + 1] += part * light;
    }
}

// Cosines and sines of a side's low spatial frequencies, orthonormal on its points.
struct Waves {
    std::int64_t number = 0;
    std::vector<double> on_points, on_scan;  // [number][points], [number][scan_points]
    std::vector<double> wave_number;         // [number], rad/m
};

Waves waves_of(const Side& side, double largest_wave_number) {
    Waves w;
    const double length = static_cast<double>(side.points) * side.step;
    const std::int64_t most =
        std::min((side.points - 1) / 2, static_cast<std::int64_t>(std::ceil(largest_wave_number * length / (2 * pi))));
    w.number = 2 * most + 1;
    for (std::int64_t n = 0; n < w.number; ++n) {
        const std::int64_t periods = (n + 1) / 2;
        const double k = 2 * pi * static_cast<double>(periods) / length;
        const double norm = std::sqrt((n == 0 ? 1.0 : 2.0) / static_cast<double>(side.points));
        const auto wave = [&](double x) { return norm * (n % 2 == 1 ? std::sin(k * x) : std::cos(k * x)); };
        w.wave_number.push_back(k);
        for (std::int64_t i = 0; i < side.points; ++i) w.on_points.push_back(wave(side.at(i)));
        for (std::int64_t i = 0; i < side.scan_points; ++i) w.on_scan.push_back(wave(side.scan_at(i)));
    }
    return w;
}

FL_SIMD void add_scaled(double* to, const double* from, double factor, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) to[i] += factor * from[i];
}

class SlabBlur {
  public:
    SlabBlur(const ConfocalSetup& setup, std::int64_t start, std::int64_t bins)
        : setup_(setup),
          start_(start),
          bins_(bins),
          kernel_(slab_there_and_back(*setup.slab, setup.bin_width_s, bins)) {
        spread_per_bin_ = speed_of_light / setup.slab->refractive_index / (3 * setup.slab->mu_s_prime_per_m) *
                          setup.bin_width_s / 4;  // D v per bin, of the midpoint
        double all = 0;
        for (const double k : kernel_) all += k;
        double sum = 0;
        std::size_t late = 0;
        while (late + 1 < kernel_.size() && (sum += kernel_[late]) < spread_share * all) ++late;
        const double margin = spread_sigmas * std::sqrt(2 * spread_per_bin_ * static_cast<double>(late + 1));
        const double step = speed_of_light * setup.bin_width_s;
        y_ = side_of(setup.height_m, setup.rows, step, margin);
        x_ = side_of(setup.width_m, setup.columns, step, margin);
        double k =
            2 * pi / std::max(static_cast<double>(y_.points) * y_.step, static_cast<double>(x_.points) * x_.step);
        while (transfer(k * k) > least_transfer * all && k < pi / std::min(x_.step, y_.step)) k *= 1.02;
        wave_y_ = waves_of(y_, k);
        wave_x_ = waves_of(x_, k);
    }

    [[nodiscard]] double points() const { return static_cast<double>(y_.points) * static_cast<double>(x_.points); }

    std::vector<double> blurred(const std::vector<Cell>& cells, const std::function<void(double)>& proceed) const {
        const auto sized = [](std::int64_t a, std::int64_t b, std::int64_t c) {
            return std::vector<double>(static_cast<std::size_t>(a) * static_cast<std::size_t>(b) *
                                       static_cast<std::size_t>(c));
        };
        std::vector<double> along_x = sized(y_.points, wave_x_.number, bins_);
        for (std::int64_t from = 0; from < y_.points; from += rows_at_once) {
            const std::int64_t rows = std::min(rows_at_once, y_.points - from);
            parallel_for(rows, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = from + begin; i < from + end; ++i)
                    returns_of_row(cells, i, along_x.data() + i * wave_x_.number * bins_);
            });
            if (proceed) proceed(0.8 * static_cast<double>(from + rows) / static_cast<double>(y_.points));
        }
        std::vector<double> of_rows = sized(wave_x_.number, setup_.rows, bins_);
        parallel_for(wave_x_.number, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t n = begin; n < end; ++n) blur_wave(along_x, n, of_rows.data() + n * setup_.rows * bins_);
        });
        std::vector<double> light = sized(setup_.rows, setup_.columns, setup_.bins);
        const std::int64_t skipped = std::max<std::int64_t>(0, start_), unseen = skipped - start_;
        parallel_for(setup_.rows * setup_.columns, 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<double> trace(static_cast<std::size_t>(bins_));
            for (std::int64_t p = begin; p < end; ++p) {
                std::fill(trace.begin(), trace.end(), 0.0);
                const std::int64_t row = p / setup_.columns, column = p % setup_.columns;
                for (std::int64_t n = 0; n < wave_x_.number; ++n)
                    add_scaled(trace.data(), of_rows.data() + (n * setup_.rows + row) * bins_,
                               wave_x_.on_scan[static_cast<std::size_t>(n * setup_.columns + column)], bins_);
                // Cut off frequencies leave a ripple of a millionth, which light cannot have below 0.
                for (std::int64_t t = unseen; t < bins_; ++t)
                    light[static_cast<std::size_t>(p * setup_.bins + t + start_)] =
                        std::max(0.0, trace[static_cast<std::size_t>(t)]);
            }
        });
        if (proceed) proceed(1);
        return light;
    }

  private:
    // Of light at this squared wave number, all delays together.
    [[nodiscard]] double transfer(double square) const {
        double sum = 0;
        for (std::size_t delay = 0; delay < kernel_.size(); ++delay)
            sum += kernel_[delay] * std::exp(-square * spread_per_bin_ * static_cast<double>(delay));
        return sum;
    }

    void returns_of_row(const std::vector<Cell>& cells, std::int64_t row, double* to) const {
        std::vector<double> trace(static_cast<std::size_t>(bins_));
        for (std::int64_t j = 0; j < x_.points; ++j) {
            std::fill(trace.begin(), trace.end(), 0.0);
            add_returns(cells, setup_, x_.at(j), y_.at(row), start_, bins_, trace.data());
            for (std::int64_t n = 0; n < wave_x_.number; ++n)
                add_scaled(to + n * bins_, trace.data(), wave_x_.on_points[static_cast<std::size_t>(n * x_.points + j)],
                           bins_);
        }
    }

    // One wave along x: to waves along y, through the slab, and to the scan's rows.
    void blur_wave(const std::vector<double>& along_x, std::int64_t n, double* to) const {
        std::vector<double> in(static_cast<std::size_t>(bins_)), out(static_cast<std::size_t>(bins_)),
            kernel(kernel_.size());
        for (std::int64_t m = 0; m < wave_y_.number; ++m) {
            std::fill(in.begin(), in.end(), 0.0);
            std::fill(out.begin(), out.end(), 0.0);
            for (std::int64_t i = 0; i < y_.points; ++i)
                add_scaled(in.data(), along_x.data() + (i * wave_x_.number + n) * bins_,
                           wave_y_.on_points[static_cast<std::size_t>(m * y_.points + i)], bins_);
            const double kx = wave_x_.wave_number[static_cast<std::size_t>(n)];
            const double ky = wave_y_.wave_number[static_cast<std::size_t>(m)];
            for (std::size_t delay = 0; delay < kernel.size(); ++delay)
                kernel[delay] =
                    kernel_[delay] * std::exp(-(kx * kx + ky * ky) * spread_per_bin_ * static_cast<double>(delay));
            for (std::int64_t delay = 0; delay < bins_; ++delay)
                if (const double k = kernel[static_cast<std::size_t>(delay)]; k > 0)
                    add_scaled(out.data() + delay, in.data(), k, bins_ - delay);
            for (std::int64_t row = 0; row < setup_.rows; ++row)
                add_scaled(to + row * bins_, out.data(),
                           wave_y_.on_scan[static_cast<std::size_t>(m * setup_.rows + row)], bins_);
        }
    }

    const ConfocalSetup& setup_;
    std::int64_t start_, bins_;
    std::vector<double> kernel_;
    double spread_per_bin_ = 0;
    Side y_, x_;
    Waves wave_y_, wave_x_;
};

}  // namespace

std::vector<double> slab_there_and_back(const Slab& slab, double bin_width_s, std::int64_t delays) {
    const std::int64_t n = delays * fine_steps;
    const std::vector<double> once = slab_curve(slab, bin_width_s / static_cast<double>(fine_steps), n);
    std::vector<double> twice(static_cast<std::size_t>(delays), 0.0);
    for (std::int64_t k = 0; k + 1 < n; ++k) {
        double light = 0;
        for (std::int64_t i = 0; i <= k; ++i)
            light += once[static_cast<std::size_t>(i)] * once[static_cast<std::size_t>(k - i)];
        const double place = static_cast<double>(k + 1) / static_cast<double>(fine_steps);  // of two bins' mean times
        const auto below = static_cast<std::int64_t>(place);
        const double part = place - static_cast<double>(below);
        if (below < delays) twice[static_cast<std::size_t>(below)] += (1 - part) * light;
        if (below + 1 < delays) twice[static_cast<std::size_t>(below) + 1] += part * light;
    }
    return twice;
}

std::vector<double> confocal_light(const ConfocalSetup& setup, const std::function<void(double)>& proceed) {
    check(setup);
    const std::vector<Cell> cells = cells_of(setup);
    require(!cells.empty(), "the area of the hidden surfaces", "0", "a pattern with something on it");
    double nearest = cells.front().z;
    for (const Cell& cell : cells) nearest = std::min(nearest, cell.z);
    const double earliest = (2 * nearest / speed_of_light - setup.first_edge_s) / setup.bin_width_s;
    require(earliest < static_cast<double>(setup.bins), "the end of the time window",
            fmt::format("{:g} ns", (setup.first_edge_s + static_cast<double>(setup.bins) * setup.bin_width_s) * 1e9),
            fmt::format("later than the first light behind the slab, {:g} ns", 2 * nearest / speed_of_light * 1e9));
    require(earliest > -1e5, "the start of the time window", fmt::format("{:g} s", setup.first_edge_s),
            "nearer to the first light");
    // Light before the window is followed too: the slab delays it.
    const auto start = static_cast<std::int64_t>(std::floor(earliest)) - 1;
    const std::int64_t bins = setup.bins - start;
    const auto check_work = [&](double points) {
        require(points * static_cast<double>(cells.size()) <= most_pairs, "the number of points times cells",
                fmt::format("{:g}", points * static_cast<double>(cells.size())),
                fmt::format("at most {:g}: give larger cells (cell_um) or fewer points", most_pairs));
    };
    if (setup.slab) {
        const SlabBlur blur(setup, start, bins);
        check_work(blur.points());
        return blur.blurred(cells, proceed);
    }
    check_work(static_cast<double>(setup.rows) * static_cast<double>(setup.columns));
    const Side y = side_of(setup.height_m, setup.rows, setup.height_m, 0);
    const Side x = side_of(setup.width_m, setup.columns, setup.width_m, 0);
    std::vector<double> light(static_cast<std::size_t>(setup.rows * setup.columns * setup.bins), 0.0);
    parallel_for(setup.rows * setup.columns, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p)
            add_returns(cells, setup, x.scan_at(p % setup.columns), y.scan_at(p / setup.columns), 0, setup.bins,
                        light.data() + p * setup.bins);
    });
    if (proceed) proceed(1);
    return light;
}

}  // namespace firstlight
