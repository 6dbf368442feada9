#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/panels/panels.hpp"
#include "viewer/panels/region_parts.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

struct Measure {
    const char* name;
    const char* about;
    double (*of)(const RegionStatistics&);
    bool has_unit;
};

constexpr Measure measures[] = {
    {"pixels", "pixels that are used", [](const RegionStatistics& s) { return static_cast<double>(s.pixels); }, false},
    {"left out", "pixels that are masked or have no value",
     [](const RegionStatistics& s) { return static_cast<double>(s.masked + s.no_value); }, false},
    {"mean", "", [](const RegionStatistics& s) { return s.mean; }, true},
    {"σ", "standard deviation of the pixels", [](const RegionStatistics& s) { return s.standard_deviation; }, true},
    {"median", "", [](const RegionStatistics& s) { return s.median; }, true},
    {"min", "", [](const RegionStatistics& s) { return s.minimum; }, true},
    {"max", "", [](const RegionStatistics& s) { return s.maximum; }, true},
    {"sum", "", [](const RegionStatistics& s) { return s.sum; }, true},
    {"SNR", "the mean over its standard deviation, as photon noise makes it",
     [](const RegionStatistics& s) { return s.snr; }, false},
    {"excess", "variance over what photon noise explains: 1 where nothing else spreads the values",
     [](const RegionStatistics& s) { return s.excess; }, false},
};

struct Column {  // of the table on the screen
    std::string title;
    ImU32 colour;
    const RegionStatistics* figures;
    ShownUnit unit;
};

ShownUnit unit_of(const ImageLayer& layer, const RegionStatistics& s) {
    return shown_unit(layer.unit, {0, std::max(std::abs(s.minimum), std::abs(s.maximum))});
}

void right_aligned(const std::string& text) {
    const float room = ImGui::GetContentRegionAvail().x, width = ImGui::CalcTextSize(text.c_str()).x;
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0F, room - width));
    ImGui::TextUnformatted(text.c_str());
}

void draw_columns(const std::vector<Column>& columns) {
    const float wanted = scaled(72) + scaled(86) * static_cast<float>(columns.size());
    const bool scrolls = wanted > ImGui::GetContentRegionAvail().x;
    const float row = ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y;
    const ImGuiTableFlags flags = ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV |
                                  (scrolls ? ImGuiTableFlags_ScrollX : ImGuiTableFlags_SizingStretchSame);
    const float height = scrolls ? row * (static_cast<float>(std::size(measures)) + 2) + scaled(14) : 0;
    if (!ImGui::BeginTable("statistics", static_cast<int>(columns.size()) + 1, flags, {0, height})) return;
    ImGui::TableSetupScrollFreeze(1, 0);
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(58));
    for (std::size_t i = 0; i < columns.size(); ++i)
        ImGui::TableSetupColumn("", scrolls ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch,
                                scrolls ? scaled(86) : 1);
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    for (const Column& column : columns) {
        ImGui::TableNextColumn();
        draw_fitted_text(column.title, column.colour);
    }
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextDisabled("unit");
    for (const Column& column : columns) {
        ImGui::TableNextColumn();
        draw_fitted_text(column.unit.unit.empty() ? "1" : column.unit.unit, palette().muted);
    }
    for (const Measure& measure : measures) {
        ImGui::TableNextRow();
        ImGui::TableNextColumn();
        ImGui::TextDisabled("%s", measure.name);
        if (*measure.about != '\0') tooltip(measure.about);
        ImGui::PushFont(fonts().numbers);
        for (const Column& column : columns) {
            ImGui::TableNextColumn();
            right_aligned(number_text(measure.of(*column.figures) * (measure.has_unit ? column.unit.factor : 1), 5));
        }
        ImGui::PopFont();
    }
    ImGui::EndTable();
}

}  // namespace

void draw_table_buttons(Desk& desk, const char* id, const std::string& file_name, const std::function<Table()>& table) {
    ImGui::PushID(id);
    if (ImGui::Button("Copy")) {
        desk.window.set_clipboard(tab_separated(table()));
        desk.session.messages().say("copied as a table, for spreadsheets");
    }
    tooltip("as a table, for spreadsheets");
    ImGui::SameLine(0, scaled(4));
    if (ImGui::Button("Export…")) {
        FileRequest request;
        request.what = FileRequest::For::save;
        request.title = "Export as CSV";
        request.endings = {".csv"};
        request.name = file_name;
        request.act = [&session = desk.session, table = table()](const std::filesystem::path& path) {
            session.write("table", [path, table] {
                write_table(path, table, true);
                return fmt::format("table written: {}", path.string());
            });
        };
        open_file_dialog(desk, std::move(request));
    }
    tooltip("as CSV");
    ImGui::PopID();
}

void draw_region_statistics(Desk& desk, Document& document) {
    const std::vector<Region>& regions = document.edits().regions;
    const ImageLayer& shown = *document.layer();
    RegionFigures& figures = desk.region_figures;
    std::vector<std::size_t> areas;
    for (std::size_t i = 0; i < regions.size(); ++i)
        if (regions[i].shape != RegionShape::line) areas.push_back(i);
    if (areas.empty()) return;
    ImGui::Separator();
    std::size_t which = areas.front();  // of which all layers are shown
    if (std::find(areas.begin(), areas.end(), static_cast<std::size_t>(document.looks.region)) != areas.end())
        which = static_cast<std::size_t>(document.looks.region);
    ImGui::AlignTextToFramePadding();
    if (desk.all_layers)
        ImGui::TextColored(as_vec4(region_colour(regions[which].name)), "%s", regions[which].name.c_str());
    else ImGui::TextUnformatted(words_of(shown.name).c_str());
    ImGui::SameLine(0, scaled(12));
    ImGui::Checkbox("all layers", &desk.all_layers);
    tooltip("of the selected region");
    std::vector<std::string> layers;
    std::vector<Column> columns;
    if (desk.all_layers) {  // of one region
        for (const ImageLayer& layer : document.images()->layers) layers.push_back(layer.name);
        for (const ImageLayer& layer : document.images()->layers) {
            const RegionStatistics& s = figures.statistics(document, layer.name, regions[which]);
            columns.push_back({words_of(layer.name), palette().text, &s, unit_of(layer, s)});
        }
    } else {
        layers = {shown.name};
        for (const std::size_t i : areas) {
            const RegionStatistics& s = figures.statistics(document, shown.name, regions[i]);
            columns.push_back({regions[i].name, region_colour(regions[i].name), &s, unit_of(shown, s)});
        }
    }
    draw_columns(columns);
    draw_table_buttons(desk, "statistics", document.path.stem().string() + ".regions.csv",
                       [&] { return statistics_table(document, layers, figures); });
}

void draw_region_contrast(Desk& desk, Document& document) {
    const std::vector<Region>& regions = document.edits().regions;
    const int first = document.looks.region;
    const auto is_area = [&](int i) {
        return i >= 0 && i < static_cast<int>(regions.size()) &&
               regions[static_cast<std::size_t>(i)].shape != RegionShape::line;
    };
    int areas = 0;
    for (int i = 0; i < static_cast<int>(regions.size()); ++i) areas += is_area(i) ? 1 : 0;
    if (!is_area(first) || areas < 2) return;
    ImGui::Separator();
    ImGui::AlignTextToFramePadding();
    ImGui::Text("%s against", regions[static_cast<std::size_t>(first)].name.c_str());
    ImGui::SameLine(0, scaled(6));
    int& second = document.looks.second_region;
    const bool chosen = is_area(second) && second != first;
    ImGui::SetNextItemWidth(scaled(150));
    if (ImGui::BeginCombo("##second",
                          chosen ? regions[static_cast<std::size_t>(second)].name.c_str() : "choose a region")) {
        for (int i = 0; i < static_cast<int>(regions.size()); ++i)
            if (is_area(i) && i != first &&
                ImGui::Selectable(fmt::format("{}##{}", regions[static_cast<std::size_t>(i)].name, i).c_str(),
                                  i == second))
                second = i;
        ImGui::EndCombo();
    }
    if (!chosen) return;
    const auto of = [&](int i) {
        return desk.region_figures.statistics(document, document.layer()->name, regions[static_cast<std::size_t>(i)]);
    };
    const RegionContrast contrast = contrast_of(of(first), of(second));
    const auto write = [](const char* name, double value, const char* about) {
        ImGui::TextDisabled("%s", name);
        tooltip(about);
        ImGui::SameLine(0, scaled(6));
        ImGui::TextUnformatted(number_text(value).c_str());
    };
    write("CNR", contrast.cnr, "difference of the means over the root of the sum of the variances");
    ImGui::SameLine(0, scaled(16));
    write("Weber", contrast.weber, "contrast (A − B) / B of the means");
    ImGui::SameLine(0, scaled(16));
    write("Michelson", contrast.michelson, "contrast |A − B| / (A + B) of the means");
}

void draw_line_profiles(Desk& desk, Document& document) {
    const std::vector<Region>& regions = document.edits().regions;
    const ImageLayer& layer = *document.layer();
    std::vector<std::size_t> lines;
    for (std::size_t i = 0; i < regions.size(); ++i)
        if (regions[i].shape == RegionShape::line) lines.push_back(i);
    if (lines.empty()) return;
    ImGui::Separator();
    const PixelPitch pitch = pitch_of(document);
    const bool known = pitch.x > 0 && pitch.y > 0;
    double largest = 0;
    for (const std::size_t i : lines)
        for (const double v : desk.region_figures.profile(document, layer.name, regions[i]).value)
            if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
    const ShownUnit unit = shown_unit(layer.unit, {0, largest});
    const std::string title = unit.unit.empty() || unit.unit == layer.name
                                  ? words_of(layer.name)
                                  : fmt::format("{} ({})", words_of(layer.name), unit.unit);
    PlotOptions options;
    options.x_title = known ? "along the line (mm)" : "along the line (px)";
    options.y_title = title.c_str();
    options.x_unit = known ? "mm" : "px";
    options.y_unit = unit.unit.c_str();
    options.scrolls = true;
    {
        Plot plot("profile", {-1, scaled(190)}, desk.plot_range("profile", document), options);
        for (const std::size_t i : lines) {
            const LineProfile& profile = desk.region_figures.profile(document, layer.name, regions[i]);
            plot.line(regions[i].name.c_str(), Samples(known ? profile.position_mm : profile.position_px),
                      Samples(profile.value, unit.factor), region_colour(regions[i].name));
        }
    }
    std::size_t which = lines.front();
    if (std::find(lines.begin(), lines.end(), static_cast<std::size_t>(document.looks.region)) != lines.end())
        which = static_cast<std::size_t>(document.looks.region);
    ImGui::AlignTextToFramePadding();
    ImGui::TextColored(as_vec4(region_colour(regions[which].name)), "profile along %s", regions[which].name.c_str());
    ImGui::SameLine();
    draw_table_buttons(desk, "profile", document.path.stem().string() + "." + regions[which].name + ".csv",
                       [&] { return profile_table(document, layer.name, regions[which], desk.region_figures); });
}

}  // namespace firstlight::viewer
