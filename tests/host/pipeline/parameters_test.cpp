// Every parameter of every stage changes the output. One test over the tables: for each parameter another valid value
// is set, and some layer, mask, survey outcome, colour or refusal must differ.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "host/pipeline/layer_figure.hpp"
#include "host/pipeline/pipeline.hpp"
#include "kernels/support/layers.hpp"
#include "tests/host/pipeline/confocal_scan.hpp"
#include "tests/host/pipeline/gated_sweep.hpp"
#include "tests/host/pipeline/multi_view_scan.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"

namespace firstlight {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;  // "stage.parameter", value

// What some parameters need beside the generic treatment: settings under which they matter, values to try, and a scan
// without a reference.
struct Need {
    Settings settings;
    std::vector<std::string> values;
    bool without_reference = false;
};

const std::map<std::string, Need>& needs() {
    static const std::map<std::string, Need> table{
        // Traces hold about 120 (closed) or 420 (open) of 1e6 cycles; so only the open ones are overwhelmed.
        {"gate_sweep.saturation_count", {{}, {"4096"}}},
        {"pile_up.min_live_cycles", {{}, {"197000", "196800", "197200"}}},
        {"expected_arrival.given_ps",
         {{{"expected_arrival.source", "given"}, {"expected_arrival.given_ps", "640"}}, {"656"}}},
        {"expected_arrival.offset_ps", {{}, {"12"}}},
        {"matched_arrival.search_from_ps", {{}, {"660"}}},
        {"matched_arrival.search_to_ps", {{}, {"620"}}},
        // The image is done long before 500 steps.
        {"poisson_tv.iterations", {{}, {"3"}}},
        {"component_fit.iterations", {{}, {"1"}}},
        // Only where there is no reference do they differ: one warns, the other refuses.
        {"attenuation.reference", {{}, {}, true}},
        {"adaptive_gate.false_acceptance", {{}, {"0.4"}}},
        {"adaptive_gate.few_counts", {{}, {"1000"}}},
        {"adaptive_gate.least_share", {{{"adaptive_gate.false_acceptance", "0.4"}}, {"1"}}},
        {"adaptive_gate.search_from_ps", {{}, {"700"}}},
        {"adaptive_gate.search_to_ps", {{}, {"500"}}},
        {"adaptive_gate.superpixel_px", {{}, {"1"}}},
        {"confocal_diffuse.min_depth_mm", {{}, {"150"}}},
        {"confocal_diffuse.max_depth_mm", {{}, {"300"}}},
        {"confocal_diffuse.bins_together", {{}, {"2"}}},
        {"confocal_diffuse.refractive_index", {{}, {"1.3"}}},
        {"depth_map.reference", {{}, {"given", "calibration"}}},
        // The hot pixel lies at the edge, where a radius of 1 has 5 neighbours.
        {"inpainting.min_neighbours", {{}, {"6"}}},
        {"inpainting.radius_px", {{{"inpainting.min_neighbours", "6"}}, {"1"}}},
        // Slices are done after a few iterations, whatever else.
        {"os_sart_tv.iterations", {{}, {"2"}}},
        {"os_sart_tv.tolerance", {{}, {"0.5"}}},
        {"os_sart_tv.chi_squared", {{}, {"100"}}},
        {"os_sart_tv.subsets", {{}, {"2"}}},
        {"ml_tr.iterations", {{}, {"2"}}},
        {"ml_tr.tolerance", {{}, {"0.5"}}},
        {"ml_tr.chi_squared", {{}, {"100"}}},
        {"ml_tr.subsets", {{}, {"2"}}},
        {"filtered_backprojection.centre_px",
         {{{"filtered_backprojection.centre", "given"}, {"filtered_backprojection.centre_px", "7"}}, {"6.5"}}},
        {"os_sart_tv.centre_px", {{{"os_sart_tv.centre", "given"}, {"os_sart_tv.centre_px", "7"}}, {"6.5"}}},
        {"ml_tr.centre_px", {{{"ml_tr.centre", "given"}, {"ml_tr.centre_px", "7"}}, {"6.5"}}},
        {"tone_map.low", {{{"tone_map.window", "fixed"}, {"tone_map.high", "400"}}, {"100"}}},
        {"tone_map.high", {{{"tone_map.window", "fixed"}, {"tone_map.high", "400"}}, {"200"}}},
    };
    return table;
}

Recipe recipe_with(const std::string& stage) {
    if (stage == "gate_sweep") return load_recipe("kerr");
    if (stage == "confocal_diffuse") return load_recipe("diffuse");
    if (stage == "adaptive_gate" || stage == "depth_map") return load_recipe("depth");
    if (stage == "poisson_tv")
        return parse_recipe(R"(
stages = ["pixel_mask", "expected_arrival", "time_gate", "poisson_tv", "attenuation", "inpainting", "tone_map"]
)",
                            "test");
    if (stage == "corrected_light" || stage == "wiener" || stage == "richardson_lucy")
        return parse_recipe(fmt::format(R"(
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "{}",
          "expected_arrival", "time_gate", "attenuation", "inpainting", "tone_map"]
)",
                                        stage),
                            "test");
    if (stage == "filtered_backprojection") return load_recipe("tomography");
    if (stage == "os_sart_tv") return load_recipe("tomography-tv");
    if (stage == "ml_tr") return load_recipe("tomography-ml");
    if (stage == "component_fit") return load_recipe("transmission-fit");
    if (stage != "matched_arrival") return load_recipe("transmission");
    return parse_recipe(R"(
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "matched_arrival",
          "time_gate", "attenuation", "inpainting", "tone_map"]
)",
                        "test");
}

// All that comes out of a run, as bytes.
template <class Sample>
std::string outcome_of(const Sample& s, const Recipe& recipe, bool with_reference) {
    const auto queue = open_cpu_queue(1);
    const CountSource reference = source_of(s.reference);
    Scan scan = s.scan;
    scan.has_reference = with_reference;
    if (recipe.find("depth_map") != nullptr) scan.path = LightPath::reflection;
    try {
        const Reconstruction r =
            reconstruct(scan, source_of(s.cube), with_reference ? &reference : nullptr, recipe, *queue, {});
        std::string out;
        for (const ImageLayer& layer : r.images.layers)
            out +=
                layer.name + std::string(reinterpret_cast<const char*>(layer.values.data()), layer.values.size() * 4);
        out.append(r.images.mask.begin(), r.images.mask.end());
        if (r.volume) out.append(reinterpret_cast<const char*>(r.volume->values.data()), r.volume->values.size() * 4);
        for (const StageRecord& stage : r.stages)
            for (const auto& [name, value] : stage.survey) out += fmt::format("{} {}\n", name, value);
        const ImageLayer& shown = *r.images.layer(layer_info(recipe.params<ToneMap>()->layer).name);
        const LayerColours colours = colours_of(r.images, shown, 0, *recipe.params<ToneMap>(), true);
        out.append(reinterpret_cast<const char*>(colours.rgb8.data()), colours.rgb8.size());
        out.append(reinterpret_cast<const char*>(colours.rgb16.data()), colours.rgb16.size() * 2);
        return out;
    } catch (const Error& e) {
        return std::string("refused: ") + e.what();
    }
}

std::vector<std::string> other_values(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    std::vector<std::string> values;
    if (const auto* b = std::get_if<bool>(&value)) return {*b ? "false" : "true"};
    if (const auto* s = std::get_if<std::string>(&value)) {
        for (const std::string& choice : param.choices)
            if (choice != *s) values.push_back(choice);
        return values;
    }
    const auto add = [&](double v) {
        if (v >= param.minimum && v <= param.maximum && std::isfinite(v)) values.push_back(fmt::format("{}", v));
    };
    if (const auto* i = std::get_if<std::int64_t>(&value)) {
        for (const std::int64_t v : {*i + 1, *i * 2, *i / 2}) add(static_cast<double>(v));
        return values;
    }
    const double d = std::get<double>(value);
    if (std::isnan(d))
        for (const double v : {1.0, 10.0, -10.0, 100.0}) add(v);
    else
        for (const double v : {d * 2, d / 2, d + 0.5, d - 0.5, d + 20, param.minimum}) add(v);
    return values;
}

// Values of the parameter's condition under which it has an effect; {""} when it has none.
std::vector<std::string> condition_values(const Param& param) {
    std::vector<std::string> values;
    std::string rest = param.condition_is;
    for (std::size_t bar = rest.find('|'); bar != std::string::npos; bar = rest.find('|')) {
        values.push_back(rest.substr(0, bar));
        rest.erase(0, bar + 1);
    }
    values.push_back(rest);
    return values;
}

void set_condition(Recipe& recipe, const StageEntry& stage, const Param& param, const std::string& value) {
    if (param.condition_on.empty()) return;
    const Param& other = *find_param(stage, param.condition_on);
    set_condition(recipe, stage, other, condition_values(other).front());
    set_parameter(recipe, stage.info.name + ("." + other.name), value);
}

template <class Sample>
bool changes_something(const Sample& s, const StageEntry& stage, const Param& param) {
    const std::string key = stage.info.name + ("." + param.name);
    const auto found = needs().find(key);
    const Need need = found == needs().end() ? Need{} : found->second;
    for (const std::string& condition : condition_values(param)) {
        Recipe base = recipe_with(stage.info.name);
        set_condition(base, stage, param, condition);
        for (const auto& [name, value] : need.settings) set_parameter(base, name, value);
        const std::string before = outcome_of(s, base, !need.without_reference);
        EXPECT_FALSE(before.rfind("refused", 0) == 0 && !need.without_reference) << key << ": " << before;
        const void* params = base.find(stage.info.name)->params.get();
        for (const std::string& value : need.values.empty() ? other_values(param, params) : need.values) {
            Recipe other = base;
            set_parameter(other, key, value);
            const std::string after = outcome_of(s, other, !need.without_reference);
            // A refusal shows that the value was looked at, but only where nothing else can be expected.
            if (after.rfind("refused", 0) == 0 && !need.without_reference) continue;
            if (after != before) return true;
        }
    }
    return false;
}

TEST(Parameters, every_one_changes_the_output) {
    const SyntheticScan s(24, 24);
    const MultiViewScan views;
    GatedSweepScan sweep(true);
    sweep.at(7, 24) = 4095;                         // about the arrival
    sweep.at(9, GatedSweepScan::gates - 1) = 4095;  // long after the first light
    const ConfocalScan confocal;
    int tried = 0;
    for (const StageEntry& stage : stage_list()) {
        ASSERT_NE(recipe_with(stage.info.name).find(stage.info.name), nullptr)
            << stage.info.name << " is in no recipe here";
        for (const Param& param : *stage.params) {
            const std::string name = stage.info.name;
            EXPECT_TRUE(name == "gate_sweep"               ? changes_something(sweep, stage, param)
                        : name == "confocal_diffuse"       ? changes_something(confocal, stage, param)
                        : stage.kind == StageKind::volumes ? changes_something(views, stage, param)
                                                           : changes_something(s, stage, param))
                << stage.info.name << "." << param.name << " changes nothing";
            ++tried;
        }
    }
    EXPECT_GT(tried, 30);
    for (const auto& [key, need] : needs()) {
        const std::size_t dot = key.find('.');
        const StageEntry* stage = find_stage(key.substr(0, dot));
        ASSERT_NE(stage, nullptr) << key;
        EXPECT_NE(find_param(*stage, key.substr(dot + 1)), nullptr) << key;
    }
}

// The comparison itself can fail: the same recipe twice gives the same outcome.
TEST(Parameters, the_same_recipe_gives_the_same_outcome) {
    const SyntheticScan s(24, 24);
    const std::string once = outcome_of(s, load_recipe("transmission"), true);
    EXPECT_NE(once.rfind("refused", 0), 0U) << once;
    EXPECT_TRUE(once == outcome_of(s, load_recipe("transmission"), true));
}

}  // namespace
}  // namespace firstlight
