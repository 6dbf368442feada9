// Files and text for other programs.
#include <fmt/format.h>

#include <memory>

#include "host/io/images.hpp"
#include "viewer/actions/action_groups.hpp"
#include "viewer/actions/layer_export.hpp"
#include "viewer/desk/desk.hpp"
#include "viewer/session/document_export.hpp"
#include "viewer/session/layer_files.hpp"

namespace firstlight::viewer {
namespace {

std::string why_no_export(Desk& desk) {
    const Document* document = desk.session.current();
    return document == nullptr ? needs_document(desk) : why_not_written(*document);
}

std::string why_no_volume(Desk& desk) {
    const std::string why = why_no_export(desk);
    return !why.empty() || desk.session.current()->result->volume ? why : "the recipe makes no volume";
}

std::string why_no_points(Desk& desk) {
    const std::string why = why_no_export(desk);
    return !why.empty() || desk.session.current()->result->images.layer("depth") != nullptr ? why
                                                                                            : "there is no layer depth";
}

std::string why_no_command(Desk& desk) {
    const Document* document = desk.session.current();
    if (document == nullptr) return needs_document(desk);
    return document->scan_path.empty() ? "its acquisition is not there" : "";
}

std::string why_no_pixel(Desk& desk) {
    if (const std::string why = needs_image(desk); !why.empty()) return why;
    return desk.session.current()->looks.pixel ? "" : "no pixel is picked: click on the image";
}

void export_shown_layer(Desk& desk, const std::string& format) {
    Document& document = *desk.session.current();
    export_layer(desk, document, document.layer()->name, format);
}

// Asks for a path and does `act` with the document that is shown then.
template <class Act>
void ask_and(Desk& desk, FileRequest request, Act act) {
    request.act = [&desk, act](const std::filesystem::path& path) {
        if (const Document* document = desk.session.current()) act(desk, *document, path);
    };
    open_file_dialog(desk, std::move(request));
}

void ask_for_volume(Desk& desk) {
    ask_and(desk,
            {FileRequest::For::save,
             "Export the volume: the ending says the format",
             {".nrrd", ".tif", ".npy", ".h5"},
             stem_of(*desk.session.current()) + ".volume.nrrd",
             {}},
            [](Desk& at, const Document& shown, const std::filesystem::path& path) {
                export_volume(at.session, shown, path, replaces(path));
            });
}

void ask_for_points(Desk& desk) {
    ask_and(desk,
            {FileRequest::For::save,
             "Export the depths as points",
             {".ply"},
             stem_of(*desk.session.current()) + ".points.ply",
             {}},
            [](Desk& at, const Document& shown, const std::filesystem::path& path) {
                export_surface_points(at.session, shown, path, replaces(path));
            });
}

void copy(Desk& desk, const std::string& what, const std::string& text) {
    desk.window.set_clipboard(text);
    desk.session.messages().say(what + " copied");
}

void copy_command(Desk& desk) { copy(desk, "command line", command_as_text(desk.session, *desk.session.current())); }
void copy_python(Desk& desk) { copy(desk, "Python script", python_as_text(desk.session, *desk.session.current())); }
void copy_values(Desk& desk) {
    copy(desk, "values of " + desk.session.current()->layer()->name, values_as_text(*desk.session.current()));
}
void copy_pixel(Desk& desk) { copy(desk, "pixel", pixel_as_text(*desk.session.current())); }

// The menu that it was asked from is closed in the frame after the next.
void ask_for_screenshot(Desk& desk) { desk.frames_to_picture = 2; }

}  // namespace

void take_picture(Desk& desk) {
    if (desk.frames_to_picture == 0 || --desk.frames_to_picture > 0) return;
    const Document* document = desk.session.current();
    const auto pixels = std::make_shared<Pixels>(desk.window.pixels());
    open_file_dialog(desk, {FileRequest::For::save,
                            "Save a picture of the window",
                            {".png"},
                            (document == nullptr ? "firstlight" : stem_of(*document)) + ".window.png",
                            [&desk, pixels](const std::filesystem::path& path) {
                                desk.session.write("picture", [pixels, path, force = replaces(path)] {
                                    write_png(path, pixels->rgb.data(), pixels->rows, pixels->columns, force);
                                    return fmt::format("picture written: {}", path.string());
                                });
                            }});
    desk.window.wake();  // the dialog wants a frame
}

std::vector<Action> export_actions() {
    return {
        {"export.layer",
         "Export layer…",
         "Writes the shown layer as PNG, float TIFF, CSV or NPY, as the ending says",
         {{Key::l, ctrl}},
         why_no_export,
         [](Desk& desk) { export_shown_layer(desk, ""); }},
        {"export.layer_16_bits",
         "Export layer as 16-bit PNG…",
         "Writes the shown layer in its colours, with 16 bits a channel",
         {},
         why_no_export,
         [](Desk& desk) { export_shown_layer(desk, "png16"); }},
        {"export.all_layers",
         "Export all layers…",
         "Writes every layer and the flags into a folder, as float TIFF and as PNG",
         {{Key::l, ctrl_shift}},
         why_no_export,
         [](Desk& desk) {
             export_all_layers(desk, *desk.session.current(), {"tiff", "png"});
         }},
        {"export.volume",
         "Export volume…",
         "Writes the volume as NRRD, TIFF stack, NPY or HDF5, as the ending says",
         {},
         why_no_volume,
         ask_for_volume},
        {"export.points",
         "Export points…",
         "Writes the depths as a cloud of points (PLY)",
         {},
         why_no_points,
         ask_for_points},
        {"export.screenshot",
         "Save a picture of the window…",
         "Writes what the window shows now as PNG",
         {{Key::f12, no_modifiers}},
         nullptr,
         ask_for_screenshot},
        {"copy.values",
         "Copy values",
         "Copies the shown layer as text, rows as lines, for a spreadsheet",
         {{Key::c, ctrl_shift}},
         needs_image,
         copy_values},
        {"copy.pixel",
         "Copy pixel",
         "Copies all layers at the picked pixel as text",
         {{Key::c, ctrl}},
         why_no_pixel,
         copy_pixel},
        {"copy.command",
         "Copy as command line",
         "Copies the command that makes the result on the screen",
         {{Key::k, ctrl}},
         why_no_command,
         copy_command},
        {"copy.python",
         "Copy as Python",
         "Copies a Python script that makes the same layers with the package firstlight",
         {{Key::k, ctrl_shift}},
         why_no_command,
         copy_python},
    };
}

}  // namespace firstlight::viewer
