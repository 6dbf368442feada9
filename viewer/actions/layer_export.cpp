#include "viewer/actions/layer_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/pipeline/layer_export.hpp"
#include "viewer/actions/action_groups.hpp"
#include "viewer/session/layer_files.hpp"

namespace firstlight::viewer {
namespace {

// "star.ballistic.tif, star.ballistic.png, star.mask.tif and 7 more"
std::string some_names(const std::vector<std::filesystem::path>& files) {
    constexpr std::size_t most = 3;
    const std::size_t named = files.size() <= most + 1 ? files.size() : most;
    std::string text;
    for (std::size_t i = 0; i < named; ++i) {
        const bool last = i > 0 && i + 1 == files.size();
        text += (i == 0 ? "" : last ? " and " : ", ") + files[i].filename().string();
    }
    return named == files.size() ? text : fmt::format("{} and {} more", text, files.size() - named);
}

// Asks before it replaces; with Cancel the dialog that `again` opens comes back.
void write_agreed(Desk& desk, const Document& document, const std::vector<LayerFile>& files,
                  std::function<void()> again) {
    const std::vector<std::filesystem::path> there = files_that_exist(files);
    const auto input =
        std::find_if(there.begin(), there.end(), [&](const auto& path) { return desk.session.is_input(path); });
    if (input != there.end()) {
        desk.session.messages().fail(input->string() + ": is open here: nothing is written over what was measured");
        return;
    }
    if (there.empty()) {
        write_layer_files(desk.session, document, files, false);
        return;
    }
    const std::string folder = there.front().parent_path().string();
    const bool one = there.size() == 1;
    desk.questions.push_back(
        {one ? fmt::format("Replace {}?", there.front().filename().string())
             : fmt::format("Replace {} files in {}?", there.size(), there.front().parent_path().filename().string()),
         one ? there.front().string() + " is there already. What is in it now will be lost."
             : fmt::format("{} are in {} already. What is in them now will be lost.", some_names(there), folder),
         {{"Replace",
           [&desk, at = &document, files] {
               if (desk.session.is_open(at)) write_layer_files(desk.session, *at, files, true);
           }},
          {"Cancel", std::move(again)}},
         1});
}

}  // namespace

void export_layer(Desk& desk, Document& document, const std::string& layer, const std::string& format) {
    FileRequest request;
    request.what = FileRequest::For::save;
    request.title = format.empty()
                        ? fmt::format("Export {}: the ending says the format (.png, .tif, .csv, .npy)", layer)
                    : format == "png16" ? fmt::format("Export {} as a 16-bit PNG", layer)
                                        : "Export " + layer;
    request.endings = format.empty() ? std::vector<std::string>{".png", ".tif", ".tiff", ".csv", ".npy"}
                                     : std::vector<std::string>{extension_of(format)};
    request.name = layer_file_name(document, layer, document.looks.view, format.empty() ? "png" : format);
    request.act = [&desk, at = &document, layer, format,
                   view = document.looks.view](const std::filesystem::path& path) {
        if (!desk.session.is_open(at)) return;
        const std::string as = format.empty() ? layer_format_of(path) : format;
        write_layer_files(desk.session, *at, {{layer, view, as, path}}, replaces(path));
    };
    open_file_dialog(desk, std::move(request));
}

void export_all_layers(Desk& desk, Document& document, const std::vector<std::string>& formats) {
    FileRequest request;
    request.what = FileRequest::For::folder;
    request.title = "Export all layers into this folder";
    request.act = [&desk, at = &document, formats](const std::filesystem::path& folder) {
        if (!desk.session.is_open(at)) return;
        if (const std::string why = why_not_written(*at); !why.empty()) {
            desk.session.messages().fail(fmt::format("{}: not written: {}", folder.string(), why));
            return;
        }
        write_agreed(desk, *at, files_of_all_layers(*at, formats, folder), [&desk, at, formats] {
            if (desk.session.is_open(at)) export_all_layers(desk, *at, formats);
        });
    };
    open_file_dialog(desk, std::move(request));
}

}  // namespace firstlight::viewer
