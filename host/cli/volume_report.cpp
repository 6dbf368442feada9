// What a volume holds, for people and for programs (result_report.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/cli/result_report.hpp"

namespace firstlight::cli {
namespace {

struct Content {
    double least = std::numeric_limits<double>::infinity(), greatest = -least, mean = 0;
    double without_value = 0;  // share of NaN
};

// Of finite voxels.
Content content_of(const Volume& volume) {
    Content c;
    double sum = 0, finite = 0, nan = 0;
    for (const float value : volume.values) {
        const auto v = static_cast<double>(value);
        if (std::isnan(v)) ++nan;
        if (!std::isfinite(v)) continue;
        c.least = std::min(c.least, v);
        c.greatest = std::max(c.greatest, v);
        sum += v;
        ++finite;
    }
    c.mean = finite > 0 ? sum / finite : std::numeric_limits<double>::quiet_NaN();
    c.without_value = nan / static_cast<double>(volume.values.size());
    return c;
}

std::string with_unit(double value, const std::string& unit) {
    return fmt::format("{:.4g}{}", value, unit.empty() || unit == "1" ? "" : " " + unit);
}

std::string step_of(const Axis& axis) {
    const double step = std::abs(step_m(axis));
    return step > 0 ? fmt::format("{:.4g}", step * 1e3) : "?";
}

std::string extent_of(const Axis& axis) {
    if (axis.unit != "m") return fmt::format("0 to {}", axis.size - 1);
    return fmt::format("{:.4g} to {:.4g} mm", axis.at(0) * 1e3, axis.at(axis.size - 1) * 1e3);
}

}  // namespace

Facts volume_facts(const Volume& v) {
    Facts facts{{"volume", fmt::format("{}{}: {} x {} x {} voxels (z, y, x)", v.name,
                                       v.long_name.empty() || v.long_name == v.name ? "" : " (" + v.long_name + ")",
                                       v.z.size, v.y.size, v.x.size)}};
    const bool metres = v.z.unit == "m" || v.y.unit == "m" || v.x.unit == "m";
    if (metres)
        facts.emplace_back("voxel size",
                           fmt::format("{} x {} x {} mm (z, y, x)", step_of(v.z), step_of(v.y), step_of(v.x)));
    facts.emplace_back("volume extent",
                       fmt::format("z {}, y {}, x {} (voxel centres)", extent_of(v.z), extent_of(v.y), extent_of(v.x)));
    const Content c = content_of(v);
    if (c.least <= c.greatest) {
        facts.emplace_back("volume range",
                           fmt::format("{} to {}", fmt::format("{:.4g}", c.least), with_unit(c.greatest, v.unit)));
        facts.emplace_back("volume mean", with_unit(c.mean, v.unit));
    }
    facts.emplace_back("voxels without value", fmt::format("{:.3g} %", 100 * c.without_value));
    return facts;
}

Json volume_json(const Volume& v) {
    const Content c = content_of(v);
    const auto step = [](const Axis& axis) {
        const double m = std::abs(step_m(axis));
        return m > 0 ? Json(m) : Json(nullptr);
    };
    const bool any = c.least <= c.greatest;
    const double none = std::numeric_limits<double>::quiet_NaN();
    return {{"name", v.name},
            {"unit", v.unit},
            {"shape", {v.z.size, v.y.size, v.x.size}},
            {"voxel_size_m", {step(v.z), step(v.y), step(v.x)}},
            {"least", finite_or_null(any ? c.least : none)},
            {"greatest", finite_or_null(any ? c.greatest : none)},
            {"mean", finite_or_null(c.mean)},
            {"share_without_value", c.without_value}};
}

}  // namespace firstlight::cli
