#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "host/figures_of_merit/resolution.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double bin_px = 0.25;
constexpr std::int64_t least_side = 8;
constexpr double highest_frequency = 1, frequency_step = 0.005;

// The region as lines across the edge: line l, position u.
class Lines {
  public:
    Lines(const ImageView& image, const Region& r, const std::uint8_t* selected, bool across_columns)
        : image_(image), region_(r), selected_(selected), across_columns_(across_columns) {}
    [[nodiscard]] std::int64_t count() const {
        return across_columns_ ? region_.y1 - region_.y0 : region_.x1 - region_.x0;
    }
    [[nodiscard]] std::int64_t length() const {
        return across_columns_ ? region_.x1 - region_.x0 : region_.y1 - region_.y0;
    }
    // NaN where the pixel does not count.
    [[nodiscard]] double at(std::int64_t l, std::int64_t u) const {
        const std::int64_t y = region_.y0 + (across_columns_ ? l : u), x = region_.x0 + (across_columns_ ? u : l);
        const std::int64_t i = y * image_.columns + x;
        if (selected_ != nullptr && selected_[i] == 0) return nan_value;
        return std::isfinite(image_.values[i]) ? static_cast<double>(image_.values[i]) : nan_value;
    }

  private:
    const ImageView& image_;
    const Region& region_;
    const std::uint8_t* selected_;
    bool across_columns_;
};

struct Side {
    double sum = 0, squares = 0, n = 0;
    void add(double v) {
        if (std::isnan(v)) return;
        sum += v;
        squares += v * v;
        ++n;
    }
    [[nodiscard]] double mean() const { return sum / n; }
    [[nodiscard]] double variance() const { return std::max(0.0, squares / n - mean() * mean()); }
};

// The two ends of the lines.
std::pair<Side, Side> ends(const Lines& lines) {
    const std::int64_t quarter = lines.length() / 4;
    std::pair<Side, Side> sides;
    for (std::int64_t l = 0; l < lines.count(); ++l)
        for (std::int64_t k = 0; k < quarter; ++k) {
            sides.first.add(lines.at(l, k));
            sides.second.add(lines.at(l, lines.length() - 1 - k));
        }
    return sides;
}

// u = offset + slope * (l + 0.5), both from the region's corner.
struct EdgeLine {
    double offset = 0, slope = 0;
    [[nodiscard]] double at(std::int64_t l) const { return offset + slope * (static_cast<double>(l) + 0.5); }
};

// Each line's edge lies where a step between the two levels has the line's sum, within `reach` of where it was thought
// to be: what a centroid of the derivative comes to, without differences.
EdgeLine fitted_line(const Lines& lines, const EdgeLine* guess, double reach, double first, double second) {
    double n = 0, sum_l = 0, sum_u = 0, sum_ll = 0, sum_lu = 0;
    for (std::int64_t l = 0; l < lines.count(); ++l) {
        std::int64_t from = 0, to = lines.length();
        if (guess != nullptr) {
            from = std::max<std::int64_t>(from, static_cast<std::int64_t>(std::floor(guess->at(l) - reach)));
            to = std::min<std::int64_t>(to, static_cast<std::int64_t>(std::ceil(guess->at(l) + reach)));
        }
        double sum = 0;
        for (std::int64_t u = from; u < to; ++u) sum += (lines.at(l, u) - second) / (first - second);
        if (!std::isfinite(sum) || to <= from) continue;
        const double place = static_cast<double>(from) + sum, at = static_cast<double>(l) + 0.5;
        ++n;
        sum_l += at;
        sum_u += place;
        sum_ll += at * at;
        sum_lu += at * place;
    }
    const double slope = (n * sum_lu - sum_l * sum_u) / (n * sum_ll - sum_l * sum_l);
    return {(sum_u - slope * sum_l) / n, slope};
}

// Means in bins of a quarter of a pixel of distance from the edge, -reach .. reach; holes filled from their neighbours.
std::vector<double> edge_spread(const Lines& lines, const EdgeLine& edge, double reach) {
    const auto half = static_cast<std::int64_t>(std::floor(reach / bin_px));
    std::vector<double> sum(static_cast<std::size_t>(2 * half + 1), 0), n(sum.size(), 0);
    const double shortening = 1 / std::hypot(1, edge.slope);
    for (std::int64_t l = 0; l < lines.count(); ++l)
        for (std::int64_t u = 0; u < lines.length(); ++u) {
            const double value = lines.at(l, u);
            const double distance = (static_cast<double>(u) + 0.5 - edge.at(l)) * shortening;
            const auto k = static_cast<std::int64_t>(std::floor(distance / bin_px + 0.5)) + half;
            if (std::isnan(value) || k < 0 || k > 2 * half) continue;
            sum[static_cast<std::size_t>(k)] += value;
            n[static_cast<std::size_t>(k)] += 1;
        }
    std::vector<double> spread(sum.size(), nan_value);
    for (std::size_t k = 0; k < sum.size(); ++k)
        if (n[k] > 0) spread[k] = sum[k] / n[k];
    for (std::size_t k = 0; k < spread.size(); ++k) {
        if (!std::isnan(spread[k])) continue;
        std::size_t after = k;
        while (after < spread.size() && std::isnan(spread[after])) ++after;
        const double left = k > 0 ? spread[k - 1] : after < spread.size() ? spread[after] : nan_value;
        const double right = after < spread.size() ? spread[after] : left;
        const double steps = static_cast<double>(after - k) + 1;
        for (std::size_t j = k; j < after; ++j)
            spread[j] = left + (right - left) * (static_cast<double>(j - k) + 1) / steps;
    }
    return spread;
}

// Distance over which the edge goes from a tenth to nine tenths.
double rise_px(const std::vector<double>& spread, double first, double second) {
    double inside = 0;
    for (const double v : spread) {
        const double share = (v - first) / (second - first);
        inside += share > 0.1 && share < 0.9 ? bin_px : 0;
    }
    return inside;
}

double sinc(double x) { return x == 0 ? 1 : std::sin(x) / x; }

void transform(const std::vector<double>& spread, SlantedEdge& out) {
    const double middle = (static_cast<double>(spread.size()) - 1) / 2;
    std::vector<double> line(spread.size(), 0);
    for (std::size_t k = 1; k + 1 < spread.size(); ++k) {
        // Flat in the inner half, so that it does not narrow what it holds.
        const double at = std::abs(static_cast<double>(k) - middle) / middle;
        const double taper = at < 0.5 ? 1 : 0.5 * (1 + std::cos(2 * std::numbers::pi * (at - 0.5)));
        line[k] = taper * (spread[k + 1] - spread[k - 1]) / 2;
    }
    double zero = 0;
    for (double f = 0; f <= highest_frequency + 1e-9; f += frequency_step) {
        const double turn = 2 * std::numbers::pi * f * bin_px;
        double real = 0, imaginary = 0;
        for (std::size_t k = 0; k < line.size(); ++k) {
            const double phase = turn * (static_cast<double>(k) - middle);
            real += line[k] * std::cos(phase);
            imaginary += line[k] * std::sin(phase);
        }
        const double taken = sinc(turn) * sinc(turn / 2);  // by the difference over two bins, and by the bins
        const double value = std::hypot(real, imaginary) / taken;
        if (f == 0) zero = value;
        out.frequencies.push_back(f);
        out.mtf.push_back(value / zero);
    }
    out.mtf50 = first_fall_to(0.5, out.frequencies, out.mtf);
    out.mtf10 = first_fall_to(0.1, out.frequencies, out.mtf);
}

}  // namespace

double first_fall_to(double level, const std::vector<double>& at, const std::vector<double>& values) {
    for (std::size_t k = 1; k < values.size(); ++k)
        if (values[k - 1] > level && values[k] <= level)
            return at[k - 1] + (at[k] - at[k - 1]) * (values[k - 1] - level) / (values[k - 1] - values[k]);
    return nan_value;
}

SlantedEdge slanted_edge(const ImageView& image, const Region& region, const std::uint8_t* selected,
                         const std::string& name) {
    check_region(image, region, name);
    if (region.x1 - region.x0 < least_side || region.y1 - region.y0 < least_side)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: a region of {} x {} pixels is too small", name, region.x1 - region.x0,
                                region.y1 - region.y0),
                    "the edge and what lies on its two sides need room",
                    fmt::format("take at least {0} x {0} pixels", least_side));
    const auto difference = [](const std::pair<Side, Side>& s) { return std::abs(s.second.mean() - s.first.mean()); };
    const auto along_x = ends(Lines(image, region, selected, true)),
               along_y = ends(Lines(image, region, selected, false));
    SlantedEdge out;
    out.across_columns = !(difference(along_y) > difference(along_x));
    const Lines lines(image, region, selected, out.across_columns);
    const auto& [first, second] = out.across_columns ? along_x : along_y;
    const double noise = std::sqrt((first.variance() / first.n + second.variance() / second.n));
    const double step = second.mean() - first.mean();
    if (!(std::abs(step) > 5 * noise) || !(std::abs(step) > 1e-6 * std::abs(first.mean())))
        throw Error(ExitCode::bad_input, name + ": there is no edge in this region",
                    fmt::format("its two ends have the means {:.4g} and {:.4g}, of standard deviation {:.2g}",
                                first.mean(), second.mean(), noise),
                    "choose a region that one straight edge runs through");
    EdgeLine edge = fitted_line(lines, nullptr, 0, first.mean(), second.mean());
    double available = 0, reach = 0;
    for (int pass = 0; pass < 4; ++pass) {
        const double lowest = std::min(edge.at(0), edge.at(lines.count() - 1));
        const double highest = std::max(edge.at(0), edge.at(lines.count() - 1));
        available = std::min(lowest, static_cast<double>(lines.length()) - highest);
        if (!(available >= 3))
            throw Error(ExitCode::bad_input, name + ": the edge leaves the region",
                        "both of its sides must be seen in every line across it", "move or enlarge the region");
        const double rise = rise_px(edge_spread(lines, edge, available), first.mean(), second.mean());
        reach = std::clamp(4 * rise, std::min(4.0, available), available);
        edge = fitted_line(lines, &edge, reach, first.mean(), second.mean());
    }
    const double travelled = std::abs(edge.slope) * static_cast<double>(lines.count());
    if (!(travelled >= 1))
        throw Error(
            ExitCode::bad_input, name + ": the edge is not slanted against the pixels",
            fmt::format("over {} lines it moves by {:.2f} pixels; finer sampling than by pixels needs at least 1",
                        lines.count(), travelled),
            "take a longer region, or an edge at 2 to 10 degrees");
    out.angle_deg = std::atan(std::abs(edge.slope)) * 180 / std::numbers::pi;
    out.low = std::min(first.mean(), second.mean());
    out.high = std::max(first.mean(), second.mean());
    transform(edge_spread(lines, edge, reach), out);
    return out;
}

}  // namespace firstlight
