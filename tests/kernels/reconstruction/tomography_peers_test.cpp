// Errors against those of scikit-image and ASTRA, on the same line integrals.
#include <cstdlib>
#include <fstream>

#include "kernels/reconstruction/filtered_backprojection.hpp"
#include "kernels/reconstruction/os_sart_tv.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/support/volume_test.hpp"

namespace firstlight {
namespace {

using Values = std::vector<float>;

TEST(TomographyPeers, errors_are_no_larger_than_those_of_scikit_image_and_astra) {
    if (python().empty()) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with scikit-image or astra";
    constexpr std::int64_t views = 90, columns = 129, iterations = 40;
    const std::vector<Cylinder> object{{8, -6, 40, 0.03}, {-18, 12, 11, 0.04}, {22, 20, 4, 0.06}, {10, -20, 8, -0.02}};
    const ScratchFolder scratch("tomography");
    for (const double open : {0.0, 2e4}) {
        ViewScan scan(views, 1, columns);
        scan.project(object, open);
        for (const float p : scan.layers[Layer::optical_depth]) ASSERT_TRUE(std::isfinite(p));
        const auto queue = open_cpu_queue(1);
        Values all(scan.scan.view_angle_rad.begin(), scan.scan.view_angle_rad.end());
        const auto append = [&](const Values& values, double scale) {
            for (const float v : values) all.push_back(static_cast<float>(static_cast<double>(v) * scale));
        };
        append(scan.layers[Layer::optical_depth], 1);
        for (std::int64_t y = 0; y < columns; ++y)
            for (std::int64_t x = 0; x < columns; ++x) all.push_back(static_cast<float>(scan.truth(object, y, x)));
        append(run_volume_stage<FilteredBackprojection>(*queue, scan), ViewScan::pitch_m);
        OsSartTv::Params params;
        params.weights = OsSartTv::Weights::row_sums;
        params.penalty = VolumePenalty::none;
        params.stop = VolumeStop::given;
        params.iterations = iterations;
        append(run_volume_stage<OsSartTv>(*queue, scan, params), ViewScan::pitch_m);
        std::ofstream file(scratch.path / "scan.f4", std::ios::binary);
        file.write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size() * sizeof(float)));
        file.close();
        const std::string command = "'" + python() +
                                    "' '" FIRSTLIGHT_SOURCE_DIR "/tests/kernels/reconstruction/tomography.py' '" +
                                    (scratch.path / "scan.f4").string() + "' " + std::to_string(views) + " " +
                                    std::to_string(columns) + " " + std::to_string(iterations);
        const int status = std::system(command.c_str());
        if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "FIRSTLIGHT_PYTHON has neither scikit-image nor astra";
        EXPECT_EQ(status, 0) << "open beam of " << open;
    }
}

}  // namespace
}  // namespace firstlight
