// firstlight compare: figures of merit of a result against a simulated scan's truth, or against another result.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/file_kind.hpp"
#include "host/cli/result_report.hpp"
#include "host/figures_of_merit/image_quality.hpp"

namespace firstlight::cli {
namespace {

struct CompareOptions {
    std::string result, truth;
    bool json = false;
};

using Selected = std::vector<std::uint8_t>;

// A figure with the name for people and the key for programs.
struct Figure {
    std::string key, name, unit;
    double value = 0;
};
using Figures = std::vector<Figure>;

// Layers of one view of a result, as the figures of merit take them.
class View {
  public:
    View(const GatedImages& images, std::int64_t view)
        : images_(images), offset_(view * images.rows * images.columns) {}
    [[nodiscard]] bool has(const char* layer) const { return images_.layer(layer) != nullptr; }
    [[nodiscard]] ImageView of(const char* layer) const {
        return {images_.layer(layer)->values.data() + offset_, images_.rows, images_.columns};
    }
    [[nodiscard]] ImageView of(const std::vector<float>& values) const {
        return {values.data(), images_.rows, images_.columns};
    }
    [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(images_.rows * images_.columns); }
    // Pixels that were measured, not inpainted.
    [[nodiscard]] Selected unmasked() const {
        Selected selected(pixels(), 1);
        if (!images_.mask.empty())
            for (std::size_t p = 0; p < selected.size(); ++p)
                selected[p] = (images_.mask[static_cast<std::size_t>(offset_) + p] & masked_flags) == 0 ? 1 : 0;
        return selected;
    }

  private:
    const GatedImages& images_;
    std::int64_t offset_;
};

Selected both(const Selected& a, const Selected& b) {
    Selected out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] != 0 && b[i] != 0 ? 1 : 0;
    return out;
}

std::vector<float> view_of(const std::vector<double>& values, std::int64_t view, std::size_t pixels) {
    const std::size_t offset = values.size() > pixels ? static_cast<std::size_t>(view) * pixels : 0;
    return {values.begin() + static_cast<std::ptrdiff_t>(offset),
            values.begin() + static_cast<std::ptrdiff_t>(offset + pixels)};
}

double range_of(const ImageView& image, const Selected& selected) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::int64_t p = 0; p < image.pixels(); ++p) {
        const double v = static_cast<double>(image.values[p]);
        if (selected[static_cast<std::size_t>(p)] == 0 || !std::isfinite(v)) continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    return high - low;
}

void add_similarity(Figures& out, const std::string& layer, const std::string& unit, const ImageView& image,
                    const ImageView& expected, const Selected& selected) {
    const double range = range_of(expected, selected);
    out.push_back({layer + "_rmse", layer + " RMSE", unit, rmse(image, expected, selected.data())});
    out.push_back({layer + "_psnr_db", layer + " PSNR", "dB", psnr(image, expected, range, selected.data())});
    out.push_back({layer + "_ssim", layer + " SSIM", "", ssim(image, expected, range, selected.data())});
    out.push_back({layer + "_ncc", layer + " NCC", "", ncc(image, expected, selected.data())});
}

void add_pulls(Figures& out, const std::string& layer, const ImageView& image, const ImageView& sigma,
               const ImageView& truth, const Selected& selected) {
    const Pulls p = pulls(image, sigma, truth, selected.data());
    out.push_back({layer + "_pull_pixels", layer + " pulls, pixels", "", static_cast<double>(p.pixels)});
    out.push_back({layer + "_pull_mean", layer + " pulls, mean", "", p.mean});
    out.push_back({layer + "_pull_sd", layer + " pulls, standard deviation", "", p.standard_deviation});
    out.push_back({layer + "_coverage_68", layer + " pulls, within 1 sigma", "", p.coverage_68});
}

Selected within(const ImageView& image, const ImageView& sigma, const ImageView& truth, double sigmas,
                const Selected& selected) {
    Selected out(selected.size(), 0);
    for (std::size_t p = 0; p < out.size(); ++p)
        out[p] = selected[p] != 0 &&
                         std::abs(image.values[p] - truth.values[p]) <= sigmas * static_cast<double>(sigma.values[p])
                     ? 1
                     : 0;
    return out;
}

double count(const Selected& selected) { return static_cast<double>(std::count(selected.begin(), selected.end(), 1)); }

void add_contrasts(Figures& out, const View& view, const Selected& open, const Selected& closed) {
    const auto one = [&](const char* layer, const char* name, const char* key) {
        if (!view.has(layer)) return std::numeric_limits<double>::quiet_NaN();
        const double value = cnr(view.of(layer), open.data(), closed.data());
        out.push_back({std::string("cnr_") + key, std::string("CNR ") + name, "", value});
        out.push_back({std::string("contrast_") + key, std::string("contrast ") + name, "",
                       michelson_contrast(view.of(layer), open.data(), closed.data())});
        return value;
    };
    const double gated = one("ballistic", "gated", "gated");
    const double ungated = one("counts", "ungated", "ungated");
    if (view.has("ballistic") && view.has("counts"))
        out.push_back({"cnr_gain", "CNR gated / ungated", "", gated / ungated});
}

// Share of the unscattered light's response that the gate held, as the run found it; 1 where it did not say.
double gate_share(const Process& process, std::int64_t view) {
    for (const StageRecord& stage : process.stages)
        for (const std::string& name : {std::string("gate_share"), fmt::format("gate_share[{}]", view)})
            if (const auto found = stage.survey.find(name); found != stage.survey.end()) return found->second;
    return 1;
}

Figures against_truth(const Result& result, std::int64_t number, const Truth& truth) {
    const GatedImages& images = result.images;
    const View view(images, number);
    const Selected unmasked = view.unmasked();
    Selected open = unmasked, closed(unmasked.size(), 0);
    if (!truth.transmission.empty())
        for (std::size_t p = 0; p < open.size(); ++p) {
            const bool is_open = truth.transmission[p] >= 0.5;
            open[p] = unmasked[p] != 0 && is_open ? 1 : 0;
            closed[p] = unmasked[p] != 0 && !is_open ? 1 : 0;
        }
    Figures out{{"pixels_open", "open pixels", "", count(open)}, {"pixels_closed", "closed pixels", "", count(closed)}};
    if (!truth.transmission.empty()) add_contrasts(out, view, open, closed);
    if (!truth.ballistic.empty() && view.has("ballistic")) {
        // The truth is all unscattered light, the image what the gate holds of it.
        const double share = gate_share(result.process, number);
        std::vector<float> expected = view_of(truth.ballistic, number, view.pixels());
        for (float& v : expected) v = static_cast<float>(static_cast<double>(v) * share);
        out.push_back({"gate_share", "share of unscattered light in the gate", "", share});
        add_similarity(out, "ballistic", "count", view.of("ballistic"), view.of(expected), unmasked);
        if (view.has("ballistic_sigma"))
            add_pulls(out, "ballistic", view.of("ballistic"), view.of("ballistic_sigma"), view.of(expected), unmasked);
    }
    if (!truth.optical_depth.empty() && view.has("optical_depth") && view.has("optical_depth_sigma")) {
        const std::vector<float> expected = view_of(truth.optical_depth, number, view.pixels());
        Selected pure = open;
        if (view.has("purity"))
            for (std::size_t p = 0; p < pure.size(); ++p)
                pure[p] = open[p] != 0 && view.of("purity").values[p] > 0.9F ? 1 : 0;
        for (std::size_t p = 0; p < pure.size(); ++p)
            if (!std::isfinite(view.of("optical_depth").values[p])) pure[p] = 0;
        out.push_back({"optical_depth_rmse", "optical depth RMSE", "",
                       rmse(view.of("optical_depth"), view.of(expected), pure.data())});
        add_pulls(out, "optical_depth", view.of("optical_depth"), view.of("optical_depth_sigma"), view.of(expected),
                  pure);
        const Selected good =
            within(view.of("optical_depth"), view.of("optical_depth_sigma"), view.of(expected), 2, pure);
        out.push_back({"optical_depth_within_2_sigma", "optical depth within 2 sigma", "", count(good) / count(pure)});
    }
    return out;
}

Figures against_result(const GatedImages& images, const GatedImages& others, std::int64_t number) {
    const View view(images, number), other(others, number);
    const Selected selected = both(view.unmasked(), other.unmasked());
    Figures out{{"pixels", "pixels compared", "", count(selected)}};
    for (const ImageLayer& layer : images.layers) {
        if (others.layer(layer.name) == nullptr) continue;
        add_similarity(out, layer.name, layer.unit == "1" ? "" : layer.unit, view.of(layer.name.c_str()),
                       other.of(layer.name.c_str()), selected);
    }
    return out;
}

void check_shapes(const CompareOptions& options, const GatedImages& images, std::int64_t views, std::int64_t rows,
                  std::int64_t columns) {
    if (images.rows == rows && images.columns == columns && images.views == views) return;
    throw Error(ExitCode::bad_input, fmt::format("{}: cannot be compared with {}", options.result, options.truth),
                fmt::format("{} views of {} x {} pixels against {} of {} x {}", images.views, images.rows,
                            images.columns, views, rows, columns));
}

int compare(const CompareOptions& options) {
    const Result result = read_result(options.result, {});
    const GatedImages& images = result.images;
    std::vector<Figures> views;
    if (kind_of(options.truth) == FileKind::result) {
        const Result other = read_result(options.truth, {});
        check_shapes(options, images, other.images.views, other.images.rows, other.images.columns);
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_result(images, other.images, v));
    } else {
        const AcquisitionFile file = AcquisitionFile::open(options.truth, {});
        if (!file.has_truth())
            throw Error(ExitCode::bad_input, options.truth + ": /entry/truth is missing",
                        "only simulated scans know the truth", "compare with another result");
        check_shapes(options, images, file.scan().views, file.scan().rows, file.scan().columns);
        const Truth truth = file.read_truth();
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_truth(result, v, truth));
    }
    if (options.json) {
        Json json{{"result", options.result}, {"against", options.truth}};
        Json& list = json["views"] = Json::array();
        for (const Figures& figures : views) {
            Json one = Json::object();
            for (const Figure& f : figures) one[f.key] = finite_or_null(f.value);
            list.push_back(one);
        }
        print_json(json);
        return 0;
    }
    Facts facts{{"result", options.result}, {"against", options.truth}};
    for (std::size_t v = 0; v < views.size(); ++v) {
        if (views.size() > 1) facts.emplace_back("view", fmt::format("{}", v));
        for (const Figure& f : views[v])
            facts.emplace_back(f.name, std::isnan(f.value)
                                           ? "-"
                                           : fmt::format("{:.4g}{}{}", f.value, f.unit.empty() ? "" : " ", f.unit));
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
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->callback([options, &line] { line.run = [options] { return compare(*options); }; });
}

}  // namespace firstlight::cli
