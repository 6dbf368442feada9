// firstlight_bench [--json FILE] [--filter REGEX] [--threads N] [--quick]; see scripts/bench.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/bench/session.hpp"

int main(int argc, char** argv) {
    using namespace firstlight::bench;
    Options options;
    CLI::App app("Measures firstlight against the limits of this machine");
    app.add_option("--json", options.json, "write the table as JSON too");
    app.add_option("--filter", options.filter, "only rows whose names match");
    app.add_option("--threads", options.threads, "threads for both sides of every ratio")->check(CLI::PositiveNumber);
    app.add_flag("--quick", options.quick, "small sizes, to see that everything runs");
    CLI11_PARSE(app, argc, argv);
    if (const char* python = std::getenv("FIRSTLIGHT_PYTHON")) options.python = python;
    try {
        Session session(options);
        add_ceilings(session);
        add_gate_rows(session);
        add_instant_gate_rows(session);
        add_adaptive_gate_rows(session);
        add_gate_sweep_rows(session);
        add_filter_rows(session);
        add_deconvolution_rows(session);
        add_fit_rows(session);
        add_file_rows(session);
        add_tv_rows(session);
        add_confocal_rows(session);
        add_tomography_rows(session);
        add_depth_tv_rows(session);
        add_projection_rows(session);
        add_tag_rows(session);
        add_monte_carlo_rows(session);
        session.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "error: %s\n", e.what());
        return 1;
    }
    return 0;
}
