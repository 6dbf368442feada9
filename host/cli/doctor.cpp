// firstlight doctor: what this installation can do here, and why not more.
#include <fmt/format.h>

#include <thread>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/io/acquisition_file.hpp"
#include "host/io/neighbour_program.hpp"
#include "host/io/probe.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/plan.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight::cli {
namespace {

std::string cpu_features() {
#if defined(__x86_64__)
    std::string text;
    __builtin_cpu_init();
    const auto add = [&](bool here, const char* name) {
        if (here) text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
    };
    add(__builtin_cpu_supports("sse4.2") != 0, "SSE4.2");
    add(__builtin_cpu_supports("avx") != 0, "AVX");
    add(__builtin_cpu_supports("avx2") != 0, "AVX2");
    add(__builtin_cpu_supports("fma") != 0, "FMA");
    add(__builtin_cpu_supports("avx512f") != 0, "AVX-512F");
    return text;
#else
    return "not known on this architecture";
#endif
}

// The helper answers for a file that it must refuse (this is a folder), so its refusal shows that it is there.
std::string probe_state(bool& found) {
    try {
        probe("/", ProbeKind::acquisition, OpenOptions{}.memory_limit);
        found = true;
    } catch (const Error& e) {
        found = e.code() != ExitCode::internal;
        if (!found) return e.what();
    }
    return "found";
}

struct ViewerState {
    bool found = false;
    std::string graphics;  // what would draw its window, as it says
    std::string why_not;
};

// The viewer is asked itself: which graphics it gets depends on the display.
ViewerState viewer_state() {
    ViewerState state;
    const std::filesystem::path viewer = find_neighbour_program("firstlight-viewer", "FIRSTLIGHT_VIEWER");
    std::error_code ignored;
    if (viewer.empty() || !std::filesystem::exists(viewer, ignored)) {
        state.why_not = viewer.empty() ? "firstlight-viewer is not installed: build with -DFIRSTLIGHT_VIEWER=ON"
                                       : viewer.string() + " is not there: FIRSTLIGHT_VIEWER names it";
        return state;
    }
    state.found = true;
    const ProgramOutput said = output_of(viewer, {"--graphics"});
    const std::string line = said.text.substr(said.text.rfind('\n') + 1);  // libraries may have remarks before it
    (said.code == 0 ? state.graphics : state.why_not) = line;
    if (said.code != 0 && said.text.empty()) state.why_not = viewer.string() + " cannot be started";
    return state;
}

int examine(bool as_json) {
    const BuildFacts build = build_facts();
    std::string why_not;
    const auto cuda = open_cuda_queue(0, why_not);
    bool probe_found = false;
    const std::string probe_text = probe_state(probe_found);
    const ViewerState viewer = viewer_state();
    const std::string filters = "none, shuffle, deflate, fletcher32, lzf, blosc, lz4, zstd, bitshuffle";
    if (as_json) {
        Json json{
            {"version", build.version},
            {"commit", build.commit},
            {"compiler", build.compiler},
            {"build_type", build.build_type},
            {"cpu_features", cpu_features()},
            {"threads", machine_threads()},
            {"memory_bytes", machine_memory()},
            {"cuda",
             {{"usable", cuda != nullptr}, {"device", cuda ? Json(cuda->device()) : Json()}, {"why_not", why_not}}},
            {"libraries", FIRSTLIGHT_LIBRARIES},
            {"filters", filters},
            {"probe", {{"found", probe_found}, {"state", probe_text}}},
            {"viewer", {{"found", viewer.found}, {"graphics", viewer.graphics}, {"why_not", viewer.why_not}}}};
        print_json(json);
        return 0;
    }
    Facts facts{
        {"firstlight", fmt::format("{} ({}), {} build", build.version, build.commit, build.build_type)},
        {"compiler", build.compiler},
        {"cpu features", cpu_features()},
        {"threads", fmt::format("{}", machine_threads())},
        {"memory", fmt::format("{}; a run takes at most half unless told otherwise", readable_bytes(machine_memory()))},
        {"backend cpu", "usable"},
        {"backend cuda", cuda ? fmt::format("usable: {}, {} free", cuda->device(), readable_bytes(cuda->free_bytes()))
                              : "not usable: " + why_not},
        {"backend auto", cuda ? "means cuda" : "means cpu"},
        {"libraries", FIRSTLIGHT_LIBRARIES},
        {"HDF5 filters", filters},
        {"probe helper", probe_text},
        {"viewer", viewer.why_not.empty() ? "drawn by " + viewer.graphics : viewer.why_not}};
    print_facts(facts);
    return 0;
}

}  // namespace

void add_doctor(CLI::App& program, CommandLine& line) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command = program.add_subcommand("doctor", "Say which backends and devices there are, and why not");
    command->add_flag("--json", *json, "Print one JSON object instead of text");
    command->callback([json, &line] { line.run = [json] { return examine(*json); }; });
}

}  // namespace firstlight::cli
