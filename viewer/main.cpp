// firstlight-viewer: the window of `firstlight view`, which starts it with one argument
// (host/pipeline/view_request.hpp). With --graphics it says what draws its window, with --keys which keys there are.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "host/pipeline/view_request.hpp"
#include "viewer/actions/actions.hpp"
#include "viewer/session/recent_files.hpp"
#include "viewer/session/session_file.hpp"
#include "viewer/shell.hpp"

namespace {

using namespace firstlight;
using namespace firstlight::viewer;

int fail(ExitCode code, const std::string& text) {
    fmt::print(stderr, "firstlight: error: {}\n", text);
    return static_cast<int>(code);
}

SidePanel panel_called(const std::string& name) {
    const std::vector<std::string> names = side_panel_names();
    const auto found = std::find(names.begin(), names.end(), name);
    const std::string near = nearest_name(name, names);
    if (found == names.end())
        throw Error(ExitCode::usage, fmt::format("--panel: there is no panel \"{}\"", name), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(names, ", "))
                                 : fmt::format("did you mean {}?", near));
    return static_cast<SidePanel>(found - names.begin());
}

void open_files(Session& session, const ViewRequest& request) {
    if (!request.session.empty()) open_session(session, request.session);
    for (const std::filesystem::path& file : request.files) {
        OpenRequest open;
        open.path = file;
        if (!request.recipe.empty()) open.recipe = load_recipe(request.recipe);
        open.parameters = request.parameters;
        open.calibration = request.calibration;
        open.follows = request.follow;
        session.open(std::move(open));
    }
    if (!session.documents().empty()) session.show(0);
}

std::string no_such_layer(const Document& document, const std::string& layer) {
    std::vector<std::string> names;
    if (document.images() != nullptr)
        for (const ImageLayer& one : document.images()->layers) names.push_back(one.name);
    const std::string near = nearest_name(layer, names);
    return fmt::format(
        "--layer: {} has no layer \"{}\": {}", document.path.string(), layer,
        near.empty() ? fmt::format("choose from {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near));
}

// For `firstlight doctor`: what would draw the window, or why there can be none.
int say_graphics() {
    try {
        const Window window({.width = 320, .height = 240, .hidden = true});
        fmt::print("{}\n", window.graphics());
    } catch (const Error& e) {
        const std::string no_display = e.what();
        const Window window({.width = 320, .height = 240, .offscreen = true});
        fmt::print("{}, for --screenshot only: {}\n", window.graphics(), no_display);
    }
    return 0;
}

int write_screenshot(Desk& desk, const ViewRequest& request) {
    settle(desk, 600);
    for (const Message& message : desk.session.messages().all())
        if (message.kind == MessageKind::error) return fail(message.code, message.text);
    Document* document = desk.session.current();
    if (document == nullptr) return fail(ExitCode::bad_input, "no file could be opened");
    if (!request.layer.empty()) {
        if (document->images() == nullptr || document->images()->layer(request.layer) == nullptr)
            return fail(ExitCode::usage, no_such_layer(*document, request.layer));
        document->looks.layer = request.layer;
    }
    settle(desk, 60);
    desk.window.wake();  // the layer, and what came last
    settle(desk, 60);
    desk.window.save_screenshot(request.screenshot, request.force);
    return 0;
}

int view(const ViewRequest& request) {
    const SidePanel panel = request.panel.empty() ? SidePanel::parameters : panel_called(request.panel);
    if (!request.recipe.empty())
        (void)load_recipe(request.recipe);  // what is wrong with it is said before a window opens
    WindowOptions how;
    how.width = request.width;
    how.height = request.height;
    how.offscreen = !request.screenshot.empty();
    how.scale = request.scale;
    how.look = request.light ? Look::light : Look::dark;
    Window window(how);
    SessionOptions options;
    options.backend = request.backend;
    options.threads = request.threads;
    options.memory_bytes = request.memory_bytes;
    if (request.state && request.screenshot.empty()) options.state_folder = default_state_folder();
    Session session(options, [&window] { window.wake(); });
    Desk desk{session, window};
    desk.show_side(panel);
    open_files(session, request);
    if (!request.screenshot.empty()) return write_screenshot(desk, request);
    run_window(desk);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is an error of writing, not the end of the program
    try {
        const std::string argument = argc == 2 ? argv[1] : "";
        if (argument == "--graphics") return say_graphics();
        if (argument == "--keys") {
            fmt::print("{}", keys_as_markdown());
            return 0;
        }
        return view(view_request_of(argument));
    } catch (const Error& e) {
        return fail(e.code(), e.what());
    } catch (const std::bad_alloc&) {
        return fail(ExitCode::internal, "out of memory: give --memory a smaller size");
    } catch (const std::exception& e) {
        return fail(ExitCode::internal, fmt::format("internal error: {}", e.what()));
    }
}
