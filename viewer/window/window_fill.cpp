#include "viewer/window/window_fill.hpp"

#include <GL/gl.h>

#include <cmath>
#include <cstdint>

namespace firstlight::viewer {
namespace {

// ImGui's renderer has the scissor test on, and sets the rectangle for each of its commands.
void clear_rectangle(const ImDrawList*, const ImDrawCmd* command) {
    const ImDrawData& drawn = *ImGui::GetDrawData();
    const ImVec2 scale = drawn.FramebufferScale;
    // A pixel whose middle lies within is filled.
    const auto first = [](float edge) { return static_cast<GLint>(std::ceil(edge - 0.5F)); };
    const GLint left = first((command->ClipRect.x - drawn.DisplayPos.x) * scale.x),
                top = first((command->ClipRect.y - drawn.DisplayPos.y) * scale.y),
                right = first((command->ClipRect.z - drawn.DisplayPos.x) * scale.x),
                bottom = first((command->ClipRect.w - drawn.DisplayPos.y) * scale.y);
    if (right <= left || bottom <= top) return;
    const auto height = static_cast<GLint>(std::lround(drawn.DisplaySize.y * scale.y));
    const auto colour = static_cast<ImU32>(reinterpret_cast<std::uintptr_t>(command->UserCallbackData));
    const ImVec4 parts = ImGui::ColorConvertU32ToFloat4(colour);
    glScissor(left, height - bottom, right - left, bottom - top);  // OpenGL's rows begin below
    glClearColor(parts.x, parts.y, parts.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
}

}  // namespace

void fill_plainly(ImDrawList* list, ImVec2 top_left, ImVec2 bottom_right, ImU32 colour) {
    list->PushClipRect(top_left, bottom_right, true);
    list->AddCallback(clear_rectangle, reinterpret_cast<void*>(static_cast<std::uintptr_t>(colour)));
    list->PopClipRect();
}

}  // namespace firstlight::viewer
