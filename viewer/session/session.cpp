#include "viewer/session/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/io/atomic_file.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "viewer/session/loading.hpp"
#include "viewer/session/recent_files.hpp"

namespace firstlight::viewer {
namespace {

std::filesystem::path full(const std::filesystem::path& path) {
    std::error_code failed;
    std::filesystem::path whole = std::filesystem::weakly_canonical(path, failed);
    return failed ? std::filesystem::absolute(path) : whole;
}

}  // namespace

Session::Session(SessionOptions options, std::function<void()> wake)
    : options_(std::move(options)),
      wake_(std::move(wake)),
      recent_(read_recent_files(options_.state_folder)),
      files_(std::make_unique<Worker>(wake_, Worker::Order::all_in_turn)) {}

Session::~Session() { documents_.clear(); }

void Session::open(OpenRequest request) {
    const std::filesystem::path path = full(request.path);
    for (std::size_t i = 0; i < documents_.size(); ++i)
        if (full(documents_[i]->path) == path) {
            show(static_cast<int>(i));
            return;
        }
    const Document* before = current();
    documents_.push_back(std::make_unique<Document>(request.path, wake_));
    documents_.back()->came_from = before;
    show(static_cast<int>(documents_.size()) - 1);
    Document& opened = *documents_.back();
    opened.follows = request.follows;
    opened.pipeline.request("opening", [&opened, request, how = open_options()](const Worker::Control&) {
        try {
            const auto loaded = std::make_shared<LoadedFile>(load_file(request.path, how));
            opened.post([loaded, request](Session& session, Document& document) {
                session.loaded(document, *loaded, request);
            });
        } catch (const std::exception& e) {
            opened.post([text = std::string(e.what()), code = code_of(e)](Session& session, Document& document) {
                session.messages().fail(text, code);
                session.give_up(document);
            });
        }
    });
}

void Session::loaded(Document& document, LoadedFile& file, const OpenRequest& request) {
    document.kind = file.kind;
    document.scan_path = file.scan_path;
    document.opened = file.opened;
    for (const std::string& remark : file.remarks) messages_.say(remark);
    if (document.kind == DocumentKind::result && document.scan_path.empty() && !file.remarks.empty())
        document.why_no_scan = file.remarks.front();
    Edits first;
    first.recipe = request.recipe.value_or(file.recipe);
    first.calibration = request.calibration.empty() ? file.calibration : request.calibration;
    first.regions = request.regions;
    first.tones = request.tones;
    try {
        for (const auto& [key, text] : request.parameters) firstlight::set_parameter(first.recipe, key, text);
        check_recipe(first.recipe);
    } catch (const Error& e) {
        messages_.fail(e);
        give_up(document);
        return;
    }
    document.history = History(first);
    if (request.looks) document.looks = *request.looks;
    if (file.result) {
        document.result = std::make_shared<const Result>(std::move(*file.result));
        const std::string made_by = computed_part(file.recipe, file.calibration);
        if (document.wanted() == made_by) document.result_of = made_by;
        ++document.revision;
    }
    messages_.say(fmt::format("{}: opened", document.path.string()));
    remember(document.path);
    load_traces(document);
}

void Session::give_up(Document& document) {
    document.failed = !document.result && !document.scan;  // what can be shown stays
}

bool Session::is_open(const Document* document) const {
    return std::any_of(documents_.begin(), documents_.end(), [&](const auto& one) { return one.get() == document; });
}

Document* Session::current() { return current_ < 0 ? nullptr : documents_[static_cast<std::size_t>(current_)].get(); }

void Session::show(int number) {
    if (number >= 0 && number < static_cast<int>(documents_.size())) current_ = number;
}

void Session::close(int number) {
    if (number < 0 || number >= static_cast<int>(documents_.size())) return;
    std::erase_if(due_saves_, [&](const DueSave& save) {
        return save.document == documents_[static_cast<std::size_t>(number)].get();
    });
    const Document& closed = *documents_[static_cast<std::size_t>(number)];
    const Document* back = closed.failed && number == current_ ? closed.came_from : nullptr;
    documents_.erase(documents_.begin() + number);
    const auto moved = [number](int other) { return other == number ? -1 : other > number ? other - 1 : other; };
    comparison_.first = moved(comparison_.first);
    comparison_.second = moved(comparison_.second);
    if (comparison_.first < 0) comparison_.with_truth = false;
    if (current_ > number || current_ == static_cast<int>(documents_.size())) --current_;
    for (std::size_t i = 0; i < documents_.size(); ++i)
        if (documents_[i].get() == back) show(static_cast<int>(i));
}

bool Session::any_unsaved() const {
    return std::any_of(documents_.begin(), documents_.end(), [](const auto& d) { return d->unsaved(); });
}

bool Session::is_input(const std::filesystem::path& path) const {
    const std::filesystem::path whole = full(path);
    const auto reads = [&](const std::unique_ptr<Document>& d) {
        return (!d->scan_path.empty() && full(d->scan_path) == whole) ||
               (!d->edits().calibration.empty() && full(d->edits().calibration) == whole);
    };
    return std::any_of(documents_.begin(), documents_.end(), reads);
}

void Session::remember(const std::filesystem::path& path) {
    const std::filesystem::path whole = full(path);
    std::erase(recent_, whole);
    recent_.insert(recent_.begin(), whole);
    try {
        write_recent_files(options_.state_folder, recent_);
    } catch (const Error& e) {
        messages_.warn(e.what());
    }
}

void Session::forget_recent_files() {
    recent_.clear();
    try {
        write_recent_files(options_.state_folder, recent_);
    } catch (const Error& e) {
        messages_.warn(e.what());
    }
}

bool Session::edit(Document& document, const std::string& label, const std::function<void(Edits&)>& how,
                   const std::string& mark) {
    Edits changed = document.edits();
    try {
        how(changed);
        drop_idle_parameters(changed.recipe);
        check_recipe(changed.recipe);
        if (document.scan) check_kind(*document.scan, changed.recipe);
    } catch (const Error& e) {
        messages_.fail(e);
        return false;
    }
    document.history.add(label, std::move(changed), mark);
    edits_changed(document, !mark.empty());
    return true;
}

bool Session::set_parameter(Document& document, const std::string& key, const std::string& text,
                            const std::string& mark) {
    return edit(
        document, fmt::format("{} = {}", key, text),
        [&](Edits& edits) {
            firstlight::set_parameter(edits.recipe, key, text);
            refuse_if_idle(edits.recipe, key);
        },
        mark);
}

bool Session::reset_parameter(Document& document, const std::string& key) {
    return edit(document, "reset " + key,
                [&](Edits& edits) { firstlight::viewer::reset_parameter(edits.recipe, key); });
}

bool Session::set_gate(Document& document, double open_ps, double close_ps, const std::string& mark) {
    return edit(
        document, "gate",
        [&](Edits& edits) {
            if (edits.recipe.find(TimeGate::info.name) == nullptr)
                throw Error(ExitCode::usage,
                            fmt::format("recipe \"{}\" has no gate with edges to set", edits.recipe.name),
                            "each pixel's gate is found from its trace", "choose a recipe with time_gate");
            firstlight::set_parameter(edits.recipe, "time_gate.edges", "fixed");
            firstlight::set_parameter(edits.recipe, "time_gate.open_ps", fmt::format("{}", open_ps));
            firstlight::set_parameter(edits.recipe, "time_gate.close_ps", fmt::format("{}", close_ps));
            if (!(close_ps > open_ps))
                throw Error(ExitCode::usage,
                            fmt::format("time_gate: the gate from {:.4g} ps to {:.4g} ps is empty", open_ps, close_ps),
                            "it must close after it opens");
        },
        mark);
}

bool Session::use_recipe(Document& document, const std::string& name_or_path) {
    return edit(document, "recipe " + name_or_path, [&](Edits& edits) {
        edits.recipe = load_recipe(name_or_path);
        edits.tones.clear();
    });
}

bool Session::use_calibration(Document& document, const std::filesystem::path& path) {
    if (!edit(document, path.empty() ? "no calibration" : "calibration " + path.filename().string(),
              [&](Edits& edits) { edits.calibration = path; }))
        return false;
    load_traces(document);
    return true;
}

bool Session::set_tone(Document& document, const std::string& layer, const ToneMap::Params& tone,
                       const std::string& mark) {
    return edit(
        document, "colours of " + layer, [&](Edits& edits) { edits.tones[layer] = tone; }, mark);
}

void Session::undo(Document& document) {
    const std::filesystem::path calibration = document.edits().calibration;
    document.history.undo();
    if (document.edits().calibration != calibration) load_traces(document);
    edits_changed(document, false);
}

void Session::redo(Document& document) {
    const std::filesystem::path calibration = document.edits().calibration;
    document.history.redo();
    if (document.edits().calibration != calibration) load_traces(document);
    edits_changed(document, false);
}

std::string Session::rerun_of(const Document& document, const RecipeStage& stage) const {
    const StageKind kind = stage.stage->kind;
    if (kind == StageKind::rendering) return "changes colours only";
    const bool before_gate = kind == StageKind::traces && std::string_view(stage.stage->info.family) != "gating";
    if (before_gate) return "reads the scan again and runs all stages";
    if (kind != StageKind::volumes && document.held && document.held->scan.can_regate(document.recipe()))
        return "shows at once; the whole recipe follows";
    return "runs all stages again";
}

std::optional<std::pair<double, double>> Session::gate_ps(const Document& document) const {
    const auto* gate = document.recipe().params<TimeGate>();
    if (gate == nullptr) return std::nullopt;
    double open = gate->open_ps, close = gate->close_ps;
    if (gate->edges == TimeGate::Edges::optimal) open = close = std::nan("");
    if (document.result && (std::isnan(open) || std::isnan(close)))
        for (const StageRecord& stage : document.result->process.stages) {
            if (stage.name != TimeGate::info.name) continue;
            const auto found = [&](const char* name) {
                for (const std::string& key : {std::string(name), fmt::format("{}[{}]", name, document.looks.view)})
                    if (const auto at = stage.survey.find(key); at != stage.survey.end()) return at->second;
                return std::nan("");
            };
            if (std::isnan(open)) open = found("open_ps");
            if (std::isnan(close)) close = found("close_ps");
        }
    if (std::isnan(open) || std::isnan(close)) return std::nullopt;
    return std::pair(open, close);
}

void Session::save_recipe(Document& document, const std::filesystem::path& path, bool force) {
    const std::string text = to_toml(document.recipe());
    const bool holds_all = !document.result || document.result_of == document.wanted();
    write(
        "recipe",
        [text, path, force] {
            write_whole(path, text.data(), text.size(), force);
            return fmt::format("recipe written: {}", path.string());
        },
        [this, &document, holds_all, id = document.history.id()] {
            if (holds_all) mark_kept(&document, id);
        });
}

bool Session::has_told() const {
    const std::lock_guard lock(written_mutex_);
    return written_.empty();
}

void Session::mark_kept(const Document* document, std::uint64_t id) {
    for (const auto& open : documents_)
        if (open.get() == document) open->history.mark_kept(id);
}

void Session::write(const std::string& what, std::function<std::string()> write, std::function<void()> then) {
    files_->request(what, [this, write = std::move(write), then = std::move(then)](const Worker::Control&) {
        std::function<void()> told;
        try {
            told = [this, text = write(), then] {
                if (!text.empty()) messages_.say(text);
                if (then) then();
            };
        } catch (const std::exception& e) {
            told = [this, text = std::string(e.what()), code = code_of(e)] { messages_.fail(text, code); };
        }
        const std::lock_guard lock(written_mutex_);
        written_.push_back(std::move(told));
    });
}

}  // namespace firstlight::viewer
