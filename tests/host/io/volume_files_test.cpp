// Volumes come back as written, and tifffile, pynrrd, numpy and h5py see the same numbers and axes.
#include "host/io/volume_files.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>

#include "host/io/nrrd.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/support/volume_examples.hpp"

namespace firstlight {
namespace {

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
    std::vector<std::uint32_t> out;
    for (const float v : values) out.push_back(std::bit_cast<std::uint32_t>(v));
    return out;
}

void expect_axis(const Axis& found, const Axis& wanted, double tolerance) {
    ASSERT_EQ(found.size, wanted.size);
    EXPECT_EQ(found.unit, wanted.unit);
    for (std::int64_t i = 0; i < found.size; ++i) EXPECT_NEAR(found.at(i), wanted.at(i), tolerance) << wanted.name;
}

void expect_same(const Volume& found, const Volume& wanted, double tolerance) {
    EXPECT_EQ(found.name, wanted.name);
    EXPECT_EQ(found.unit, wanted.unit);
    EXPECT_EQ(bits(found.values), bits(wanted.values));
    expect_axis(found.z, wanted.z, tolerance);
    expect_axis(found.y, wanted.y, tolerance);
    expect_axis(found.x, wanted.x, tolerance);
}

struct Way {
    const char* name;
    void (*write)(const std::filesystem::path&, const Volume&, bool force);
    Volume (*read)(const std::filesystem::path&);
    double tolerance;  // of positions, m: TIFF holds resolutions as ratios of 32-bit integers
};

const std::vector<Way>& ways() {
    static const std::vector<Way> all{
        {"v.tif", write_volume_tiff, read_volume_tiff, 1e-9},
        {"v.h5", write_volume_hdf5, read_volume_hdf5, 1e-15},
        {"v.nrrd", [](const auto& p, const Volume& v, bool f) { write_nrrd(p, v, false, f); }, read_nrrd, 1e-15},
        {"packed.nrrd", [](const auto& p, const Volume& v, bool f) { write_nrrd(p, v, true, f); }, read_nrrd, 1e-15}};
    return all;
}

TEST(VolumeFiles, come_back_as_written) {
    const ScratchFolder folder("volumes");
    for (const Way& way : ways()) {
        SCOPED_TRACE(way.name);
        for (const Volume& v : {numbered_volume(7, 5, 9), numbered_volume(2, 31, 2), numbered_volume(17, 2, 3)}) {
            way.write(folder.path / way.name, v, true);
            expect_same(way.read(folder.path / way.name), v, way.tolerance);
        }
        EXPECT_THROW(way.write(folder.path / way.name, numbered_volume(2, 2, 2), false), Error);  // exists
    }
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 4);  // no temporary is left
}

// One slice, one row, one column: there a step is not known, but the values and the other axes are.
TEST(VolumeFiles, lone_slices_rows_and_columns_come_back) {
    const ScratchFolder folder("lone");
    for (const Way& way : ways())
        for (const Volume& v : {numbered_volume(1, 5, 4), numbered_volume(6, 1, 4), numbered_volume(3, 7, 1),
                                numbered_volume(1, 1, 9), numbered_volume(1, 1, 1)}) {
            SCOPED_TRACE(way.name);
            way.write(folder.path / way.name, v, true);
            const Volume found = way.read(folder.path / way.name);
            EXPECT_EQ(bits(found.values), bits(v.values));
            for (const auto& [axis, wanted] :
                 {std::pair{&found.z, &v.z}, std::pair{&found.y, &v.y}, std::pair{&found.x, &v.x}}) {
                ASSERT_EQ(axis->size, wanted->size);
                if (wanted->size > 1) EXPECT_NEAR(step_m(*axis), step_m(*wanted), 1e-9);
            }
        }
}

TEST(VolumeFiles, axes_that_only_number_stay_numbers) {
    const ScratchFolder folder("index");
    Volume v = numbered_volume(3, 4, 5);
    v.z = index_axis("z", "z", 3);
    v.y = index_axis("y", "y", 4);
    v.x = index_axis("x", "x", 5);
    for (const Way& way : ways()) {
        way.write(folder.path / way.name, v, true);
        expect_same(way.read(folder.path / way.name), v, 0);
    }
}

TEST(VolumeFiles, big_tiff_begins_where_classic_offsets_end) {
    EXPECT_FALSE(needs_big_tiff(512, 512, 512));
    EXPECT_FALSE(needs_big_tiff(1000, 1024, 1024));
    EXPECT_TRUE(needs_big_tiff(1024, 1024, 1024));
    EXPECT_TRUE(needs_big_tiff(2048, 1024, 1024));
}

TEST(VolumeFiles, damaged_files_are_refused) {
    const ScratchFolder folder("damaged");
    const Volume v = numbered_volume(5, 6, 7);
    for (const Way& way : ways()) {
        SCOPED_TRACE(way.name);
        const auto path = folder.path / way.name;
        way.write(path, v, true);
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - 90);
        EXPECT_THROW((void)way.read(path), Error);
        std::ofstream(path, std::ios::trunc) << "something else\n";
        EXPECT_THROW((void)way.read(path), Error);
    }
    const auto path = folder.path / "sizes.nrrd";
    write_nrrd(path, v, false, true);
    std::string text((std::istreambuf_iterator<char>(*std::make_unique<std::ifstream>(path))), {});
    const auto at = text.find("sizes: 7 6 5");
    ASSERT_NE(at, std::string::npos);
    text[at + 7] = '8';
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    EXPECT_THROW((void)read_nrrd(path), Error);
}

TEST(VolumeFiles, other_programs_see_the_same) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("others");
    const Volume v = numbered_volume(7, 5, 9);
    for (const Way& way : ways()) way.write(folder.path / way.name, v, true);
    std::ofstream raw(folder.path / "v.f4", std::ios::binary);
    raw.write(reinterpret_cast<const char*>(v.values.data()), static_cast<std::streamsize>(v.values.size() * 4));
    raw.close();
    EXPECT_EQ(run_python("check_volume.py", "'" + folder.path.string() + "'"), 0);
}

}  // namespace
}  // namespace firstlight
