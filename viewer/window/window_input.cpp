#include "viewer/window/window_input.hpp"

#include <backends/imgui_impl_sdl.h>

#include <algorithm>
#include <cfloat>

namespace firstlight::viewer {
namespace {

// ImGui's numbers of buttons; -1: a button that panels do not know.
int button_index(Uint8 button) {
    switch (button) {
        case SDL_BUTTON_LEFT: return 0;
        case SDL_BUTTON_RIGHT: return 1;
        case SDL_BUTTON_MIDDLE: return 2;
        default: return -1;
    }
}

bool is_modifier(SDL_Scancode key) { return key >= SDL_SCANCODE_LCTRL && key <= SDL_SCANCODE_RGUI; }

}  // namespace

SDL_Scancode printed_key(const SDL_Keysym& key) {
    const SDL_Keycode printed = key.sym;
    if (printed >= SDLK_a && printed <= SDLK_z) return static_cast<SDL_Scancode>(SDL_SCANCODE_A + (printed - SDLK_a));
    switch (printed) {
        case SDLK_0: return SDL_SCANCODE_0;
        case SDLK_COMMA: return SDL_SCANCODE_COMMA;
        case SDLK_PERIOD: return SDL_SCANCODE_PERIOD;
        case SDLK_SLASH: return SDL_SCANCODE_SLASH;
        case SDLK_MINUS: return SDL_SCANCODE_MINUS;
        case SDLK_EQUALS: return SDL_SCANCODE_EQUALS;
        case SDLK_LEFTBRACKET: return SDL_SCANCODE_LEFTBRACKET;
        case SDLK_RIGHTBRACKET: return SDL_SCANCODE_RIGHTBRACKET;
        default: break;
    }
    if (printed >= SDLK_1 && printed <= SDLK_9) return static_cast<SDL_Scancode>(SDL_SCANCODE_1 + (printed - SDLK_1));
    return key.scancode;  // also where the letters are not Latin: there the place counts
}

bool WindowInput::fits(const SDL_Event& event) const {
    switch (event.type) {
        case SDL_MOUSEMOTION: return !batch_.button && !batch_.wheel;
        case SDL_MOUSEBUTTONDOWN: return !batch_.button;
        case SDL_MOUSEBUTTONUP: return !batch_.button && !batch_.moved;
        case SDL_MOUSEWHEEL: return !batch_.button;
        case SDL_TEXTINPUT: return true;
        case SDL_KEYDOWN:
        case SDL_KEYUP: {
            if (batch_.typed && event.type == SDL_KEYDOWN) return false;
            const SDL_Scancode key = printed_key(event.key.keysym);
            // Two keys at once would lose their order, unless one is a modifier of the other.
            return std::all_of(batch_.keys.begin(), batch_.keys.end(),
                               [&](SDL_Scancode other) {
                                   return other != key && (is_modifier(other) || event.type == SDL_KEYUP) &&
                                          !is_modifier(key);
                               }) ||
                   (is_modifier(key) && std::all_of(batch_.keys.begin(), batch_.keys.end(), [&](SDL_Scancode other) {
                        return other != key && is_modifier(other);
                    }));
        }
        default: return true;
    }
}

bool WindowInput::take_events() {
    bool any = false;
    SDL_PumpEvents();
    SDL_Event event;
    while (SDL_PeepEvents(&event, 1, SDL_PEEKEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) > 0) {
        if (!fits(event)) return any;
        SDL_PeepEvents(&event, 1, SDL_GETEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT);
        take(event);
        any = true;
    }
    return any;
}

void WindowInput::take(SDL_Event& event) {
    switch (event.type) {
        case SDL_MOUSEMOTION:
            mouse_ = {static_cast<float>(event.motion.x), static_cast<float>(event.motion.y)};
            inside_ = batch_.moved = true;
            return;
        case SDL_MOUSEBUTTONDOWN:
        case SDL_MOUSEBUTTONUP: {
            const int index = button_index(event.button.button);
            if (index < 0) return;
            mouse_ = {static_cast<float>(event.button.x), static_cast<float>(event.button.y)};
            inside_ = batch_.button = true;
            down_[static_cast<std::size_t>(index)] = event.type == SDL_MOUSEBUTTONDOWN;
            return;
        }
        case SDL_MOUSEWHEEL:
            batch_.wheel = true;
            ImGui::GetIO().MouseWheel += event.wheel.preciseY;
            ImGui::GetIO().MouseWheelH += event.wheel.preciseX;
            return;
        case SDL_TEXTINPUT: batch_.typed = true; break;
        case SDL_KEYDOWN:
        case SDL_KEYUP:
            event.key.keysym.scancode = printed_key(event.key.keysym);
            modifiers_ = static_cast<SDL_Keymod>(event.key.keysym.mod);
            batch_.keys.push_back(event.key.keysym.scancode);
            break;
        case SDL_DROPFILE:
            dropped.emplace_back(event.drop.file);
            SDL_free(event.drop.file);
            return;
        case SDL_DROPTEXT: SDL_free(event.drop.file); return;
        case SDL_QUIT: close_requested = true; return;
        case SDL_WINDOWEVENT: take_window_event(event.window); break;
        default:
            if (event.type == wake_event_) woken = true;
            break;
    }
    ImGui_ImplSDL2_ProcessEvent(&event);
}

void WindowInput::take_window_event(const SDL_WindowEvent& event) {
    switch (event.event) {
        case SDL_WINDOWEVENT_CLOSE: close_requested = true; break;
        case SDL_WINDOWEVENT_LEAVE: inside_ = false; break;
        case SDL_WINDOWEVENT_ENTER: inside_ = true; break;
        case SDL_WINDOWEVENT_FOCUS_LOST:  // releases go to another window from now on
            down_ = {};
            modifiers_ = KMOD_NONE;
            std::fill(std::begin(ImGui::GetIO().KeysDown), std::end(ImGui::GetIO().KeysDown), false);
            break;
        default: break;
    }
}

void WindowInput::apply() const {
    ImGuiIO& io = ImGui::GetIO();
    io.MousePos = inside_ || button_held() ? mouse_ : ImVec2(-FLT_MAX, -FLT_MAX);
    for (std::size_t i = 0; i < down_.size(); ++i) io.MouseDown[i] = down_[i];
    io.KeyCtrl = (modifiers_ & KMOD_CTRL) != 0;
    io.KeyShift = (modifiers_ & KMOD_SHIFT) != 0;
    io.KeyAlt = (modifiers_ & KMOD_ALT) != 0;
    io.KeySuper = false;
}

}  // namespace firstlight::viewer
