#include "host/io/importers/capture_seconds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "host/io/metadata_reader.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t most_seconds = 20000;

// Position of a name in MATLAB's count, lowest digit first.
std::size_t number_of(const std::string& name) {
    constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890";
    std::size_t number = 0, place = 1;
    for (const char c : name) {
        const std::size_t digit = digits.find(c);
        if (digit == std::string_view::npos || place > (std::size_t{1} << 40)) return SIZE_MAX;
        number += digit * place;
        place *= digits.size();
    }
    return number;
}

std::vector<double> whole_counts(const MetadataReader& reader, const std::string& path) {
    reader.check_shape(path, {{-1, 1}, {1, -1}, {-1}});
    std::vector<double> counts = reader.stored(path).read_doubles();
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (!(counts[i] >= 0 && counts[i] <= 4294967295.0 && counts[i] == std::floor(counts[i])))
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: {} holds {} at bin {}", reader.file().name(), path, counts[i], i),
                        "whole counts were expected");
    return counts;
}

// Names of all datasets that MATLAB's references may point to, in its order; none without /#refs#.
std::vector<std::string> second_names(const MetadataReader& reader) {
    std::vector<std::string> names;
    if (!reader.has("/#refs#")) return names;
    for (const std::string& name : reader.file().children("/#refs#", most_seconds))
        if (number_of(name) != SIZE_MAX && reader.file().node("/#refs#/" + name) == h5::Node::dataset)
            names.push_back(name);
    std::sort(names.begin(), names.end(),
              [](const std::string& a, const std::string& b) { return number_of(a) < number_of(b); });
    return names;
}

void read_seconds(const MetadataReader& reader, CaptureSeconds& out) {
    const std::int64_t length =
        reader.file().shape("/out")[0] == 1 ? reader.file().shape("/out").back() : reader.file().shape("/out")[0];
    std::vector<double> sum(out.total.size());
    for (const std::string& name : second_names(reader)) {
        const std::string path = "/#refs#/" + name;
        std::int64_t elements = 1;
        for (const std::int64_t n : reader.file().shape(path)) elements *= n;
        if (elements != length) continue;  // MATLAB's mark for "empty", and whatever else a file refers to
        std::vector<double> counts = whole_counts(reader, path);
        counts.resize(out.total.size());
        std::vector<std::uint32_t>& second = out.seconds.emplace_back(counts.size());
        for (std::size_t i = 0; i < counts.size(); ++i) {
            second[i] = static_cast<std::uint32_t>(counts[i]);
            sum[i] += counts[i];
        }
    }
    if (sum == out.total) return;
    out.remark = out.seconds.empty()
                     ? "it holds no one-second histograms"
                     : fmt::format("its {} short histograms do not add up to `out`", out.seconds.size());
    out.seconds.clear();
}

}  // namespace

void read_second_tables(const MetadataReader& reader) {
    if (!reader.has("/out")) return;
    for (const std::string& name : second_names(reader)) (void)reader.stored("/#refs#/" + name);
}

CaptureSeconds read_capture_seconds(const std::filesystem::path& path, bool probe_first) {
    const std::size_t memory = OpenOptions{}.memory_limit;
    if (probe_first) probe(path, ProbeKind::capture, memory);
    Findings findings(/*gather=*/false);
    const MetadataReader reader(path, memory, findings);
    if (!reader.has("/out"))
        throw Error(ExitCode::bad_input, path.string() + ": is no calibration capture", "it has no `out`",
                    "give MATLAB v7.3 captures, or acquisitions");
    CaptureSeconds out;
    out.total = whole_counts(reader, "/out");
    while (!out.total.empty() && out.total.back() == 0) out.total.pop_back();
    if (out.total.empty()) throw Error(ExitCode::bad_input, path.string() + ": /out holds no counts at all");
    read_seconds(reader, out);
    return out;
}

}  // namespace firstlight
