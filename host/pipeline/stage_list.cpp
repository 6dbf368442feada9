#include "host/pipeline/stage_list.hpp"

#include <type_traits>

namespace firstlight {
namespace {

template <class S>
concept RefinedStage = requires(const typename S::Params& params, StageContext& context, const ImageTile& images) {
    { S::refine(params, context, images) } -> std::same_as<typename S::Coefficients>;
};

template <class S>
concept NeighbourlyStage = requires(const typename S::Params& params) {
    { S::halo(params) } -> std::same_as<std::int64_t>;
};

template <class S>
concept RemarkingStage = requires(const ImageTile& images) {
    { S::remark(images) } -> std::same_as<std::string>;
};

template <class S>
const typename S::Params& params_of(const void* params) {
    return *static_cast<const typename S::Params*>(params);
}
template <class S>
const typename S::Coefficients& coefficients_of(const void* c) {
    return *static_cast<const typename S::Coefficients*>(c);
}

template <class S>
StageEntry entry() {
    StageEntry e;
    e.info = S::info;
    e.params = &S::Params::table();
    e.make_params = +[]() -> std::shared_ptr<void> { return std::make_shared<typename S::Params>(); };
    e.copy_params =
        +[](const void* p) -> std::shared_ptr<void> { return std::make_shared<typename S::Params>(params_of<S>(p)); };
    if constexpr (TraceStage<S> || ImageStage<S> || VolumeStage<S>) {
        e.layers = +[](const void* p) { return S::layers(params_of<S>(p)); };
        e.prepare = +[](const void* p, StageContext& context) -> std::shared_ptr<void> {
            return std::make_shared<typename S::Coefficients>(S::prepare(params_of<S>(p), context));
        };
    }
    if constexpr (TraceStage<S>) {
        e.kind = StageKind::traces;
        e.survey = +[](const void* p, const Scan& scan) { return S::survey(params_of<S>(p), scan); };
        e.run_traces = +[](Queue& queue, const TraceTile& tile, const void* c, int lane) {
            run<S>(queue, tile, coefficients_of<S>(c), lane);
        };
        if constexpr (NeighbourlyStage<S>) e.halo = +[](const void* p) { return S::halo(params_of<S>(p)); };
        if constexpr (requires { S::finds_arrival; }) e.finds_arrival = S::finds_arrival;
        if constexpr (RefinedStage<S>)
            e.refine = +[](const void* p, StageContext& context, const ImageTile& images) -> std::shared_ptr<void> {
                return std::make_shared<typename S::Coefficients>(S::refine(params_of<S>(p), context, images));
            };
    } else if constexpr (VolumeStage<S>) {
        e.kind = StageKind::volumes;
        e.uses_light = S::uses_light;
        e.check_geometry = +[](const Scan& scan) { S::check_geometry(scan); };
        e.box = +[](const void* p, const Scan& scan) { return S::box(params_of<S>(p), scan); };
        e.work_bytes = +[](const void* p, const Scan& scan) { return S::work_bytes(params_of<S>(p), scan); };
        e.run_volume = +[](Queue& queue, const VolumeTask& task, const void* c, int lane) {
            run<S>(queue, task, coefficients_of<S>(c), lane);
        };
    } else if constexpr (ImageStage<S>) {
        e.kind = StageKind::images;
        e.run_images = +[](Queue& queue, const ImageTile& images, const void* c, int lane) {
            run<S>(queue, images, coefficients_of<S>(c), lane);
        };
    } else {
        e.kind = StageKind::rendering;
    }
    if constexpr (RemarkingStage<S>) e.remark = +[](const ImageTile& images) { return S::remark(images); };
    return e;
}

template <class... S>
std::vector<StageEntry> entries(std::type_identity<std::tuple<S...>>) {
    return {entry<S>()...};
}

}  // namespace

const std::vector<StageEntry>& stage_list() {
    static const std::vector<StageEntry> list = entries(std::type_identity<Stages>{});
    return list;
}

const StageEntry* find_stage(std::string_view name) {
    for (const StageEntry& stage : stage_list())
        if (name == stage.info.name) return &stage;
    return nullptr;
}

std::vector<std::string> stage_names() {
    std::vector<std::string> names;
    for (const StageEntry& stage : stage_list()) names.emplace_back(stage.info.name);
    return names;
}

const Param* find_param(const StageEntry& stage, std::string_view name) {
    for (const Param& param : *stage.params)
        if (name == param.name) return &param;
    return nullptr;
}

}  // namespace firstlight
