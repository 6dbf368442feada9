#include "host/cli/numbers_file.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::cli {
namespace {

static_assert(std::endian::native == std::endian::little, "files hold little-endian floats");

constexpr std::size_t npy_prefix = 10;  // magic, version, length of the header

std::string whole_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw Error(ExitCode::output, path.string() + ": cannot be read back");
    return text;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const GatedImages& images, const ImageLayer& layer, bool force) {
    const std::string views = images.has_views_axis ? fmt::format("{}, ", images.views) : std::string();
    std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}, {}), }}", views,
                                     images.rows, images.columns);
    while ((npy_prefix + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 0xFF);
    bytes += static_cast<char>(header.size() >> 8);
    bytes += header;
    const std::size_t start = bytes.size();
    bytes.resize(start + layer.values.size() * 4);
    std::memcpy(bytes.data() + start, layer.values.data(), layer.values.size() * 4);
    write_whole(path, bytes.data(), bytes.size(), force);
}

void write_csv(const std::filesystem::path& path, const GatedImages& images, const ImageLayer& layer, std::int64_t view,
               bool force) {
    std::string text = fmt::format("# {} ({}), one line per image row\n", layer.name, layer.unit);
    const float* values = layer.values.data() + view * images.rows * images.columns;
    for (std::int64_t y = 0; y < images.rows; ++y)
        for (std::int64_t x = 0; x < images.columns; ++x)
            text += fmt::format("{:.9g}{}", values[y * images.columns + x], x + 1 < images.columns ? ',' : '\n');
    write_whole(path, text.data(), text.size(), force);
}

std::vector<float> read_npy(const std::filesystem::path& path) {
    const std::string bytes = whole_file(path);
    if (bytes.size() < npy_prefix) throw Error(ExitCode::output, path.string() + ": is not what was written");
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])); };
    const std::size_t start = npy_prefix + byte(8) + (byte(9) << 8);
    if (bytes.size() < start) throw Error(ExitCode::output, path.string() + ": is not what was written");
    std::vector<float> values((bytes.size() - start) / 4);
    std::memcpy(values.data(), bytes.data() + start, values.size() * 4);
    return values;
}

std::vector<float> read_csv(const std::filesystem::path& path) {
    std::istringstream text(whole_file(path));
    std::vector<float> values;
    std::string line;
    while (std::getline(text, line)) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');) values.push_back(std::strtof(cell.c_str(), nullptr));
    }
    return values;
}

}  // namespace firstlight::cli
