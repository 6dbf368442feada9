#include "host/figures_of_merit/volume_quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "host/figures_of_merit/image_quality.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// Between which two elements a position lies.
struct Between {
    std::int64_t low = -1, high = -1;  // -1: outside
    double share = 0;                  // of the higher
};

// Positions in elements of the expected axis at which voxel i is looked at.
std::vector<double> places_in(const Axis& axis, std::int64_t i, const Axis& expected) {
    const double there = step_m(expected), here = step_m(axis);
    if (there == 0) return {static_cast<double>(i)};  // by index
    const double width = here == 0 ? 0 : std::abs(here / there);
    // Grids that differ by rounding only are the same.
    const auto points = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(width - 1e-6)));
    const double centre = (axis.at(i) - expected.at(0)) / there;
    std::vector<double> places;
    for (std::int64_t k = 0; k < points; ++k) {
        const double place = centre + width * ((static_cast<double>(k) + 0.5) / static_cast<double>(points) - 0.5);
        places.push_back(std::abs(place - std::round(place)) < 1e-6 ? std::round(place) : place);
    }
    return places;
}

Between between(double place, std::int64_t n) {
    if (!(place >= -0.5) || !(place <= static_cast<double>(n) - 0.5)) return {};
    const double inside = std::clamp(place, 0.0, static_cast<double>(n - 1));
    const auto low = static_cast<std::int64_t>(inside);
    return {low, std::min(low + 1, n - 1), inside - static_cast<double>(low)};
}

using Line = std::vector<std::vector<Between>>;  // of each voxel along an axis

Line line_of(const Axis& axis, const Axis& expected) {
    Line line;
    for (std::int64_t i = 0; i < axis.size; ++i) {
        line.emplace_back();
        for (const double place : places_in(axis, i, expected)) line.back().push_back(between(place, expected.size));
    }
    return line;
}

void check_axes(const char* name, const Axis& axis, const Axis& expected) {
    const bool known = step_m(axis) != 0 || axis.size < 2, known_too = step_m(expected) != 0 || expected.size < 2;
    if (axis.size == expected.size || (known && known_too && axis.unit == "m" && expected.unit == "m")) return;
    throw Error(ExitCode::bad_input, fmt::format("the volumes cannot be compared along {}", name),
                fmt::format("{} voxels against {}, and positions in m are not known of both", axis.size, expected.size),
                "compare volumes with axes in m, or of the same size");
}

}  // namespace

std::vector<float> on_grid_of(const Volume& volume, const Volume& expected) {
    check_axes("z", volume.z, expected.z);
    check_axes("y", volume.y, expected.y);
    check_axes("x", volume.x, expected.x);
    const auto by = [](const Axis& axis, const Axis& other) {  // by index where one has no positions
        return axis.unit == "m" ? other : index_axis(other.name, other.name, other.size);
    };
    const Line z = line_of(volume.z, by(volume.z, expected.z)), y = line_of(volume.y, by(volume.y, expected.y)),
               x = line_of(volume.x, by(volume.x, expected.x));
    std::vector<float> out(volume.values.size());
    const std::int64_t rows = volume.y.size, columns = volume.x.size;
    const auto at = [&](std::int64_t k, std::int64_t j, std::int64_t i) {
        return static_cast<double>(
            expected.values[static_cast<std::size_t>((k * expected.y.size + j) * expected.x.size + i)]);
    };
    // An element without weight is not looked at: it may be NaN.
    const auto mixed = [](double share, const auto& low, const auto& high) {
        return share == 0 ? low() : (1 - share) * low() + share * high();
    };
    const auto sample = [&](const Between& k, const Between& j, const Between& i) {
        if (k.low < 0 || j.low < 0 || i.low < 0) return nan_value;
        const auto row = [&](std::int64_t zz, std::int64_t yy) {
            return mixed(
                i.share, [&] { return at(zz, yy, i.low); }, [&] { return at(zz, yy, i.high); });
        };
        const auto plane = [&](std::int64_t zz) {
            return mixed(
                j.share, [&] { return row(zz, j.low); }, [&] { return row(zz, j.high); });
        };
        return mixed(
            k.share, [&] { return plane(k.low); }, [&] { return plane(k.high); });
    };
    parallel_for(volume.z.size * rows, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t line = begin; line < end; ++line)
            for (std::int64_t column = 0; column < columns; ++column) {
                double sum = 0, points = 0;
                for (const Between& k : z[static_cast<std::size_t>(line / rows)])
                    for (const Between& j : y[static_cast<std::size_t>(line % rows)])
                        for (const Between& i : x[static_cast<std::size_t>(column)]) {
                            sum += sample(k, j, i);
                            ++points;
                        }
                out[static_cast<std::size_t>(line * columns + column)] = static_cast<float>(sum / points);
            }
    });
    return out;
}

VolumeQuality volume_quality(const std::vector<float>& values, const std::vector<float>& expected) {
    VolumeQuality q;
    const ImageView image{values.data(), 1, static_cast<std::int64_t>(values.size())},
        truth{expected.data(), 1, static_cast<std::int64_t>(expected.size())};
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    const auto counts = [&](std::size_t i) { return std::isfinite(values[i]) && std::isfinite(expected[i]); };
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!counts(i)) continue;
        least = std::min<double>(least, expected[i]);
        greatest = std::max<double>(greatest, expected[i]);
    }
    struct Sum {
        double number = 0, found = 0, expected = 0;
    };
    std::array<Sum, 2> sums;  // outside, inside
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!counts(i)) continue;
        Sum& sum = sums[static_cast<double>(expected[i]) > greatest / 2 ? 1 : 0];
        ++sum.number;
        sum.found += static_cast<double>(values[i]);
        sum.expected += static_cast<double>(expected[i]);
    }
    const double all = sums[0].number + sums[1].number;
    const auto share = [](double part, double of) { return of > 0 ? part / of : nan_value; };
    q.voxels = static_cast<std::int64_t>(all);
    q.rmse = rmse(image, truth, nullptr);
    q.nrmse = greatest > least ? q.rmse / (greatest - least) : nan_value;
    q.bias = share(sums[0].found + sums[1].found - sums[0].expected - sums[1].expected, all);
    q.ncc = ncc(image, truth, nullptr);
    q.inside_voxels = static_cast<std::int64_t>(sums[1].number);
    q.inside_mean = share(sums[1].found, sums[1].number);
    q.inside_expected = share(sums[1].expected, sums[1].number);
    q.outside_mean = share(sums[0].found, sums[0].number);
    q.outside_expected = share(sums[0].expected, sums[0].number);
    return q;
}

}  // namespace firstlight
