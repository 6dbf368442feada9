// The volume's panel at the side: what is shown of it, where the planes are, its colours, its files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "viewer/panels/panels.hpp"
#include "viewer/panels/tone_controls.hpp"
#include "viewer/panels/volume_planes.hpp"
#include "viewer/volume/volume_files.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/slider.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

using What = VolumeSlices::What;

void say_that_there_is_none(const Document& document) {
    ImGui::PushStyleColor(ImGuiCol_Text, palette().muted);
    ImGui::TextWrapped("%s", document.result || document.images() != nullptr
                                 ? "No volume: recipes tomography (scans of many views) and diffuse (confocal scans of "
                                   "what is behind a slab) make one."
                                 : "No result yet.");
    ImGui::PopStyleColor();
}

void choose_what(VolumeLook& look) {
    if (ImGui::RadioButton("slices", !look.projections)) look.projections = false;
    for (const What what : {What::maximum, What::mean, What::sum}) {
        ImGui::SameLine();
        if (ImGui::RadioButton(words_for(what), look.projections && look.what == what)) {
            look.projections = true;
            look.what = what;
        }
        if (what == What::maximum) tooltip("The greatest value along each axis; a click goes to where it is");
        if (what == What::sum) tooltip("Times the length of a voxel it is the line integral, such as an optical depth");
    }
}

// " 56: 542 mm", numbers as wide as those of the longest axis.
std::string slice_words(const Axis& axis, std::int64_t index, std::size_t digits) {
    return axis.unit == "m" ? fmt::format("{:>{}}: {}", index, digits, place_of(axis, index))
                            : fmt::format("{:>{}} of {}", index, digits, axis.size);
}

bool slide(const char* letter, const Axis& axis, std::int64_t& index, ImU32 colour, std::size_t digits) {
    ImGui::PushStyleColor(ImGuiCol_SliderGrab, with_alpha(colour, 0.75F));
    ImGui::PushStyleColor(ImGuiCol_SliderGrabActive, colour);
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(letter);
    ImGui::SameLine();
    ImGui::PushID(letter);
    const std::string widest(digits + std::string(": -00.00 mm").size(), '0');
    const bool moved = index_slider("##slice", index, axis.size - 1, slice_words(axis, index, digits), widest, -1);
    ImGui::PopID();
    ImGui::PopStyleColor(2);
    tooltip(fmt::format("Slice {}, counted from 0; click with Ctrl to type", letter));
    return moved;
}

void slide_planes(const VolumeSlices& slices, VolumeLook& look) {
    const Volume& volume = *slices.volume();
    VoxelAt at = slices.cursor(look);
    const std::size_t digits = std::to_string(std::max({volume.z.size, volume.y.size, volume.x.size}) - 1).size();
    bool moved = slide("z", volume.z, at.z, curve_colour(0), digits);
    moved |= slide("y", volume.y, at.y, curve_colour(1), digits);
    moved |= slide("x", volume.x, at.x, curve_colour(2), digits);
    if (!moved) return;
    look.z = at.z;
    look.y = at.y;
    look.x = at.x;
}

void edit_tone(Desk& desk, Document& document, const Volume& volume, What what) {
    ToneMap::Params tone = volume_tone_of(document.edits(), volume, what);
    const ToneWindow window = desk.slices().window(tone, what).value_or(ToneWindow{});
    const std::string name = tone_name(volume, what);
    const ToneEdit edit = draw_tone_controls("tone", tone, window, unit_words(volume));
    if (edit.reset) {
        desk.session.edit(document, "colours of " + name, [&](Edits& edits) { edits.tones.erase(name); });
    } else if (edit.changed) {
        desk.session.set_tone(document, name, tone, "tone of " + name);
    }
    if (edit.finished) desk.session.end_drag(document);
}

void ask_for_file(Desk& desk, Document& document, const VolumeFile& file) {
    FileRequest request;
    request.what = FileRequest::For::save;
    request.title = "Save " + file.words;
    request.endings = {file.ending};
    request.name = document.path.stem().string() + "_" + file.name + file.ending;
    request.act = [&desk, result = document.result, file,
                   source = document.title()](const std::filesystem::path& path) {
        desk.session.write("volume", [result, file, source, path] {
            write_volume_file(*result, file, source, path);
            return fmt::format("{} written: {}", file.words, path.string());
        });
    };
    open_file_dialog(desk, std::move(request));
}

void choose_file(Desk& desk, Document& document, const Volume& volume, What what) {
    if (ImGui::Button("Save as file…")) ImGui::OpenPopup("files");
    if (!ImGui::BeginPopup("files")) return;
    const ToneMap::Params tone = volume_tone_of(document.edits(), volume, what);
    const ToneWindow window = desk.slices().window(tone, what).value_or(ToneWindow{});
    for (const VolumeFiles& group :
         volume_files(volume, desk.slices().cursor(document.looks.volume), what, tone, window)) {
        if (!ImGui::BeginMenu(group.words.c_str())) continue;
        for (const VolumeFile& file : group.files)
            if (ImGui::MenuItem(file.format_words.c_str())) ask_for_file(desk, document, file);
        ImGui::EndMenu();
    }
    ImGui::EndPopup();
}

}  // namespace

void draw_volume_panel(Desk& desk, Document& document) {
    desk.slices().show(document.result);
    const Volume* volume = desk.slices().volume();
    if (volume == nullptr) return say_that_there_is_none(document);
    VolumeLook& look = document.looks.volume;
    choose_what(look);
    const What what = look.projections ? look.what : What::slice;
    slide_planes(desk.slices(), look);
    edit_tone(desk, document, *volume, what);
    choose_file(desk, document, *volume, what);
    ImGui::SameLine();
    bool large = desk.middle == Middle::volume;
    if (ImGui::Checkbox("large", &large)) desk.middle = large ? Middle::volume : Middle::image;
    desk.places.note("large volume");
    tooltip("The planes in the middle of the window, in place of image and trace");
    ImGui::PushFont(fonts().numbers);
    ImGui::TextWrapped("%s", read_out(desk.slices(), desk.slices().cursor(look)).c_str());
    ImGui::PopFont();
    if (large) return;
    const ImVec2 space = ImGui::GetContentRegionAvail();
    ImGui::BeginChild("planes", ImVec2(0, std::max(space.y, scaled(220))), false,
                      ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoScrollbar);
    draw_volume_planes(desk, document);
    ImGui::EndChild();
}

}  // namespace firstlight::viewer
