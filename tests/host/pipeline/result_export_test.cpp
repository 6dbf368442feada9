#include "host/pipeline/result_export.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <limits>

#include "host/io/npz_file.hpp"
#include "host/io/ome_tiff.hpp"
#include "host/io/zip_file.hpp"
#include "host/pipeline/layer_export.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Value i of a layer is i² / 7, one of them NaN; of the volume it is 1000 − i / 3: check_exports.py knows it too.
Result numbered_result() {
    Result result;
    GatedImages& images = result.images;
    images.views = 2;
    images.rows = 3;
    images.columns = 5;
    images.has_views_axis = true;
    images.view = listed_axis("view", "rad", "rotation angle", {0, 0.5});
    images.y = uniform_axis("y", "m", "y", 3, 0, 2e-3);
    images.x = uniform_axis("x", "m", "x", 5, -1e-3, 1e-3);
    images.layers = {{"ballistic", "counts", "light <first> & \"last\"", {}}, {"depth", "m", "depth", {}}};
    for (ImageLayer& layer : images.layers) {
        for (int i = 0; i < 30; ++i) layer.values.push_back(static_cast<float>(i * i) / 7);
        layer.values[17] = nan;
    }
    for (int i = 0; i < 30; ++i) images.mask.push_back(static_cast<std::uint8_t>(i * 8));
    Volume volume;
    volume.z = uniform_axis("z", "m", "z", 2, 0, 4e-3);
    volume.y = uniform_axis("y", "m", "y", 3, 0, 2e-3);
    volume.x = uniform_axis("x", "m", "x", 4, 0, 1e-3);
    for (int i = 0; i < 24; ++i) volume.values.push_back(1000 - static_cast<float>(i) / 3);
    result.volume = volume;
    return result;
}

class ResultExportTest : public testing::Test {
  protected:
    ScratchFolder folder_{"result_export"};
    Result result_ = numbered_result();
    std::vector<std::string> left_out_;

    [[nodiscard]] ResultExport request(const std::string& output, const std::string& format) const {
        ResultExport request;
        request.result = "scan.result.h5";
        request.output = folder_.path / output;
        request.format = format;
        return request;
    }
    std::vector<ExportFile> write(const ResultExport& request) {
        std::vector<ExportFile> files = files_to_export(result_, request, left_out_);
        prepare_export(request, files);
        const Recipe recipe = drawing_recipe(result_, "test", request.format);
        for (ExportFile& file : files) write_export(result_, request, recipe, file);
        return files;
    }
    void expect_usage(const ResultExport& request, const std::string& text) {
        try {
            (void)write(request);
            ADD_FAILURE() << "taken: " << text;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::usage);
            EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
        }
    }
};

TEST_F(ResultExportTest, whole_results_are_read_by_numpy_and_tifffile) {
    FIRSTLIGHT_NEEDS_PYTHON();
    EXPECT_EQ(write(request("out", "npz")).at(0).path, folder_.path / "out/scan.result.npz");
    EXPECT_EQ(write(request("out", "ome-tiff")).at(0).path, folder_.path / "out/scan.result.ome.tif");
    ASSERT_EQ(run_python("check_exports.py", "whole '" + (folder_.path / "out/scan.result").string() + "'"), 0);
}

TEST_F(ResultExportTest, one_layer_or_the_volume_is_written_alone) {
    ResultExport one = request("depth.npz", "npz");
    one.layer = "depth";
    EXPECT_EQ(write(one).at(0).unit, "m");
    std::vector<std::string> names;
    for (const ZipMember& member : read_zip(one.output)) names.push_back(member.name);
    EXPECT_EQ(names, (std::vector<std::string>{"depth.npy", "view.npy", "y.npy", "x.npy", "names.npy", "units.npy"}));
    one = request("mu.npz", "npz");
    one.layer = "mu";
    EXPECT_EQ(write(one).at(0).unit, "1/m");
    EXPECT_EQ(read_zip(one.output).at(0).name, "mu.npy");
    EXPECT_EQ(read_zip(one.output).size(), 6U);
}

TEST_F(ResultExportTest, plans_name_a_file_per_layer_and_view) {
    std::vector<ExportFile> files = files_to_export(result_, request("out", "tiff"), left_out_);
    ASSERT_EQ(files.size(), 5U);
    EXPECT_EQ(files[1].path, folder_.path / "out/ballistic_view001.tif");
    EXPECT_EQ(files[1].name, "ballistic");
    EXPECT_EQ(files[1].view, 1);
    EXPECT_EQ(files[4].path, folder_.path / "out/mu.tif");
    EXPECT_TRUE(left_out_.empty());
    EXPECT_EQ(files_to_export(result_, request("out", "npy"), left_out_).size(), 3U);
    EXPECT_EQ(files_to_export(result_, request("out", "csv"), left_out_).size(), 4U);
    EXPECT_EQ(left_out_.size(), 1U);
}

TEST_F(ResultExportTest, what_cannot_be_is_said) {
    expect_usage(request("a.tif", "ome-tiff"), "a.tif: its name does not end in .ome.tif (--format is ome-tiff)");
    expect_usage(request("a.ome.tiff", "npz"), "its name does not end in .npz");
    ResultExport wrong = request("a.npz", "npz");
    wrong.layer = "dept";
    expect_usage(wrong, "scan.result.h5: there is no layer \"dept\": did you mean depth?");
    wrong.layer.clear();
    wrong.slices = {"z=0"};
    expect_usage(wrong, "--format npz: holds whole layers and volumes");
    wrong = request("a.npz", "npz");
    wrong.gzip = true;
    expect_usage(wrong, "--gzip: only NRRD files are packed on demand");
    wrong = request("a.npz", "npzz");
    expect_usage(wrong, "--format: there is no format \"npzz\": did you mean npz?");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path));
}

TEST_F(ResultExportTest, a_result_is_not_overwritten_by_its_export) {
    ResultExport onto = request("same.npz", "npz");
    std::ofstream(onto.output) << "precious";
    EXPECT_THROW((void)write(onto), Error);
    onto.force = true;
    onto.result = onto.output.string();
    EXPECT_THROW((void)write(onto), Error);
    EXPECT_EQ(std::filesystem::file_size(onto.output), 8U);
}

TEST_F(ResultExportTest, names_that_would_hide_each_other_are_refused) {
    result_.volume->name = "depth";
    EXPECT_THROW((void)write(request("a.npz", "npz")), Error);
    EXPECT_FALSE(std::filesystem::exists(folder_.path / "a.npz"));
}

TEST_F(ResultExportTest, damage_after_writing_is_found) {
    const auto path = folder_.path / "a.ome.tif";
    const std::vector<float> values{1, nan, 3, 4};
    const OmeImage image{"a", 1, 1, 2, 2, 0, 0, 0, {{"c", "counts", "", values.data()}}, {}};
    write_ome_tiff(path, {image}, false);
    std::vector<float> others = values;
    others[3] = 5;
    OmeImage other = image;
    other.channels[0].values = others.data();
    EXPECT_NO_THROW(check_ome_tiff(path, {image}));
    EXPECT_THROW(check_ome_tiff(path, {other}), Error);
    EXPECT_THROW(check_ome_tiff(path, {image, image}), Error);

    ZipWriter zip(folder_.path / "a.zip", false);
    const std::array<std::span<const std::byte>, 1> pieces{std::as_bytes(std::span(values))};
    zip.add("values", pieces);
    zip.commit();
    ASSERT_EQ(read_zip(folder_.path / "a.zip").at(0).bytes.size(), 16U);
    std::fstream damaged(folder_.path / "a.zip", std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(30 + 6 + 3);
    damaged.put('\x01');
    damaged.close();
    EXPECT_THROW((void)read_zip(folder_.path / "a.zip"), Error);
}

// The directory of so many members needs ZIP64.
TEST_F(ResultExportTest, zip_directories_past_65535_members_are_read_by_python) {
    const auto path = folder_.path / "many.zip";
    ZipWriter zip(path, false);
    constexpr int members = 65540;
    const std::array<char, 1> one{'1'};
    const std::array<std::span<const std::byte>, 1> pieces{std::as_bytes(std::span(one))};
    for (int i = 0; i < members; ++i) zip.add(std::to_string(i), pieces);
    zip.commit();
    const std::vector<ZipMember> found = read_zip(path);
    ASSERT_EQ(found.size(), static_cast<std::size_t>(members));
    EXPECT_EQ(found.back().name, "65539");
    FIRSTLIGHT_NEEDS_PYTHON();
    EXPECT_EQ(run_python("check_exports.py", "zip '" + path.string() + "' 65540"), 0);
}

}  // namespace
}  // namespace firstlight
