#include "viewer/window/window.hpp"

#include <SDL.h>
#include <imgui_internal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <utility>

#include "host/io/images.hpp"
#include "kernels/support/error.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/window_graphics.hpp"
#include "viewer/window/window_input.hpp"

namespace firstlight::viewer {
namespace {

static_assert(static_cast<int>(Key::z) == SDL_SCANCODE_Z && static_cast<int>(Key::digit_0) == SDL_SCANCODE_0);
static_assert(static_cast<int>(Key::slash) == SDL_SCANCODE_SLASH && static_cast<int>(Key::f12) == SDL_SCANCODE_F12);
static_assert(static_cast<int>(Key::home) == SDL_SCANCODE_HOME && static_cast<int>(Key::remove) == SDL_SCANCODE_DELETE);
static_assert(static_cast<int>(Key::up) == SDL_SCANCODE_UP &&
              static_cast<int>(Key::keypad_plus) == SDL_SCANCODE_KP_PLUS);
static_assert(static_cast<int>(Key::left_alt) == SDL_SCANCODE_LALT &&
              static_cast<int>(Key::left_ctrl) == SDL_SCANCODE_LCTRL);

using Clock = std::chrono::steady_clock;
double now_seconds() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

constexpr int frames_per_event = 3;
constexpr double moving_period_s = 1.0 / 60, blink_period_s = 0.2;

Uint32 wake_event_type() {
    static const Uint32 type = SDL_RegisterEvents(1);
    return type;
}

void push(SDL_Event event) {
    event.common.timestamp = SDL_GetTicks();
    SDL_PushEvent(&event);
}

}  // namespace

std::array<std::uint8_t, 3> Pixels::at(std::int64_t row, std::int64_t column) const {
    const auto first = static_cast<std::size_t>(3 * (row * columns + column));
    return {rgb.at(first), rgb.at(first + 1), rgb.at(first + 2)};
}

struct Window::Impl {
    explicit Impl(const WindowOptions& options)
        : graphics(options),
          scale(options.scale > 0 ? options.scale : graphics.scale_of_display()),
          look(options.look) {}

    WindowGraphics graphics;
    WindowInput input{wake_event_type()};
    double scale;
    Look look;
    float density = 0;  // the letters' in the atlas; 0: they are not made yet
    int owed = frames_per_event;
    double drawn_at = 0, animated_until = 0;
    std::atomic<bool> wake_pending{false};
    bool in_frame = false;
    int pushed_x = 0, pushed_y = 0;  // where push_mouse_move left the mouse

    bool take_events() {
        const bool any = input.take_events();
        if (input.woken) {
            input.woken = false;
            wake_pending = false;
        }
        if (any) owed = frames_per_event;
        return any;
    }

    // When the next frame is due without any event.
    [[nodiscard]] double due() const {
        if (now_seconds() < animated_until || input.button_held()) return drawn_at + moving_period_s;
        return ImGui::GetIO().WantTextInput ? drawn_at + blink_period_s : now_seconds() + 1e9;
    }
};

Window::Window(const WindowOptions& options) : impl_(std::make_unique<Impl>(options)) {
    apply_theme(impl_->look, static_cast<float>(impl_->scale));
}

Window::~Window() = default;

bool Window::wait(double seconds) {
    Impl& s = *impl_;
    if (s.take_events() || s.owed > 0) return true;
    const double due = s.due(), left = std::min(seconds, due - now_seconds());
    if (left > 0) SDL_WaitEventTimeout(nullptr, static_cast<int>(std::ceil(std::min(left, 3600.0) * 1000)));
    return s.take_events() || now_seconds() >= due;
}

void Window::wake() {
    if (impl_->wake_pending.exchange(true)) return;
    SDL_Event event{};
    event.type = wake_event_type();
    SDL_PushEvent(&event);
}

void Window::animate(double seconds) {
    impl_->animated_until = std::max(impl_->animated_until, now_seconds() + seconds);
}

void Window::begin_frame() {
    Impl& s = *impl_;
    if (s.in_frame) {  // an exception cut the last one short
        ImGui::ErrorCheckEndFrameRecover(nullptr);
        ImGui::EndFrame();
    }
    if (const float density = s.graphics.density(); density != s.density) {
        s.density = density;
        apply_theme(s.look, static_cast<float>(s.scale));
        load_fonts(static_cast<float>(s.scale), density);
        s.graphics.remake_fonts_texture();
    }
    s.graphics.new_frame();
    s.input.apply();
    ImGui::NewFrame();
    s.in_frame = true;
}

void Window::end_frame() {
    Impl& s = *impl_;
    ImGui::Render();
    s.in_frame = false;
    s.graphics.show(ImGui::GetDrawData());
    s.input.frame_done();
    s.owed = std::max(0, s.owed - 1);
    s.drawn_at = now_seconds();
}

Pixels Window::pixels() {
    if (impl_->in_frame)
        throw Error(ExitCode::internal, "a picture was asked for within a frame", "it is not drawn yet",
                    "ask after end_frame");
    return impl_->graphics.read(ImGui::GetDrawData());
}

void Window::save_screenshot(const std::filesystem::path& path, bool force) {
    const Pixels shown = pixels();
    write_png(path, shown.rgb.data(), shown.rows, shown.columns, force);
}

bool Window::take_close_request() { return std::exchange(impl_->input.close_requested, false); }
std::vector<std::string> Window::take_dropped_files() { return std::exchange(impl_->input.dropped, {}); }

int Window::width() const {
    int width = 0;
    SDL_GetWindowSize(impl_->graphics.window(), &width, nullptr);
    return width;
}

int Window::height() const {
    int height = 0;
    SDL_GetWindowSize(impl_->graphics.window(), nullptr, &height);
    return height;
}

void Window::resize(int width, int height) { SDL_SetWindowSize(impl_->graphics.window(), width, height); }
void Window::set_title(const std::string& title) { SDL_SetWindowTitle(impl_->graphics.window(), title.c_str()); }

void Window::set_full_screen(bool on) {
    SDL_SetWindowFullscreen(impl_->graphics.window(), on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
}

bool Window::full_screen() const {
    return (SDL_GetWindowFlags(impl_->graphics.window()) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
}

double Window::scale() const { return impl_->scale; }

void Window::set_scale(double scale) {
    impl_->scale = scale;
    impl_->density = 0;
    impl_->owed = frames_per_event;
}

void Window::set_look(Look look) {
    impl_->look = look;
    apply_theme(look, static_cast<float>(impl_->scale));
    impl_->owed = frames_per_event;
}

std::string Window::clipboard() const {
    char* text = SDL_GetClipboardText();
    std::string copied = text != nullptr ? text : "";
    SDL_free(text);
    return copied;
}

void Window::set_clipboard(const std::string& text) { SDL_SetClipboardText(text.c_str()); }
std::string Window::graphics() const { return impl_->graphics.name(); }

void Window::push_mouse_move(float x, float y) {
    impl_->pushed_x = static_cast<int>(std::lround(x));
    impl_->pushed_y = static_cast<int>(std::lround(y));
    SDL_Event event{};
    event.type = SDL_MOUSEMOTION;
    event.motion.x = impl_->pushed_x;
    event.motion.y = impl_->pushed_y;
    push(event);
}

void Window::push_mouse_button(MouseButton button, bool down) {
    constexpr std::array<Uint8, 3> buttons{SDL_BUTTON_LEFT, SDL_BUTTON_RIGHT, SDL_BUTTON_MIDDLE};
    SDL_Event event{};
    event.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP;
    event.button.button = buttons[static_cast<std::size_t>(button)];
    event.button.state = down ? SDL_PRESSED : SDL_RELEASED;
    event.button.clicks = 1;
    event.button.x = impl_->pushed_x;
    event.button.y = impl_->pushed_y;
    push(event);
}

void Window::push_wheel(float steps_x, float steps_y) {
    SDL_Event event{};
    event.type = SDL_MOUSEWHEEL;
    event.wheel.x = static_cast<int>(steps_x);
    event.wheel.y = static_cast<int>(steps_y);
    event.wheel.preciseX = steps_x;
    event.wheel.preciseY = steps_y;
    push(event);
}

void Window::push_key(Key key, bool down, Modifiers modifiers) {
    SDL_Event event{};
    event.type = down ? SDL_KEYDOWN : SDL_KEYUP;
    event.key.state = down ? SDL_PRESSED : SDL_RELEASED;
    event.key.keysym.scancode = static_cast<SDL_Scancode>(key);
    event.key.keysym.sym = SDL_GetKeyFromScancode(event.key.keysym.scancode);
    event.key.keysym.mod = static_cast<Uint16>((modifiers.ctrl ? KMOD_LCTRL : 0) | (modifiers.shift ? KMOD_LSHIFT : 0) |
                                               (modifiers.alt ? KMOD_LALT : 0));
    push(event);
}

// An event holds 31 bytes of text.
void Window::push_text(const std::string& utf8) {
    for (std::size_t from = 0; from < utf8.size();) {
        std::size_t to = std::min(utf8.size(), from + SDL_TEXTINPUTEVENT_TEXT_SIZE - 1);
        while (to < utf8.size() && (static_cast<unsigned char>(utf8[to]) & 0xC0U) == 0x80U) --to;
        SDL_Event event{};
        event.type = SDL_TEXTINPUT;
        std::copy(utf8.begin() + static_cast<std::ptrdiff_t>(from), utf8.begin() + static_cast<std::ptrdiff_t>(to),
                  std::begin(event.text.text));
        push(event);
        from = to;
    }
}

void Window::push_drop(const std::string& path) {
    SDL_Event event{};
    event.type = SDL_DROPFILE;
    event.drop.file = SDL_strdup(path.c_str());
    push(event);
}

void Window::push_close() {
    SDL_Event event{};
    event.type = SDL_WINDOWEVENT;
    event.window.event = SDL_WINDOWEVENT_CLOSE;
    push(event);
}

void Window::push_focus(bool focused) {
    SDL_Event event{};
    event.type = SDL_WINDOWEVENT;
    event.window.event = focused ? SDL_WINDOWEVENT_FOCUS_GAINED : SDL_WINDOWEVENT_FOCUS_LOST;
    push(event);
}

}  // namespace firstlight::viewer
