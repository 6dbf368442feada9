#include "host/python/simulation.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/build_facts.hpp"
#include "host/python/long_work.hpp"
#include "host/python/scans.hpp"
#include "host/simulation/lost_light.hpp"
#include "host/simulation/simulate.hpp"
#include "kernels/support/parallel_for.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

// The cube as an array's memory; keeps it alive.
nb::object keep_cube(PhotonCube&& cube, BorrowedCounts& counts) {
    auto* kept = new PhotonCube(std::move(cube));
    counts = {kept->type, kept->views, kept->rows, kept->columns, kept->bins, kept->counts.data()};
    return nb::capsule(kept, [](void* p) noexcept { delete static_cast<PhotonCube*>(p); });
}

nb::dict truth_of(SimulatedScan&& made) {
    Truth truth;
    truth.transmission = std::move(made.transmission);
    truth.ballistic = std::move(made.ballistic);
    truth.optical_depth = std::move(made.optical_depth);
    truth.depth_m = std::move(made.depth_m);
    truth.mu_per_m = std::move(made.mu);
    truth.seed = made.seed;
    truth.scene = std::move(made.scene_text);
    return truth_as_dict(std::move(truth), made.scan);
}

// As the program's files say it.
AcquisitionInfo info_of(const SimulatedScan& made, const std::filesystem::path& scene_path) {
    AcquisitionInfo info;
    info.title = made.title;
    info.detector_model = "simulated";
    info.scan_size_m = made.scan_size_m;
    info.provenance.source_file = scene_path.filename().string();
    info.provenance.source_format = "scene";
    info.provenance.converter = "firstlight simulate";
    info.provenance.version = build_facts().version;
    return info;
}

// The scan, its truth, and what there is to warn of. `text`: the scene itself where it is no file's.
nb::tuple simulate_now(const std::filesystem::path& scene_path, const std::string& text,
                       std::optional<std::uint64_t> seed, const std::string& backend, int threads,
                       const nb::object& show) {
    SimulationScene scene = text.empty() ? read_scene(scene_path) : parse_scene(text, scene_path, "scene");
    if (seed) scene.photons.seed = scene.response.seed = *seed;
    const std::unique_ptr<Queue> queue = open_queue(backend, 1, {});
    SimulatedScan made = run_long(show, [&](LongWork& work) {
        SimulatedScan done;
        with_threads(threads, [&] {
            done = simulate(scene, *queue, [&](double share) {
                work.note({"photons", static_cast<std::int64_t>(share * 1000), 1000});
                return !work.cancelled;
            });
        });
        return done;
    });
    std::vector<std::string> warnings = made.warnings;
    for (const auto* counts : {&made.counts, &made.reference_counts})
        if (const std::string cut = counts_cut(made.scan, *counts); !cut.empty())
            warnings.push_back((counts == &made.counts ? "" : "reference: ") + cut);
    HeldArray held;
    held.array.scan = made.scan;
    held.array.scan.name = made.title.empty() ? "simulated scan" : made.title;
    held.counts = keep_cube(as_cube(made.scan, made.counts), held.array.counts);
    if (made.scan.has_reference)
        held.reference = keep_cube(as_cube(made.scan, made.reference_counts), held.array.reference.emplace());
    check_array_scan(held.array);
    held.info = info_of(made, text.empty() ? scene_path : "scene");
    const nb::dict truth = truth_of(std::move(made));
    return nb::make_tuple(std::move(held), truth, warnings);
}

}  // namespace

void add_simulation(nb::module_& module) {
    module.def("simulate", &simulate_now, "scene"_a, "text"_a, "seed"_a.none(), "backend"_a, "threads"_a,
               "show"_a.none());
}

}  // namespace firstlight::python
