// What panels share while a window lives: the session, the window, textures and plot ranges by name, which tool is in
// hand, which dialogs are open. Nothing of it is worth keeping when the window closes.
//
//   void draw_log_panel(Desk& desk);                         // a panel is a function, one file each in panels/
//   void draw_image_panel(Desk& desk, Document& document);   // of an opened file
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/image/coloured_image.hpp"
#include "viewer/image/comparison_view.hpp"
#include "viewer/image/display_figures.hpp"
#include "viewer/image/layer_table.hpp"
#include "viewer/image/region_figures.hpp"
#include "viewer/image/region_geometry.hpp"
#include "viewer/session/file_choice.hpp"
#include "viewer/session/message_list.hpp"
#include "viewer/session/parameter_rows.hpp"
#include "viewer/session/session.hpp"
#include "viewer/trace/light_frames.hpp"
#include "viewer/trace/trace_data.hpp"
#include "viewer/volume/point_scene.hpp"
#include "viewer/volume/volume_slices.hpp"
#include "viewer/widgets/places.hpp"
#include "viewer/widgets/plot.hpp"
#include "viewer/widgets/value_field.hpp"
#include "viewer/window/image_texture.hpp"
#include "viewer/window/window.hpp"

namespace firstlight::viewer {

enum class Tool : std::uint8_t { pick, rectangle, ellipse, line };  // what the left button does on the image

enum class SidePanel : std::uint8_t {
    parameters,
    layers,
    display,
    regions,
    volume,
    points,
    compare,
    provenance,
    log,
    count_
};

enum class Middle : std::uint8_t { image, volume, points };  // what the middle of the window shows

// An image as a texture, coloured once for each state of what it is made of.
struct Picture {
    ImageTexture texture;
    ColouredImage colours;  // where it is an image of numbers
    std::string made_of;    // the state that was coloured; another one: colour again
};

// A question with buttons, over everything else.
struct Question {
    std::string title, text;
    struct Answer {
        std::string label;
        std::function<void()> act;  // may be empty
    };
    std::vector<Answer> answers;  // the last is taken with Escape
    int marked = 0;               // the one that Enter takes; where something would be lost, not the one that loses it
};

// A dialog that asks for a file.
struct FileRequest {
    using For = FileChoice::For;
    For what = For::open;
    std::string title;
    std::vector<std::string> endings;                       // ".h5"; empty: all files
    std::string name;                                       // proposed, for saving
    std::function<void(const std::filesystem::path&)> act;  // called with what was chosen; asks before it replaces
};

struct ParameterPanel {
    RowFilter filter;
    std::string refused_key, refused;  // the value that was typed last and not taken, and why
};

struct Desk {
    Session& session;
    Window& window;
    Desk(Session& of, Window& in) : session(of), window(in) {}

    Tool tool = Tool::pick;
    SidePanel side = SidePanel::parameters;
    double side_share = 0.31;   // of the window's width
    double trace_share = 0.36;  // of its height
    bool side_shown = true, trace_shown = true;
    bool panel_takes_keys = false;         // the mouse is on a panel that turns, zooms or steps by keys
    Middle middle = Middle::image;         // volume or points: in place of image and trace, where the file has them
    std::optional<PixelAt> hovered_pixel;  // under the mouse in the image panel, since the last frame
    ImageGeometry image_geometry;          // where the image was in the last frame
    ImageGesture image_gesture;
    DisplayFigures display;
    RegionFigures region_figures;
    bool all_layers = false;   // in the regions panel
    FlagOverlay flag_overlay;  // of the image, with the picture "image flags"
    bool palette_open = false, keys_open = false, about_open = false;
    std::string palette_text;  // what was typed into it
    int palette_row = 0;
    bool palette_focus = false;  // its line takes the keyboard in the next frame
    std::optional<FileRequest> file_request;
    std::unique_ptr<FileChoice> file_choice;        // of the request, while it is asked
    std::filesystem::path last_opened, last_saved;  // the folders where files were chosen last
    std::vector<Question> questions;                // asked one after the other
    std::function<void()> after_saving;             // when all that is being saved is written; not when that failed
    int frames_to_picture = 0;                      // a picture of the window is taken after so many frames; 0: none is
    int shown_tab = -1;                             // that the tab bar shows
    bool quit = false;                              // the program ends after this frame

    ParameterPanel parameters;
    LayerTable layer_table;
    MessageFilter message_filter;
    Typing typing;  // into a field for a value
    Places places;

    std::map<std::string, Picture> pictures;       // by name: "image", "volume z"
    std::map<std::string, PlotRange> plot_ranges;  // by name and file: "trace /data/star.h5"
    LightFrames light;                             // the picture for looks.light, of the current file
    std::unique_ptr<TraceData> trace_data;         // made when it is first asked for
    std::string gate_moves_in;                     // the file whose gate is being moved; "": none

    TraceData& traces() {
        if (!trace_data) trace_data = std::make_unique<TraceData>([this] { window.wake(); });
        return *trace_data;
    }

    std::unique_ptr<VolumeSlices> volume_slices;  // see slices()
    PointScene points;
    ComparisonView compared;
    bool divider_held = false;  // of a comparison that is split

    // Of the volume that is shown.
    VolumeSlices& slices() {
        if (!volume_slices) volume_slices = std::make_unique<VolumeSlices>([&place = window] { place.wake(); });
        return *volume_slices;
    }
    Picture& picture(const std::string& name) { return pictures[name]; }
    PlotRange& plot_range(const std::string& name, const Document& document) {
        return plot_ranges[name + " " + document.path.string()];
    }
    void show_side(SidePanel which) {
        side = which;
        side_shown = true;
    }
};

// Asks for a file; `act` is then called once, with a path whose replacement was agreed to. Never with a file that an
// opened file was read from, where it saves.
void open_file_dialog(Desk& desk, FileRequest request);

}  // namespace firstlight::viewer
