#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/image/colour_bar.hpp"
#include "viewer/image/display_figures.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/number_field.hpp"
#include "viewer/widgets/slider.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::array<const char*, 5> colormap_names{"viridis", "magma", "inferno", "gray", "turbo"};

// The layer that is shown, its tone as it is now, and where changes of it go.
struct Shown {
    Desk& desk;
    Document& document;
    const ShownImage& image;
    ToneMap::Params tone;
    ToneWindow window;  // in use
    ShownUnit unit;

    [[nodiscard]] bool log() const { return tone.scale == ToneMap::Scale::log; }
    // Between the axis of the histogram and values.
    [[nodiscard]] double on_axis(double value) const {
        return log() ? std::log10(std::max(value * unit.factor, 1e-30)) : value * unit.factor;
    }
    [[nodiscard]] double value_at(double place) const { return (log() ? std::pow(10.0, place) : place) / unit.factor; }
    void change(const ToneMap::Params& to, const std::string& mark) const {
        desk.session.set_tone(document, image.name, to, mark.empty() ? "" : mark + " of " + image.name);
    }
    // The last widget: its drag is one step of undo.
    void end_when_released() const {
        if (ImGui::IsItemDeactivated()) desk.session.end_drag(document);
    }
    void set_window(double low, double high, const std::string& mark) const {
        if (!(static_cast<float>(low) < static_cast<float>(high)) || (log() && !(low > 0))) return;
        ToneMap::Params to = tone;
        to.window = ToneMap::WindowFrom::fixed;
        to.low = low;
        to.high = high;
        change(to, mark);
    }
};

void draw_histogram(const Shown& shown, const DisplayFigures& figures) {
    PlotRange& range = shown.desk.plot_range("display", shown.document);
    double low = shown.on_axis(shown.window.low), high = shown.on_axis(shown.window.high);
    const std::string title = fmt::format("{}{}{}{}", shown.log() ? "log₁₀ of " : "", words_of(shown.image.name),
                                          shown.unit.unit.empty() ? "" : " in ", shown.unit.unit);
    PlotOptions options;
    options.x_title = title.c_str();
    options.y_title = "pixels";
    options.x_unit = shown.log() ? "" : shown.unit.unit.c_str();
    options.legend = false;
    const double factor = shown.log() ? 1 : shown.unit.factor, offset = shown.log() ? std::log10(shown.unit.factor) : 0;
    Plot plot("histogram", {-1, scaled(170)}, range, options);
    if (ImGui::IsItemDeactivated()) shown.desk.session.end_drag(shown.document);
    if (figures.any())
        plot.steps("pixels", Samples(figures.edges(), factor, offset), Samples(figures.histogram().pixels),
                   palette().measured);
    const double middle_before = (low + high) / 2;
    double middle = middle_before;
    plot.fill(low, high, palette().accent, "", 0.12F);
    const bool level_moved = plot.drag_line_x("level", middle, with_alpha(palette().muted, 0.6F));
    const bool low_moved = plot.drag_line_x("low", low, palette().accent, "low");
    const bool high_moved = plot.drag_line_x("high", high, palette().accent, "high");
    if (level_moved) low += middle - middle_before, high += middle - middle_before;
    if (low_moved || high_moved || level_moved) shown.set_window(shown.value_at(low), shown.value_at(high), "window");
}

// The axis covers the histogram and the window; again whenever one of them is out of it.
void choose_range(const Shown& shown, const DisplayFigures& figures, bool counted_again) {
    PlotRange& range = shown.desk.plot_range("display", shown.document);
    double low = shown.on_axis(shown.window.low), high = shown.on_axis(shown.window.high);
    const bool fresh = counted_again || range.follow_x || !range.measured;
    if (!fresh) return;
    if (figures.any()) {
        const double factor = shown.log() ? 1 : shown.unit.factor,
                     offset = shown.log() ? std::log10(shown.unit.factor) : 0;
        low = std::min(low, figures.edges().front() * factor + offset);
        high = std::max(high, figures.edges().back() * factor + offset);
    }
    const double edge = 0.03 * (high - low);
    range.follow_x = false;
    range.x_low = low - edge;
    range.x_high = high + edge;
}

void draw_percentiles(const Shown& shown) {
    const ToneMap::Params plain;
    double low = shown.tone.low_percentile, high = shown.tone.high_percentile;
    if (shown.tone.window != ToneMap::WindowFrom::percentiles) low = plain.low_percentile, high = plain.high_percentile;
    begin_row("percentiles");
    const float beside = ImGui::CalcTextSize("reset").x + 2 * ImGui::GetStyle().FramePadding.x + scaled(6);
    const float width = half_width(beside);
    const auto set = [&](double from, double to, const std::string& mark) {
        from = std::clamp(from, 0.0, 99.9);
        to = std::clamp(to, from + 0.01, 100.0);
        ToneMap::Params changed = shown.tone;
        changed.window = ToneMap::WindowFrom::percentiles;
        changed.low_percentile = from;
        changed.high_percentile = to;
        shown.change(changed, mark);
    };
    ImGui::SetNextItemWidth(width);
    if (number_field("##low percentile", low, 0.05, "%")) set(low, high, "percentiles");
    shown.end_when_released();
    tooltip("this share of the pixels is at or below the window's low end: drag, or double click to type");
    ImGui::SameLine(0, scaled(6));
    ImGui::SetNextItemWidth(width);
    if (number_field("##high percentile", high, 0.05, "%")) set(low, high, "percentiles");
    shown.end_when_released();
    tooltip("this share of the pixels is at or below the window's high end: drag, or double click to type");
    ImGui::SameLine(0, scaled(6));
    if (ImGui::Button("reset##percentiles")) set(plain.low_percentile, plain.high_percentile, "");
    tooltip("1 % to 99.5 %");
}

void draw_window_numbers(const Shown& shown, const DisplayFigures& figures) {
    const double factor = shown.unit.factor;
    double low = shown.window.low * factor, high = shown.window.high * factor;
    const double speed = std::max(1e-12, (high - low) / 300);
    begin_row("window");
    const float width = half_width();
    ImGui::SetNextItemWidth(width);
    if (number_field("##low", low, speed, shown.unit.unit))
        shown.set_window(low / factor, shown.window.high, "window by numbers");
    shown.end_when_released();
    tooltip("the value that gets the first colour: drag, or double click to type");
    ImGui::SameLine(0, scaled(6));
    ImGui::SetNextItemWidth(width);
    if (number_field("##high", high, speed, shown.unit.unit))
        shown.set_window(shown.window.low, high / factor, "window by numbers");
    shown.end_when_released();
    tooltip("the value that gets the last colour: drag, or double click to type");

    double level = (low + high) / 2, wide = high - low;
    begin_row("level, width");
    ImGui::SetNextItemWidth(width);
    bool moved = number_field("##level", level, speed, shown.unit.unit);
    shown.end_when_released();
    ImGui::SameLine(0, scaled(6));
    ImGui::SetNextItemWidth(width);
    moved = number_field("##width", wide, speed, shown.unit.unit) || moved;
    shown.end_when_released();
    if (moved) shown.set_window((level - wide / 2) / factor, (level + wide / 2) / factor, "level and width");

    begin_row("");
    if (ImGui::Button("1 % – 99.5 %")) {
        ToneMap::Params to = shown.tone;
        to.window = ToneMap::WindowFrom::percentiles;
        to.low_percentile = 1;
        to.high_percentile = 99.5;
        shown.change(to, "");
    }
    ImGui::SameLine(0, scaled(6));
    if (ImGui::Button("min – max")) {
        ToneMap::Params to = shown.tone;
        to.window = ToneMap::WindowFrom::percentiles;
        to.low_percentile = 0;
        to.high_percentile = 100;
        shown.change(to, "");
    }
    if (figures.any())
        tooltip(fmt::format("{} to {} {}", number_text(figures.lowest() * factor),
                            number_text(figures.highest() * factor), shown.unit.unit)
                    .c_str());
}

void draw_scale(const Shown& shown, const DisplayFigures& figures) {
    begin_row("scale");
    const bool log = shown.log();
    const auto set = [&](ToneMap::Scale scale) {
        ToneMap::Params to = shown.tone;
        to.scale = scale;
        if (scale == ToneMap::Scale::log && !(shown.window.low > 0)) to.window = ToneMap::WindowFrom::percentiles;
        shown.change(to, "");
    };
    if (ImGui::RadioButton("linear", !log) && log) set(ToneMap::Scale::linear);
    ImGui::SameLine();
    ImGui::BeginDisabled(!figures.any_positive());
    if (ImGui::RadioButton("logarithmic", log) && !log) set(ToneMap::Scale::log);
    ImGui::EndDisabled();
    if (!figures.any_positive()) tooltip("no pixel of this layer is above 0");
    ImGui::SameLine(0, scaled(16));
    PlotRange& range = shown.desk.plot_range("display", shown.document);
    ImGui::Checkbox("log pixels", &range.log_y);
    tooltip("a logarithmic axis for the histogram's numbers of pixels");

    begin_row("gamma");
    double gamma = shown.tone.gamma;
    constexpr double least = 0.1, most = 10;
    if (number_slider("##gamma", gamma, least, most, fmt::format("{:.3g}", gamma), "0.123", half_width(), true)) {
        ToneMap::Params to = shown.tone;
        to.gamma = gamma;
        shown.change(to, "gamma");
    }
    shown.end_when_released();
    tooltip("above 1 lifts the dark");
    ImGui::SameLine(0, scaled(6));
    if (ImGui::Button("reset##gamma") && gamma != 1) {
        ToneMap::Params to = shown.tone;
        to.gamma = 1;
        shown.change(to, "");
    }
}

void draw_colormaps(const Shown& shown) {
    begin_row("colours");
    ImGui::BeginGroup();
    for (std::size_t k = 0; k < colormap_names.size(); ++k) {
        ToneMap::Params each = shown.tone;
        each.colormap = static_cast<Colormap>(k);
        each.gamma = 1;
        if (ImGui::Selectable(fmt::format("##{}", colormap_names[k]).c_str(), shown.tone.colormap == each.colormap)) {
            ToneMap::Params to = shown.tone;
            to.colormap = each.colormap;
            shown.change(to, "");
        }
        const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
        const float strip = std::min(scaled(130), (high.x - low.x) * 0.55F);
        const ImVec2 at{low.x + scaled(4), std::round((low.y + high.y - ImGui::GetTextLineHeight()) / 2)};
        const float height = ImGui::GetTextLineHeight();
        draw_colour_strip(ImGui::GetWindowDrawList(), each, {at.x, at.y + scaled(2)},
                          {at.x + strip, at.y + height - scaled(2)});
        ImGui::GetWindowDrawList()->AddText({at.x + strip + scaled(8), at.y}, palette().text, colormap_names[k]);
    }
    bool invert = shown.tone.invert;
    if (ImGui::Checkbox("invert", &invert)) {
        ToneMap::Params to = shown.tone;
        to.invert = invert;
        shown.change(to, "");
    }
    ImGui::EndGroup();
}

void draw_resets(const Shown& shown) {
    ImGui::Spacing();
    const bool changed = shown.document.edits().tones.count(shown.image.name) != 0;
    ImGui::BeginDisabled(!changed);
    if (ImGui::Button("Reset"))
        shown.desk.session.edit(shown.document, "reset colours of " + shown.image.name,
                                [&](Edits& edits) { edits.tones.erase(shown.image.name); });
    ImGui::EndDisabled();
    tooltip(changed ? "as the recipe's tone_map says" : "it is as the recipe's tone_map says");
    ImGui::SameLine();
    if (ImGui::Button("Same for all layers"))
        shown.desk.session.edit(shown.document, "colours of all layers", [&](Edits& edits) {
            for (const ImageLayer& layer : shown.document.images()->layers)
                edits.tones[layer.name] = tone_like(shown.tone, shown.image.unit, layer);
        });
    tooltip(
        "colours, gamma and percentiles of this layer for all; a logarithmic scale and a window in numbers only "
        "for layers of the same unit");
}

}  // namespace

void draw_display_panel(Desk& desk, Document& document) {
    const ImageLayer* layer = document.layer();
    if (layer == nullptr) {
        draw_fitted_text("nothing to show yet", palette().muted);
        return;
    }
    const ShownImage image = shown_layer(document);
    DisplayFigures& figures = desk.display;
    const ToneMap::Params asked = document.tone(*layer);
    const ShownTone* used = &desk.picture("image").colours.shown();
    if (!used->is_of(image, asked)) {
        figures.tone.set(image, asked);
        used = &figures.tone;
    }
    const Shown shown{desk, document, image, used->tone(), used->window(), shown_unit(image.unit, used->window())};
    const bool again = figures.set(image, shown.log());
    draw_fitted_text(document.looks.light.shown ? words_of(image.name) + "; the light takes its colours, not its window"
                                                : words_of(image.name),
                     palette().text);
    choose_range(shown, figures, again);
    draw_histogram(shown, figures);
    draw_window_numbers(shown, figures);
    draw_percentiles(shown);
    draw_scale(shown, figures);
    draw_colormaps(shown);
    draw_resets(shown);
}

}  // namespace firstlight::viewer
