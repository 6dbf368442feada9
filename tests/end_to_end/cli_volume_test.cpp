// What the commands do with a result that holds a volume.
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/io/images.hpp"
#include "host/io/nrrd.hpp"
#include "host/io/result_file.hpp"
#include "host/io/volume_files.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/support/volume_examples.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class CliVolume : public ProgramTest {
  protected:
    void SetUp() override {
        ProgramTest::SetUp();
        result_.images.rows = 4;
        result_.images.columns = 6;
        result_.images.y = uniform_axis("y", "m", "y", 4, 0, 1e-3);
        result_.images.x = uniform_axis("x", "m", "x", 6, 0, 1e-3);
        ImageLayer layer{"ballistic", "counts", "ballistic counts", {}};
        for (int i = 0; i < 24; ++i) layer.values.push_back(static_cast<float>(i));
        result_.images.layers = {layer};
        result_.volume = numbered_volume(7, 5, 9);
        write_result(at("r.h5"), result_, true);
    }
    [[nodiscard]] const Volume& volume() const { return *result_.volume; }
    [[nodiscard]] Outcome export_to(const std::vector<std::string>& words) const {
        std::vector<std::string> all{"export", "r.h5", "-o"};
        all.insert(all.end(), words.begin(), words.end());
        return run(all);
    }
    Result result_;
};

bool same(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
               return x == y || (std::isnan(x) && std::isnan(y));
           });
}

TEST_F(CliVolume, a_scan_of_many_views_becomes_one_unasked_with_figures_of_the_first_view) {
    const std::string scan = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/tomography.h5";
    const Outcome outcome = run({"reconstruct", scan, "-o", "t.h5", "--png", "png", "--backend", "cpu", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json json = Json::parse(outcome.out);
    EXPECT_EQ(json["recipe_name"], "tomography");
    for (const char* name : {"tomography_optical_depth_view000", "tomography_mu_max_z", "tomography_mu_slice_x"})
        EXPECT_TRUE(std::filesystem::exists(at(std::string("png/") + name + ".png"))) << name;
    EXPECT_FALSE(std::filesystem::exists(at("png/tomography_optical_depth_view001.png")));
    ASSERT_TRUE(read_result(at("t.h5"), {}).volume);
    const Outcome plan = run({"plan", scan});
    EXPECT_EQ(plan.code, 0) << plan.error;
    EXPECT_NE(plan.out.find("volume"), std::string::npos) << plan.out;
    EXPECT_EQ(plan.out.find("not known"), std::string::npos) << plan.out;
    EXPECT_EQ(run({"rerun", "t.h5"}).code, 0);
}

TEST_F(CliVolume, every_format_holds_the_volume) {
    for (const std::string format : {"tiff", "npy", "nrrd", "hdf5"}) {
        const std::string name = format == "tiff" ? "mu.tif" : format == "hdf5" ? "mu.h5" : "mu." + format;
        const Outcome outcome = export_to({"out", "--format", format, "--layer", "mu"});
        ASSERT_EQ(outcome.code, 0) << outcome.error;
        EXPECT_EQ(outcome.out, "mu  out/" + name + "\n");
    }
    EXPECT_TRUE(same(read_volume_tiff(at("out/mu.tif")).values, volume().values));
    EXPECT_TRUE(same(read_volume_hdf5(at("out/mu.h5")).values, volume().values));
    EXPECT_TRUE(same(read_nrrd(at("out/mu.nrrd")).values, volume().values));
    const std::string npy = text_of(at("out/mu.npy"));
    EXPECT_NE(npy.find("'shape': (7, 5, 9), }"), std::string::npos);
    EXPECT_EQ(std::memcmp(npy.data() + npy.size() - 4 * 315, volume().values.data(), 4 * 315), 0);
    ASSERT_EQ(export_to({"one.nrrd", "--format", "nrrd", "--gzip"}).code, 0);
    EXPECT_NE(text_of(at("one.nrrd")).find("encoding: gzip\n"), std::string::npos);
    EXPECT_TRUE(same(read_nrrd(at("one.nrrd")).values, volume().values));
}

TEST_F(CliVolume, a_folder_gets_layers_and_volume) {
    ASSERT_EQ(export_to({"out"}).code, 0);
    EXPECT_EQ(files(), (std::vector<std::string>{"out/ballistic.tif", "out/mu.tif", "r.h5"}));
    ASSERT_EQ(export_to({"png", "--format", "png"}).code, 0);
    for (const char* name : {"ballistic", "mu_max_z", "mu_max_y", "mu_max_x", "mu_slice_z", "mu_slice_y", "mu_slice_x"})
        EXPECT_GE(read_png(at(std::string("png/") + name + ".png")).columns, 512) << name;
    const Outcome csv = export_to({"csv", "--format", "csv"});
    EXPECT_EQ(csv.code, 0);
    EXPECT_EQ(csv.out, "ballistic  csv/ballistic.csv\n");
    EXPECT_EQ(
        csv.error,
        "firstlight: warning: mu is a volume and was left out: choose --slice z=12 or --projection max_z for csv\n");
}

TEST_F(CliVolume, slices_and_projections_are_images_of_any_format) {
    const Outcome outcome = export_to({"out", "--slice", "z=2", "--slice", "x=8", "--projection", "max_z",
                                       "--projection", "position_y", "--projection", "mean_x", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json list = Json::parse(outcome.out)["files"];
    ASSERT_EQ(list.size(), 5U);
    EXPECT_EQ(list[3]["layer"], "mu_position_y");
    EXPECT_EQ(list[3]["unit"], "m");
    const FloatImage z2 = read_tiff_float(at("out/mu_z2.tif"));
    EXPECT_EQ(z2.rows, 5);
    EXPECT_EQ(z2.columns, 9);
    EXPECT_NEAR(z2.pixels.pixel_width_m, 1.5e-3, 1e-9);
    EXPECT_NEAR(z2.pixels.pixel_height_m, 2e-3, 1e-9);
    EXPECT_TRUE(same(z2.values, {volume().values.begin() + 90, volume().values.begin() + 135}));
    EXPECT_EQ(read_tiff_float(at("out/mu_x8.tif")).columns, 5);
    for (const float top : read_tiff_float(at("out/mu_max_z.tif")).values) EXPECT_GE(top, 5);
    for (const float y : read_tiff_float(at("out/mu_position_y.tif")).values) EXPECT_FLOAT_EQ(y, 4e-3f);
    ASSERT_EQ(export_to({"z2.csv", "--format", "csv", "--slice", "z=2"}).code, 0);
    ASSERT_EQ(export_to({"m.png", "--format", "png16", "--projection", "sum_y"}).code, 0);
    EXPECT_EQ(read_png(at("m.png")).bits, 16);
    ASSERT_EQ(export_to({"p.png", "--format", "png", "--projection", "position_z"}).code, 0);
}

TEST_F(CliVolume, what_cannot_be_is_said_with_a_way_out) {
    const auto refuse = [&](std::vector<std::string> words, const std::string& line) {
        words.insert(words.begin(), {"export", "r.h5", "-o"});
        expect_refusal(words, 2, line);
    };
    refuse({"out", "--format", "csv", "--layer", "mu"},
           "r.h5: mu is a volume (a CSV file holds one image): choose --slice z=12 or --projection max_z, or --format "
           "tiff, nrrd, npy or hdf5");
    refuse({"out", "--format", "nrrd", "--layer", "ballistic"},
           "r.h5: ballistic is an image (--format nrrd holds volumes): choose png, png16, tiff, npy or csv");
    refuse(
        {"out", "--format", "hdf5", "--slice", "z=1"},
        "--format hdf5: holds whole volumes (slices and projections are images): choose png, png16, tiff, npy or csv "
        "for them");
    refuse({"out", "--slice", "z=7"},
           "there is no slice 7 (the volume has 7 along z, counted from 0): name one of them");
    refuse({"out", "--slice", "7"},
           "--slice 7: is no slice (expected an axis and a number counted from 0): write z=12, y=0 or x=31");
    refuse({"out", "--projection", "min_z"},
           "--projection min_z: there is no such projection: choose max, mean, sum or position, and an axis: max_z, "
           "mean_y, sum_x, position_z");
    refuse({"out", "--layer", "ballistic", "--slice", "z=1"},
           "r.h5: ballistic is an image (--slice and --projection are of a volume): leave them out, or --layer");
    refuse({"out", "--layer", "mv"}, "r.h5: there is no layer \"mv\": did you mean mu?");
    refuse({"out.tif"},
           "out.tif: is one file (2 are to be written): choose one with --layer, --slice or --projection, "
           "or name a folder");
    refuse(
        {"out", "--gzip"},
        "--gzip: only NRRD files are packed on demand (--format is tiff): leave --gzip out, or choose --format nrrd");
    result_.volume.reset();
    write_result(at("r.h5"), result_, true);
    refuse({"out", "--format", "nrrd"},
           "r.h5: holds no volume (--format nrrd holds volumes): choose --format png, png16, "
           "tiff, npy or csv without them");
}

TEST_F(CliVolume, info_says_size_voxels_range_and_gaps) {
    const Outcome text = run({"info", "r.h5"});
    ASSERT_EQ(text.code, 0) << text.error;
    for (const char* line :
         {"mu (attenuation above the medium): 7 x 5 x 9 voxels (z, y, x)\n", "0.4 x 2 x 1.5 mm (z, y, x)\n",
          "z 0 to 2.4 mm, y -4 to 4 mm, x -6 to 6 mm (voxel centres)\n", "-1 to 5.133 1/m\n", "0.317 %\n"})
        EXPECT_NE(text.out.find(line), std::string::npos) << line << text.out;
    const Json json = Json::parse(run({"info", "r.h5", "--json"}).out)["volume"];
    EXPECT_EQ(json["shape"], Json({7, 5, 9}));
    EXPECT_NEAR(json["voxel_size_m"][0].get<double>(), 0.4e-3, 1e-12);
    EXPECT_NEAR(json["share_without_value"].get<double>(), 1.0 / 315, 1e-12);
}

// A box of 10 1/m in a simulated scan's truth; the result holds 9 there and 1 elsewhere.
TEST_F(CliVolume, compare_knows_the_true_volume) {
    SyntheticScan s(8, 12);
    const std::int64_t rows = s.scan.rows, columns = s.scan.columns;
    const auto inside = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
        return z >= 2 && z < 5 && y >= 3 && y < 9 && x >= 5 && x < 7;
    };
    Truth truth = truth_of(s);
    Volume found = volume_of(rows, columns, columns, [&](std::int64_t z, std::int64_t y, std::int64_t x) {
        truth.mu_per_m.push_back(inside(z, y, x) ? 10 : 0);
        return inside(z, y, x) ? 9 : 1;
    });
    for (std::int64_t i = 0; i < rows; ++i) s.scan.y_m.push_back(found.z.at(i));
    for (std::int64_t i = 0; i < columns; ++i) s.scan.x_m.push_back(found.x.at(i));
    found.y = found.x;
    {
        AcquisitionWriter writer(at("scan.h5"), s.scan, AcquisitionInfo{}, WriteOptions{});
        writer.write_all(s.cube);
        writer.write_all_reference(s.reference);
        writer.set_truth(truth);
        writer.commit();
    }
    Result result;
    result.images.rows = rows;
    result.images.columns = columns;
    result.images.y = index_axis("y", "y", rows);
    result.images.x = index_axis("x", "x", columns);
    result.images.layers = {
        {"counts", "counts", "counts", std::vector<float>(static_cast<std::size_t>(rows * columns))}};
    result.images.signal = "counts";
    result.volume = found;
    write_result(at("made.h5"), result, false);
    const Outcome outcome = run({"compare", "made.h5", "scan.h5", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json volume = Json::parse(outcome.out)["volume"];
    EXPECT_EQ(volume["mu_voxels"], rows * columns * columns);
    EXPECT_NEAR(volume["mu_rmse"].get<double>(), 1, 1e-6);
    EXPECT_NEAR(volume["mu_nrmse"].get<double>(), 0.1, 1e-6);
    EXPECT_NEAR(volume["mu_ncc"].get<double>(), 1, 1e-6);
    EXPECT_EQ(volume["mu_inside_voxels"], 3 * 6 * 2);
    EXPECT_NEAR(volume["mu_inside_mean"].get<double>(), 9, 1e-6);
    EXPECT_NEAR(volume["mu_inside_expected"].get<double>(), 10, 1e-6);
    EXPECT_EQ(volume["notes"].size(), 1U);  // the grids are the same
    const Outcome text = run({"compare", "made.h5", "made.h5"});
    EXPECT_NE(text.out.find("mu NRMSE"), std::string::npos) << text.out;
}

// Each file of each view is looked at before the first is written.
TEST_F(CliVolume, a_figure_of_a_later_view_is_not_overwritten) {
    std::filesystem::create_directory(at("png"));
    std::ofstream(at("png/tomography_ballistic_view007.png")) << "mine";
    const std::vector<std::string> words{"reconstruct", FIRSTLIGHT_SOURCE_DIR "/sample_data/tomography.h5",
                                         "-o",          "t.h5",
                                         "--recipe",    "transmission",
                                         "--backend",   "cpu",
                                         "--png",       "png"};
    const Outcome refused = run(words);
    EXPECT_EQ(refused.code, 4) << refused.error;
    EXPECT_NE(refused.error.find("tomography_ballistic_view007.png: exists already"), std::string::npos)
        << refused.error;
    EXPECT_EQ(refused.error.find("running on"), std::string::npos);  // before anything is computed
    EXPECT_FALSE(std::filesystem::exists(at("t.h5")));
    EXPECT_FALSE(std::filesystem::exists(at("png/tomography_ballistic_view000.png")));
}

}  // namespace
}  // namespace firstlight
