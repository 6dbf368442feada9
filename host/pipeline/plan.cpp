#include "host/pipeline/plan.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "host/pipeline/volume_run.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t cache_bytes = 256 << 10;        // of counts and model per CPU tile: a part of L2
constexpr std::size_t device_block_bytes = 64 << 20;  // of counts per GPU block
constexpr std::size_t cpu_block_bytes = 4 << 20;
constexpr std::size_t survey_limit_bytes = 64 << 20;
constexpr std::int64_t survey_limit_traces = 4096;
constexpr std::int64_t survey_side = 16;
constexpr std::int64_t deconvolved_together = 32;  // traces
constexpr std::size_t program_bytes = 96 << 20;    // code, libraries and HDF5's caches, left out of the budget

std::uint64_t mixed(std::uint64_t v) {  // splitmix64's finaliser: spreads neighbours
    v += 0x9E3779B97F4A7C15ULL;
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9ULL;
    v = (v ^ (v >> 27)) * 0x94D049BB133111EBULL;
    return v ^ (v >> 31);
}

std::vector<TileWindow> grid_windows(const Scan& scan, std::int64_t rows, std::int64_t columns) {
    std::vector<TileWindow> windows;
    for (std::int64_t y = 0; y < scan.rows; y += rows)
        for (std::int64_t x = 0; x < scan.columns; x += columns)
            windows.push_back(
                {0, y, x, std::min(rows, scan.rows - y), std::min(columns, scan.columns - x), scan.columns});
    return windows;
}

// The source's rectangles, joined or split so that a block holds about `target` bytes of counts.
std::pair<std::int64_t, std::int64_t> block_shape(const Scan& scan, const PlanOptions& options, std::size_t target,
                                                  std::size_t trace_bytes) {
    std::int64_t rows = std::clamp<std::int64_t>(options.grid_rows, 1, std::max<std::int64_t>(1, scan.rows));
    std::int64_t columns = std::clamp<std::int64_t>(options.grid_columns, 1, std::max<std::int64_t>(1, scan.columns));
    const auto bytes = [&] { return static_cast<std::size_t>(rows * columns) * trace_bytes; };
    while (bytes() * 2 <= target && columns < scan.columns) columns = std::min(columns * 2, scan.columns);
    while (bytes() * 2 <= target && rows < scan.rows) rows = std::min(rows * 2, scan.rows);
    while (bytes() > target && rows > 1) rows = (rows + 1) / 2;
    while (bytes() > target && columns > 1) columns = (columns + 1) / 2;
    return {rows, columns};
}

}  // namespace

ModelParts model_parts_of(const Recipe& recipe) {
    const bool sweeps = recipe.find(GateSweep::info.name) != nullptr;
    return {sweeps || recipe.find(PileUp::info.name) != nullptr,
            sweeps || recipe.find(BinNonlinearity::info.name) != nullptr, recipe.has_family("deconvolution")};
}

std::size_t machine_memory() {
    return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::vector<TileWindow> survey_windows(const Scan& scan) {
    std::vector<TileWindow> windows = grid_windows(scan, survey_side, survey_side);
    const std::size_t trace_bytes = static_cast<std::size_t>(scan.bins) * (count_size(scan.type) + 4);
    const std::int64_t limit = std::max<std::int64_t>(
        1, std::min<std::int64_t>(survey_limit_traces, static_cast<std::int64_t>(survey_limit_bytes / trace_bytes)));
    if (scan.pixels() <= limit) return windows;
    // Long traces: fewer of them, so smaller rectangles.
    const std::int64_t side = limit >= survey_side * survey_side ? survey_side : 1;
    if (side == 1)
        windows = grid_windows(scan, 1, std::min<std::int64_t>(scan.columns, std::max<std::int64_t>(1, limit / 16)));
    std::sort(windows.begin(), windows.end(), [&](const TileWindow& a, const TileWindow& b) {
        const auto key = [](const TileWindow& w) { return mixed(static_cast<std::uint64_t>(w.pixel(0))); };
        return key(a) < key(b);
    });
    std::vector<TileWindow> chosen;
    std::int64_t traces = 0;
    for (const TileWindow& window : windows) {
        if (traces + window.traces() > limit) break;
        traces += window.traces();
        chosen.push_back(window);
    }
    if (chosen.empty()) chosen.push_back(windows.front());
    std::sort(chosen.begin(), chosen.end(),
              [](const TileWindow& a, const TileWindow& b) { return a.pixel(0) < b.pixel(0); });
    return chosen;
}

Plan make_plan(const Scan& scan, const Recipe& recipe, const PlanOptions& options) {
    Plan plan;
    plan.lanes = std::max(1, options.lanes);
    const std::size_t count_bytes = static_cast<std::size_t>(scan.bins) * count_size(scan.type);
    const ModelParts parts = model_parts_of(recipe);
    const std::size_t floats_per_bin = (parts.live ? 1U : 0U) + (parts.signal ? 1U : 0U);
    const std::size_t model_per_trace =
        (floats_per_bin * static_cast<std::size_t>(scan.bins) + 8 + layer_count + recipe.stages.size()) * 4;
    const std::size_t memory = options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 2;

    std::size_t layers = 0;
    bool surveys = false;
    for (const RecipeStage& stage : recipe.stages) {
        if (stage.stage->layers != nullptr) layers += stage.stage->layers(stage.params.get()).size();
        if (stage.stage->kind != StageKind::traces) continue;
        if (stage.stage->halo != nullptr) plan.halo = std::max(plan.halo, stage.stage->halo(stage.params.get()));
        const Survey survey = stage.stage->survey(stage.params.get(), scan);
        surveys = surveys || survey != Survey::none;
        if (survey == Survey::every_pixel) ++plan.passes;
    }
    // Layers of the scan and of its reference, flags, and one value per stage for the counts in and out.
    plan.image_bytes =
        static_cast<std::size_t>(scan.pixels()) *
        ((layers * 4 + 1) * static_cast<std::size_t>(scan.views) + layers * 4 + (recipe.stages.size() + 2) * 4);
    if (surveys) {
        for (const TileWindow& window : survey_windows(scan)) plan.survey_traces += window.traces();
        plan.survey_bytes = static_cast<std::size_t>(plan.survey_traces) * (count_bytes + model_per_trace);
    }

    plan.source_bytes = options.source_bytes;
    std::size_t fixed = program_bytes + plan.image_bytes + plan.survey_bytes + plan.source_bytes;
    const std::size_t least_blocks =
        6 * static_cast<std::size_t>(plan.lanes) * (count_bytes + model_per_trace);  // one trace per lane
    if (const RecipeStage* volume = recipe.volume()) {
        // While traces stream only the light is there; then the blocks are gone and the bands come.
        const VolumeNeeds needs = volume_needs(scan, *volume, memory, fixed + least_blocks);
        plan.band_rows = needs.band_rows;
        plan.volume_bytes = needs.volume_bytes + needs.band_bytes;
        fixed += needs.volume_bytes;
    }
    const auto lanes = static_cast<std::size_t>(plan.lanes);
    const auto per_lane = memory > fixed ? (memory - fixed) / lanes : 0;
    // Reading needs the block, and a packed and an unpacked chunk beside it. Work for all lanes, but no parts of
    // chunks, each of which would unpack the whole.
    const auto grid_bytes = static_cast<std::size_t>(std::min(options.grid_rows, scan.rows) *
                                                     std::min(options.grid_columns, scan.columns)) *
                            count_bytes;
    const std::size_t share = std::max(static_cast<std::size_t>(scan.pixels()) * count_bytes / (4 * lanes),
                                       scan.kind == ScanKind::gated ? 0 : grid_bytes);
    std::size_t target = std::min({options.device ? device_block_bytes : cpu_block_bytes, per_lane / 6,
                                   std::max(share, count_bytes + model_per_trace)});
    if (scan.kind == ScanKind::gated)  // chunks of whole frames are larger than all else: as much of them as fits
        target = std::max(target, std::min((grid_bytes + lanes - 1) / lanes, per_lane / 6));
    if (target < count_bytes + model_per_trace)
        throw Error(
            ExitCode::bad_input, fmt::format("{}: {} MiB of memory are not enough", scan.name, memory >> 20),
            fmt::format("images and survey take {} MiB and one trace per lane must fit beside them", fixed >> 20),
            fmt::format("give --memory {}M or more", (fixed + least_blocks) / (1 << 20) + 1));
    const auto shape = block_shape(scan, options, target, count_bytes);
    plan.blocks = grid_windows(scan, shape.first, shape.second);
    plan.block_traces = std::min(shape.first + 2 * plan.halo, std::max<std::int64_t>(1, scan.rows)) *
                        std::min(shape.second + 2 * plan.halo, std::max<std::int64_t>(1, scan.columns));
    const bool whole_blocks = options.device || (plan.halo > 0 && options.tile_traces == 0);
    auto in_cache = static_cast<std::int64_t>(cache_bytes / (count_bytes + model_per_trace));
    if (recipe.has_family("deconvolution"))  // works on so many traces side by side
        in_cache = std::max(deconvolved_together, in_cache / deconvolved_together * deconvolved_together);
    plan.tile_traces = whole_blocks              ? plan.block_traces
                       : options.tile_traces > 0 ? std::min(options.tile_traces, plan.block_traces)
                                                 : std::clamp<std::int64_t>(in_cache, 1, plan.block_traces);
    plan.block_bytes = static_cast<std::size_t>(plan.block_traces) * count_bytes *
                       (scan.kind == ScanKind::gated ? 4 : 3) * lanes;  // frames are turned into traces
    plan.model_bytes = static_cast<std::size_t>(plan.tile_traces) * model_per_trace * lanes;
    const std::size_t bands = recipe.volume() == nullptr ? 0 : program_bytes + plan.image_bytes + plan.volume_bytes;
    plan.total_bytes = std::max(fixed + plan.block_bytes + plan.model_bytes, bands);
    if (shape.first < std::min(options.grid_rows, scan.rows) ||
        shape.second < std::min(options.grid_columns, scan.columns))
        plan.notes.push_back(
            fmt::format("the file's chunks span {} x {} pixels, more than fits: each is unpacked several times",
                        options.grid_rows, options.grid_columns));
    return plan;
}

}  // namespace firstlight
