#include "host/pipeline/window_edges.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "kernels/gating/time_gate_trace.hpp"

namespace firstlight {
namespace {

constexpr std::size_t most_groups = 8;
constexpr std::int64_t tile_traces = 4096;

// Stages that do not look at counts at all, and those whose sums add_edges() knows.
constexpr std::array<std::string_view, 7> known{
    PixelMask::info.name, DarkCounts::info.name,      TimeSkew::info.name, BinNonlinearity::info.name,
    FlatField::info.name, ExpectedArrival::info.name, TimeGate::info.name};

void add_window(const GateWindow& window, std::vector<std::int64_t>& edges) {
    if (!window.inside) return;
    for (std::int64_t i = window.first; i <= window.whole_first; ++i) edges.push_back(i);
    for (std::int64_t i = window.whole_last; i <= window.last; ++i) edges.push_back(i);
}

// Where the sums of a stage begin and end in one trace of the tile.
void add_edges(const PreparedStage& prepared, const TraceTile& tile, std::int64_t trace,
               std::vector<std::int64_t>& edges) {
    const std::string_view name = prepared.stage->info.name;
    const void* coefficients = prepared.coefficients.get();
    if (name == PixelMask::info.name) {
        edges.push_back(static_cast<const PixelMask::Coefficients*>(coefficients)->hot_bins);
    } else if (name == DarkCounts::info.name) {
        edges.push_back(static_cast<const DarkCounts::Coefficients*>(coefficients)->lead_bins);
    } else if (name == TimeGate::info.name) {
        const GatedTrace gated = gated_windows(tile, trace, *static_cast<const TimeGate::Coefficients*>(coefficients));
        edges.push_back(gated.lead_bins);
        add_window(gated.gate, edges);
        add_window(gated.late, edges);
    }
}

}  // namespace

bool sums_suffice(const Recipe& recipe, const Scan& scan) {
    if (scan.bins > TagWindows::most_bins) return false;
    return std::all_of(recipe.stages.begin(), recipe.stages.end(), [](const RecipeStage& stage) {
        return stage.stage->kind != StageKind::traces ||
               std::find(known.begin(), known.end(), stage.stage->info.name) != known.end();
    });
}

std::optional<WindowEdges> window_edges(Queue& host, const Scan& scan, std::int64_t view,
                                        const std::vector<PreparedStage>& stages, const TileNeeds& needs) {
    const std::int64_t columns = std::min(scan.columns, tile_traces);
    TileMemory memory(host, needs, columns, 0);
    std::vector<std::vector<std::int64_t>> row(static_cast<std::size_t>(columns));
    std::vector<std::uint16_t> all;     // edges of all pixels, one after the other
    std::vector<std::uint16_t> number;  // [pixels]
    std::size_t most = 1;
    for (std::int64_t y = 0; y < scan.rows; ++y)
        for (std::int64_t x = 0; x < scan.columns; x += columns) {
            const TileWindow window{view, y, x, 1, std::min(columns, scan.columns - x), scan.columns};
            memory.reset();
            TraceTile tile = memory.tile(window, nullptr, scan.type);
            tile.effect = memory.effect(0);
            for (std::int64_t i = 0; i < window.columns; ++i) row[static_cast<std::size_t>(i)].assign(1, 0);
            for (const PreparedStage& prepared : stages) {
                for (std::int64_t i = 0; i < window.columns; ++i)
                    add_edges(prepared, tile, i, row[static_cast<std::size_t>(i)]);
                const std::string_view name = prepared.stage->info.name;
                // Those that fill in where the gate will be; the others look at counts, which are not there.
                if (name == TimeSkew::info.name || name == BinNonlinearity::info.name ||
                    name == ExpectedArrival::info.name)
                    prepared.stage->run_traces(host, tile, prepared.coefficients.get(), 0);
            }
            for (std::int64_t i = 0; i < window.columns; ++i) {
                std::vector<std::int64_t>& edges = row[static_cast<std::size_t>(i)];
                std::sort(edges.begin(), edges.end());
                edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
                while (edges.back() >= scan.bins) edges.pop_back();
                most = std::max(most, edges.size());
                if (most > most_groups * PixelEdges::size) return std::nullopt;
                number.push_back(static_cast<std::uint16_t>(edges.size()));
                for (const std::int64_t edge : edges) all.push_back(static_cast<std::uint16_t>(edge));
            }
        }
    WindowEdges out;
    out.groups = static_cast<std::int64_t>((most - 1) / PixelEdges::size + 1);
    const auto groups = static_cast<std::size_t>(out.groups);
    out.records.resize(number.size() * groups);
    std::size_t next = 0;
    for (std::size_t pixel = 0; pixel < number.size(); ++pixel)
        for (std::size_t k = 0; k < number[pixel]; ++k)
            out.records[pixel * groups + k / PixelEdges::size].edges[k % PixelEdges::size] = all[next++];
    return out;
}

}  // namespace firstlight
