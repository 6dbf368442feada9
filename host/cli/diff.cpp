// firstlight diff: what differs between two results, and what in their making may be behind it.
#include <fmt/format.h>

#include <cmath>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/pipeline/result_difference.hpp"

namespace firstlight::cli {
namespace {

struct DiffOptions {
    std::string a, b;
    bool json = false, quiet = false;
};

std::string shown(const std::string& text, const std::string& unit) {
    if (text.empty()) return "none";
    return unit.empty() || text == "auto" ? text : text + " " + unit;
}

void print_text(const DiffOptions& options, const ResultDifference& d) {
    if (d.identical()) {
        if (!options.quiet)
            fmt::print("the same values, bit for bit{}\n",
                       d.causes.empty() ? "" : "; what differs changed none of them:");
    } else if (d.causes.empty()) {
        fmt::print(
            "nothing that is recorded explains the difference: one of the files was changed by another program, or "
            "damaged\n");
    } else {
        fmt::print("behind the difference{}:\n", d.causes.size() > 1 ? ", one or more of" : "");
    }
    if (!(d.identical() && options.quiet)) {
        Facts facts;
        for (const Cause& c : d.causes)
            facts.emplace_back(fmt::format("  {} {}", name_of(c.kind), c.name),
                               fmt::format("{} -> {}", shown(c.a, c.unit), shown(c.b, c.unit)));
        print_facts(facts);
    }
    if (d.identical()) return;
    fmt::print("values:\n");
    Facts facts;
    for (const LayerDifference& layer : d.layers) facts.emplace_back("  " + layer.layer, in_words(layer));
    print_facts(facts);
}

int diff(const DiffOptions& options) {
    const ResultDifference d = difference_of(read_result(options.a, {}), read_result(options.b, {}));
    if (!options.json) {
        print_text(options, d);
        return 0;
    }
    Json causes = Json::array(), layers = Json::array();
    for (const Cause& c : d.causes)
        causes.push_back({{"kind", name_of(c.kind)}, {"name", c.name}, {"unit", c.unit}, {"a", c.a}, {"b", c.b}});
    for (const LayerDifference& l : d.layers)
        layers.push_back({{"layer", l.layer},
                          {"unit", l.unit},
                          {"differing", l.differing},
                          {"values", l.values},
                          {"in_one_only", l.in_one_only},
                          {"largest", l.largest},
                          {"rms", l.rms},
                          {"largest_in_sigma", finite_or_null(l.largest_in_sigma)},
                          {"note", l.note}});
    print_json(
        {{"a", options.a}, {"b", options.b}, {"identical", d.identical()}, {"causes", causes}, {"layers", layers}});
    return 0;
}

}  // namespace

void add_diff(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<DiffOptions>();
    CLI::App* command = program.add_subcommand("diff", "Say what differs between two results, and what is behind it");
    command->add_option("A", options->a, "Result file")->type_name("FILE")->required();
    command->add_option("B", options->b, "Result file")->type_name("FILE")->required();
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing where the values are the same");
    command->footer("Parameters, stages, inputs, versions and devices are compared; sizes are of B against A.");
    command->callback([options, &line] { line.run = [options] { return diff(*options); }; });
}

}  // namespace firstlight::cli
