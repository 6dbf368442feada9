#include "host/pipeline/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>

#include "host/pipeline/held_scan.hpp"
#include "host/pipeline/image_stages.hpp"
#include "host/pipeline/quality.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/pipeline/survey_tiles.hpp"
#include "host/pipeline/tile_needs.hpp"
#include "host/pipeline/tile_stream.hpp"
#include "host/pipeline/volume_run.hpp"
#include "host/pipeline/window_edges.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

// One reconstruction: what its steps share.
class Run {
  public:
    Run(const Scan& scan, const Recipe& recipe, Queue& queue, const RunOptions& options)
        : scan_(scan),
          recipe_(recipe),
          queue_(queue),
          options_(options),
          hold_(options.hold),
          host_(open_cpu_queue(1)),
          keep_host_(*host_),
          keep_(queue) {
        for (const RecipeStage& stage : recipe.stages) {
            if (stage.stage->kind == StageKind::rendering) continue;
            records_.push_back({stage.stage->info.name, 0, 0, 0, {}});
        }
    }

    Reconstruction reconstruct(const CountSource& counts, const CountSource* reference) {
        PlanOptions plan_options;
        plan_options.memory_bytes = options_.memory_bytes;
        plan_options.tile_traces = options_.tile_traces;
        plan_options.lanes = queue_.lanes();
        plan_options.device = !queue_.is_host();
        plan_options.grid_rows = counts.grid_rows;
        plan_options.grid_columns = counts.grid_columns;
        plan_options.source_bytes = counts.memory_bytes + (reference != nullptr ? reference->memory_bytes : 0);
        result_.plan = make_plan(scan_, recipe_, plan_options);
        if (hold_ != nullptr) hold_->begin(scan_, recipe_, queue_, reference != nullptr && uses_reference(recipe_));
        total_ = scan_.pixels() * (scan_.views * result_.plan.passes + (reference != nullptr ? 1 : 0));

        ViewImages reference_images;
        if (reference != nullptr && uses_reference(recipe_)) {
            Scan reference_scan = scan_;
            reference_scan.type = reference->type;
            reference_scan.views = 1;
            reference_images = run_traces(reference_scan, *reference, 0, true);
            remark_on_traces(reference_images, "in the reference ");
        }
        result_.images = images_of(scan_);
        for (std::int64_t view = 0; view < scan_.views; ++view) {
            ViewImages images = run_traces(scan_, counts, view, false);
            count_photons(images);
            remark_on_traces(images, "");
            mask_as_reference(reference_images.flags, images);
            refuse_if_all_masked(images);
            run_images(images, reference_images, view);
            store_view(images, view, result_.images);
            if (view + 1 == scan_.views) say_remarks();
            if (const RecipeStage* volume = recipe_.volume(); volume != nullptr && view + 1 == scan_.views)
                run_volume_stage(*volume, images, reference_images);
        }
        finish();
        return std::move(result_);
    }

  private:
    void warn(const std::string& text) {
        if (std::find(result_.warnings.begin(), result_.warnings.end(), text) == result_.warnings.end())
            result_.warnings.push_back(text);
    }

    StageContext context(const Scan& scan, Keeper& keep, std::int64_t view, bool is_reference, bool speak) {
        StageContext c{scan, keep};
        c.view = view;
        c.is_reference = is_reference;
        c.shared = &shared_;
        c.found = &found_;
        found_.clear();
        c.warn = [this, speak](const std::string& text) {
            if (speak) warn(text);
        };
        return c;
    }

    // Prepares the stage for the run's queue and, while a sample exists or the host is asked for, on the host too.
    PreparedStage prepare(const RecipeStage& stage, const Scan& scan, std::int64_t view, bool is_reference,
                          std::size_t record, SurveyTiles* tiles, std::vector<PreparedStage>* for_host,
                          const std::function<std::shared_ptr<void>(StageContext&)>& how) {
        std::shared_ptr<void> on_host;
        if (tiles != nullptr || for_host != nullptr || queue_.is_host()) {
            StageContext c = context(scan, keep_host_, view, is_reference, true);
            if (tiles != nullptr) c.sample = &tiles->sample;
            on_host = how(c);
        }
        PreparedStage prepared{stage.stage, on_host};
        if (for_host != nullptr) for_host->push_back(prepared);
        if (!queue_.is_host()) {
            StageContext c = context(scan, keep_, view, is_reference, on_host == nullptr);
            if (tiles != nullptr) c.sample = &tiles->sample;
            prepared.coefficients = how(c);
        }
        if (!is_reference)
            for (const auto& [name, value] : found_) records_[record].survey[outcome_name(name, view)] = value;
        if (tiles != nullptr)
            for (const TraceTile& tile : tiles->sample.tiles) stage.stage->run_traces(*host_, tile, on_host.get(), 0);
        return prepared;
    }

    ViewImages stream(const Scan& scan, const CountSource& counts, std::int64_t view, const TileNeeds& needs,
                      const std::vector<PreparedStage>& stages, const char* what, const HoldTask& hold = {}) {
        StreamTimes times;
        StreamTask task{scan,
                        counts,
                        result_.plan,
                        view,
                        stages,
                        needs,
                        options_.cancelled,
                        [&](std::int64_t traces) {
                            if (!options_.progress) return;
                            const std::lock_guard lock(progress_mutex_);
                            done_ += traces;
                            options_.progress({what, done_, total_});
                        },
                        queue_.is_host() ? options_.core_is_taken : nullptr,
                        hold};
        ViewImages images = stream_tiles(queue_, task, times);
        read_seconds_ += times.read_seconds;
        for (std::size_t s = 0; s < stages.size(); ++s) records_[s].seconds += times.stage_seconds[s];
        return images;
    }

    ViewImages run_traces(const Scan& scan, const CountSource& counts, std::int64_t view, bool is_reference) {
        TileNeeds needs = tile_needs(recipe_, scan);
        needs.keep_light = recipe_.volume() != nullptr && recipe_.volume()->stage->uses_light && !is_reference;
        std::vector<const RecipeStage*> traces;
        bool surveys = false;
        for (const RecipeStage& stage : recipe_.stages) {
            if (stage.stage->kind != StageKind::traces) continue;
            traces.push_back(&stage);
            surveys = surveys || stage.stage->survey(stage.params.get(), scan) != Survey::none;
        }
        const char* what = is_reference ? "reference" : "gate";
        std::unique_ptr<SurveyTiles> tiles;
        // What is held or looked at are whole traces.
        const bool sums = hold_ == nullptr && !options_.look && counts.in_windows && sums_suffice(recipe_, scan);
        if (surveys) tiles = std::make_unique<SurveyTiles>(*host_, scan, counts, view, needs, sums || !counts.resident);

        HoldTask hold;  // when the stages before the gate have run, or all of them
        hold.before = traces.size();
        if (hold_ != nullptr)
            hold.take = [this, at = is_reference ? -1 : view](const TraceTile& tile, const TileWindow& inner,
                                                              int lane) { hold_->hold(at, tile, inner, lane); };
        else if (options_.look && !is_reference)
            hold.take = [this, view](const TraceTile& tile, const TileWindow& inner, int) {
                options_.look(view, tile, inner);
            };
        std::vector<PreparedStage> prepared, on_host;
        for (std::size_t s = 0; s < traces.size(); ++s) {
            const RecipeStage& stage = *traces[s];
            const void* params = stage.params.get();
            const Survey survey = stage.stage->survey(params, scan);
            if (stage.stage->info.name == std::string_view(TimeGate::info.name) && hold_ != nullptr) {
                hold_->remember(is_reference ? -1 : view, shared_);
                hold.before = s;
            }
            if (survey != Survey::every_pixel) {
                prepared.push_back(prepare(stage, scan, view, is_reference, s, tiles.get(), sums ? &on_host : nullptr,
                                           [&](StageContext& c) { return stage.stage->prepare(params, c); }));
                continue;
            }
            // First pass over all pixels without touching the sample, then the stage decides what to keep of it.
            StageContext c = context(scan, queue_.is_host() ? keep_host_ : keep_, view, is_reference, true);
            c.sample = &tiles->sample;
            std::vector<PreparedStage> first = prepared;
            first.push_back({stage.stage, stage.stage->prepare(params, c)});
            ViewImages images = stream(scan, counts, view, needs, first, "arrival");
            const ImageTile tile = images.tile(scan.rows, scan.columns);
            prepared.push_back(prepare(stage, scan, view, is_reference, s, tiles.get(), nullptr,
                                       [&](StageContext& r) { return stage.stage->refine(params, r, tile); }));
        }
        tiles.reset();
        if (sums)
            if (std::optional<WindowEdges> edges = window_edges(*host_, scan, view, on_host, needs)) {
                const auto start = std::chrono::steady_clock::now();
                const CountSource summed = counts.in_windows(std::move(*edges));
                read_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
                return stream(scan, summed, view, needs, prepared, what);
            }
        ViewImages images = stream(scan, counts, view, needs, prepared, what, hold);
        if (hold_ != nullptr) hold_->keep(is_reference ? -1 : view, images);
        return images;
    }

    void remark_on_traces(ViewImages& images, const char* where) {
        for (const std::string& remark : trace_remarks(recipe_, images.tile(scan_.rows, scan_.columns)))
            warn(fmt::format("{}: {}{}", scan_.name, where, remark));
    }

    // Of many views one says what the others would say too.
    void remember(const char* stage, const std::string& remark, std::int64_t view) {
        if (remark.empty()) return;
        Remark& first = remarks_.try_emplace(stage, Remark{remark, view, 0}).first->second;
        ++first.views;
    }
    void say_remarks() {
        for (const auto& [stage, remark] : remarks_) {
            std::string text = scan_.views > 1 ? fmt::format("view {}: {}", remark.view, remark.text) : remark.text;
            if (remark.views > 1) text += fmt::format(" (and alike in {} more views)", remark.views - 1);
            warn(text);
        }
    }

    void count_photons(const ViewImages& images) {
        const std::vector<float>* all = images.layer(Layer::counts);
        if (all == nullptr) return;
        double counts = 0;
        for (const float v : *all) counts += std::isfinite(v) ? static_cast<double>(v) : 0.0;
        result_.quality["counts_total"] += counts;
        const double measured = counts;
        for (std::size_t s = 0; s < images.effects.size(); ++s) {
            records_[s].counts_in += counts;
            // A gate keeps a part of the measured counts, whatever corrections before it would add or take.
            if (find_stage(records_[s].name)->info.family == std::string_view("gating")) counts = measured;
            for (const float v : images.effects[s]) counts += std::isfinite(v) ? static_cast<double>(v) : 0.0;
            records_[s].counts_out += counts;
        }
    }

    void refuse_if_all_masked(const ViewImages& images) const {
        if (images.flags.empty()) return;
        for (const std::uint8_t flags : images.flags)
            if ((flags & masked_flags) == 0) return;
        throw Error(ExitCode::bad_input, scan_.name + ": every pixel is masked", "no pixel is left to make an image of",
                    "check /entry/calibration/pixel_mask and whether the detector is saturated, or choose another "
                    "--pixel_mask.source");
    }

    // Each view of several has its own.
    [[nodiscard]] std::string outcome_name(const std::string& name, std::int64_t view) const {
        return scan_.views > 1 ? fmt::format("{}[{}]", name, view) : name;
    }

    [[nodiscard]] StageRecord& record_of(const RecipeStage& stage) {
        return *std::find_if(records_.begin(), records_.end(),
                             [&](const StageRecord& r) { return r.name == stage.stage->info.name; });
    }

    void run_images(ViewImages& images, ViewImages& reference, std::int64_t view) {
        const auto done = [&](const RecipeStage& stage, const std::string& remark, double seconds) {
            remember(stage.stage->info.name, remark, view);
            StageRecord& record = record_of(stage);
            for (const auto& [name, value] : found_) record.survey[outcome_name(name, view)] = value;
            record.seconds += seconds;
        };
        Keeper& keep = queue_.is_host() ? keep_host_ : keep_;
        run_image_stages({recipe_, queue_, [&] { return context(scan_, keep, view, false, true); }, {}, done}, scan_,
                         images, reference);
    }

    void run_volume_stage(const RecipeStage& stage, const ViewImages& last_view, ViewImages& reference) {
        const auto start = std::chrono::steady_clock::now();
        StageContext c = context(scan_, queue_.is_host() ? keep_host_ : keep_, scan_.views - 1, false, true);
        ImageTile reference_tile;
        if (!reference.flags.empty()) {
            reference_tile = reference.tile(scan_.rows, scan_.columns);
            c.reference_images = &reference_tile;
        }
        c.proceed = [this](double share) {
            if (options_.cancelled != nullptr && *options_.cancelled) throw Interrupted();
            if (options_.progress) options_.progress({"volume", static_cast<std::int64_t>(share * 1000), 1000});
        };
        c.proceed(0);
        result_.volume = run_volume(
            {scan_, stage, queue_, result_.plan.band_rows, result_.images, last_view.light, last_view.dark, c});
        records_.back().survey = found_;
        records_.back().seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    void finish() {
        if (hold_ != nullptr) hold_->finish();
        GatedImages& images = result_.images;
        name_signal(images);
        for (const auto& [name, value] : quality_of(images)) result_.quality[name] = value;
        result_.stages.push_back({"read", read_seconds_, 0, result_.quality["counts_total"], {}});
        result_.stages.insert(result_.stages.end(), records_.begin(), records_.end());
    }

    struct Remark {
        std::string text;
        std::int64_t view = 0, views = 0;  // the first that had it, and how many
    };

    const Scan& scan_;
    const Recipe& recipe_;
    Queue& queue_;
    const RunOptions& options_;
    HeldScan* hold_;
    std::unique_ptr<Queue> host_;
    Keeper keep_host_, keep_;
    std::map<std::string, Remark> remarks_;  // of image stages, by name
    std::map<std::string, double> shared_, found_;
    std::vector<StageRecord> records_;
    double read_seconds_ = 0;
    Reconstruction result_;
    std::mutex progress_mutex_;
    std::int64_t done_ = 0, total_ = 0;
};

}  // namespace

Reconstruction reconstruct(const Scan& scan, const CountSource& counts, const CountSource* reference,
                           const Recipe& recipe, Queue& queue, const RunOptions& options) {
    check_recipe(recipe, options.look ? RecipeEnd::open : RecipeEnd::complete);
    check_kind(scan, recipe);
    return Run(scan, recipe, queue, options).reconstruct(counts, reference);
}

std::unique_ptr<Queue> open_queue(const std::string& backend, int threads,
                                  const std::function<void(const std::string&)>& say) {
    if (backend != "auto" && backend != "cpu" && backend != "cuda")
        throw Error(ExitCode::usage, fmt::format("there is no backend \"{}\"", backend), "",
                    "choose auto, cpu or cuda");
    if (backend != "cpu") {
        std::string why_not;
        if (auto queue = open_cuda_queue(0, why_not)) return queue;
        if (backend == "cuda")
            throw Error(ExitCode::device, "no CUDA device can be used", why_not,
                        "use --backend cpu; `firstlight doctor` says more");
        if (say) say("running on the CPU (no CUDA device can be used; `firstlight doctor` says why)");
    }
    return open_cpu_queue(threads > 0 ? threads : machine_threads());
}

}  // namespace firstlight
