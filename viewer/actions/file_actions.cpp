// Opening, saving and closing.
#include <fmt/format.h>

#include <algorithm>

#include "viewer/actions/action_groups.hpp"
#include "viewer/desk/desk.hpp"
#include "viewer/session/layer_files.hpp"
#include "viewer/session/session_file.hpp"

namespace firstlight::viewer {
namespace {

void open(Desk& desk) {
    open_file_dialog(desk, {FileRequest::For::open,
                            "Open a scan or a result",
                            {".h5", ".hdf5", ".nxs", ".hdf"},
                            "",
                            [&desk](const auto& path) { desk.session.open(path); }});
}

void open_recent(Desk& desk) {
    desk.palette_open = true;
    desk.palette_text = "recent ";
}

std::string no_recent(Desk& desk) { return desk.session.recent_files().empty() ? "no file was opened yet" : ""; }

std::string why_no_reload(Desk& desk) {
    if (desk.session.current() == nullptr) return needs_document(desk);
    const Document& document = *desk.session.current();
    return document.scan_path.empty() && !document.result ? "the file is not open yet" : "";
}

std::string why_not_saved(Desk& desk) {
    const Document* document = desk.session.current();
    if (document == nullptr) return needs_document(desk);
    return document->result || !document->scan_path.empty() ? "" : "there is no result";
}

void save_result_of(Desk& desk, Document& document, std::function<void()> then) {
    open_file_dialog(desk, {FileRequest::For::save,
                            "Save the result of " + document.title(),
                            {".h5"},
                            stem_of(document) + ".result.h5",
                            [&desk, &document, then](const std::filesystem::path& path) {
                                if (!desk.session.is_open(&document)) return;
                                desk.session.messages().read_error();
                                desk.after_saving = then;
                                desk.session.save_result(document, path, replaces(path));
                            }});
}

void save_session_file(Desk& desk, std::function<void()> then) {
    const Document* shown = desk.session.current();
    open_file_dialog(desk, {FileRequest::For::save,
                            "Save the session",
                            {".toml"},
                            (shown == nullptr ? "firstlight" : stem_of(*shown)) + ".session.toml",
                            [&desk, then](const std::filesystem::path& path) {
                                try {
                                    save_session(desk.session, path, replaces(path));
                                    desk.session.messages().say(fmt::format("session written: {}", path.string()));
                                    if (then) then();
                                } catch (const std::exception& e) {
                                    desk.session.messages().fail(e);
                                }
                            }});
}

void open_session_file(Desk& desk) {
    open_file_dialog(desk, {FileRequest::For::open, "Open a session", {".toml"}, "", [&desk](const auto& path) {
                                try {
                                    open_session(desk.session, path);
                                } catch (const std::exception& e) {
                                    desk.session.messages().fail(e);
                                }
                            }});
}

void save_recipe_file(Desk& desk) {
    Document& document = *desk.session.current();
    open_file_dialog(desk, {FileRequest::For::save,
                            "Save the recipe",
                            {".toml"},
                            stem_of(document) + ".recipe.toml",
                            [&desk](const std::filesystem::path& path) {
                                if (Document* shown = desk.session.current())
                                    desk.session.save_recipe(*shown, path, replaces(path));
                            }});
}

std::string quoted_names(const std::vector<const Document*>& documents) {
    std::string text;
    for (const Document* document : documents) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", document->title());
        if (document->history.can_undo()) text += fmt::format(" (last: {})", document->history.undo_label());
    }
    return text;
}

void close_now(Desk& desk, const Document* document) {
    const auto& open = desk.session.documents();
    for (std::size_t i = 0; i < open.size(); ++i)
        if (open[i].get() == document) {
            desk.session.close(static_cast<int>(i));
            return;
        }
}

}  // namespace

std::string needs_document(Desk& desk) { return desk.session.current() == nullptr ? "no file is open" : ""; }

std::string needs_image(Desk& desk) {
    if (desk.session.current() == nullptr) return needs_document(desk);
    return desk.session.current()->layer() == nullptr ? "there is no image yet" : "";
}

bool replaces(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

void open_dropped(Desk& desk, const std::filesystem::path& path) {
    if (!has_ending(path.filename().string(), {".toml"})) {
        desk.session.open(path);
        return;
    }
    try {
        if (is_session(path)) open_session(desk.session, path);
        else if (Document* shown = desk.session.current()) desk.session.use_recipe(*shown, path.string());
        else
            desk.session.messages().fail(path.string() + ": is a recipe (it needs a scan): open a scan first",
                                         ExitCode::usage);
    } catch (const std::exception& e) {
        desk.session.messages().fail(e);
    }
}

void close_document(Desk& desk, int number) {
    const auto& open = desk.session.documents();
    if (number < 0 || number >= static_cast<int>(open.size())) return;
    Document& document = *open[static_cast<std::size_t>(number)];
    if (!document.unsaved()) {
        desk.session.close(number);
        return;
    }
    desk.session.show(number);
    desk.questions.push_back(
        {"Close " + document.title() + "?",
         fmt::format("There are changes that are not saved: {}.", quoted_names({&document})),
         {{"Save…",
           [&desk, &document] { save_result_of(desk, document, [&desk, &document] { close_now(desk, &document); }); }},
          {"Discard", [&desk, &document] { close_now(desk, &document); }},
          {"Cancel", {}}}});
}

void quit(Desk& desk) {
    std::vector<const Document*> unsaved;
    for (const auto& document : desk.session.documents())
        if (document->unsaved()) unsaved.push_back(document.get());
    if (unsaved.empty()) {
        if (!desk.session.saves()) desk.quit = true;
        else desk.after_saving = [&desk] { desk.quit = true; };  // what is being written comes first
        return;
    }
    const std::string title = "Quit?";
    if (std::any_of(desk.questions.begin(), desk.questions.end(), [&](const Question& q) { return q.title == title; }))
        return;
    const auto save = [&desk, one = unsaved.size() == 1 ? unsaved.front() : nullptr] {
        const auto end = [&desk] { quit(desk); };
        for (const auto& document : desk.session.documents())
            if (document.get() == one) return save_result_of(desk, *document, end);
        save_session_file(desk, end);
    };
    desk.questions.push_back({title,
                              fmt::format("There are changes that are not saved: {}.{}", quoted_names(unsaved),
                                          unsaved.size() > 1 ? " A session keeps them all." : ""),
                              {{unsaved.size() > 1 ? "Save session…" : "Save…", save},
                               {"Discard", [&desk] { desk.quit = true; }},
                               {"Cancel", {}}}});
}

std::vector<Action> file_actions() {
    return {
        {"file.open",
         "Open…",
         "Opens a scan or a result in a tab of its own; a file can be dropped on the window, too",
         {{Key::o, ctrl}},
         nullptr,
         open},
        {"file.open_recent",
         "Open recent…",
         "Lists the files that were opened before",
         {{Key::e, ctrl}},
         no_recent,
         open_recent},
        {"file.forget_recent",
         "Forget recent files",
         "Empties the list of files that were opened before",
         {},
         no_recent,
         [](Desk& desk) { desk.session.forget_recent_files(); }},
        {"file.reload",
         "Reload",
         "Reads the file again, with the recipe as it is",
         {{Key::f5, no_modifiers}},
         why_no_reload,
         [](Desk& desk) { desk.session.reload(*desk.session.current()); }},
        {"file.follow",
         "Follow a growing file",
         "Reads the file again whenever it grows on the disk",
         {{Key::f5, shift}},
         needs_document,
         [](Desk& desk) { desk.session.current()->follows = !desk.session.current()->follows; },
         [](Desk& desk) { return desk.session.current() != nullptr && desk.session.current()->follows; }},
        {"file.save_result",
         "Save result…",
         "Writes the result of the recipe on the screen, with its recipe in it",
         {{Key::s, ctrl}},
         why_not_saved,
         [](Desk& desk) { save_result_of(desk, *desk.session.current(), {}); }},
        {"file.save_session",
         "Save session…",
         "Writes which files are open, with recipes, regions and colours",
         {{Key::s, ctrl_shift}},
         needs_document,
         [](Desk& desk) { save_session_file(desk, {}); }},
        {"file.open_session",
         "Open session…",
         "Opens the files of a session as they were looked at",
         {{Key::o, ctrl_shift}},
         nullptr,
         open_session_file},
        {"file.save_recipe",
         "Save recipe…",
         "Writes the recipe, for firstlight reconstruct --recipe",
         {{Key::r, ctrl_shift}},
         needs_document,
         save_recipe_file},
        {"file.close",
         "Close tab",
         "Closes the file; asks when there are changes that are not saved",
         {{Key::w, ctrl}},
         needs_document,
         [](Desk& desk) { close_document(desk, desk.session.current_number()); }},
        {"file.quit",
         "Quit",
         "Ends the program; asks when there are changes that are not saved",
         {{Key::q, ctrl}},
         nullptr,
         quit},
    };
}

}  // namespace firstlight::viewer
