#include "host/pipeline/trace_stages.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "host/pipeline/job_sources.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/pipeline/survey_tiles.hpp"
#include "host/pipeline/tile_needs.hpp"
#include "host/pipeline/tile_stream.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {

struct TraceStages::Parts {
    explicit Parts(const TraceStagesInput& input)
        : scan(input.scan),
          counts(input.counts),
          recipe(input.recipe),
          view(input.view),
          cancelled(input.cancelled),
          host(open_cpu_queue(1)),
          keep(*host),
          needs(tile_needs(recipe, scan)) {
        check_recipe(recipe);
        check_kind(scan, recipe);
        if (view < 0 || view >= scan.views)
            throw Error(ExitCode::usage, fmt::format("{}: there is no view {}", scan.name, view),
                        fmt::format("the scan has {}, counted from 0", scan.views));
        // All that trace stages take from a reference is when its light arrives.
        if (input.reference != nullptr && recipe.find(ExpectedArrival::info.name) != nullptr) {
            Scan reference_scan = scan;
            reference_scan.type = input.reference->type;
            reference_scan.views = 1;
            (void)prepare_all(reference_scan, *input.reference, 0, true);
        }
        prepared = prepare_all(scan, counts, view, false);
        for (const PreparedStage& stage : prepared)
            if (const RecipeStage* own = recipe.find(stage.stage->info.name); stage.stage->halo != nullptr)
                halo = std::max(halo, stage.stage->halo(own->params.get()));
        const std::int64_t side = 2 * halo + 1;
        memory.emplace(*host, needs, side * side, 0);
        room.resize(static_cast<std::size_t>(side * side * scan.bins) * count_size(counts.type));
    }

    [[nodiscard]] StageContext context(const Scan& of, std::int64_t of_view, bool is_reference) {
        StageContext c{of, keep};
        c.view = of_view;
        c.is_reference = is_reference;
        c.shared = &shared;
        c.found = &found;
        c.warn = [](const std::string&) {};  // the run has said it
        return c;
    }

    // As a run prepares them (pipeline.cpp), on the host alone.
    std::vector<PreparedStage> prepare_all(const Scan& of, const CountSource& from, std::int64_t of_view,
                                           bool is_reference) {
        bool surveys = false;
        for (const RecipeStage& stage : recipe.stages)
            surveys = surveys || (stage.stage->kind == StageKind::traces &&
                                  stage.stage->survey(stage.params.get(), of) != Survey::none);
        std::optional<SurveyTiles> tiles;
        if (surveys) tiles.emplace(*host, of, from, of_view, needs, !from.resident);
        std::vector<PreparedStage> stages;
        for (const RecipeStage& stage : recipe.stages) {
            if (stage.stage->kind != StageKind::traces) continue;
            if (cancelled != nullptr && *cancelled) throw Interrupted();
            const void* params = stage.params.get();
            StageContext c = context(of, of_view, is_reference);
            if (tiles) c.sample = &tiles->sample;
            std::shared_ptr<void> coefficients = stage.stage->prepare(params, c);
            if (!is_reference && stage.stage->survey(params, of) == Survey::every_pixel) {
                std::vector<PreparedStage> first = stages;
                first.push_back({stage.stage, coefficients});
                ViewImages images = all_pixels(first);
                coefficients = stage.stage->refine(params, c, images.tile(of.rows, of.columns));
            }
            stages.push_back({stage.stage, coefficients});
            if (tiles)
                for (const TraceTile& tile : tiles->sample.tiles)
                    stage.stage->run_traces(*host, tile, coefficients.get(), 0);
        }
        return stages;
    }

    [[nodiscard]] ViewImages all_pixels(const std::vector<PreparedStage>& stages) const {
        PlanOptions options;
        options.lanes = machine_threads();
        options.grid_rows = counts.grid_rows;
        options.grid_columns = counts.grid_columns;
        options.source_bytes = counts.memory_bytes;
        const std::unique_ptr<Queue> queue = open_cpu_queue(options.lanes);
        const Plan plan = make_plan(scan, recipe, options);
        StreamTimes times;
        return stream_tiles(*queue, {scan, counts, plan, view, stages, needs, cancelled, {}, {}}, times);
    }

    void read(const TileWindow& window) {
        if (!reader) {
            if (counts.get_ready) counts.get_ready();
            reader = counts.reader();
        }
        reader(window, room.data());
    }

    const Scan& scan;
    CountSource counts;
    Recipe recipe;
    std::int64_t view;
    const std::atomic<bool>* cancelled;
    std::unique_ptr<Queue> host;
    Keeper keep;
    TileNeeds needs;
    std::map<std::string, double> shared, found;
    std::vector<PreparedStage> prepared;
    std::int64_t halo = 0;
    std::optional<TileMemory> memory;
    CountSource::Read reader;
    std::vector<std::byte> room;
};

TraceStages::TraceStages(const TraceStagesInput& input) : parts_(std::make_unique<Parts>(input)) {}
TraceStages::~TraceStages() = default;

const Scan& TraceStages::scan() const { return parts_->scan; }
const Recipe& TraceStages::recipe() const { return parts_->recipe; }

const void* TraceStages::coefficients(std::string_view stage) const {
    for (const PreparedStage& prepared : parts_->prepared)
        if (stage == prepared.stage->info.name) return prepared.coefficients.get();
    return nullptr;
}

void TraceStages::run(std::int64_t pixel, const std::function<void(const TraceTile&, std::int64_t)>& look) const {
    Parts& p = *parts_;
    if (p.cancelled != nullptr && *p.cancelled) throw Interrupted();
    if (pixel < 0 || pixel >= p.scan.pixels())
        throw Error(ExitCode::usage, fmt::format("{}: there is no pixel {}", p.scan.name, pixel),
                    fmt::format("the scan has {}, counted from 0", p.scan.pixels()));
    const std::int64_t y = pixel / p.scan.columns, x = pixel % p.scan.columns;
    TileWindow window;
    window.view = p.view;
    window.y0 = std::max<std::int64_t>(0, y - p.halo);
    window.x0 = std::max<std::int64_t>(0, x - p.halo);
    window.rows = std::min(p.scan.rows, y + p.halo + 1) - window.y0;
    window.columns = std::min(p.scan.columns, x + p.halo + 1) - window.x0;
    window.scan_columns = p.scan.columns;
    p.read(window);
    p.memory->reset();
    TraceTile tile = p.memory->tile(window, p.room.data(), p.counts.type);
    for (std::size_t s = 0; s < p.prepared.size(); ++s) {
        tile.effect = p.memory->effect(static_cast<int>(s));
        p.prepared[s].stage->run_traces(*p.host, tile, p.prepared[s].coefficients.get(), 0);
    }
    look(tile, (y - window.y0) * window.columns + x - window.x0);
}

std::shared_ptr<const TraceStages> open_trace_stages(const Job& job, std::int64_t view,
                                                     const std::atomic<bool>* cancelled) {
    struct Opened {
        AcquisitionFile file;
        std::unique_ptr<Queue> queue;
        JobSources sources;
        TraceStages stages;

        Opened(const Job& of, std::int64_t of_view, const std::atomic<bool>* stop)
            : file(AcquisitionFile::open(of.scan_path, open_options(of))),
              queue(open_cpu_queue(of.threads > 0 ? of.threads : machine_threads())),
              sources(file, calibrated_scan(file.scan(), of.calibration_path), *queue, of, stop),
              stages({sources.scan, sources.counts, file.scan().has_reference ? &sources.reference : nullptr, of.recipe,
                      of_view, stop}) {}
    };
    const auto opened = std::make_shared<Opened>(job, view, cancelled);
    return {opened, &opened->stages};
}

}  // namespace firstlight
