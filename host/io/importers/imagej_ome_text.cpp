#include "host/io/importers/imagej_ome_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double longest_gate_s = 1e-6;

// Seconds or metres of a unit; 0: not one.
double time_unit_s(const std::string& unit) {
    static const std::map<std::string, double> units{
        {"fs", 1e-15},       {"ps", 1e-12},       {"psec", 1e-12}, {"ns", 1e-9}, {"nsec", 1e-9}, {"us", 1e-6},
        {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6}, {"ms", 1e-3},    {"s", 1},     {"sec", 1}};
    const auto found = units.find(unit);
    return found == units.end() ? 0 : found->second;
}

double length_unit_m(const std::string& unit) {
    static const std::map<std::string, double> units{
        {"nm", 1e-9},       {"um", 1e-6},     {"\xc2\xb5m", 1e-6}, {"\xce\xbcm", 1e-6},
        {"\\u00B5m", 1e-6}, {"micron", 1e-6}, {"microns", 1e-6},   {"mm", 1e-3},
        {"cm", 1e-2},       {"m", 1},         {"inch", 0.0254}};
    const auto found = units.find(unit);
    return found == units.end() ? 0 : found->second;
}

double number_of(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != 0 || !std::isfinite(value) ? std::nan("") : value;
}

std::int64_t whole_of(const std::string& text) {
    const double value = number_of(text);
    return value >= 0 && value <= 1e9 ? static_cast<std::int64_t>(value) : 0;
}

bool is_imagej(const std::string& text) { return text.rfind("ImageJ=", 0) == 0; }

std::string imagej_value(const std::string& text, const std::string& name) {
    const std::string key = "\n" + name + "=";
    const auto found = text.find(key);
    if (found == std::string::npos) return {};
    const auto begin = found + key.size();
    std::string value = text.substr(begin, text.find('\n', begin) - begin);
    if (!value.empty() && value.back() == '\r') value.pop_back();
    return value;
}

// Of axes with these sizes, frames may lie along one.
void refuse_several_axes(const std::map<std::string, std::int64_t>& axes, const std::string& name) {
    std::vector<std::string> long_ones;
    for (const auto& [axis, size] : axes)
        if (size > 1) long_ones.push_back(fmt::format("{} {}", size, axis));
    if (long_ones.size() > 1)
        throw Error(ExitCode::bad_input, fmt::format("{}: its frames are {}", name, fmt::join(long_ones, " x ")),
                    "it does not say which of these are gates", "save one stack of gates for each of the others");
}

void read_imagej(const std::string& text, double per_x, double per_y, const std::string& name, StackText& out) {
    refuse_several_axes({{"channels", whole_of(imagej_value(text, "channels"))},
                         {"slices", whole_of(imagej_value(text, "slices"))},
                         {"times", whole_of(imagej_value(text, "frames"))}},
                        name);
    const std::string unit = imagej_value(text, "unit");
    const double spacing = number_of(imagej_value(text, "spacing")) * time_unit_s(unit);
    const std::string tunit = imagej_value(text, "tunit");
    const double interval = number_of(imagej_value(text, "finterval")) * time_unit_s(tunit.empty() ? "s" : tunit);
    if (spacing > 0 && spacing < longest_gate_s) {
        out.step_s = spacing;
        out.words.push_back(fmt::format("gate step {:.6g} ps: ImageJ's spacing, in {}", spacing * 1e12, unit));
    } else if (interval > 0 && interval < longest_gate_s) {
        out.step_s = interval;
        out.words.push_back(fmt::format("gate step {:.6g} ps: ImageJ's frame interval", interval * 1e12));
    }
    const std::string yunit = imagej_value(text, "yunit");
    const double x_m = length_unit_m(unit), y_m = yunit.empty() ? x_m : length_unit_m(yunit);
    if (x_m > 0 && y_m > 0 && per_x > 0 && per_y > 0) {
        out.pixel_x_m = x_m / per_x;
        out.pixel_y_m = y_m / per_y;
        out.words.push_back(fmt::format("pixels of {:.6g} x {:.6g} mm (y, x): ImageJ's scale", out.pixel_y_m * 1e3,
                                        out.pixel_x_m * 1e3));
    }
}

// The first element of that name from `from` on, "<name …>" without its brackets; "" where there is none.
std::string element(const std::string& text, const std::string& name, std::size_t& from) {
    const std::string begin = "<" + name;
    for (std::size_t at = text.find(begin, from); at != std::string::npos; at = text.find(begin, at + 1)) {
        const char after = at + begin.size() < text.size() ? text[at + begin.size()] : '\0';
        if (after != ' ' && after != '>' && after != '/' && after != '\n' && after != '\r' && after != '\t') continue;
        const std::size_t end = text.find('>', at);
        if (end == std::string::npos) break;
        from = end + 1;
        return text.substr(at + 1, end - at - 1);
    }
    from = std::string::npos;
    return {};
}

std::string attribute(const std::string& element, const std::string& name) {
    for (const char* before : {" ", "\n", "\t"}) {
        const std::string key = before + name + "=";
        const std::size_t at = element.find(key);
        if (at == std::string::npos || at + key.size() >= element.size()) continue;
        const char quote = element[at + key.size()];
        const std::size_t begin = at + key.size() + 1, end = element.find(quote, begin);
        if ((quote == '"' || quote == '\'') && end != std::string::npos) return element.substr(begin, end - begin);
    }
    return {};
}

double with_unit(const std::string& element, const std::string& name, const char* otherwise,
                 double (*unit_of)(const std::string&)) {
    const std::string unit = attribute(element, name + "Unit");
    return number_of(attribute(element, name)) * unit_of(unit.empty() ? otherwise : unit);
}

// OME's own way to say that an axis is the delay of a gate: <ModuloAlongT Type="lifetime" Unit="ps" Start … Step … End>
// or with a <Label> for each.
bool read_modulo(const std::string& text, std::int64_t pages, const std::string& name, StackText& out) {
    for (const char* tag : {"ModuloAlongT", "ModuloAlongZ", "ModuloAlongC"}) {
        std::size_t at = 0;
        const std::string modulo = element(text, tag, at);
        if (modulo.empty() || attribute(modulo, "Type") != "lifetime") continue;
        const double unit = time_unit_s(attribute(modulo, "Unit"));
        const double start = number_of(attribute(modulo, "Start")), step = number_of(attribute(modulo, "Step"));
        const double end = number_of(attribute(modulo, "End"));
        std::vector<double> delay;
        if (std::isfinite(start) && step > 0 && end >= start && (end - start) / step < 1e6) {
            const auto n = static_cast<std::int64_t>(std::floor((end - start) / step + 0.5)) + 1;
            for (std::int64_t i = 0; i < n; ++i) delay.push_back((start + static_cast<double>(i) * step) * unit);
        } else {
            const std::size_t close = std::min(text.find(std::string("</") + tag, at), text.size());
            for (std::size_t label = at; label < close;) {
                (void)element(text, "Label", label);
                if (label >= close) break;
                const std::size_t stop = std::min(text.find('<', label), text.size());
                delay.push_back(number_of(text.substr(label, stop - label)) * unit);
            }
        }
        if (unit == 0 || delay.empty() ||
            !std::all_of(delay.begin(), delay.end(), [](double d) { return std::isfinite(d); }))
            throw Error(ExitCode::bad_input, fmt::format("{}: OME's {} is not understood", name, tag),
                        "expected Unit, and Start, Step and End or labels that are numbers", "correct it");
        if (static_cast<std::int64_t>(delay.size()) != pages)
            throw Error(ExitCode::bad_input, fmt::format("{}: OME's {} has {} delays", name, tag, delay.size()),
                        fmt::format("there are {} pages", pages), "save one stack with one page for each delay");
        out.words.push_back(fmt::format("delays of the gates, {:.6g} to {:.6g} ps: OME's {}", delay.front() * 1e12,
                                        delay.back() * 1e12, tag));
        out.delay_s = std::move(delay);
        return true;
    }
    return false;
}

void read_planes(const std::string& text, const std::string& index, std::int64_t pages, StackText& out) {
    const auto n = static_cast<std::size_t>(pages);
    std::vector<double> delta(n, std::nan("")), exposure(n, std::nan(""));
    for (std::size_t at = 0; at != std::string::npos;) {
        const std::string plane = element(text, "Plane", at);
        const double number = number_of(attribute(plane, index));
        if (plane.empty() || !(number >= 0 && number < static_cast<double>(pages))) continue;
        const auto i = static_cast<std::size_t>(number);
        delta[i] = with_unit(plane, "DeltaT", "s", time_unit_s);
        exposure[i] = with_unit(plane, "ExposureTime", "s", time_unit_s);
    }
    if (std::all_of(exposure.begin(), exposure.end(), [](double e) { return e > 0; })) {
        out.exposure_s = exposure;
        out.words.emplace_back("exposures: OME's ExposureTime of each plane");
    }
    if (!out.delay_s.empty() || out.step_s > 0 || n < 2) return;
    for (std::size_t i = 0; i < n; ++i)
        if (!std::isfinite(delta[i]) ||
            (i > 0 && !(delta[i] > delta[i - 1] && delta[i] - delta[i - 1] < longest_gate_s)))
            return;
    out.delay_s = delta;
    out.words.push_back(fmt::format("delays of the gates, {:.6g} to {:.6g} ps: OME's DeltaT of each plane",
                                    delta.front() * 1e12, delta.back() * 1e12));
}

void read_ome(const std::string& text, std::int64_t pages, const std::string& name, StackText& out) {
    std::size_t at = 0;
    const std::string pixels = element(text, "Pixels", at);
    std::map<std::string, std::int64_t> axes;
    std::string index = "TheT";
    for (const char* axis : {"T", "Z", "C"}) {
        const std::int64_t size = whole_of(attribute(pixels, std::string("Size") + axis));
        axes[axis] = size;
        if (size > 1) index = std::string("The") + axis;
    }
    refuse_several_axes(axes, name);
    const double step = with_unit(pixels, "TimeIncrement", "s", time_unit_s);
    if (!read_modulo(text, pages, name, out) && step > 0 && step < longest_gate_s) {
        out.step_s = step;
        out.words.push_back(fmt::format("gate step {:.6g} ps: OME's TimeIncrement", step * 1e12));
    }
    read_planes(text, index, pages, out);
    const double y = with_unit(pixels, "PhysicalSizeY", "um", length_unit_m);
    const double x = with_unit(pixels, "PhysicalSizeX", "um", length_unit_m);
    if (y > 0 && x > 0) {
        out.pixel_y_m = y;
        out.pixel_x_m = x;
        out.words.push_back(fmt::format("pixels of {:.6g} x {:.6g} mm (y, x): OME's PhysicalSize", y * 1e3, x * 1e3));
    }
}

}  // namespace

std::int64_t imagej_images(const std::string& description) {
    return is_imagej(description) ? whole_of(imagej_value(description, "images")) : 0;
}

StackText read_stack_text(const std::string& description, std::int64_t pages, double per_x, double per_y,
                          const std::string& name) {
    StackText out;
    if (is_imagej(description)) read_imagej(description, per_x, per_y, name, out);
    else if (description.find("<OME") != std::string::npos && description.find("<Pixels") != std::string::npos)
        read_ome(description, pages, name, out);
    return out;
}

}  // namespace firstlight
