#include "viewer/image/region_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "host/pipeline/layer_figure.hpp"

namespace firstlight::viewer {
namespace {

MeasuredImage measured_layer(const Document& document, const std::string& layer) {
    return measured_image(*document.images(), layer, document.view_of_images());
}

firstlight::Region measured_region(const Region& r) {
    return {r.shape == RegionShape::ellipse ? firstlight::RegionShape::ellipse : firstlight::RegionShape::rectangle,
            r.x0, r.y0, r.x1, r.y1};
}

template <class Entries, class Measure>
auto& entry_of(Entries& entries, const NumbersKey& key, Region region, std::int64_t& count, Measure measure) {
    region.name.clear();
    for (auto& entry : entries)
        if (entry.region == region && entry.of == key) {
            entry.asked = true;
            return entry.figures;
        }
    ++count;
    auto& entry = entries.emplace_back();
    entry.of = key;
    entry.region = region;
    entry.figures = measure();
    return entry.figures;
}

TableColumn numbers(const std::string& name, const std::string& unit) { return {name, unit, {}, {}}; }

}  // namespace

void RegionFigures::begin() {
    const auto forget = [](auto& entries) {
        std::erase_if(entries, [](const auto& entry) { return !entry.asked; });
        for (auto& entry : entries) entry.asked = false;
    };
    forget(statistics_);
    forget(profiles_);
}

const RegionStatistics& RegionFigures::statistics(const Document& document, const std::string& layer,
                                                  const Region& region) {
    return entry_of(statistics_, shown_layer(document, layer).key(), region, measured_,
                    [&] { return statistics_of(measured_layer(document, layer), measured_region(region)); });
}

const LineProfile& RegionFigures::profile(const Document& document, const std::string& layer, const Region& line) {
    return entry_of(profiles_, shown_layer(document, layer).key(), line, measured_, [&] {
        const PixelPitch pitch = pitch_of(document);
        return line_profile(measured_layer(document, layer), {line.x0, line.y0, line.x1, line.y1, 1}, pitch.x, pitch.y);
    });
}

PixelPitch pitch_of(const Document& document) {
    const GatedImages* images = document.images();
    return images != nullptr ? PixelPitch{pixel_pitch_m(images->x), pixel_pitch_m(images->y)} : PixelPitch{};
}

const char* shape_name(RegionShape shape) {
    return shape == RegionShape::rectangle ? "rectangle" : shape == RegionShape::ellipse ? "ellipse" : "line";
}

Table statistics_table(const Document& document, const std::vector<std::string>& layers, RegionFigures& figures) {
    struct Figure {
        const char* name;
        std::function<double(const RegionStatistics&)> of;
    };
    const std::vector<Figure> all{
        {"pixels", [](const RegionStatistics& s) { return static_cast<double>(s.pixels); }},
        {"masked", [](const RegionStatistics& s) { return static_cast<double>(s.masked); }},
        {"without a value", [](const RegionStatistics& s) { return static_cast<double>(s.no_value); }},
        {"mean", [](const RegionStatistics& s) { return s.mean; }},
        {"standard deviation", [](const RegionStatistics& s) { return s.standard_deviation; }},
        {"median", [](const RegionStatistics& s) { return s.median; }},
        {"minimum", [](const RegionStatistics& s) { return s.minimum; }},
        {"maximum", [](const RegionStatistics& s) { return s.maximum; }},
        {"sum", [](const RegionStatistics& s) { return s.sum; }},
        {"expected standard deviation", [](const RegionStatistics& s) { return s.expected_sigma; }},
        {"SNR of the mean", [](const RegionStatistics& s) { return s.snr; }},
        {"excess noise", [](const RegionStatistics& s) { return s.excess; }}};
    Table table;
    table.comments.push_back(fmt::format("{}, view {}", document.path.filename().string(), document.looks.view));
    std::vector<TableColumn>& columns = table.columns;
    columns = {numbers("region", ""), numbers("shape", ""), numbers("x0", "px"),  numbers("y0", "px"),
               numbers("x1", "px"),   numbers("y1", "px"),  numbers("layer", ""), numbers("unit", "")};
    for (const Figure& figure : all) columns.push_back(numbers(figure.name, ""));
    for (const Region& region : document.edits().regions) {
        if (region.shape == RegionShape::line) continue;
        for (const std::string& layer : layers) {
            const RegionStatistics& s = figures.statistics(document, layer, region);
            columns[0].words.push_back(region.name);
            columns[1].words.emplace_back(shape_name(region.shape));
            std::size_t k = 2;
            for (const double at : {region.x0, region.y0, region.x1, region.y1}) columns[k++].values.push_back(at);
            columns[k++].words.push_back(layer);
            columns[k++].words.push_back(document.images()->layer(layer)->unit);
            for (const Figure& figure : all) columns[k++].values.push_back(figure.of(s));
        }
    }
    return table;
}

Table profile_table(const Document& document, const std::string& layer, const Region& line, RegionFigures& figures) {
    const LineProfile& profile = figures.profile(document, layer, line);
    Table table;
    table.comments.push_back(fmt::format("{}, view {}: {} along line {}", document.path.filename().string(),
                                         document.looks.view, layer, line.name));
    table.columns = {{"position", "px", profile.position_px, {}},
                     {"position", "mm", profile.position_mm, {}},
                     {"x", "px", profile.x, {}},
                     {"y", "px", profile.y, {}},
                     {layer, document.images()->layer(layer)->unit, profile.value, {}}};
    return table;
}

std::string tab_separated(const Table& table) {
    std::string text;
    std::size_t rows = 0;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const TableColumn& column = table.columns[c];
        rows = std::max({rows, column.values.size(), column.words.size()});
        text += c > 0 ? "\t" : "";
        text +=
            column.unit.empty() || column.unit == "1" ? column.name : fmt::format("{} ({})", column.name, column.unit);
    }
    text += "\n";
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const TableColumn& column = table.columns[c];
            text += c > 0 ? "\t" : "";
            if (row < column.words.size()) text += column.words[row];
            else if (row < column.values.size() && !std::isnan(column.values[row]))
                text += fmt::format("{}", column.values[row]);
        }
        text += "\n";
    }
    return text;
}

}  // namespace firstlight::viewer
