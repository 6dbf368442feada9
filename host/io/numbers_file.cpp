#include "host/io/numbers_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
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

std::string npy_header(const std::string& type, const std::vector<std::int64_t>& shape) {
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                     fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    while ((npy_prefix + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string start("\x93NUMPY\x01\x00", 8);
    start += static_cast<char>(header.size() & 0xFF);
    start += static_cast<char>(header.size() >> 8);
    return start + header;
}

void write_npy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
               const std::vector<float>& values, bool force) {
    const std::string start = npy_header("<f4", shape);
    AtomicFile file(path, force);
    file.write(start.data(), start.size());
    file.write(values.data(), values.size() * sizeof(float));
    file.commit();
}

void write_npy(const std::filesystem::path& path, const GatedImages& images, const ImageLayer& layer, bool force) {
    std::vector<std::int64_t> shape{images.rows, images.columns};
    if (images.has_views_axis) shape.insert(shape.begin(), images.views);
    write_npy(path, shape, layer.values, force);
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
    std::ifstream file(path, std::ios::binary);
    std::array<unsigned char, npy_prefix> prefix{};
    file.read(reinterpret_cast<char*>(prefix.data()), npy_prefix);
    const auto start = static_cast<std::streamoff>(npy_prefix + prefix[8] + (std::size_t{prefix[9]} << 8));
    file.seekg(0, std::ios::end);
    const std::streamoff end = file.tellg();
    if (!file || end < start) throw Error(ExitCode::output, path.string() + ": is not what was written");
    std::vector<float> values(static_cast<std::size_t>(end - start) / sizeof(float));
    file.seekg(start);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    if (!file) throw Error(ExitCode::output, path.string() + ": cannot be read back");
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

}  // namespace firstlight
