#include "host/cli/result_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace firstlight::cli {
namespace {

const char* type_name(CountType type) {
    switch (type) {
        case CountType::u1: return "u1";
        case CountType::u2: return "u2";
        case CountType::u4: return "u4";
        default: return "f4";
    }
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What a survey found; of many views the range of what each found: "arrival_ps 266.2", "hot_above 2404 to 3984".
std::string survey_text(const std::map<std::string, double>& survey) {
    std::map<std::string, std::pair<double, double>> ranges;
    for (const auto& [name, value] : survey) {
        const std::string of_all = name.back() == ']' ? name.substr(0, name.rfind('[')) : name;
        const auto range = ranges.try_emplace(of_all, value, value).first;
        range->second = {std::fmin(range->second.first, value), std::fmax(range->second.second, value)};
    }
    std::string text;
    for (const auto& [name, range] : ranges) {
        text += fmt::format("  {} {:.6g}", name, range.first);
        if (range.second > range.first) text += fmt::format(" to {:.6g}", range.second);
    }
    return text;
}

}  // namespace

std::string scan_shape(const Scan& scan) {
    const std::string views = scan.has_views_axis ? fmt::format("{} views of ", scan.views) : std::string();
    if (scan.kind == ScanKind::gated)
        return fmt::format("{}{} x {} pixels (y, x), {} gates, {} apart on average, counts {}", views, scan.rows,
                           scan.columns, scan.bins, readable_ps(scan.bin_width_s), type_name(scan.type));
    return fmt::format("{}{} x {} pixels (y, x), {} bins of {}, counts {}", views, scan.rows, scan.columns, scan.bins,
                       readable_ps(scan.bin_width_s), type_name(scan.type));
}

std::string images_shape(const GatedImages& images) {
    const std::string views = images.has_views_axis ? fmt::format("{} views of ", images.views) : std::string();
    return fmt::format("{}{} x {} pixels (y, x)", views, images.rows, images.columns);
}

void print_stages(const Process& process) {
    std::size_t width = 5;
    for (const StageRecord& stage : process.stages) width = std::max(width, stage.name.size());
    fmt::print("{:<{}}  {:>10}  {:>14}     {:<14}\n", "stage", width, "time", "counts in", "counts out");
    for (const StageRecord& stage : process.stages) {
        const bool counted = stage.counts_in != 0 || stage.counts_out != 0;
        std::string line = fmt::format("{:<{}}  {:>10}", stage.name, width, readable_seconds(stage.seconds));
        if (counted)
            line += fmt::format("  {:>14}  -> {:<14}", stage.counts_in != 0 ? readable_count(stage.counts_in) : "",
                                readable_count(stage.counts_out));
        line += survey_text(stage.survey);
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    }
}

Facts quality_facts(const Result& result) {
    Facts facts;
    const auto& quality = result.quality;
    const auto total = quality.find("counts_total");
    for (const auto& [name, value] : quality) {
        std::string shown = name;
        std::string text = fmt::format("{:.6g}", value);
        if (ends_with(name, "_ps")) {
            shown.erase(shown.size() - 3);
            text = readable_ps(value * 1e-12);
        } else if (name.rfind("counts_", 0) == 0) {
            text = readable_count(value);
            if (name == "counts_kept" && total != quality.end() && total->second > 0)
                text += fmt::format(" ({:.3g} %)", 100 * value / total->second);
        } else if (name.rfind("pixels_", 0) == 0) {
            text = fmt::format("{} of {}", readable_count(value),
                               readable_count(static_cast<double>(result.images.pixels())));
        }
        std::replace(shown.begin(), shown.end(), '_', ' ');
        facts.emplace_back(shown, text);
    }
    return facts;
}

std::string fact_of(const Process& process, const std::string& name) {
    const auto found = process.facts.find(name);
    return found == process.facts.end() ? std::string() : found->second;
}

Json result_json(const Result& result) {
    Json json;
    json["shape"] = {result.images.views, result.images.rows, result.images.columns};
    Json& layers = json["layers"] = Json::array();
    for (const ImageLayer& layer : result.images.layers) layers.push_back({{"name", layer.name}, {"unit", layer.unit}});
    if (result.volume) json["volume"] = volume_json(*result.volume);
    Json& quality = json["quality"] = Json::object();
    for (const auto& [name, value] : result.quality) quality[name] = finite_or_null(value);
    Json& stages = json["stages"] = Json::array();
    for (const StageRecord& stage : result.process.stages) {
        Json survey = Json::object();
        for (const auto& [name, value] : stage.survey) survey[name] = finite_or_null(value);
        stages.push_back({{"name", stage.name},
                          {"seconds", finite_or_null(stage.seconds)},
                          {"counts_in", finite_or_null(stage.counts_in)},
                          {"counts_out", finite_or_null(stage.counts_out)},
                          {"survey", survey}});
    }
    json["warnings"] = result.process.warnings;
    Json& inputs = json["inputs"] = Json::array();
    for (const InputRecord& input : result.process.inputs)
        inputs.push_back({{"path", input.path}, {"sha256", input.sha256}, {"uuid", input.uuid}});
    json["process"] = result.process.facts;
    json["recipe"] = result.process.recipe;
    return json;
}

}  // namespace firstlight::cli
