// A named axis of an array, with its unit: uniform (origin + index * step) or a list of positions.
//
//   Axis t = uniform_axis("t", "s", "bin centres", 512, 8e-12, 16e-12);
//   t.at(2);  // 4e-11
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace firstlight {

struct Axis {
    std::string name;       // "t"
    std::string unit;       // "s"; "1" for an index
    std::string long_name;  // for people
    std::int64_t size = 0;
    double origin = 0;           // position of element 0 when uniform
    double step = 1;             // distance between elements when uniform
    std::vector<double> values;  // [size]; empty: uniform

    [[nodiscard]] bool is_uniform() const { return values.empty(); }
    [[nodiscard]] double at(std::int64_t i) const {
        return is_uniform() ? origin + static_cast<double>(i) * step : values[static_cast<std::size_t>(i)];
    }
};

inline Axis uniform_axis(std::string name, std::string unit, std::string long_name, std::int64_t size, double origin,
                         double step) {
    return Axis{std::move(name), std::move(unit), std::move(long_name), size, origin, step, {}};
}

inline Axis listed_axis(std::string name, std::string unit, std::string long_name, std::vector<double> values) {
    const auto size = static_cast<std::int64_t>(values.size());
    return Axis{std::move(name), std::move(unit), std::move(long_name), size, 0, 1, std::move(values)};
}

// 0, 1, 2, … where nothing better is known.
inline Axis index_axis(std::string name, std::string long_name, std::int64_t size) {
    return Axis{std::move(name), "1", std::move(long_name), size, 0, 1, {}};
}

// Signed distance between neighbours on an axis in m, the mean where they are uneven; 0 where it is not known, as with
// one element.
inline double step_m(const Axis& axis) {
    if (axis.unit != "m" || axis.size < 2) return 0;
    return (axis.at(axis.size - 1) - axis.at(0)) / static_cast<double>(axis.size - 1);
}

// All positions, uniform or not.
inline std::vector<double> positions(const Axis& axis) {
    std::vector<double> all(static_cast<std::size_t>(axis.size));
    for (std::int64_t i = 0; i < axis.size; ++i) all[static_cast<std::size_t>(i)] = axis.at(i);
    return all;
}

// Centres of n equal cells that share out `size` around 0.
inline std::vector<double> cell_centres(std::int64_t n, double size) {
    std::vector<double> at;
    for (std::int64_t i = 0; i < n; ++i)
        at.push_back(((static_cast<double>(i) + 0.5) / static_cast<double>(n) - 0.5) * size);
    return at;
}

}  // namespace firstlight
