// firstlight compare: figures of merit of a result against a simulated scan's truth, or against another result.
#include <fmt/format.h>

#include "host/cli/command.hpp"
#include "host/cli/compare_summary.hpp"
#include "host/cli/console.hpp"
#include "host/io/file_kind.hpp"
#include "host/pipeline/comparison.hpp"

namespace firstlight::cli {
namespace {

using namespace merits;

struct CompareOptions {
    std::string result, truth;
    std::vector<std::string> edges, bars;
    bool json = false;
};

void add_facts(Facts& facts, const Comparison& comparison) {
    for (const Figure& f : comparison.figures) facts.emplace_back(f.name, value_with_unit(f));
    for (const std::string& note : comparison.notes) facts.emplace_back("note", note);
}

int compare(const CompareOptions& options) {
    ComparisonRequest request{options.result, options.truth, {}, {}};
    for (const std::string& text : options.edges) request.edges.push_back(parse_edge(text));
    for (const std::string& text : options.bars) request.bars.push_back(parse_bars(text));
    const Result result = read_result(options.result, {});
    ResultComparison comparison;
    if (kind_of(options.truth) == FileKind::result) {
        comparison = compare_with_result(result, read_result(options.truth, {}), request);
    } else {
        const AcquisitionFile file = AcquisitionFile::open(options.truth, {});
        if (!file.has_truth()) refuse_without_truth(options.truth);
        comparison = compare_with_truth(result, file.read_truth(), file.scan(), request);
    }
    if (options.json) {
        Json json{{"result", options.result}, {"against", options.truth}};
        json.update(json_of(comparison));
        print_json(json);
        return 0;
    }
    const auto& [views, volume] = comparison;
    Facts facts{{"result", options.result}, {"against", options.truth}};
    const bool in_full = views.size() <= most_views_in_full;
    for (std::size_t v = 0; in_full && v < views.size(); ++v) {
        if (views.size() > 1) facts.emplace_back("view", fmt::format("{}", v));
        add_facts(facts, views[v]);
    }
    if (volume) {
        if (views.size() > 1) facts.emplace_back("volume", result.volume->name);
        add_facts(facts, *volume);
    }
    if (!in_full) {
        const Facts summary = summary_of(views);
        facts.insert(facts.end(), summary.begin(), summary.end());
    }
    print_facts(facts);
    return 0;
}

}  // namespace

void add_compare(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = program.add_subcommand("compare", "Print figures of merit of a result");
    command->add_option("RESULT", options->result, "Result file")->type_name("FILE")->required();
    command->add_option("TRUTH_OR_RESULT", options->truth, "Simulated acquisition with the truth, or another result")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--edge", options->edges,
                     "MTF of the slanted edge in this region of RESULT (pixels, X1 and Y1 not included); repeatable")
        ->type_name("X0,Y0,X1,Y1")
        ->allow_extra_args(false);
    command
        ->add_option("--bars", options->bars,
                     "Contrast of the bars in this region of RESULT, of this period in pixels; repeatable")
        ->type_name("X0,Y0,X1,Y1,PERIOD")
        ->allow_extra_args(false);
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->callback([options, &line] { line.run = [options] { return compare(*options); }; });
}

}  // namespace firstlight::cli
