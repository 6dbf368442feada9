// What sample_data/README.md says of the scans for tomography and behind a slab, from the files alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/io/acquisition_file.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

const std::string samples = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/";

std::vector<std::uint16_t> counts_of(const CountDataset& counts, std::int64_t view) {
    CountDataset::Scratch scratch;
    std::vector<std::uint16_t> out(static_cast<std::size_t>(counts.rows() * counts.columns() * counts.bins()));
    counts.read({view, 0, 0, counts.rows(), counts.columns(), counts.columns()}, out.data(), scratch);
    return out;
}

class SimulatedSamples : public ProgramTest {};

TEST_F(SimulatedSamples, the_panels_behind_foam_are_what_their_scene_gives) {
    const Outcome made = run({"simulate", samples + "confocal.toml", "-o", "confocal.h5"});
    ASSERT_EQ(made.code, 0) << made.error;
    const AcquisitionFile here = AcquisitionFile::open(at("confocal.h5"), {});
    const AcquisitionFile there = AcquisitionFile::open(samples + "confocal.h5", {});
    EXPECT_EQ(here.scan().path, LightPath::confocal);
    ASSERT_EQ(here.info().scan_size_m.size(), 2U);
    for (const double size : here.info().scan_size_m) EXPECT_DOUBLE_EQ(size, 0.7);
    const std::vector<std::uint16_t> a = counts_of(here.counts(), 0), b = counts_of(there.counts(), 0);
    ASSERT_EQ(a.size(), b.size());
    double differ = 0, sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differ += a[i] == b[i] ? 0 : 1;
        sum += b[i];
    }
    // Another mathematical library rounds exponentials otherwise, which may move a count here and there.
    EXPECT_LT(differ, 1e-3 * static_cast<double>(a.size()));
    EXPECT_GT(sum / 1024, 3e4);
    int near_panel = 0, far_panel = 0;
    for (const double d : there.read_truth().depth_m) {
        near_panel += d == 0.5 ? 1 : 0;
        far_panel += d == 0.65 ? 1 : 0;
    }
    EXPECT_EQ(near_panel, 36);
    EXPECT_EQ(far_panel, 98);
}

// Lines of the true volume along the beam of each view, by the file's convention, against the truth's optical depths.
TEST_F(SimulatedSamples, the_turning_rods_project_to_their_optical_depths) {
    const AcquisitionFile file = AcquisitionFile::open(samples + "tomography.h5", {});
    const Scan& scan = file.scan();
    ASSERT_EQ(scan.views, 30);
    const Truth truth = file.read_truth();
    const std::int64_t n = scan.columns, row = scan.rows / 2;
    const double pitch = scan.x_m[1] - scan.x_m[0];
    ASSERT_EQ(truth.mu_per_m.size(), static_cast<std::size_t>(scan.rows * n * n));
    double error = 0, signal = 0;
    for (std::int64_t view = 0; view < scan.views; ++view) {
        const double c = std::cos(scan.view_angle_rad[static_cast<std::size_t>(view)]);
        const double s = std::sin(scan.view_angle_rad[static_cast<std::size_t>(view)]);
        for (std::int64_t column = 0; column < n; ++column) {
            double line = 0;
            for (int i = 0; i < 4 * 60; ++i)
                for (int sub = 0; sub < 4; ++sub) {
                    const double across = scan.x_m[static_cast<std::size_t>(column)] + ((sub + 0.5) / 4 - 0.5) * pitch;
                    const double along = (i + 0.5 - 120) * pitch / 4;
                    const double x = (across * c - along * s) / pitch + 0.5 * static_cast<double>(n);
                    const double y = (across * s + along * c) / pitch + 0.5 * static_cast<double>(n);
                    if (!(x >= 0 && y >= 0 && x < static_cast<double>(n) && y < static_cast<double>(n))) continue;
                    line += truth.mu_per_m[static_cast<std::size_t>((row * n + static_cast<std::int64_t>(y)) * n +
                                                                    static_cast<std::int64_t>(x))] *
                            pitch / 16;
                }
            const double depth = truth.optical_depth[static_cast<std::size_t>((view * scan.rows + row) * n + column)];
            error += (line - depth) * (line - depth);
            signal += depth * depth;
        }
    }
    EXPECT_LT(std::sqrt(error / signal), 0.07);
}

// Optical depths by the counts of a gate around the arrival and by all counts.
TEST_F(SimulatedSamples, the_turning_rods_need_a_gate) {
    const AcquisitionFile file = AcquisitionFile::open(samples + "tomography.h5", {});
    const Scan& scan = file.scan();
    const Truth truth = file.read_truth();
    const std::vector<std::uint16_t> reference = counts_of(*file.reference(), 0);
    double gated = 0, ungated = 0, pixels = 0;
    for (std::int64_t view = 0; view < scan.views; ++view) {
        const std::vector<std::uint16_t> counts = counts_of(file.counts(), view);
        for (std::int64_t p = 0; p < scan.pixels(); ++p) {
            double in_gate = 0, all = 0, reference_in_gate = 0, reference_all = 0;
            for (std::int64_t t = 0; t < scan.bins; ++t) {
                const auto i = static_cast<std::size_t>(p * scan.bins + t);
                const bool inside = t >= 14 && t < 22;
                in_gate += inside ? counts[i] : 0;
                reference_in_gate += inside ? reference[i] : 0;
                all += counts[i];
                reference_all += reference[i];
            }
            const double depth = truth.optical_depth[static_cast<std::size_t>(view * scan.pixels() + p)];
            gated += std::pow(std::log(reference_in_gate / 10 / std::max(in_gate, 0.5)) - depth, 2);
            ungated += std::pow(std::log(reference_all / 10 / all) - depth, 2);
            pixels += 1;
        }
    }
    EXPECT_LT(std::sqrt(gated / pixels), 0.075);
    EXPECT_GT(std::sqrt(ungated / pixels), 0.15);
}

}  // namespace
}  // namespace firstlight
