#include "viewer/image/image_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/io/figure.hpp"
#include "viewer/image/coloured_image.hpp"

namespace firstlight::viewer {
namespace {

int exponent_of(double value) { return static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)); }

void drop_zeros(std::string& text) {
    if (text.find('.') == std::string::npos) return;
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
}

}  // namespace

ShownUnit shown_unit(const std::string& unit, const ToneWindow& window) {
    if (unit == "1") return {};
    if (unit != "s" && unit != "m") return {unit, 1};
    const auto [name, factor] = readable_unit(unit, std::max(std::abs(window.low), std::abs(window.high)));
    return {name, factor};
}

std::string number_text(double value, int digits) {
    if (std::isnan(value)) return "–";
    if (value == 0 || !std::isfinite(value)) return fmt::format("{:g}", value);
    const int exponent = exponent_of(value);
    std::string text;
    if (exponent < -4 || exponent > 6) {
        text = fmt::format("{:.{}e}", value, digits - 1);
        const auto e = text.find('e');
        std::string mantissa = text.substr(0, e);
        drop_zeros(mantissa);
        return mantissa + text.substr(e);
    }
    text = fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
    drop_zeros(text);
    return text;
}

std::string with_sigma(double value, double sigma) {
    if (!(sigma > 0) || !std::isfinite(sigma) || !std::isfinite(value)) return number_text(value);
    const int decimals = 1 - exponent_of(sigma);
    if (decimals > 7 || exponent_of(sigma) > 6)
        return fmt::format("{} ± {}", number_text(value, 5), number_text(sigma, 2));
    return fmt::format("{:.{}f} ± {:.{}f}", value, std::max(0, decimals), sigma, std::max(0, decimals));
}

std::string value_text(const ShownImage& image, PixelAt at, const ShownUnit& unit) {
    const double value = image.value(at);
    if (std::isnan(value)) return "no value";
    const double sigma = image.sigma != nullptr ? image.sigma[at.y * image.columns + at.x] : std::nan("");
    const std::string text = with_sigma(value * unit.factor, sigma * unit.factor);
    return unit.unit.empty() ? text : text + " " + unit.unit;
}

std::string pixel_text(PixelAt at) { return fmt::format("x {}, y {}", at.x, at.y); }

std::string position_text(const ShownImage& image, PixelAt at) {
    const auto known = [](const Axis* axis) { return axis != nullptr && axis->unit == "m"; };
    if (!known(image.x) || !known(image.y)) return "";
    const auto place = [](const Axis& axis, std::int64_t i) {
        const double step = std::abs(step_m(axis)) * 1e3;
        const int decimals = step > 0 ? std::clamp(1 - exponent_of(step), 1, 6) : 3;
        return fmt::format("{:.{}f}", axis.at(i) * 1e3, decimals);
    };
    return fmt::format("{}, {} mm", place(*image.x, at.x), place(*image.y, at.y));
}

std::string flags_text(std::uint8_t flags) {
    std::string text;
    for (const FlagInfo& flag : mask_flag_table)
        if ((flags & static_cast<std::uint8_t>(flag.bit)) != 0)
            text += (text.empty() ? "" : ", ") + words_of(flag.name);
    return text;
}

std::string flag_explanation(const FlagInfo& flag) {
    std::string parameters = flag.parameters;
    for (std::size_t at = 0; (at = parameters.find(' ', at)) != std::string::npos; at += 2)
        parameters.replace(at, 1, ", ");
    return fmt::format("{}: {}\nset by {}", words_of(flag.name), flag.meaning, parameters);
}

std::string length_text(double metres) {
    return metres >= 0.9999e-3 ? number_text(metres * 1e3) + " mm" : number_text(metres * 1e6) + " µm";
}

std::string words_of(const std::string& layer) {
    std::string words = layer;
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

}  // namespace firstlight::viewer
