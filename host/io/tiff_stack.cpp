// A volume as a TIFF stack. Written by libtiff straight into the temporary file: a volume is large enough already.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "host/io/atomic_file.hpp"
#include "host/io/tiff_library.hpp"
#include "host/io/volume_files.hpp"

namespace firstlight {
namespace {

struct VoxelSize {
    double z = 0, y = 0, x = 0;  // mm; 0: not known
};

// An axis of one voxel has no step of its own and takes another's.
VoxelSize voxel_of(const Volume& v) {
    VoxelSize s{std::abs(step_m(v.z)) * 1e3, std::abs(step_m(v.y)) * 1e3, std::abs(step_m(v.x)) * 1e3};
    const double any = s.x != 0 ? s.x : s.y != 0 ? s.y : s.z;
    const bool metres = v.z.unit == "m" && v.y.unit == "m" && v.x.unit == "m";
    if (!metres || any == 0) return {};
    for (double* step : {&s.z, &s.y, &s.x})
        if (*step == 0) *step = any;
    return s;
}

// ImageJ's words; its origin is the place of 0 in voxels.
std::string description_of(const Volume& v, const VoxelSize& voxel) {
    std::string text = fmt::format("ImageJ=1.54f\nimages={0}\nslices={0}\n", v.z.size);
    if (voxel.x != 0)
        text += fmt::format("unit=mm\nspacing={:.17g}\nxorigin={:.17g}\nyorigin={:.17g}\nzorigin={:.17g}\n", voxel.z,
                            -v.x.at(0) * 1e3 / voxel.x, -v.y.at(0) * 1e3 / voxel.y, -v.z.at(0) * 1e3 / voxel.z);
    text += "loop=false\n";
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (const float value : v.values) {
        if (!std::isfinite(value)) continue;
        least = std::min<double>(least, value);
        greatest = std::max<double>(greatest, value);
    }
    if (least <= greatest) text += fmt::format("min={}\nmax={}\n", least, greatest);
    text += fmt::format("value_name={}\nvalue_unit={}\n", v.name, v.unit);
    return text;
}

std::string word_of(const std::string& description, const std::string& name) {
    const std::string key = "\n" + name + "=";
    const auto at = description.find(key);
    if (at == std::string::npos) return {};
    const auto begin = at + key.size();
    return description.substr(begin, description.find('\n', begin) - begin);
}

void take_axes(TIFF* t, const std::string& description, Volume& v) {
    float per_x = 0, per_y = 0;
    const double spacing = std::strtod(word_of(description, "spacing").c_str(), nullptr);
    if (word_of(description, "unit") != "mm" || TIFFGetField(t, TIFFTAG_XRESOLUTION, &per_x) == 0 ||
        TIFFGetField(t, TIFFTAG_YRESOLUTION, &per_y) == 0 || !(per_x > 0) || !(per_y > 0) || !(spacing > 0))
        return;
    const auto axis = [&](const char* name, std::int64_t size, double step) {
        const double origin = std::strtod(word_of(description, std::string(name) + "origin").c_str(), nullptr);
        return uniform_axis(name, "m", name, size, -origin * step * 1e-3, step * 1e-3);
    };
    v.z = axis("z", v.z.size, spacing);
    v.y = axis("y", v.y.size, 1 / static_cast<double>(per_y));
    v.x = axis("x", v.x.size, 1 / static_cast<double>(per_x));
}

}  // namespace

bool needs_big_tiff(std::int64_t planes, std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t tags = 512;  // of a page, more than they take
    return planes * (rows * columns * 4 + tags) > (std::int64_t{1} << 32) - 65536;
}

void write_volume_tiff(const std::filesystem::path& path, const Volume& v, bool force) {
    v.check();
    const std::int64_t plane = v.y.size * v.x.size;
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    if (v.y.size > longest || v.x.size > longest / 4 || plane > (std::int64_t{1} << 30) || v.z.size > 65535)
        throw Error(ExitCode::bad_input, path.string() + ": TIFF cannot hold the volume",
                    fmt::format("{} x {} x {} voxels; at most 65535 pages of 4 GiB", v.z.size, v.y.size, v.x.size),
                    "use --format nrrd, npy or hdf5");
    keep_tiff_quiet();
    AtomicFile file(path, force);
    const NoFileSizeSignal guard;
    const VoxelSize voxel = voxel_of(v);
    bool good = false;
    {
        const Tiff tiff(TIFFOpen(file.temporary().c_str(), needs_big_tiff(v.z.size, v.y.size, v.x.size) ? "w8" : "w"),
                        TIFFClose);
        TIFF* t = tiff.get();
        good = t != nullptr;
        for (std::int64_t z = 0; good && z < v.z.size; ++z) {
            good = set_float_page(t, v.y.size, v.x.size, voxel.x, voxel.y);
            if (z == 0) good = good && TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, description_of(v, voxel).c_str()) != 0;
            const auto bytes = static_cast<tmsize_t>(plane) * 4;
            good = good &&
                   TIFFWriteEncodedStrip(t, 0, const_cast<float*>(v.values.data() + z * plane), bytes) == bytes &&
                   TIFFWriteDirectory(t) != 0;
        }
    }
    if (!good)
        throw Error(ExitCode::output, path.string() + ": writing TIFF failed", "libtiff could not write all of it",
                    "make room, or write elsewhere");
    file.commit();
}

Volume read_volume_tiff(const std::filesystem::path& path) {
    keep_tiff_quiet();
    const auto refuse = [&](const char* why) {
        throw Error(ExitCode::bad_input, path.string() + ": cannot be read as a TIFF stack of floats", why);
    };
    const Tiff tiff(TIFFOpen(path.c_str(), "r"), TIFFClose);
    if (!tiff) refuse("no such file, or not a TIFF file");
    TIFF* t = tiff.get();
    Volume v;
    std::string description;
    std::uint32_t rows = 0, columns = 0;
    std::int64_t planes = 0;
    do {
        std::uint32_t r = 0, c = 0;
        const char* why_not = nullptr;
        if (!is_float_page(t, r, c, why_not)) refuse(why_not);
        if (planes == 0) {
            rows = r;
            columns = c;
            const char* text = nullptr;
            if (TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &text) != 0) description = text;
            v.name = word_of(description, "value_name");
            v.unit = word_of(description, "value_unit");
            v.y = index_axis("y", "y", rows);
            v.x = index_axis("x", "x", columns);
            v.z = index_axis("z", "z", std::max<std::int64_t>(1, std::atoll(word_of(description, "slices").c_str())));
            take_axes(t, description, v);
        } else if (r != rows || c != columns) {
            refuse("its pages have different sizes");
        }
        const auto plane = static_cast<std::size_t>(rows) * columns;
        const auto all = static_cast<std::size_t>(v.z.size) * plane;
        std::error_code ignored;
        if (planes == 0 && all * sizeof(float) <= std::filesystem::file_size(path, ignored)) v.values.reserve(all);
        v.values.resize(v.values.size() + plane);
        float* to = v.values.data() + v.values.size() - plane;
        for (std::uint32_t y = 0; y < rows; ++y)
            if (TIFFReadScanline(t, to + static_cast<std::size_t>(y) * columns, y, 0) < 0) refuse("it ends too early");
        ++planes;
    } while (TIFFReadDirectory(t) != 0);
    if (planes != v.z.size) refuse("it has another number of pages than it says");
    return v;
}

}  // namespace firstlight
