#include "host/pipeline/comparison.hpp"

#include <fmt/format.h>

#include <cmath>

#include "host/pipeline/compare_truth.hpp"
#include "host/pipeline/compare_volume.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::merits {
namespace {

using Json = nlohmann::ordered_json;

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

void check_shapes(const ComparisonRequest& request, const GatedImages& images, std::int64_t views, std::int64_t rows,
                  std::int64_t columns) {
    if (images.rows == rows && images.columns == columns && images.views == views) return;
    throw Error(ExitCode::bad_input, fmt::format("{}: cannot be compared with {}", request.result, request.against),
                fmt::format("{} views of {} x {} pixels against {} of {} x {}", images.views, images.rows,
                            images.columns, views, rows, columns));
}

void add_resolutions(ResultComparison& out, const GatedImages& images, const Truth& truth,
                     const ComparisonRequest& request) {
    for (std::int64_t v = 0; v < images.views; ++v) {
        std::vector<float> transmission;
        if (!truth.transmission.empty())
            transmission = view_of(truth.transmission, v, static_cast<std::size_t>(images.rows * images.columns));
        add_resolution(out.views[static_cast<std::size_t>(v)], images, v, request.edges, request.bars, transmission,
                       truth.scene);
    }
}

Json json_of_one(const Comparison& comparison) {
    Json one = Json::object();
    for (const Figure& f : comparison.figures) one[f.key] = std::isfinite(f.value) ? Json(f.value) : Json(nullptr);
    one["notes"] = comparison.notes;
    return one;
}

}  // namespace

ResultComparison compare_with_result(const Result& result, const Result& other, const ComparisonRequest& request) {
    const GatedImages& images = result.images;
    check_shapes(request, images, other.images.views, other.images.rows, other.images.columns);
    ResultComparison out;
    for (std::int64_t v = 0; v < images.views; ++v) out.views.push_back(against_result(images, other.images, v));
    if (result.volume && other.volume) out.volume = against_volume(*result.volume, *other.volume);
    add_resolutions(out, images, {}, request);
    return out;
}

ResultComparison compare_with_truth(const Result& result, const Truth& truth, const Scan& scan,
                                    const ComparisonRequest& request) {
    const GatedImages& images = result.images;
    check_shapes(request, images, scan.views, scan.rows, scan.columns);
    ResultComparison out;
    for (std::int64_t v = 0; v < images.views; ++v) out.views.push_back(against_truth(result, v, truth, scan));
    if (result.volume && !truth.mu_per_m.empty()) out.volume = against_volume(*result.volume, true_volume(truth, scan));
    add_resolutions(out, images, truth, request);
    return out;
}

void refuse_without_truth(const std::string& name) {
    throw Error(ExitCode::bad_input, name + ": /entry/truth is missing", "only simulated scans know the truth",
                "compare with another result");
}

nlohmann::ordered_json json_of(const ResultComparison& comparison) {
    Json json;
    Json& list = json["views"] = Json::array();
    for (const Comparison& view : comparison.views) list.push_back(json_of_one(view));
    if (comparison.volume) json["volume"] = json_of_one(*comparison.volume);
    return json;
}

}  // namespace firstlight::merits
