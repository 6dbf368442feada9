// How fast the viewer is, without a screen: what it takes while nobody touches it, and how many pictures a second it
// shows while a gate's edge is dragged and while the light plays.
//
//   firstlight-viewer-frames [ROWS COLUMNS BINS]      512 x 512 x 1024 random counts
//
// Drawn by the CPU (llvmpipe) at 1280 x 800, so on any machine. Mouse movements come 60 times a second, as a frame of a
// screen does; "images" are different previews that were seen, "frames" all that was drawn.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "host/io/acquisition_writer.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/viewer/gate_on_screen.hpp"
#include "viewer/shell.hpp"

namespace {

using namespace firstlight;
using namespace firstlight::viewer;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

struct Bench {
    Window& window;
    Session& session;
    Desk& desk;

    bool frame(double most_seconds) {
        const double next = session.poll();
        if (!wait_for_frame(desk, std::min(next, most_seconds))) return false;
        window.begin_frame();
        draw_shell(desk);
        window.end_frame();
        return true;
    }

    void idle() {
        settle(desk);
        const double cpu = cpu_seconds();
        const auto start = Clock::now();
        int frames = 0;
        while (seconds_since(start) < 3) frames += frame(3 - seconds_since(start)) ? 1 : 0;
        fmt::print("idle             {:6.2f} % of a core, {} frames in 3 s\n",
                   100 * (cpu_seconds() - cpu) / seconds_since(start), frames);
    }

    // What drawing alone takes: the same picture again and again.
    void redrawn() {
        const auto start = Clock::now();
        const double cpu = cpu_seconds();
        int frames = 0;
        for (; frames < 40; ++frames) {
            window.wake();
            frame(0);
        }
        fmt::print("redrawn          {:6.1f} ms per frame, {:.1f} ms of all cores\n",
                   1000 * seconds_since(start) / frames, 1000 * (cpu_seconds() - cpu) / frames);
    }

    void drag(Document& document) {
        const GateOnScreen gate = find_gate(window);
        if (!gate.found) {
            fmt::print("drag             the gate is not on the screen\n");
            return;
        }
        window.push_mouse_move(gate.close, gate.y);
        for (int i = 0; i < 4; ++i) frame(0.02);
        window.push_mouse_button(MouseButton::left, true);
        for (int i = 0; i < 2; ++i) frame(0.02);
        int frames = 0, images = 0, moves = 0;
        double in_frames = 0;
        const GatedImages* last = nullptr;
        const auto start = Clock::now();
        const double cpu = cpu_seconds();
        auto next_move = start;
        while (seconds_since(start) < 5) {
            if (Clock::now() >= next_move) {
                next_move += std::chrono::microseconds(16667);
                window.push_mouse_move(gate.close + 30 + static_cast<float>(25 * std::sin(0.1 * ++moves)), gate.y);
            }
            const double left = std::max(0.0, std::chrono::duration<double>(next_move - Clock::now()).count());
            const auto before = Clock::now();
            if (!frame(left)) continue;
            in_frames += seconds_since(before);
            ++frames;
            if (document.preview && document.preview.get() != last) ++images;
            last = document.preview.get();
        }
        const double seconds = seconds_since(start);
        fmt::print(
            "gate dragged     {:6.1f} images/s, {:.1f} frames/s, {:.1f} ms per frame, {:.1f} ms of all cores per "
            "image\n",
            images / seconds, frames / seconds, 1000 * in_frames / std::max(1, frames),
            1000 * (cpu_seconds() - cpu) / std::max(1, images));
        window.push_mouse_button(MouseButton::left, false);
        for (int i = 0; i < 3; ++i) frame(0.02);
        settle(desk, 600);
    }

    void movie(Document& document) {
        toggle_playing(document);
        window.wake();
        document.looks.light.ps_per_second = 300 * document.scan->bin_width_s * 1e12;  // each frame another picture
        std::uint64_t number = 0;
        int frames = 0, pictures = 0;
        const auto start = Clock::now();
        while (seconds_since(start) < 3) {
            frames += frame(0.1) ? 1 : 0;
            const LightFrame* shown = desk.light.frame(document);
            if (shown != nullptr && shown->number != number) ++pictures;
            if (shown != nullptr) number = shown->number;
        }
        fmt::print("light played     {:6.1f} pictures/s, {:.1f} frames/s\n", pictures / seconds_since(start),
                   frames / seconds_since(start));
        toggle_playing(document);
        show_light(document, false);
    }

    void kernels(const Document& document) const {
        const auto best = [](auto work) {
            double least = 1e9;
            for (int i = 0; i < 7; ++i) {
                const auto start = Clock::now();
                work();
                least = std::min(least, seconds_since(start));
            }
            return 1000 * least;
        };
        const Held& held = *document.held;
        RegateOptions all, alone;
        for (const RecipeStage& stage : document.recipe().stages)
            if (stage.stage->kind == StageKind::images) alone.leave_out.insert(stage.stage->info.name);
        std::vector<float> picture(static_cast<std::size_t>(held.scan.scan().pixels()));
        fmt::print("gated anew       {:6.1f} ms, {:.1f} ms with the stages on images\n",
                   best([&] { (void)held.scan.regate(document.recipe(), 0, *held.queue, alone); }),
                   best([&] { (void)held.scan.regate(document.recipe(), 0, *held.queue, all); }));
        Recipe soft = document.recipe();
        set_parameter(soft, "time_gate.shape", "soft");
        const double cpu = cpu_seconds();
        int gated = 0;
        const double wall = best([&] { ++gated, (void)held.scan.regate(soft, 0, *held.queue, alone); });
        fmt::print("soft edges       {:6.1f} ms, {:.1f} ms of all cores\n", wall, 1000 * (cpu_seconds() - cpu) / gated);
        fmt::print("picture of light {:6.1f} ms\n", best([&] { held.scan.frame(0, 400, 401, true, picture.data()); }));
    }
};

// With pile-up corrected, sums of counts over live fractions and their variances are held too: three times the memory.
void measure(std::int64_t rows, std::int64_t columns, std::int64_t bins, bool pile_up) {
    const bench::ScratchFolder folder;
    {
        const PhotonCube cube = bench::random_cube(rows, columns, bins, 1);
        WriteOptions options;
        options.packing = Packing::plain;
        Scan scan = bench::scan_of(cube);
        scan.arrival_s = scan.time_of(static_cast<double>(bench::arrival_bin * bins) / 1024);
        AcquisitionWriter writer(folder.path() / "random.h5", scan, {}, options);
        writer.write_all(cube);
        writer.commit();
    }
    WindowOptions how;
    how.width = 1280;
    how.height = 800;
    how.offscreen = how.software = true;
    how.scale = 1;
    Window window(how);
    Session session({}, [&window] { window.wake(); });
    Desk desk{session, window};
    Bench bench{window, session, desk};
    OpenRequest open;
    open.path = folder.path() / "random.h5";
    open.recipe = load_recipe("transmission");
    std::erase_if(open.recipe->stages, [&](const RecipeStage& s) {  // there is no reference
        const std::string_view name = s.stage->info.name;
        return name == Attenuation::info.name || (!pile_up && name == PileUp::info.name);
    });
    open.parameters = {{"time_gate.open_ps", "-100"}, {"time_gate.close_ps", "400"}};
    const auto start = Clock::now();
    session.open(std::move(open));
    settle(desk, 600);
    Document* document = session.current();
    if (document == nullptr || !document->held || !document->result) {
        for (const Message& message : session.messages().all()) fmt::print("{}\n", message.text);
        throw Error(ExitCode::internal, "the scan was not opened");
    }
    document->looks.pixel = PixelAt{rows / 2, columns / 2};
    window.wake();
    settle(desk, 60);
    fmt::print("{} x {} x {} bins, {} pile-up, {}, {} cores\n", rows, columns, bins, pile_up ? "with" : "without",
               window.graphics(), std::thread::hardware_concurrency());
    fmt::print("opened           {:6.1f} s, {} MiB of traces in steps of {} bin(s)\n", seconds_since(start),
               document->held->scan.plan().bytes >> 20, document->held->scan.plan().step);
    bench.idle();
    bench.kernels(*document);
    bench.redrawn();
    bench.drag(*document);
    bench.movie(*document);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each row as soon as it is measured
        const auto size = [&](int i, std::int64_t usual) { return argc == 4 ? std::atoll(argv[i]) : usual; };
        for (const bool pile_up : {false, true}) measure(size(1, 512), size(2, 512), size(3, 1024), pile_up);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
