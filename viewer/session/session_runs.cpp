// What runs in threads: opening, whole recipes, previews, and what becomes of them.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "host/pipeline/job.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/parallel_for.hpp"
#include "viewer/session/loading.hpp"
#include "viewer/session/session.hpp"

namespace firstlight::viewer {
namespace {

constexpr double settle_seconds = 0.25;  // after the last movement of a drag
constexpr double look_seconds = 0.5;     // between looks at files on the disk
constexpr double slow_seconds = 0.015;   // an image stage that takes longer is left out of previews of other layers

}  // namespace

double Session::now() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

OpenOptions Session::open_options() const {
    Job job;
    job.memory_bytes = options_.memory_bytes;
    return firstlight::open_options(job);
}

// The acquisition as it is now, then the recipe over it.
void Session::load_traces(Document& document) {
    if (document.scan_path.empty()) return;
    const std::filesystem::path path = document.scan_path, calibration = document.edits().calibration;
    document.requested.clear();
    document.held.reset();
    document.pipeline.request("reading", [&document, path, calibration, opened = document.opened,
                                          how = open_options()](const Worker::Control&) {
        try {
            const auto scan = std::make_shared<LoadedScan>(load_scan(opened, path, calibration, how));
            document.post([scan](Session& session, Document& d) {
                if (d.stamp && d.stamp != scan->opened.stamp)
                    d.result_of.clear();  // what was made of it is of the past
                d.opened = scan->opened;
                d.scan = scan->scan;
                d.info = scan->info;
                d.stored_as = scan->stored_as;
                d.truth = scan->truth;
                d.stamp = scan->opened.stamp;
                d.changed_on_disk = false;
                d.why_no_scan.clear();
                session.messages().settle(std::exchange(d.load_problem, {}));
                ++d.revision;
                for (const std::string& warning : scan->warnings) session.messages().say(warning);
                session.run(d);
            });
        } catch (const std::exception& e) {
            document.post([text = std::string(e.what()), code = code_of(e)](Session& session, Document& d) {
                session.messages().fail(text, code);
                d.load_problem = text;
                if (!d.scan) d.why_no_scan = text;
                session.give_up(d);
            });
        }
    });
}

void Session::edits_changed(Document& document, bool dragged) {
    ++document.revision;  // regions and colours, too
    if (!document.scan || document.wanted() == document.requested) {
        if (!dragged) document.settle_at.reset();
        if (document.result && document.result_of == document.wanted()) document.preview.reset();
        return;
    }
    preview(document);
    if (dragged) {
        document.pipeline.cancel();
        document.requested.clear();
        document.settle_at = now() + settle_seconds;
    } else {
        run(document);
    }
}

void Session::end_drag(Document& document) {
    document.history.end_merge();
    if (!document.settle_at) return;
    document.settle_at.reset();
    if (document.wanted() != document.requested) run(document);
}

void Session::run(Document& document) {
    document.settle_at.reset();
    document.requested = document.wanted();
    document.failed_run.clear();
    Job job;
    job.scan_path = document.scan_path;
    job.calibration_path = document.edits().calibration;
    job.recipe = document.recipe();
    job.backend = options_.backend;
    job.threads = options_.threads;
    job.memory_bytes = options_.memory_bytes;
    job.command = command_of(document);
    const OpenedScan opened = document.opened;
    const std::string of = document.requested, held_of = document.wanted_held();
    const bool holds = !document.held || document.held->of != held_of;
    if (holds) document.held.reset();  // before the next takes its memory
    const std::size_t held_bytes = options_.held_bytes != 0 ? options_.held_bytes : machine_memory() / 4;
    document.pipeline.request("reconstructing", [=, &document](const Worker::Control& control) {
        JobCallbacks callbacks;
        callbacks.cancelled = &control.cancelled;
        callbacks.progress = [&control](const Progress& p) { control.report({p.what, p.done, p.total}); };
        try {
            std::shared_ptr<Held> held;
            if (holds) {
                held = std::make_shared<Held>(open_queue(job.backend, job.threads, {}), held_bytes);
                held->of = held_of;
                callbacks.queue = held->queue.get();
                callbacks.hold = &held->scan;
            }
            const OpenedScan now = current_scan(opened, job.scan_path, firstlight::open_options(job));
            callbacks.file = now.file.get();
            const auto result = std::make_shared<Result>(run_job(job, callbacks));
            document.post([result, held, of](Session& session, Document& d) {
                if (held) d.held = held;
                if (d.result_of == of) ++d.revision;  // an opened result stays as it is in its file
                else session.take_result(d, result, of);
            });
        } catch (const Interrupted&) {  // for what comes after it
        } catch (const std::exception& e) {
            document.post([text = std::string(e.what()), code = code_of(e), of](Session& session, Document& d) {
                session.messages().fail(text, code);
                if (d.requested == of) d.failed_run = text;
                session.give_up(d);
            });
        }
    });
}

std::set<std::string> Session::slow_stages(const Document& document) const {
    std::set<std::string> slow;
    const ImageLayer* shown = document.layer();
    if (!document.result || shown == nullptr) return slow;
    for (const RecipeStage& stage : document.recipe().stages) {
        if (stage.stage->kind != StageKind::images) continue;
        const std::vector<Layer> makes = stage.stage->layers(stage.params.get());
        if (std::any_of(makes.begin(), makes.end(), [&](Layer l) { return shown->name == layer_info(l).name; }))
            continue;
        for (const StageRecord& record : document.result->process.stages)
            if (record.name == stage.stage->info.name &&
                record.seconds > slow_seconds * static_cast<double>(document.views()))
                slow.insert(record.name);
    }
    return slow;
}

void Session::preview(Document& document) {
    if (!document.held || !document.held->scan.can_regate(document.recipe())) return;
    RegateOptions options;
    options.leave_out = slow_stages(document);
    document.gating.request("gating", [&document, held = document.held, recipe = document.recipe(),
                                       view = document.looks.view, options](const Worker::Control& control) {
        RegateOptions how = options;
        how.cancelled = &control.cancelled;
        try {
            const auto alone = held->alone();
            const auto images = std::make_shared<GatedImages>(held->scan.regate(recipe, view, *held->queue, how));
            document.post([images, view](Session&, Document& d) {
                if (d.is_settled() || (d.result && d.result_of == d.wanted())) return;  // the whole run was faster
                d.preview = images;
                d.preview_view = view;
                ++d.revision;
            });
        } catch (const std::exception&) {  // the whole run will say it
        }
    });
}

void Session::take_result(Document& document, const std::shared_ptr<const Result>& result, const std::string& of) {
    for (const std::string& warning : result->process.warnings)
        if (!document.result || std::count(document.result->process.warnings.begin(),
                                           document.result->process.warnings.end(), warning) == 0)
            messages_.warn(warning);
    document.result = result;
    document.result_of = of;
    if (of == document.wanted()) document.preview.reset();
    ++document.revision;
    if (document.looks.view >= result->images.views) document.looks.view = 0;
}

void Session::cancel(Document& document) {
    document.pipeline.cancel();
    document.gating.cancel();
    document.settle_at.reset();
    std::erase_if(due_saves_, [&](const DueSave& save) { return save.document == &document; });
    messages_.say(document.title() + ": cancelled");
}

bool Session::busy() const {
    const auto works = [](const std::unique_ptr<Document>& d) {
        return d->pipeline.busy() || d->gating.busy() || d->settle_at || d->has_posts();
    };
    return files_->busy() || std::any_of(documents_.begin(), documents_.end(), works);
}

std::string Session::doing() const {
    if (current_ >= 0) {
        const Document& document = *documents_[static_cast<std::size_t>(current_)];
        const Worker::Progress progress = document.pipeline.progress();
        if (progress.total > 0)
            return fmt::format("{} {:.0f} %", progress.what,
                               100 * static_cast<double>(progress.done) / static_cast<double>(progress.total));
        if (!progress.what.empty()) return progress.what;
    }
    return files_->progress().what.empty() ? "" : "writing " + files_->progress().what;
}

double Session::done() const {
    if (current_ < 0) return -1;
    const Worker::Progress progress = documents_[static_cast<std::size_t>(current_)]->pipeline.progress();
    return progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : -1;
}

void Session::reload(Document& document) {
    if (document.scan_path.empty() && document.result) {
        std::string why_not;
        document.scan_path = find_input(*document.result, document.path, why_not);
        if (!why_not.empty()) messages_.fail(why_not);
    }
    document.opened = {};  // asked for, whatever its time of change says
    load_traces(document);
}

ReconstructText Session::reconstruct_text(const Document& document) const {
    ReconstructText text;
    // Whole paths: who runs it may be in another folder.
    const auto whole = [](const std::filesystem::path& path) {
        return path.empty() ? path : std::filesystem::absolute(path).lexically_normal();
    };
    text.scan = whole(document.scan_path);
    text.calibration = whole(document.edits().calibration);
    text.recipe = document.recipe();
    text.recipe_file = document.scan_path.stem().string() + ".recipe.toml";
    text.output = document.scan_path.stem().string() + ".result.h5";
    text.backend = options_.backend;
    return text;
}

std::string Session::command_of(const Document& document) const {
    return document.scan_path.empty() ? "" : reconstruct_command(reconstruct_text(document)).line();
}

// Whether the acquisition on the disk is another than was read. One that grows is read again once it rests.
void Session::watch(Document& document) {
    if (document.scan_path.empty() || !document.stamp) return;
    const std::optional<FileStamp> stamp = stamp_of(document.scan_path);
    if (!stamp || *stamp == *document.stamp) {
        document.seen.reset();
        return;
    }
    if (!document.follows) {
        if (!document.changed_on_disk)
            messages_.warn(fmt::format("{}: has changed on the disk since it was read: reload it to see what is new",
                                       document.scan_path.string()));
        document.changed_on_disk = true;
        return;
    }
    if (document.seen != stamp) {
        document.seen = stamp;
        return;
    }
    document.seen.reset();
    document.result_of.clear();
    document.stamp = stamp;  // one try for each state: a file in the middle of being written may be unreadable
    load_traces(document);
}

void Session::save_result(Document& document, const std::filesystem::path& path, bool force) {
    if (!document.result && document.scan_path.empty()) {
        messages_.fail(document.title() + ": there is no result to save");
        return;
    }
    std::erase_if(due_saves_, [&](const DueSave& save) { return save.document == &document; });
    due_saves_.push_back({&document, path, force});
    if (document.scan && document.wanted() != document.result_of && document.wanted() != document.requested)
        run(document);
    write_due(document);
}

void Session::write_due(Document& document) {
    const auto due = std::find_if(due_saves_.begin(), due_saves_.end(),
                                  [&](const DueSave& save) { return save.document == &document; });
    if (due == due_saves_.end()) return;
    if (!document.result || document.result_of != document.wanted()) {
        if (document.pipeline.busy() || document.settle_at || document.has_posts()) return;
        messages_.fail(
            fmt::format("{}: not saved: the recipe on the screen did not run to its end", due->path.string()));
        due_saves_.erase(due);
        return;
    }
    const DueSave save = *due;
    due_saves_.erase(due);
    write(
        "result",
        [result = document.result, save] {
            write_result(save.path, *result, save.force);
            return fmt::format("result written: {}", save.path.string());
        },
        [this, &document, id = document.history.id()] { mark_kept(&document, id); });
}

double Session::poll() {
    std::vector<std::function<void()>> written;
    {
        const std::lock_guard lock(written_mutex_);
        written.swap(written_);
    }
    for (const auto& told : written) told();
    double next = std::numeric_limits<double>::infinity();
    const double time = now();
    const bool look = time >= next_look_;
    for (std::size_t i = 0; i < documents_.size(); ++i) {
        Document& document = *documents_[i];
        for (const Document::Post& post : document.take_posts()) post(*this, document);
        if (document.settle_at && *document.settle_at <= time) {
            document.settle_at.reset();
            if (document.wanted() != document.requested) run(document);
        }
        if (document.settle_at) next = std::min(next, *document.settle_at - time);
        if (look) watch(document);
        write_due(document);
    }
    for (std::size_t i = documents_.size(); i-- > 0;)
        if (documents_[i]->failed) close(static_cast<int>(i));
    if (look) next_look_ = time + look_seconds;
    if (!documents_.empty()) next = std::min(next, std::max(0.0, next_look_ - time));
    return next;
}

}  // namespace firstlight::viewer
