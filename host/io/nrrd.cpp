#include "host/io/nrrd.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "host/io/atomic_file.hpp"

namespace firstlight {
namespace {

static_assert(std::endian::native == std::endian::little, "files hold little-endian floats");

constexpr int packing_level = 4;  // floats of a reconstruction pack little better with more

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string header_of(const Volume& v, bool gzip) {
    std::string text = fmt::format(
        "NRRD0004\n# made by firstlight\ntype: float\ndimension: 3\nsizes: {} {} {}\n"
        "endian: little\nencoding: {}\n",
        v.x.size, v.y.size, v.z.size, gzip ? "gzip" : "raw");
    const std::array<const Axis*, 3> axes{&v.x, &v.y, &v.z};
    const bool metres = std::all_of(axes.begin(), axes.end(), [](const Axis* a) { return a->unit == "m"; });
    if (metres) {
        // A lone slice is drawn as thick as its voxels are wide.
        double any = 0;
        for (const Axis* axis : axes)
            if (any == 0) any = std::abs(step_m(*axis)) * 1e3;
        std::array<double, 3> step{};
        for (std::size_t k = 0; k < 3; ++k) {
            step[k] = step_m(*axes[k]) * 1e3;
            if (step[k] == 0) step[k] = any > 0 ? any : 1;
        }
        text += fmt::format(
            "space dimension: 3\nspace units: \"mm\" \"mm\" \"mm\"\n"
            "space directions: ({:.17g},0,0) (0,{:.17g},0) (0,0,{:.17g})\nspace origin: ({:.17g},{:.17g},{:.17g})\n",
            step[0], step[1], step[2], v.x.at(0) * 1e3, v.y.at(0) * 1e3, v.z.at(0) * 1e3);
        text += "kinds: space space space\n";
    } else {
        text += "spacings: 1 1 1\nkinds: domain domain domain\n";
    }
    text += "labels: \"x\" \"y\" \"z\"\n";
    text += fmt::format("name:={}\nunit:={}\n", one_line(v.name), one_line(v.unit));
    if (!v.long_name.empty()) text += fmt::format("long_name:={}\n", one_line(v.long_name));
    return text + "\n";
}

std::vector<std::uint8_t> packed(const std::vector<float>& values, const std::filesystem::path& path) {
    const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
        libdeflate_alloc_compressor(packing_level), libdeflate_free_compressor);
    if (!compressor) throw Error(ExitCode::output, path.string() + ": cannot be packed", "there is too little memory");
    const std::size_t bytes = values.size() * sizeof(float);
    std::vector<std::uint8_t> out(libdeflate_gzip_compress_bound(compressor.get(), bytes));
    out.resize(libdeflate_gzip_compress(compressor.get(), values.data(), bytes, out.data(), out.size()));
    if (out.empty()) throw Error(ExitCode::output, path.string() + ": cannot be packed", "libdeflate refused it");
    return out;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(ExitCode::bad_input, path.string() + ": cannot be read as NRRD of a volume", why);
}

struct Header {
    std::map<std::string, std::string> fields, pairs;
    std::string magic;
};

Header read_header(std::istream& file, const std::filesystem::path& path) {
    Header header;
    if (!std::getline(file, header.magic) || header.magic.rfind("NRRD000", 0) != 0) refuse(path, "it is not NRRD");
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) return header;
        if (line[0] == '#') continue;
        if (const auto pair = line.find(":="); pair != std::string::npos)
            header.pairs[line.substr(0, pair)] = line.substr(pair + 2);
        else if (const auto colon = line.find(": "); colon != std::string::npos)
            header.fields[line.substr(0, colon)] = line.substr(colon + 2);
        else refuse(path, "a line of its header is no field: " + line.substr(0, 80));
    }
    refuse(path, "its header does not end");
}

void take_axes(const Header& header, const std::filesystem::path& path, Volume& volume) {
    const auto field = [&](const char* name) -> const std::string& {
        const auto found = header.fields.find(name);
        if (found == header.fields.end()) refuse(path, fmt::format("its header does not say: {}", name));
        return found->second;
    };
    const auto expect = [&](const char* name, const std::string& value) {
        if (field(name) != value) refuse(path, fmt::format("{} is {}, expected {}", name, field(name), value));
    };
    expect("type", "float");
    expect("dimension", "3");
    expect("endian", "little");
    long long x = 0, y = 0, z = 0;
    if (std::sscanf(field("sizes").c_str(), "%lld %lld %lld", &x, &y, &z) != 3 || x < 1 || y < 1 || z < 1)
        refuse(path, "its sizes are " + field("sizes"));
    volume.x = index_axis("x", "x", x);
    volume.y = index_axis("y", "y", y);
    volume.z = index_axis("z", "z", z);
    if (header.fields.count("space dimension") == 0) return;
    expect("space dimension", "3");
    expect("space units", "\"mm\" \"mm\" \"mm\"");
    std::array<double, 3> step{}, origin{};
    if (std::sscanf(field("space directions").c_str(), "(%lg,0,0) (0,%lg,0) (0,0,%lg)", &step[0], &step[1], &step[2]) !=
            3 ||
        std::sscanf(field("space origin").c_str(), "(%lg,%lg,%lg)", &origin[0], &origin[1], &origin[2]) != 3)
        refuse(path, "its axes are not along x, y and z");
    const std::array<Axis*, 3> axes{&volume.x, &volume.y, &volume.z};
    for (std::size_t k = 0; k < 3; ++k)
        *axes[k] = uniform_axis(axes[k]->name, "m", axes[k]->name, axes[k]->size, origin[k] * 1e-3, step[k] * 1e-3);
}

}  // namespace

void write_nrrd(const std::filesystem::path& path, const Volume& volume, bool gzip, bool force) {
    volume.check();
    const std::string header = header_of(volume, gzip);
    AtomicFile file(path, force);
    file.write(header.data(), header.size());
    if (gzip) {
        const std::vector<std::uint8_t> bytes = packed(volume.values, path);
        file.write(bytes.data(), bytes.size());
    } else {
        file.write(volume.values.data(), volume.values.size() * sizeof(float));
    }
    file.commit();
}

Volume read_nrrd(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) refuse(path, "it cannot be opened");
    const Header header = read_header(file, path);
    Volume volume;
    take_axes(header, path, volume);
    const auto pair = [&](const char* name) {
        const auto found = header.pairs.find(name);
        return found == header.pairs.end() ? std::string() : found->second;
    };
    volume.name = pair("name");
    volume.unit = pair("unit");
    volume.long_name = pair("long_name");
    const std::string encoding = header.fields.count("encoding") == 0 ? "" : header.fields.at("encoding");
    const auto begin = file.tellg();
    file.seekg(0, std::ios::end);
    const auto left = static_cast<std::size_t>(file.tellg() - begin);
    file.seekg(begin);
    const auto voxels = static_cast<std::size_t>(volume.x.size) * static_cast<std::size_t>(volume.y.size) *
                        static_cast<std::size_t>(volume.z.size);
    constexpr std::size_t most_packed = 1100;  // what deflate reaches on zeros
    if (encoding == "raw" ? left != voxels * sizeof(float) : voxels * sizeof(float) / most_packed > left)
        refuse(path, "its length does not fit its sizes");
    volume.values.resize(voxels);
    if (encoding == "raw") {
        file.read(reinterpret_cast<char*>(volume.values.data()), static_cast<std::streamsize>(left));
        if (!file) refuse(path, "it ends too early");
    } else if (encoding == "gzip") {
        std::vector<char> bytes(left);
        file.read(bytes.data(), static_cast<std::streamsize>(left));
        const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
            libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
        std::size_t found = 0;
        if (!file || !decompressor ||
            libdeflate_gzip_decompress(decompressor.get(), bytes.data(), left, volume.values.data(),
                                       voxels * sizeof(float), &found) != LIBDEFLATE_SUCCESS ||
            found != voxels * sizeof(float))
            refuse(path, "its voxels cannot be unpacked");
    } else {
        refuse(path, "its encoding is " + encoding + ", expected raw or gzip");
    }
    return volume;
}

}  // namespace firstlight
