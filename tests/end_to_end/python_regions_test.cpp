// Statistics of regions of a real result are what h5py and NumPy make of it. FIRSTLIGHT_PYTHON names the interpreter.
#include <fmt/format.h>

#include "host/figures_of_merit/region_statistics.hpp"
#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class PythonRegions : public ProgramTest {};

TEST_F(PythonRegions, are_those_of_numpy) {
    FIRSTLIGHT_NEEDS_PYTHON();
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(run({"reconstruct", "scan.h5", "--backend", "cpu", "--quiet"}).code, 0);
    const Result result = read_result(at("scan.result.h5"), {});
    std::string lines;
    int regions = 0;
    bool masked = false, no_value = false;
    for (const char* layer : {"ballistic", "counts", "optical_depth", "purity"})
        for (const RegionShape shape : {RegionShape::rectangle, RegionShape::ellipse})
            for (const Region& region : {Region{shape, 3, 2, 17, 9}, Region{shape, 2.3, 0.2, 8.6, 13.9},
                                         Region{shape, -5, -2, 11, 7}, Region{shape, 0, 0, 24, 16}}) {
                const RegionStatistics s = statistics_of(measured_image(result.images, layer, 0), region);
                masked = masked || s.masked > 0;
                no_value = no_value || s.no_value > 0;
                lines += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", layer,
                                     shape == RegionShape::ellipse ? "ellipse" : "rectangle", region.x0, region.y0,
                                     region.x1, region.y1, s.pixels, s.masked, s.no_value, s.mean, s.standard_deviation,
                                     s.median, s.minimum, s.maximum, s.sum, s.expected_sigma, s.snr, s.excess);
                ++regions;
            }
    EXPECT_TRUE(masked && no_value);  // the scan has both
    std::ofstream(at("regions.txt")) << lines;
    const Outcome outcome =
        run({FIRSTLIGHT_SOURCE_DIR "/tests/end_to_end/python_regions.py", "scan.result.h5", "regions.txt"}, -1, SIGINT,
            python());
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_EQ(outcome.out, fmt::format("{} regions checked\n", regions)) << outcome.error;
}

}  // namespace
}  // namespace firstlight
