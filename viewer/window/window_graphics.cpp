#include "viewer/window/window_graphics.hpp"

#define GL_GLEXT_PROTOTYPES
#include <GL/gl.h>
#include <GL/glext.h>
#include <backends/imgui_impl_opengl3.h>
#include <backends/imgui_impl_sdl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "kernels/support/error.hpp"

namespace firstlight::viewer {
namespace {

std::uint64_t graphics_made = 0, graphics_now = 0;

struct Profile {
    int mask, major, minor;
    const char* shaders;
};
// The second for old drivers; both run ImGui's shaders.
constexpr std::array<Profile, 2> profiles{
    {{SDL_GL_CONTEXT_PROFILE_CORE, 3, 3, "#version 330 core"}, {0, 3, 0, "#version 130"}}};

std::string sdl_says() {
    const char* said = SDL_GetError();
    return said != nullptr && *said != '\0' ? said : "SDL gives no reason";
}

// "3.1 Mesa 20" -> 301
int version_number(const char* version) {
    int major = 0, minor = 0;
    if (version == nullptr || std::sscanf(version, "%d.%d", &major, &minor) != 2) return 0;
    return 100 * major + minor;
}

void set_hints(const WindowOptions& options) {
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // Ctrl+C in the terminal ends the program
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (options.offscreen) SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, "offscreen", SDL_HINT_OVERRIDE);
    else SDL_ResetHint(SDL_HINT_VIDEODRIVER);
    if (options.software) SDL_setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1);
}

double positive_number(const char* variable) {
    const char* text = std::getenv(variable);
    const double value = text != nullptr ? std::strtod(text, nullptr) : 0;
    return std::isfinite(value) && value > 0 ? value : 0;
}

}  // namespace

std::uint64_t graphics_number() { return graphics_now; }

WindowGraphics::WindowGraphics(const WindowOptions& options) {
    if (graphics_now != 0) throw Error(ExitCode::internal, "a window is open already", "there is one at a time");
    try {
        open_window(options);
        open_context();
    } catch (...) {
        close();
        throw;
    }
    graphics_now = ++graphics_made;
}

WindowGraphics::~WindowGraphics() { close(); }

// SDL goes on to its drivers without a screen where no display answers: nobody would see that window.
void WindowGraphics::open_display(const WindowOptions& options) {
    const bool asked = options.offscreen || std::getenv("SDL_VIDEODRIVER") != nullptr;
    video_ = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    const std::string driver = video_ ? SDL_GetCurrentVideoDriver() : "";
    if (video_ && (asked || (driver != "offscreen" && driver != "dummy" && driver != "evdev"))) return;
    const std::string why = video_ ? "neither X11 nor Wayland answers" : sdl_says();
    if (options.offscreen)
        throw Error(ExitCode::device, "cannot draw without a screen", why,
                    "install libegl1 and libgl1-mesa-dri, which draw without one");
    throw Error(ExitCode::device, "no display can be opened", why,
                "set DISPLAY (over ssh: ssh -X), or write a picture with `--screenshot OUT.png`");
}

void WindowGraphics::open_window(const WindowOptions& options) {
    set_hints(options);
    open_display(options);
    const double scale = options.scale > 0 ? options.scale : scale_of_display();
    int width = static_cast<int>(std::lround(options.width * scale)),
        height = static_cast<int>(std::lround(options.height * scale));
    SDL_Rect free_space;
    if (!options.offscreen && SDL_GetDisplayUsableBounds(0, &free_space) == 0 && free_space.w > 0) {
        width = std::min(width, free_space.w);
        height = std::min(height, free_space.h);
    }
    std::string why;
    for (const Profile& profile : profiles) {
        SDL_GL_ResetAttributes();
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, profile.mask);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, profile.major);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, profile.minor);
        SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
        SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
        window_ = SDL_CreateWindow(options.title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
                                   SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI |
                                       (options.hidden ? static_cast<Uint32>(SDL_WINDOW_HIDDEN) : 0U));
        if (window_ != nullptr) context_ = SDL_GL_CreateContext(window_);
        if (context_ != nullptr) return;
        why = sdl_says();
        if (window_ != nullptr) SDL_DestroyWindow(window_);
        window_ = nullptr;
    }
    throw Error(
        ExitCode::device, "the display has no OpenGL 3.0 that works", why,
        "update the graphics driver, try LIBGL_ALWAYS_SOFTWARE=1, or write a picture with `--screenshot OUT.png`");
}

void WindowGraphics::open_context() {
    SDL_GL_MakeCurrent(window_, context_);
    const auto text_of = [](GLenum what) {
        const auto* text = reinterpret_cast<const char*>(glGetString(what));
        return std::string(text != nullptr ? text : "");
    };
    const std::string version = text_of(GL_VERSION);
    name_ = fmt::format("{}, OpenGL {}", text_of(GL_RENDERER), version);
    if (version_number(version.c_str()) < 300)
        throw Error(ExitCode::device, fmt::format("the display has OpenGL {}, the viewer needs 3.0", version), "",
                    "update the graphics driver, or try LIBGL_ALWAYS_SOFTWARE=1");
    int core = 0;
    SDL_GL_GetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, &core);
    on_screen_ = std::string(SDL_GetCurrentVideoDriver()) != "offscreen";
    waits_for_screen_ = SDL_GL_SetSwapInterval(1) == 0 && on_screen_;
    imgui_ = ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = io.LogFilename = nullptr;  // nothing is written to the working folder
    io.ConfigWindowsMoveFromTitleBarOnly = true;
    platform_ = ImGui_ImplSDL2_InitForOpenGL(window_, context_);
    renderer_ = ImGui_ImplOpenGL3_Init(profiles[version_number(version.c_str()) >= 303 ? 0 : 1].shaders);
    if (!platform_ || !renderer_)
        throw Error(ExitCode::device, "Dear ImGui cannot draw with " + name_, "", "update the graphics driver");
}

void WindowGraphics::close() {
    graphics_now = 0;
    if (renderer_) ImGui_ImplOpenGL3_Shutdown();
    if (platform_) ImGui_ImplSDL2_Shutdown();
    if (imgui_ != nullptr) ImGui::DestroyContext(imgui_);
    if (context_ != nullptr) SDL_GL_DeleteContext(context_);
    if (window_ != nullptr) SDL_DestroyWindow(window_);
    if (video_) SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

void WindowGraphics::new_frame() {
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplSDL2_NewFrame();
}

void WindowGraphics::show(ImDrawData* drawn) {
    int width = 0, height = 0;
    SDL_GL_GetDrawableSize(window_, &width, &height);
    const ImVec4 ground = as_vec4(palette().panel);
    glViewport(0, 0, width, height);
    glClearColor(ground.x, ground.y, ground.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(drawn);
    SDL_GL_SwapWindow(window_);
    if (!on_screen_) glFlush();  // swapping does nothing there, and what is drawn would pile up
}

Pixels WindowGraphics::read(ImDrawData* drawn) const {
    int width = 0, height = 0;
    SDL_GL_GetDrawableSize(window_, &width, &height);
    GLuint frame = 0, colours = 0;
    glGenFramebuffers(1, &frame);
    glGenRenderbuffers(1, &colours);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glBindRenderbuffer(GL_RENDERBUFFER, colours);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colours);
    const bool whole = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    Pixels pixels{height, width,
                  std::vector<std::uint8_t>(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
    if (whole) {
        const ImVec4 ground = as_vec4(palette().panel);
        glViewport(0, 0, width, height);
        glClearColor(ground.x, ground.y, ground.z, 1);
        glClear(GL_COLOR_BUFFER_BIT);
        if (drawn != nullptr) ImGui_ImplOpenGL3_RenderDrawData(drawn);
        glPixelStorei(GL_PACK_ALIGNMENT, 1);
        glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels.rgb.data());
    }
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glDeleteRenderbuffers(1, &colours);
    glDeleteFramebuffers(1, &frame);
    if (!whole)
        throw Error(ExitCode::device, fmt::format("cannot draw a picture of {} x {} pixels", width, height),
                    "the graphics card refuses a frame buffer of this size", "make the window smaller");
    const auto row = static_cast<std::ptrdiff_t>(3 * width);  // OpenGL's first row is the lowest
    for (std::ptrdiff_t up = 0, low = height - 1; up < low; ++up, --low)
        std::swap_ranges(pixels.rgb.begin() + up * row, pixels.rgb.begin() + (up + 1) * row,
                         pixels.rgb.begin() + low * row);
    return pixels;
}

void WindowGraphics::remake_fonts_texture() {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
}

float WindowGraphics::density() const {
    int points = 0, pixels = 0;
    SDL_GetWindowSize(window_, &points, nullptr);
    SDL_GL_GetDrawableSize(window_, &pixels, nullptr);
    return points > 0 && pixels > 0 ? static_cast<float>(pixels) / static_cast<float>(points) : 1.0F;
}

// What desktops set for 4k screens, else from the screen's size: 1.5 from 144 dots per inch, 2 from 180.
double WindowGraphics::scale_of_display() const {
    for (const char* variable : {"FIRSTLIGHT_UI_SCALE", "GDK_SCALE", "QT_SCALE_FACTOR"})
        if (const double set = positive_number(variable); set > 0) return std::clamp(set, 0.5, 4.0);
    float dots = 0;
    if (SDL_GetDisplayDPI(0, nullptr, &dots, nullptr) != 0 || dots > 500) return 1;
    return dots >= 180 ? 2 : dots >= 144 ? 1.5 : 1;
}

}  // namespace firstlight::viewer
