// What the program writes opens in h5py and xarray with named axes and units. FIRSTLIGHT_PYTHON names the interpreter.
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class PythonResult : public ProgramTest {
  protected:
    void expect_opens(const std::string& file, const std::vector<std::string>& axes) const {
        std::vector<std::string> words{FIRSTLIGHT_SOURCE_DIR "/tests/end_to_end/python_result.py", file};
        words.insert(words.end(), axes.begin(), axes.end());
        const Outcome outcome = run(words, -1, SIGINT, python());
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        EXPECT_NE(outcome.out.find("layers checked"), std::string::npos) << outcome.out;
    }
};

void place_pixels(SyntheticScan& s) {
    for (std::int64_t x = 0; x < s.scan.columns; ++x) s.scan.x_m.push_back(0.002 * static_cast<double>(x));
    for (std::int64_t y = 0; y < s.scan.rows; ++y) s.scan.y_m.push_back(-0.01 + 0.001 * static_cast<double>(y));
}

TEST_F(PythonResult, layers_have_axes_and_units) {
    FIRSTLIGHT_NEEDS_PYTHON();
    write_small_scan(at("scan.h5"), place_pixels);
    ASSERT_EQ(run({"reconstruct", "scan.h5", "--backend", "cpu", "--quiet"}).code, 0);
    expect_opens("scan.result.h5", {"y", "x"});
}

TEST_F(PythonResult, views_are_an_axis_too) {
    FIRSTLIGHT_NEEDS_PYTHON();
    SyntheticScan s(16, 24, 256, 3);
    place_pixels(s);
    s.scan.view_angle_rad = {0, 0.5, 1};
    write_scan(at("turning.h5"), s);
    ASSERT_EQ(run({"reconstruct", "turning.h5", "--backend", "cpu", "--quiet"}).code, 0);
    expect_opens("turning.result.h5", {"view", "y", "x"});
}

}  // namespace
}  // namespace firstlight
