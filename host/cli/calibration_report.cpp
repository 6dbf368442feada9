#include "host/cli/calibration_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/cli/console.hpp"
#include "host/io/calibration_file.hpp"

namespace firstlight::cli {
namespace {

std::int64_t response_samples(const Response& irf) {
    return static_cast<std::int64_t>(irf.time_s.empty() ? irf.values.size() : irf.time_s.size());
}

std::int64_t flagged(const std::vector<std::uint8_t>& mask) {
    return std::count_if(mask.begin(), mask.end(), [](std::uint8_t flags) { return flags != 0; });
}

Json json_of(const Calibration& c, const std::filesystem::path& path) {
    Json json{{"kind", "calibration"}, {"path", path.string()}, {"uuid", c.uuid}, {"created", c.created}};
    if (c.rows > 0) json["shape"] = {c.rows, c.columns};
    if (!c.irf.empty()) json["response"] = {{"samples", response_samples(c.irf)}, {"per_pixel", c.irf.per_pixel}};
    if (c.arrival_s) json["arrival_s"] = *c.arrival_s;
    if (!c.pixel_mask.empty()) json["masked_pixels"] = flagged(c.pixel_mask);
    if (c.medium.refractive_index) json["refractive_index"] = *c.medium.refractive_index;
    if (c.medium.mu_a_per_m) json["mu_a_per_m"] = *c.medium.mu_a_per_m;
    if (c.medium.mu_s_prime_per_m) json["mu_s_prime_per_m"] = *c.medium.mu_s_prime_per_m;
    for (const CalibrationFigure& figure : c.figures)
        json["fits"][figure.name] = {{"value", figure.value}, {"units", figure.units}};
    json["inputs"] = Json::array();
    for (const CalibrationInput& input : c.inputs)
        json["inputs"].push_back({{"job", input.job}, {"path", input.path}, {"sha256", input.sha256}});
    json["remarks"] = c.remarks;
    return json;
}

}  // namespace

int show_calibration(const std::filesystem::path& path, bool as_json) {
    const Calibration c = read_calibration(path, {});
    if (as_json) {
        print_json(json_of(c, path));
        return 0;
    }
    Facts facts{{"calibration", path.string()}, {"created", c.created}};
    const auto range = [&](const char* name, const std::vector<double>& values, double factor, const char* unit) {
        if (values.empty()) return;
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        facts.emplace_back(name, fmt::format("{:.6g} to {:.6g} {}", *low * factor, *high * factor, unit));
    };
    const auto number = [&](const char* name, const std::optional<double>& value, const char* unit) {
        if (value) facts.emplace_back(name, fmt::format("{:.6g} {}", *value, unit));
    };
    if (c.rows > 0) facts.emplace_back("pixels", fmt::format("{} x {} (y, x)", c.rows, c.columns));
    if (!c.irf.empty())
        facts.emplace_back("response",
                           fmt::format("{} samples{}", response_samples(c.irf), c.irf.per_pixel ? " per pixel" : ""));
    if (c.arrival_s) facts.emplace_back("arrival", readable_ps(*c.arrival_s));
    range("time skew", c.t0_map_s, 1e12, "ps");
    range("dark counts", c.dark_rate_hz, 1, "Hz");
    range("flat field", c.flat, 1, "");
    if (!c.pixel_mask.empty()) facts.emplace_back("masked pixels", fmt::format("{}", flagged(c.pixel_mask)));
    number("refractive index", c.medium.refractive_index, "");
    number("mu_a", c.medium.mu_a_per_m, "/m");
    number("mu_s'", c.medium.mu_s_prime_per_m, "/m");
    for (const CalibrationFigure& figure : c.figures)
        facts.emplace_back("fit: " + figure.name,
                           fmt::format("{:.6g}{}", figure.value, figure.units == "1" ? "" : " " + figure.units));
    for (const CalibrationInput& input : c.inputs)
        facts.emplace_back("from", fmt::format("{}: {} (SHA-256 {})", input.job, input.path, input.sha256));
    for (const std::string& remark : c.remarks) facts.emplace_back("remark", remark);
    print_facts(facts);
    return 0;
}

}  // namespace firstlight::cli
