// Images in files that other programs read: PNG (8 and 16 bits per channel) and TIFF (32-bit floats, as ImageJ reads
// them). Files appear whole or not at all. Arrays are [y][x], colours [y][x][3].
//
//   write_png("map.png", rgb.data(), rows, columns, force);
//   write_tiff_float("map.tif", values.data(), rows, columns, {.pixel_width_m = 1e-4, .value_unit = "counts"}, force);
//
// Errors: ExitCode::output as AtomicFile says; ExitCode::bad_input for files that cannot be read or images without
// pixels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

// Colours are sRGB.
void write_png(const std::filesystem::path& path, const std::uint8_t* rgb, std::int64_t rows, std::int64_t columns,
               bool force);
void write_png(const std::filesystem::path& path, const std::uint16_t* rgb, std::int64_t rows, std::int64_t columns,
               bool force);
void write_png_gray16(const std::filesystem::path& path, const std::uint16_t* values, std::int64_t rows,
                      std::int64_t columns, bool force);

// The file's bytes, for what holds images in itself. Errors: bad_input where there are no pixels; internal.
std::vector<std::uint8_t> png_bytes(const std::uint8_t* rgb, std::int64_t rows, std::int64_t columns);

// As stored, after palettes and less than 8 bits are expanded. channels: 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha.
struct PngImage {
    std::int64_t rows = 0, columns = 0;
    int channels = 1;
    int bits = 8;                        // 8 or 16
    std::vector<std::uint16_t> samples;  // [rows][columns][channels]
};
PngImage read_png(const std::filesystem::path& path);

// Brightness 0..1 as drawn on white paper: 0.2126 R + 0.7152 G + 0.0722 B of the stored (not linear) samples.
struct GrayImage {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values;  // [rows][columns]
};
GrayImage read_png_gray(const std::filesystem::path& path);

struct TiffPixels {
    double pixel_width_m = 0, pixel_height_m = 0;  // 0: not known
    std::string value_unit;
};
// One strip of IEEE floats, not compressed. ImageJ finds pixel size (mm) and display range (least and greatest finite
// value) in the description and the resolution tags. NaN stays NaN.
void write_tiff_float(const std::filesystem::path& path, const float* values, std::int64_t rows, std::int64_t columns,
                      const TiffPixels& pixels, bool force);

struct FloatImage {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values;  // [rows][columns]
    TiffPixels pixels;
    std::string description;
};
// Reads back what write_tiff_float wrote, or any one-channel TIFF of 32-bit floats.
FloatImage read_tiff_float(const std::filesystem::path& path);

}  // namespace firstlight
