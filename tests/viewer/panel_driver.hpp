// A panel alone in an offscreen window, with mouse and keys pushed as a user would press them. Widgets are found by the
// names that panels note (Desk::places).
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "tests/viewer/session_driver.hpp"
#include "viewer/panels/panels.hpp"

namespace firstlight::viewer {

class PanelTest : public testing::Test {
  protected:
    static constexpr int width = 460, height = 1500;  // so high that nothing has to be scrolled

    void (*panel_)(Desk&, Document&) = nullptr;

    void SetUp() override { make(width, height, 1); }
    // Skipped, with the reason, where there cannot be a window.
    void make(int wide, int high, double scale) {
        bench_.reset();
        try {
            bench_ = std::make_unique<Bench>(wide, high, scale);
        } catch (const Error& e) {
            if (e.code() != ExitCode::device) throw;
            GTEST_SKIP() << e.what();
        }
    }
    [[nodiscard]] Desk& desk() { return bench_->desk; }
    [[nodiscard]] Session& session() { return bench_->session; }
    [[nodiscard]] Window& window() { return bench_->window; }

    void draw() {
        ImGui::SetNextWindowPos(ImVec2(0, 0));
        ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
        ImGui::Begin("panel", nullptr,
                     ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove);
        if (Document* document = session().current()) panel_(desk(), *document);
        ImGui::End();
    }
    // Until the session rests and all events were seen.
    void rest() {
        for (int quiet = 0; quiet < 3;) {
            session().poll();
            window().wake();
            frames();
            quiet = session().busy() ? 0 : quiet + 1;
            if (session().busy()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    Document& open(const std::string& name) {
        session().open(sample(name));
        settle(session());
        rest();
        if (session().current() == nullptr) throw std::runtime_error(last_message());
        return *session().current();
    }
    [[nodiscard]] bool is_drawn(const std::string& name) {
        const auto found = desk().places.all.find(name);
        return found != desk().places.all.end() && found->second.visible &&
               found->second.frame >= ImGui::GetFrameCount() - 1;
    }
    [[nodiscard]] WidgetPlace place(const std::string& name) {
        EXPECT_TRUE(is_drawn(name)) << name << " is not drawn";
        return desk().places.all[name];
    }
    void move_to(const std::string& name) {
        const ImVec2 at = place(name).middle();
        window().push_mouse_move(at.x, at.y);
        frames();
    }
    void click(const std::string& name) {
        move_to(name);
        window().push_mouse_button(MouseButton::left, true);
        window().push_mouse_button(MouseButton::left, false);
        rest();
    }
    void press(Key key, Modifiers modifiers = {}) {
        window().push_key(key, true, modifiers);
        window().push_key(key, false);  // modifiers are released with it
        frames();
    }
    // A click beside it, near the panel's lower end.
    void close_popup() {
        window().push_mouse_move(static_cast<float>(window().width()) - 3, static_cast<float>(window().height()) - 3);
        window().push_mouse_button(MouseButton::left, true);
        window().push_mouse_button(MouseButton::left, false);
        rest();
    }
    // Into the field of this name, in place of what is there; ends with Enter.
    void type(const std::string& name, const std::string& text) {
        click(name);
        press(Key::a, {.ctrl = true});
        window().push_text(text);
        frames();
        press(Key::enter);
        rest();
    }
    void drag(const std::string& name, float dx) {
        move_to(name);
        const ImVec2 at = place(name).middle();
        window().push_mouse_button(MouseButton::left, true);
        frames();
        for (int i = 1; i <= 5; ++i) {
            window().push_mouse_move(at.x + dx * static_cast<float>(i) / 5, at.y);
            frames();
        }
        window().push_mouse_button(MouseButton::left, false);
        rest();
    }
    void frames() {
        window().settle([this] { draw(); }, 40);
    }
    [[nodiscard]] std::string last_message() {
        return session().messages().all().empty() ? "" : session().messages().all().back().text;
    }
    void screenshot(const std::string& name) {
        if (const char* folder = std::getenv("FIRSTLIGHT_SCREENSHOTS"))  // to look at
            window().save_screenshot(std::filesystem::path(folder) / (name + ".png"), true);
    }

  private:
    struct Bench {
        Window window;
        Session session{{}, [this] { window.wake(); }};
        Desk desk{session, window};
        Bench(int wide, int high, double scale)
            : window({.title = "panel", .width = wide, .height = high, .offscreen = true, .scale = scale}) {
            desk.places.kept = true;
        }
    };
    std::unique_ptr<Bench> bench_;
};

}  // namespace firstlight::viewer
