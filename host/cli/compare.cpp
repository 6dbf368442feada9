// firstlight compare: figures of merit of a result against a simulated scan's truth, or against another result.
#include <fmt/format.h>

#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/compare_resolution.hpp"
#include "host/cli/compare_summary.hpp"
#include "host/cli/console.hpp"
#include "host/cli/result_report.hpp"
#include "host/io/file_kind.hpp"
#include "host/pipeline/compare_truth.hpp"
#include "host/pipeline/compare_volume.hpp"

namespace firstlight::cli {
namespace {

using namespace merits;

struct CompareOptions {
    std::string result, truth;
    std::vector<std::string> edges, bars;
    bool json = false;
};

Comparison against_result(const GatedImages& images, const GatedImages& others, std::int64_t number) {
    const View view(images, number), other(others, number);
    const Selected selected = both(view.unmasked(), other.unmasked());
    Comparison all{{{"pixels", "pixels compared", "", count(selected)}}, {}};
    for (const ImageLayer& layer : images.layers) {
        if (others.layer(layer.name) == nullptr) continue;
        add_similarity(all.figures, layer.name, layer.unit == "1" ? "" : layer.unit, view.of(layer.name.c_str()),
                       other.of(layer.name.c_str()), selected);
    }
    return all;
}

void check_shapes(const CompareOptions& options, const GatedImages& images, std::int64_t views, std::int64_t rows,
                  std::int64_t columns) {
    if (images.rows == rows && images.columns == columns && images.views == views) return;
    throw Error(ExitCode::bad_input, fmt::format("{}: cannot be compared with {}", options.result, options.truth),
                fmt::format("{} views of {} x {} pixels against {} of {} x {}", images.views, images.rows,
                            images.columns, views, rows, columns));
}

Json json_of(const Comparison& comparison) {
    Json one = Json::object();
    for (const Figure& f : comparison.figures) one[f.key] = finite_or_null(f.value);
    one["notes"] = comparison.notes;
    return one;
}

void add_facts(Facts& facts, const Comparison& comparison) {
    for (const Figure& f : comparison.figures) facts.emplace_back(f.name, value_with_unit(f));
    for (const std::string& note : comparison.notes) facts.emplace_back("note", note);
}

int compare(const CompareOptions& options) {
    std::vector<EdgeRequest> edges;
    for (const std::string& text : options.edges) edges.push_back(parse_edge(text));
    std::vector<BarsRequest> bars;
    for (const std::string& text : options.bars) bars.push_back(parse_bars(text));
    const Result result = read_result(options.result, {});
    const GatedImages& images = result.images;
    Truth truth;
    std::vector<Comparison> views;
    std::optional<Comparison> volume;
    if (kind_of(options.truth) == FileKind::result) {
        const Result other = read_result(options.truth, {});
        check_shapes(options, images, other.images.views, other.images.rows, other.images.columns);
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_result(images, other.images, v));
        if (result.volume && other.volume) volume = against_volume(*result.volume, *other.volume);
    } else {
        const AcquisitionFile file = AcquisitionFile::open(options.truth, {});
        if (!file.has_truth())
            throw Error(ExitCode::bad_input, options.truth + ": /entry/truth is missing",
                        "only simulated scans know the truth", "compare with another result");
        check_shapes(options, images, file.scan().views, file.scan().rows, file.scan().columns);
        truth = file.read_truth();
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_truth(result, v, truth, file.scan()));
        if (result.volume && !truth.mu_per_m.empty())
            volume = against_volume(*result.volume, true_volume(truth, file.scan()));
    }
    for (std::int64_t v = 0; v < images.views; ++v) {
        std::vector<float> transmission;
        if (!truth.transmission.empty())
            transmission = view_of(truth.transmission, v, static_cast<std::size_t>(images.rows * images.columns));
        add_resolution(views[static_cast<std::size_t>(v)], images, v, edges, bars, transmission, truth.scene);
    }
    if (options.json) {
        Json json{{"result", options.result}, {"against", options.truth}};
        Json& list = json["views"] = Json::array();
        for (const Comparison& view : views) list.push_back(json_of(view));
        if (volume) json["volume"] = json_of(*volume);
        print_json(json);
        return 0;
    }
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
