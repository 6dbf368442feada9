// The measured confocal captures, where they are (FIRSTLIGHT_CDT, or ../shared/data/cdt beside the source).
#include "host/io/importers/confocal_capture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "host/io/acquisition_writer.hpp"
#include "host/io/sha256.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

std::filesystem::path captures() {
    const char* given = std::getenv("FIRSTLIGHT_CDT");
    return given != nullptr ? std::filesystem::path(given)
                            : std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "../shared/data/cdt";
}

#define FIRSTLIGHT_NEEDS_CAPTURES() \
    if (!std::filesystem::exists(captures() / "scenes")) GTEST_SKIP() << "no measured captures at " << captures()

ConfocalOptions options() {
    ConfocalOptions o;
    o.bin_width_s = 16e-12;
    o.scan_size_m = {0.7, 0.6};
    return o;
}

TEST(ConfocalCapture, scene_becomes_an_acquisition) {
    FIRSTLIGHT_NEEDS_CAPTURES();
    ConfocalOptions o = options();
    o.response_file = captures() / "calibration/capture_direct.mat";
    o.exposure_s = 60;
    o.repetition_rate_hz = 1e7;
    const Imported in = import_confocal_capture(captures() / "scenes/letter_u_50.mat", o);
    EXPECT_EQ(in.scan.rows, 32);
    EXPECT_EQ(in.scan.bins, 512);
    EXPECT_EQ(in.scan.type, CountType::f4);
    EXPECT_EQ(in.scan.path, LightPath::confocal);
    EXPECT_NEAR(in.scan.x_m.back() - in.scan.x_m.front(), 0.6 * 31 / 32, 1e-12);
    EXPECT_NEAR(in.scan.y_m.front() + in.scan.y_m.back(), 0, 1e-12);
    EXPECT_NEAR(in.scan.pulses.at(0), 60 * 1e7 / 1024, 1e-6);
    EXPECT_EQ(in.scan.irf.values.size(), 12503U);  // none of them is empty; the other 53033 are
    // Time 0 is within half a bin of the highest sample.
    const auto top =
        std::max_element(in.scan.irf.values.begin(), in.scan.irf.values.end()) - in.scan.irf.values.begin();
    EXPECT_LE(std::abs(in.scan.irf.time_s.at(static_cast<std::size_t>(top))), 4.001e-12);
    EXPECT_EQ(in.info.provenance.source_sha256, sha256_of_file(captures() / "scenes/letter_u_50.mat"));

    const ScratchFolder folder("capture");
    AcquisitionWriter writer(folder.path / "scan.h5", in.scan, in.info, {});
    writer.write_all(in.cube);
    writer.commit();
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "scan.h5", {});
    EXPECT_EQ(file.scan().irf.time_s, in.scan.irf.time_s);
    EXPECT_EQ(file.info().provenance.assumptions, in.info.provenance.assumptions);
    EXPECT_EQ(file.info().scan_size_m, (std::vector<double>{0.7, 0.6}));
    std::vector<std::byte> counts(in.cube.counts.size());
    CountDataset::Scratch scratch;
    file.counts().read({0, 0, 0, 32, 32, 32}, counts.data(), scratch);
    EXPECT_TRUE(counts == in.cube.counts);
}

TEST(ConfocalCapture, counts_are_those_h5py_reads) {
    FIRSTLIGHT_NEEDS_CAPTURES();
    FIRSTLIGHT_NEEDS_PYTHON();
    const Imported in = import_confocal_capture(captures() / "scenes/letter_s.mat", options());
    const auto* values = reinterpret_cast<const float*>(in.cube.counts.data());
    double sum = 0, weighted = 0;  // exact: whole numbers below 2^53
    for (std::size_t i = 0; i < in.cube.counts.size() / 4; ++i) {
        sum += static_cast<double>(values[i]);
        weighted += static_cast<double>(values[i]) * static_cast<double>(i % 9973);
    }
    const std::string command =
        "'" + python() + "' -c \"import h5py,numpy as n,sys; a=h5py.File(sys.argv[1])['meas'][...].transpose(1,0,2)" +
        ".ravel().astype('f8'); sys.exit(not (a.sum()==float(sys.argv[2]) and " +
        "(a*(n.arange(a.size)%9973)).sum()==float(sys.argv[3])))\" '" + (captures() / "scenes/letter_s.mat").string() +
        "' " + std::to_string(sum) + " " + std::to_string(weighted);
    EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(ConfocalCapture, calibration_capture_is_one_trace) {
    FIRSTLIGHT_NEEDS_CAPTURES();
    ConfocalOptions o;
    o.bin_width_s = 8e-12;
    const Imported in = import_confocal_capture(captures() / "calibration/capture_1_0_inch.mat", o);
    EXPECT_EQ(in.scan.pixels(), 1);
    EXPECT_EQ(in.scan.type, CountType::u4);
    EXPECT_NEAR(static_cast<double>(in.scan.bins), 12502, 3);
}

TEST(ConfocalCapture, asks_for_what_the_file_does_not_hold) {
    FIRSTLIGHT_NEEDS_CAPTURES();
    const auto message = [](const std::filesystem::path& path, const ConfocalOptions& o, ExitCode code) {
        try {
            (void)import_confocal_capture(path, o);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code);
            return std::string(error.what());
        }
        return std::string();
    };
    const auto scene = captures() / "scenes/letter_s.mat";
    ConfocalOptions o;
    EXPECT_NE(message(scene, o, ExitCode::usage).find("--bin-width-ps"), std::string::npos);
    o.bin_width_s = 16e-12;
    EXPECT_NE(message(scene, o, ExitCode::usage).find("--scan-size-m"), std::string::npos);
    o = options();
    o.response_file = scene;
    EXPECT_NE(message(scene, o, ExitCode::bad_input).find("no capture of an instrument response"), std::string::npos);
}

}  // namespace
}  // namespace firstlight
