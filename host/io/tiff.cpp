// TIFF through libtiff, in memory, so that the file is written by AtomicFile like every other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/io/atomic_file.hpp"
#include "host/io/images.hpp"
#include "host/io/tiff_library.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

struct Memory {
    std::vector<std::uint8_t> bytes;
    std::size_t at = 0;
};

tmsize_t read_memory(thandle_t handle, void* to, tmsize_t size) {
    auto& m = *static_cast<Memory*>(handle);
    const std::size_t left = m.at < m.bytes.size() ? m.bytes.size() - m.at : 0;
    const std::size_t count = std::min(left, static_cast<std::size_t>(size));
    if (count > 0) std::memcpy(to, m.bytes.data() + m.at, count);
    m.at += count;
    return static_cast<tmsize_t>(count);
}

tmsize_t write_memory(thandle_t handle, void* from, tmsize_t size) {
    auto& m = *static_cast<Memory*>(handle);
    const std::size_t end = m.at + static_cast<std::size_t>(size);
    try {
        if (end > m.bytes.size()) m.bytes.resize(end);
    } catch (const std::bad_alloc&) {
        return -1;  // libtiff is C: it is told, not thrown at
    }
    std::memcpy(m.bytes.data() + m.at, from, static_cast<std::size_t>(size));
    m.at = end;
    return size;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int from) {
    auto& m = *static_cast<Memory*>(handle);
    const toff_t base = from == SEEK_SET ? 0 : from == SEEK_CUR ? m.at : m.bytes.size();
    m.at = static_cast<std::size_t>(base + offset);
    return m.at;
}

int close_memory(thandle_t) { return 0; }
toff_t size_of_memory(thandle_t handle) { return static_cast<Memory*>(handle)->bytes.size(); }
int no_map(thandle_t, void**, toff_t*) { return 0; }
void no_unmap(thandle_t, void*, toff_t) {}

std::string description_of(const float* values, std::int64_t pixels, const TiffPixels& p) {
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (std::int64_t i = 0; i < pixels; ++i) {
        if (!std::isfinite(values[i])) continue;
        least = std::min<double>(least, values[i]);
        greatest = std::max<double>(greatest, values[i]);
    }
    std::string text = "ImageJ=1.54f\n";
    if (p.pixel_width_m > 0) text += "unit=mm\n";
    if (least <= greatest) text += fmt::format("min={}\nmax={}\n", least, greatest);
    if (!p.value_unit.empty()) text += "value_unit=" + p.value_unit + "\n";
    return text;
}

}  // namespace

void write_tiff_float(const std::filesystem::path& path, const float* values, std::int64_t rows, std::int64_t columns,
                      const TiffPixels& pixels, bool force) {
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    if (rows < 1 || columns < 1 || rows > longest || columns > longest / 4)
        throw Error(ExitCode::bad_input, path.string() + ": cannot hold the image",
                    fmt::format("{} x {} pixels", columns, rows));
    keep_tiff_quiet();
    Memory memory;
    bool good = false;
    {
        // Past 4 GiB only BigTIFF ("8") has offsets enough.
        const Tiff tiff(
            TIFFClientOpen(path.c_str(), rows * columns > (std::int64_t{1} << 30) - 4096 ? "w8" : "w", &memory,
                           read_memory, write_memory, seek_memory, close_memory, size_of_memory, no_map, no_unmap),
            TIFFClose);
        TIFF* t = tiff.get();
        const std::string description = description_of(values, rows * columns, pixels);
        const double width = pixels.pixel_width_m, height = pixels.pixel_height_m > 0 ? pixels.pixel_height_m : width;
        good = t != nullptr && set_float_page(t, rows, columns, width * 1e3, height * 1e3) &&
               TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, description.c_str()) != 0;
        const tmsize_t bytes = static_cast<tmsize_t>(rows * columns) * 4;
        good = good && TIFFWriteEncodedStrip(t, 0, const_cast<float*>(values), bytes) == bytes && TIFFFlush(t) != 0;
    }
    if (!good) throw Error(ExitCode::output, path.string() + ": writing TIFF failed", "libtiff refused the image");
    write_whole(path, memory.bytes.data(), memory.bytes.size(), force);
}

FloatImage read_tiff_float(const std::filesystem::path& path) {
    keep_tiff_quiet();
    const Tiff tiff(TIFFOpen(path.c_str(), "r"), TIFFClose);
    const auto refuse = [&](const char* why) {
        throw Error(ExitCode::bad_input, path.string() + ": cannot be read as TIFF of floats", why);
    };
    if (!tiff) refuse("no such file, or not a TIFF file");
    TIFF* t = tiff.get();
    std::uint32_t rows = 0, columns = 0;
    const char* why_not = nullptr;
    if (!is_float_page(t, rows, columns, why_not)) refuse(why_not);
    FloatImage image;
    image.rows = rows;
    image.columns = columns;
    image.values.resize(static_cast<std::size_t>(rows) * columns);
    for (std::uint32_t y = 0; y < rows; ++y)
        if (TIFFReadScanline(t, image.values.data() + static_cast<std::size_t>(y) * columns, y, 0) < 0)
            refuse("it ends too early");
    const char* description = nullptr;
    if (TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &description) != 0) image.description = description;
    float x = 0, y = 0;
    if (image.description.find("\nunit=mm\n") != std::string::npos && TIFFGetField(t, TIFFTAG_XRESOLUTION, &x) != 0 &&
        TIFFGetField(t, TIFFTAG_YRESOLUTION, &y) != 0 && x > 0 && y > 0) {
        image.pixels.pixel_width_m = 1e-3 / static_cast<double>(x);
        image.pixels.pixel_height_m = 1e-3 / static_cast<double>(y);
    }
    if (const auto at = image.description.find("value_unit="); at != std::string::npos) {
        const auto begin = at + std::strlen("value_unit=");
        image.pixels.value_unit = image.description.substr(begin, image.description.find('\n', begin) - begin);
    }
    return image;
}

}  // namespace firstlight
