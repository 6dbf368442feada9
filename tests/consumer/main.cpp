// Reconstructs a scan that is made in memory: every trace holds 4 counts per bin, so a gate of 3 bins gives 12.
#include <cstdint>
#include <cstdio>

#include "host/data/photon_cube.hpp"
#include "host/pipeline/pipeline.hpp"

int main() {
    using namespace firstlight;
    Scan scan;
    scan.name = "array";
    scan.rows = 5;
    scan.columns = 7;
    scan.bins = 64;
    scan.bin_width_s = 10e-12;
    scan.first_bin_centre_s = 5e-12;
    PhotonCube cube(CountType::u2, 1, scan.rows, scan.columns, scan.bins);
    auto* counts = reinterpret_cast<std::uint16_t*>(cube.counts.data());
    for (std::int64_t i = 0; i < scan.pixels() * scan.bins; ++i) counts[i] = 4;

    const Recipe recipe = parse_recipe(
        "name = \"consumer\"\n"
        "stages = [\"expected_arrival\", \"time_gate\"]\n"
        "[expected_arrival]\nsource = \"given\"\ngiven_ps = 300\n"
        "[time_gate]\nopen_ps = -10\nclose_ps = 20\nbackground = \"none\"\n",
        "consumer");
    const auto queue = open_queue("cpu", 2, [](const std::string&) {});
    const Reconstruction made = reconstruct(scan, source_of(cube), nullptr, recipe, *queue, {});
    const ImageLayer* ballistic = made.images.layer("ballistic");
    if (ballistic == nullptr || ballistic->values.size() != 35) return 1;
    for (const float value : ballistic->values)
        if (value < 11.999F || value > 12.001F) {
            std::printf("expected 12 counts in the gate, found %g\n", static_cast<double>(value));
            return 1;
        }
    std::puts("35 pixels of 12 counts");
    return 0;
}
