#include "host/io/images.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

class ImagesTest : public ::testing::Test {
  protected:
    ImagesTest() : folder_(std::filesystem::temp_directory_path() / ("firstlight_images_" + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder_);
    }
    ~ImagesTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator());
    }

  private:
    std::filesystem::path folder_;
};

template <class T>
std::vector<T> pattern(std::size_t n) {
    std::vector<T> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(i * 40503 + i / 7);
    return values;
}

TEST_F(ImagesTest, png_returns_what_was_written) {
    const auto eight = pattern<std::uint8_t>(3 * 5 * 31);
    write_png(path("8.png"), eight.data(), 5, 31, false);
    const PngImage a = read_png(path("8.png"));
    EXPECT_EQ(a.rows, 5);
    EXPECT_EQ(a.columns, 31);
    EXPECT_EQ(a.channels, 3);
    EXPECT_EQ(a.bits, 8);
    EXPECT_EQ(a.samples, (std::vector<std::uint16_t>(eight.begin(), eight.end())));

    const auto sixteen = pattern<std::uint16_t>(3 * 7 * 2);
    write_png(path("16.png"), sixteen.data(), 7, 2, false);
    const PngImage b = read_png(path("16.png"));
    EXPECT_EQ(b.bits, 16);
    EXPECT_EQ(b.samples, sixteen);

    const auto gray = pattern<std::uint16_t>(1);
    write_png_gray16(path("gray.png"), gray.data(), 1, 1, false);
    const PngImage c = read_png(path("gray.png"));
    EXPECT_EQ(c.channels, 1);
    EXPECT_EQ(c.samples, gray);
    EXPECT_EQ(files(), 3);  // no temporary is left
}

TEST_F(ImagesTest, gray_is_brightness_from_0_to_1) {
    const std::vector<std::uint16_t> gray{0, 65535, 13107};
    write_png_gray16(path("gray.png"), gray.data(), 1, 3, false);
    EXPECT_EQ(read_png_gray(path("gray.png")).values, (std::vector<float>{0, 1, 0.2f}));
    const std::vector<std::uint8_t> rgb{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
    write_png(path("rgb.png"), rgb.data(), 2, 2, false);
    const GrayImage image = read_png_gray(path("rgb.png"));
    EXPECT_FLOAT_EQ(image.values[0], 0.2126f);
    EXPECT_FLOAT_EQ(image.values[1], 0.7152f);
    EXPECT_FLOAT_EQ(image.values[2], 0.0722f);
    EXPECT_FLOAT_EQ(image.values[3], 1);
}

// A file of another program: 1-bit palette (index 0 red, 1 transparent), 2 x 1 pixels, checked sums included.
TEST_F(ImagesTest, palettes_and_transparency_are_expanded) {
    const unsigned char bytes[] = {
        0x89, 'P',  'N',  'G',  13,   10,   26,   10,   0,    0,    0,    13,   'I',  'H',  'D',  'R',  0,
        0,    0,    2,    0,    0,    0,    1,    1,    3,    0,    0,    0,    0xce, 0xec, 0xed, 0xc9, 0x00,
        0x00, 0x00, 0x06, 0x50, 0x4c, 0x54, 0x45, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0x6c, 0xa1, 0xfd, 0x8e,
        0x00, 0x00, 0x00, 0x02, 0x74, 0x52, 0x4e, 0x53, 0xff, 0x00, 0xe5, 0xb7, 0x30, 0x4a, 0x00, 0x00, 0x00,
        0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x70, 0x00, 0x00, 0x00, 0x42, 0x00, 0x41, 0x29, 0x37,
        0xf4, 0xef, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    std::ofstream(path("p.png"), std::ios::binary).write(reinterpret_cast<const char*>(bytes), sizeof bytes);
    const PngImage image = read_png(path("p.png"));
    EXPECT_EQ(image.channels, 4);
    EXPECT_EQ(image.samples[0], 255);
    const GrayImage gray = read_png_gray(path("p.png"));
    EXPECT_FLOAT_EQ(gray.values[0], 0.2126f);
    EXPECT_FLOAT_EQ(gray.values[1], 1);  // transparent: the paper shows
}

TEST_F(ImagesTest, refuses_what_is_no_png) {
    EXPECT_THROW((void)read_png(path("none.png")), Error);
    std::ofstream(path("text.png")) << "not an image at all";
    EXPECT_THROW((void)read_png(path("text.png")), Error);
    const auto rgb = pattern<std::uint8_t>(3 * 64 * 64);
    write_png(path("whole.png"), rgb.data(), 64, 64, false);
    std::ifstream in(path("whole.png"), std::ios::binary);
    const std::string whole(std::istreambuf_iterator<char>(in), {});
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{8}, std::size_t{20}, whole.size() / 2, whole.size() - 3}) {
        std::ofstream(path("cut.png"), std::ios::binary) << whole.substr(0, length);
        EXPECT_THROW((void)read_png(path("cut.png")), Error) << length;
    }
    std::string damaged = whole;
    damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x55);
    std::ofstream(path("damaged.png"), std::ios::binary) << damaged;
    EXPECT_THROW((void)read_png(path("damaged.png")), Error);
}

TEST_F(ImagesTest, writes_whole_or_not_at_all) {
    const std::uint8_t pixel[3] = {1, 2, 3};
    write_png(path("a.png"), pixel, 1, 1, false);
    EXPECT_THROW(write_png(path("a.png"), pixel, 1, 1, false), Error);
    write_png(path("a.png"), pixel, 1, 1, true);
    EXPECT_THROW(write_png(path("no/such/folder.png"), pixel, 1, 1, false), Error);
    EXPECT_THROW(write_png(path("empty.png"), pixel, 0, 1, false), Error);
    EXPECT_THROW(write_tiff_float(path("empty.tif"), nullptr, 1, 0, {}, false), Error);
    EXPECT_EQ(files(), 1);
}

TEST_F(ImagesTest, tiff_returns_floats_pixel_size_and_unit) {
    std::vector<float> values(6 * 9);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = -1.5f + 0.37f * static_cast<float>(i);
    values[4] = std::numeric_limits<float>::quiet_NaN();
    write_tiff_float(path("a.tif"), values.data(), 6, 9, {1e-4, 2e-4, "counts"}, false);
    const FloatImage image = read_tiff_float(path("a.tif"));
    EXPECT_EQ(image.rows, 6);
    EXPECT_EQ(image.columns, 9);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (i != 4) {
            EXPECT_EQ(image.values[i], values[i]);
        }
    EXPECT_TRUE(std::isnan(image.values[4]));
    EXPECT_NEAR(image.pixels.pixel_width_m, 1e-4, 1e-10);
    EXPECT_NEAR(image.pixels.pixel_height_m, 2e-4, 1e-10);
    EXPECT_EQ(image.pixels.value_unit, "counts");
    EXPECT_EQ(image.description.rfind("ImageJ=", 0), 0U);
    EXPECT_NE(image.description.find("min=-1.5\n"), std::string::npos) << image.description;

    write_tiff_float(path("b.tif"), values.data() + 4, 1, 1, {}, false);  // no pixel size, no finite value
    EXPECT_EQ(read_tiff_float(path("b.tif")).pixels.pixel_width_m, 0);
    EXPECT_EQ(read_tiff_float(path("b.tif")).description, "ImageJ=1.54f\n");
}

TEST_F(ImagesTest, refuses_what_is_no_tiff_of_floats) {
    EXPECT_THROW((void)read_tiff_float(path("none.tif")), Error);
    std::vector<float> values(64 * 64, 1);
    write_tiff_float(path("a.tif"), values.data(), 64, 64, {}, false);
    std::filesystem::resize_file(path("a.tif"), 100);
    EXPECT_THROW((void)read_tiff_float(path("a.tif")), Error);
}

// Another reader agrees: pixels, resolution and description as tifffile sees them.
TEST_F(ImagesTest, tifffile_reads_the_same) {
    const char* python = std::getenv("FIRSTLIGHT_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with tifffile";
    const std::string run(python);
    if (std::system((run + " -c 'import tifffile' 2>/dev/null").c_str()) != 0) GTEST_SKIP() << "no tifffile in " << run;
    const std::vector<float> values{1, 2, 3, 4.5f, -6, 0.25f};
    write_tiff_float(path("a.tif"), values.data(), 2, 3, {1e-4, 1e-4, "counts"}, false);
    const std::string script =
        "import sys,tifffile as t\n"
        "f=t.TiffFile(sys.argv[1]); a=f.asarray(); m=f.imagej_metadata; p=f.pages[0]\n"
        "assert a.dtype=='float32' and a.tolist()==[[1,2,3],[4.5,-6,.25]], a\n"
        "assert m['unit']=='mm' and m['min']==-6 and m['max']==4.5, m\n"
        "x=p.tags['XResolution'].value; assert abs(x[0]/x[1]-10)<1e-6, x\n";
    std::ofstream(path("check.py")) << script;
    EXPECT_EQ(std::system((run + " " + path("check.py").string() + " " + path("a.tif").string()).c_str()), 0);
}

}  // namespace
}  // namespace firstlight
