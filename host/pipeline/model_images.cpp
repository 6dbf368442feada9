#include "host/pipeline/model_images.hpp"

#include <algorithm>

namespace firstlight {
namespace {

// The trace of the tile that is trace i of its inner part.
std::int64_t trace_of(const TileWindow& window, const TileWindow& inner, std::int64_t i) {
    return (inner.y0 - window.y0 + i / inner.columns) * window.columns + inner.x0 - window.x0 + i % inner.columns;
}

template <class From, class To, class F>
void copy_traces(const From* from, std::int64_t values_per_trace, std::int64_t first, const TraceTile& tile,
                 const TileWindow& inner, std::vector<To>& to, const F& convert) {
    if (from == nullptr) return;
    for (std::int64_t i = 0; i < inner.traces(); ++i) {
        const From* trace = from + trace_of(tile.window, inner, i) * values_per_trace;
        std::transform(trace, trace + values_per_trace, to.data() + (first + inner.pixel(i)) * values_per_trace,
                       convert);
    }
}

constexpr bool table_is_in_order() {
    for (int i = 0; i < model_part_count; ++i)
        if (static_cast<int>(model_part_table[static_cast<std::size_t>(i)].part) != i) return false;
    return true;
}
static_assert(table_is_in_order());

}  // namespace

std::vector<std::string_view> stages_that_fill(ModelPart part) {
    std::vector<std::string_view> names;
    for (const StageEntry& stage : stage_list()) {
        if (stage.kind != StageKind::traces) continue;
        const std::string_view name = stage.info.name, family = stage.info.family;
        const bool fills = [&] {
            switch (part) {
                case ModelPart::live: return name == PileUp::info.name || name == GateSweep::info.name;
                case ModelPart::edges: return name == BinNonlinearity::info.name || name == GateSweep::info.name;
                case ModelPart::dark:
                case ModelPart::dark_variance: return name == DarkCounts::info.name;
                case ModelPart::shift: return name == TimeSkew::info.name;
                case ModelPart::gain: return name == FlatField::info.name;
                case ModelPart::arrival:
                case ModelPart::arrival_sigma: return family == "first_arrival" || stage.finds_arrival;
                case ModelPart::signal: return family == "deconvolution";
                default: return true;
            }
        }();
        if (fills) names.push_back(name);
    }
    return names;
}

ModelImages::ModelImages(const Scan& scan, const std::vector<ModelPart>& wanted) : scan_(scan) {
    const auto size = static_cast<std::size_t>(scan.views * scan.pixels());
    for (const ModelPart part : wanted) {
        wanted_[static_cast<std::size_t>(part)] = true;
        switch (part) {
            case ModelPart::flags: flags.assign(size, 0); break;
            case ModelPart::live: live.assign(size * static_cast<std::size_t>(scan.bins), 1.0F); break;
            case ModelPart::signal: signal.assign(size * static_cast<std::size_t>(scan.bins), 0.0F); break;
            case ModelPart::edges: edges.assign(static_cast<std::size_t>(scan.bins + 1), 0.0); break;
            default: pixels[static_cast<std::size_t>(part)].assign(size, std::numeric_limits<double>::quiet_NaN());
        }
    }
}

void ModelImages::take_pixels(ModelPart part, const float* values, double scale, double offset, const TraceTile& tile,
                              const TileWindow& inner, std::int64_t first) {
    if (wants(part))
        copy_traces(values, 1, first, tile, inner, pixels[static_cast<std::size_t>(part)],
                    [&](float v) { return offset + static_cast<double>(v) * scale; });
}

void ModelImages::take(std::int64_t view, const TraceTile& tile, const TileWindow& inner) {
    const std::int64_t first = view * scan_.pixels();
    const DetectorModel& model = tile.model;
    const double bin = scan_.bin_width_s, start = scan_.time_of(0);
    take_pixels(ModelPart::dark, model.dark, 1, 0, tile, inner, first);
    take_pixels(ModelPart::dark_variance, model.dark_variance, 1, 0, tile, inner, first);
    take_pixels(ModelPart::gain, model.gain, 1, 0, tile, inner, first);
    take_pixels(ModelPart::shift, model.shift, bin, 0, tile, inner, first);
    take_pixels(ModelPart::arrival, model.arrival, bin, start, tile, inner, first);
    take_pixels(ModelPart::arrival_sigma, model.arrival_sigma, bin, 0, tile, inner, first);
    const auto same = [](auto v) { return v; };
    if (wants(ModelPart::flags)) copy_traces(model.flags, 1, first, tile, inner, flags, same);
    if (wants(ModelPart::live)) copy_traces(model.live, scan_.bins, first, tile, inner, live, same);
    if (wants(ModelPart::signal)) copy_traces(tile.signal, scan_.bins, first, tile, inner, signal, same);
    // All tiles have the same edges; the one with the scan's first pixel says them.
    if (wants(ModelPart::edges) && view == 0 && inner.pixel(0) == 0 && model.edges != nullptr)
        std::transform(model.edges, model.edges + scan_.bins + 1, edges.begin(),
                       [&](float edge) { return scan_.time_of(static_cast<double>(edge)); });
}

}  // namespace firstlight
