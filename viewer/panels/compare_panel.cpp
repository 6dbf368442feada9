// Which two files are compared and how, and what their difference amounts to.
#include <fmt/format.h>

#include <cmath>

#include "viewer/image/image_words.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/panels/tone_controls.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

using How = Comparison::How;

std::string title_of(Session& session, int number) {
    return number < 0 ? "choose a file" : session.documents()[static_cast<std::size_t>(number)]->title();
}

void choose_first(Session& session, Comparison& asked) {
    ImGui::SetNextItemWidth(-scaled(20));
    if (!ImGui::BeginCombo("A", title_of(session, asked.first).c_str())) return;
    for (int i = 0; i < static_cast<int>(session.documents().size()); ++i) {
        ImGui::PushID(i);
        if (ImGui::Selectable(title_of(session, i).c_str(), i == asked.first)) {
            asked.first = i;
            if (asked.second == i) asked.second = -1;
        }
        ImGui::PopID();
    }
    ImGui::EndCombo();
}

void choose_second(Session& session, Comparison& asked) {
    ImGui::SetNextItemWidth(-scaled(20));
    const std::string now = asked.with_truth ? "the truth of A's scan" : title_of(session, asked.second);
    if (!ImGui::BeginCombo("B", now.c_str())) return;
    const Document* first =
        asked.first < 0 ? nullptr : session.documents()[static_cast<std::size_t>(asked.first)].get();
    if (first != nullptr && first->truth && ImGui::Selectable("the truth of A's scan", asked.with_truth)) {
        asked.with_truth = true;
        asked.second = -1;
    }
    for (int i = 0; i < static_cast<int>(session.documents().size()); ++i) {
        if (i == asked.first) continue;
        ImGui::PushID(i);
        if (ImGui::Selectable(title_of(session, i).c_str(), i == asked.second)) {
            asked.second = i;
            asked.with_truth = false;
        }
        ImGui::PopID();
    }
    ImGui::EndCombo();
}

void choose_how(Comparison& asked) {
    const auto button = [&](const char* name, How how, const char* about) {
        if (ImGui::RadioButton(name, asked.how == how)) asked.how = how;
        tooltip(about);
    };
    button("flip", How::flip, "One of both at a time: B changes between them");
    ImGui::SameLine();
    button("split", How::split, "A at the left of a divider, B at its right: drag it");
    ImGui::SameLine();
    button("difference", How::difference, "A − B: blue where A is less, red where it is more");
    if (asked.how == How::flip) {
        if (ImGui::Button(asked.second_is_shown ? "show A" : "show B")) asked.second_is_shown = !asked.second_is_shown;
        ImGui::SameLine();
        ImGui::TextDisabled("key B");
    } else if (asked.how == How::difference) {
        ImGui::Checkbox("as a share of B", &asked.relative);
    }
}

void choose_layer(Session& session, const ComparisonView& compared) {
    Document* document = compared_document(session);
    if (document == nullptr || compared.layers().empty()) return;
    const std::string now = document->layer() == nullptr ? "" : document->layer()->name;
    ImGui::SetNextItemWidth(-scaled(50));
    if (!ImGui::BeginCombo("layer", words_of(now).c_str())) return;
    const Comparison& asked = session.comparison();
    for (const std::string& name : compared.layers()) {
        if (!ImGui::Selectable(words_of(name).c_str(), name == now)) continue;
        document->looks.layer = name;
        for (const int number : {asked.first, asked.second})
            if (number >= 0) session.documents()[static_cast<std::size_t>(number)]->looks.layer = name;
    }
    ImGui::EndCombo();
}

void row(const std::string& name, const std::string& value, const char* about = nullptr) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextWrapped("%s", name.c_str());
    if (about != nullptr) tooltip(about);
    ImGui::TableNextColumn();
    ImGui::PushFont(fonts().numbers);
    ImGui::TextWrapped("%s", value.c_str());
    ImGui::PopFont();
}

bool begin_table(const char* id) {
    if (!ImGui::BeginTable(id, 2, ImGuiTableFlags_SizingStretchProp | ImGuiTableFlags_RowBg)) return false;
    ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthStretch, 1.2F);
    ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch, 1.0F);
    return true;
}

void show_figures(const ComparisonView& compared) {
    if (!begin_table("figures")) return;
    const DifferenceFigures& f = compared.figures();
    const ShownUnit unit = shown_unit(compared.both().unit, compared.window());
    const auto number = [&](double value) {
        return std::isnan(value) ? std::string("–")
                                 : number_text(value * unit.factor) + (unit.unit.empty() ? "" : " " + unit.unit);
    };
    row("pixels compared", fmt::format("{} of {}", f.pixels, compared.both().pixels()),
        "Masked in neither image and with a value in both");
    row("mean of A", number(f.first_mean));
    row("mean of B", number(f.second_mean));
    row("mean of A − B", number(f.mean));
    row("RMS of A − B", number(f.rms), "The root of the mean square");
    row("largest A − B", number(f.largest), "The difference of the greatest magnitude");
    row("at pixel", f.pixels == 0 ? "–" : fmt::format("x {}, y {}", f.largest_at.x, f.largest_at.y));
    row("correlation (NCC)", std::isnan(f.ncc) ? "–" : fmt::format("{:.5f}", f.ncc),
        "1: the same but for offset and scale; 0: nothing in common");
    ImGui::EndTable();
}

void show_truth_figures(const merits::Comparison& truth) {
    if (truth.figures.empty() || !ImGui::CollapsingHeader("against the truth", ImGuiTreeNodeFlags_DefaultOpen)) return;
    if (begin_table("truth")) {
        for (const merits::Figure& f : truth.figures) {
            const ShownUnit unit = shown_unit(f.unit.empty() ? "1" : f.unit, {0, std::abs(f.value)});
            row(f.name, std::isfinite(f.value)
                            ? number_text(f.value * unit.factor, 5) + (unit.unit.empty() ? "" : " " + unit.unit)
                            : "–");
        }
        ImGui::EndTable();
    }
    ImGui::PushStyleColor(ImGuiCol_Text, palette().muted);
    for (const std::string& note : truth.notes) ImGui::TextWrapped("%s", note.c_str());
    ImGui::PopStyleColor();
}

void show_colours(const ComparisonView& compared, const Comparison& asked) {
    const std::string& unit = compared.both().unit;
    if (asked.how != How::difference) {
        draw_tone_bar(compared.tone(), compared.window(), unit == "1" ? "" : unit);
        return;
    }
    const double limit = asked.relative ? compared.difference_limit() * 100 : compared.difference_limit();
    const ShownUnit shown = asked.relative ? ShownUnit{"%", 1} : shown_unit(unit, {-limit, limit});
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, height = scaled(10);
    const std::vector<std::uint8_t> c = difference_colours({-1, 0, 1}, 1);
    const auto colour = [&](std::size_t i) { return IM_COL32(c[3 * i], c[3 * i + 1], c[3 * i + 2], 255); };
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float middle = at.x + width / 2;
    list->AddRectFilledMultiColor(at, ImVec2(middle, at.y + height), colour(0), colour(1), colour(1), colour(0));
    list->AddRectFilledMultiColor(ImVec2(middle, at.y), ImVec2(at.x + width, at.y + height), colour(1), colour(2),
                                  colour(2), colour(1));
    ImGui::Dummy(ImVec2(width, height));
    const std::string end = number_text(limit * shown.factor) + (shown.unit.empty() ? "" : " " + shown.unit);
    ImGui::PushFont(fonts().small);
    ImGui::TextUnformatted(("−" + end).c_str());
    ImGui::SameLine(width / 2);
    ImGui::TextUnformatted("0");
    ImGui::SameLine(std::max(0.0F, width - ImGui::CalcTextSize(end.c_str()).x));
    ImGui::TextUnformatted(end.c_str());
    ImGui::PopFont();
}

}  // namespace

void draw_compare_panel(Desk& desk) {
    Session& session = desk.session;
    Comparison& asked = session.comparison();
    const bool has_truth = session.current() != nullptr && session.current()->truth;
    if (session.documents().size() < 2 && !has_truth && !asked.is_on()) {
        ImGui::PushStyleColor(ImGuiCol_Text, palette().muted);
        ImGui::TextWrapped(
            "Open a second file (Ctrl+O, or drop it here) to compare it with this one. A simulated scan "
            "can be compared with what is true of it.");
        ImGui::PopStyleColor();
        return;
    }
    if (asked.first < 0 && !asked.is_on()) asked.first = session.current_number();
    choose_first(session, asked);
    choose_second(session, asked);
    desk.compared.update(session);
    const ComparisonView& compared = desk.compared;
    if (!compared.is_on()) {
        ImGui::PushStyleColor(ImGuiCol_Text, palette().muted);
        ImGui::TextWrapped("Choose what to compare with: another opened file, or what is true of a simulated scan.");
        ImGui::PopStyleColor();
        return;
    }
    choose_how(asked);
    choose_layer(session, compared);
    if (!compared.why_not().empty()) {
        ImGui::PushStyleColor(ImGuiCol_Text, palette().warning);
        ImGui::TextWrapped("Not compared: %s.", compared.why_not().c_str());
        ImGui::PopStyleColor();
    } else {
        show_colours(compared, asked);
        show_figures(compared);
    }
    show_truth_figures(compared.truth_figures());
    if (ImGui::Button("stop comparing")) asked = Comparison{};
}

}  // namespace firstlight::viewer
