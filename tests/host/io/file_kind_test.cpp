#include "host/io/file_kind.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/io/calibration_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/job.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

std::string complaint(const std::filesystem::path& path) {
    try {
        (void)kind_of(path);
        return "";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
}

TEST(FileKind, is_told_of_each_of_our_files) {
    const ScratchFolder folder("file_kind");
    const std::filesystem::path scan = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/fog.h5";
    EXPECT_EQ(kind_of(scan), FileKind::acquisition);

    Job job;
    job.scan_path = scan;
    job.recipe = load_recipe("transmission");
    const Result result = run_job(job, {});
    write_result(folder.path / "result.h5", result, false);
    EXPECT_EQ(kind_of(folder.path / "result.h5"), FileKind::result);

    Calibration calibration;
    calibration.set_size(2, 3, "test");
    calibration.dark_rate_hz = {1, 2, 3, 4, 5, 6};
    write_calibration(folder.path / "calibration.h5", calibration, false);
    EXPECT_EQ(kind_of(folder.path / "calibration.h5"), FileKind::calibration);

    std::ofstream(folder.path / "text.h5") << "no HDF5";
    EXPECT_NE(complaint(folder.path / "text.h5").find("is not an HDF5 file"), std::string::npos);
    EXPECT_NE(complaint(folder.path / "nowhere.h5").find("there is no such file"), std::string::npos);

    // A scan opened before gives the job what the job's own opening gives it.
    const AcquisitionFile opened = AcquisitionFile::open(scan, open_options(job));
    JobCallbacks callbacks;
    callbacks.file = &opened;
    const Result again = run_job(job, callbacks);
    ASSERT_EQ(again.images.layers.size(), result.images.layers.size());
    for (std::size_t i = 0; i < again.images.layers.size(); ++i)
        EXPECT_EQ(again.images.layers[i].values.size(), result.images.layers[i].values.size());
    EXPECT_EQ(again.process.inputs.front().uuid, result.process.inputs.front().uuid);
    EXPECT_EQ(again.process.warnings, result.process.warnings);
    EXPECT_EQ(again.quality, result.quality);
}

}  // namespace
}  // namespace firstlight
