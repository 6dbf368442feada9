#include "host/io/metadata_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

std::string written(const MetadataReader::Shape& shape) {
    if (shape.empty()) return "a single value";
    std::vector<std::string> parts;
    for (const std::int64_t n : shape) parts.push_back(n < 0 ? "any" : std::to_string(n));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

bool fits(const MetadataReader::Shape& found, const MetadataReader::Shape& wanted) {
    if (wanted.empty()) return found.empty() || (found.size() == 1 && found[0] == 1);
    return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                      [](std::int64_t a, std::int64_t b) { return a == b || b < 0; });
}

}  // namespace

void Findings::attempt(const std::function<void()>& check) {
    try {
        check();
    } catch (const Error& error) {
        if (!gather_ || error.code() != ExitCode::bad_input) throw;
        all_.push_back({true, error.what()});
    }
}

MetadataReader::MetadataReader(const std::filesystem::path& path, std::size_t memory_limit, Findings& findings)
    : file_(path),
      bytes_(std::make_shared<const ReadOnlyFile>(path)),
      memory_limit_(memory_limit),
      findings_(findings) {}

StoredDataset MetadataReader::stored(const std::string& path) const {
    return {file_.stored_layout(path, memory_limit_ / 2), bytes_, memory_limit_};
}

void MetadataReader::check_shape(const std::string& path, const std::vector<Shape>& shapes) const {
    const Shape found = file_.shape(path);
    std::vector<std::string> wanted;
    for (const Shape& shape : shapes) {
        if (fits(found, shape)) return;
        wanted.push_back(written(shape));
    }
    throw Error(ExitCode::bad_input, fmt::format("{}: {} has shape {}", file_.name(), path, written(found)),
                fmt::format("expected {}", fmt::join(wanted, " or ")), "correct it where the file is made");
}

void MetadataReader::check_unit(const std::string& path, const std::string& unit) const {
    static const std::map<std::string, std::vector<std::string>> same{
        {"s", {"second", "seconds", "sec"}}, {"m", {"meter", "metre", "meters", "metres"}},
        {"Hz", {"hertz", "1/s", "s^-1"}},    {"1/m", {"m^-1", "1/meter"}},
        {"rad", {"radian", "radians"}},      {"1", {"", "dimensionless", "count", "counts", "pulses"}}};
    const std::optional<std::string> found = file_.text(path, "units");
    if (!found && unit != "1")
        findings_.warn(fmt::format("{}: {} does not say its units; it is taken to be in {}", file_.name(), path, unit));
    if (!found || *found == unit) return;
    const auto others = same.find(unit);
    if (others != same.end() && std::find(others->second.begin(), others->second.end(), *found) != others->second.end())
        return;
    throw Error(ExitCode::bad_input, fmt::format("{}: {} is in \"{}\"", file_.name(), path, *found),
                fmt::format("expected units \"{}\"", unit), "files are in SI: convert it where the file is made");
}

std::vector<double> MetadataReader::array(const std::string& path, const std::string& unit,
                                          const std::vector<Shape>& shapes) {
    std::vector<double> values;
    findings_.attempt([&] {
        if (!has(path)) return;
        check_shape(path, shapes);
        check_unit(path, unit);
        values = stored(path).read_doubles();
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isfinite(values[i])) {
                const std::size_t where = i;
                const double found = values[i];
                values.clear();
                throw Error(ExitCode::bad_input,
                            fmt::format("{}: {} holds {} at element {}", file_.name(), path, found, where),
                            "finite values were expected", "correct it where the file is made");
            }
    });
    return values;
}

std::optional<double> MetadataReader::number(const std::string& path, const std::string& unit, double minimum,
                                             double maximum) {
    const std::vector<double> values = array(path, unit, {{}});
    if (values.empty()) return std::nullopt;
    std::optional<double> value = values[0];
    findings_.attempt([&] {
        if (*value >= minimum && *value <= maximum) return;
        const double found = *value;
        value.reset();
        throw Error(ExitCode::bad_input, fmt::format("{}: {} is {}", file_.name(), path, found),
                    fmt::format("expected a number from {} to {} {}", minimum, maximum, unit == "1" ? "" : unit));
    });
    return value;
}

std::string MetadataReader::text(const std::string& path) {
    std::string found;
    findings_.attempt([&] {
        const std::vector<std::string> all = file_.text_dataset(path);
        if (!all.empty()) found = all.front();
    });
    return found;
}

std::string MetadataReader::attribute(const std::string& path, const std::string& name) {
    std::string found;
    findings_.attempt([&] { found = file_.text(path, name).value_or(""); });
    return found;
}

}  // namespace firstlight
