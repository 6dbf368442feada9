// Names, units and descriptions of the image layers (FORMAT: /entry/image).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/support/views.hpp"

namespace firstlight {

struct LayerInfo {
    Layer layer;
    const char* name;       // dataset name
    const char* unit;       // "1" for pure numbers
    const char* long_name;  // for axes, colour bars and viewers
};

constexpr std::array<LayerInfo, layer_count> layer_table{{
    {Layer::counts, "counts", "counts", "all counts of the trace"},
    {Layer::ballistic, "ballistic", "counts", "unscattered counts in the gate, background subtracted"},
    {Layer::ballistic_sigma, "ballistic_sigma", "counts", "standard deviation of ballistic"},
    {Layer::snake, "snake", "counts", "counts scattered a few times"},
    {Layer::diffuse, "diffuse", "counts", "counts scattered many times"},
    {Layer::background, "background", "counts", "background counts within the gate"},
    {Layer::purity, "purity", "1", "estimated unscattered share of ballistic"},
    {Layer::arrival, "arrival", "s", "arrival of the first light"},
    {Layer::arrival_sigma, "arrival_sigma", "s", "standard deviation of arrival"},
    {Layer::arrival_last, "arrival_last", "s", "arrival of the last surface's light"},
    {Layer::arrival_last_sigma, "arrival_last_sigma", "s", "standard deviation of arrival_last"},
    {Layer::ballistic_last, "ballistic_last", "counts", "unscattered counts of the last surface"},
    {Layer::optical_depth, "optical_depth", "1", "optical depth"},
    {Layer::optical_depth_sigma, "optical_depth_sigma", "1", "standard deviation of optical depth"},
    {Layer::optical_depth_upper_limit, "optical_depth_upper_limit", "1",
     "optical depth of the 95 % upper limit of transmission"},
    {Layer::depth, "depth", "m", "depth of the strongest surface"},
    {Layer::depth_sigma, "depth_sigma", "m", "standard deviation of depth"},
    {Layer::depth_last, "depth_last", "m", "depth of the last surface"},
    {Layer::depth_last_sigma, "depth_last_sigma", "m", "standard deviation of depth_last"},
    {Layer::deviance, "deviance", "1", "deviance of the fit per degree of freedom"},
    {Layer::snr, "snr", "1", "ballistic over its standard deviation"},
}};

constexpr const LayerInfo& layer_info(Layer layer) { return layer_table[static_cast<std::size_t>(layer)]; }

// The layer that another is made from, where it is made only if that one is there; else itself.
constexpr Layer made_from(Layer layer) {
    const bool of_last = layer == Layer::depth_last || layer == Layer::depth_last_sigma;
    return of_last ? Layer::arrival_last : layer;
}

// The table's entry called `name`, or null.
constexpr const LayerInfo* find_layer(std::string_view name) {
    for (const LayerInfo& info : layer_table)
        if (name == info.name) return &info;
    return nullptr;
}

// The names alone, in the order of Layer.
inline std::vector<std::string> layer_names() {
    std::vector<std::string> names;
    for (const LayerInfo& info : layer_table) names.emplace_back(info.name);
    return names;
}

constexpr bool layer_table_is_in_order() {
    for (int i = 0; i < layer_count; ++i)
        if (static_cast<int>(layer_table[static_cast<std::size_t>(i)].layer) != i) return false;
    return true;
}
static_assert(layer_table_is_in_order());

// A bit of `mask`: what it says of a pixel, and which parameters decide it.
struct FlagInfo {
    int bit;
    const char* name;        // in files
    const char* meaning;     // for people
    const char* parameters;  // "stage.parameter", separated by blanks
};

// In the order 1, 2, 4, …
constexpr std::array<FlagInfo, 6> mask_flag_table{{
    {hot, "hot", "counts far more than other pixels do without light; masked",
     "pixel_mask.threshold_mad pixel_mask.statistic pixel_mask.source"},
    {dead, "dead", "never counts, or has no sensitivity; masked", "pixel_mask.source flat_field.apply"},
    {noisy, "noisy", "its counts or its delay are no finite numbers; masked", "pixel_mask.source time_skew.apply"},
    {saturated, "saturated", "counts the most that can be counted, or was blinded by too much light; masked",
     "gate_sweep.saturation_count pile_up.min_live_cycles pixel_mask.source"},
    {low_counts, "low_counts",
     "too few unscattered counts to be seen: not above 3 standard deviations in a gate or fit, or no arrival found",
     "time_gate.open_ps time_gate.close_ps adaptive_gate.false_acceptance"},
    {not_converged, "fit_did_not_converge", "the fit still moved after its last step, whose values are shown",
     "component_fit.iterations"},
}};
constexpr std::array<int, 6> mask_flags{hot, dead, noisy, saturated, low_counts, not_converged};
// All names, as HDF5 attributes have them.
inline std::string mask_flag_meanings() {
    std::string names;
    for (const FlagInfo& flag : mask_flag_table) names += (names.empty() ? "" : " ") + std::string(flag.name);
    return names;
}
constexpr bool mask_flag_table_is_in_order() {
    for (std::size_t i = 0; i < mask_flags.size(); ++i)
        if (mask_flag_table[i].bit != mask_flags[i] || mask_flags[i] != 1 << i) return false;
    return true;
}
static_assert(mask_flag_table_is_in_order());
constexpr const char* pixel_mask_meanings = "hot dead noisy saturated";  // what a detector's pixel_mask may say

}  // namespace firstlight
