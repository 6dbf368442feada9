#include "host/io/point_cloud.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

const std::string comment_word = "comment ";

// All lines up to the last one alike for writing and reading.
std::string layout_of(const PointCloud& cloud) {
    std::string text = "property float x\nproperty float y\nproperty float z\n";
    if (cloud.has_intensity) text += "property float intensity\n";
    if (cloud.has_depth_sigma) text += "property float depth_sigma\n";
    for (const char* name : {"red", "green", "blue", "surface"}) text += fmt::format("property uchar {}\n", name);
    if (cloud.has_views) text += "property ushort view\n";
    return text + "end_header\n";
}

// Finds out which of the properties that may be left out the layout has; false where it is none of write_ply's.
bool is_layout(const std::string& layout, PointCloud& cloud) {
    for (const int with : {7, 6, 5, 4, 3, 2, 1, 0}) {
        cloud.has_views = (with & 1) != 0;
        cloud.has_intensity = (with & 2) != 0;
        cloud.has_depth_sigma = (with & 4) != 0;
        if (layout == layout_of(cloud)) return true;
    }
    return false;
}

std::size_t bytes_of_point(const PointCloud& cloud) {
    return 16U + (cloud.has_intensity ? 4U : 0U) + (cloud.has_depth_sigma ? 4U : 0U) + (cloud.has_views ? 2U : 0U);
}

void put(std::string& bytes, float value) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int k = 0; k < 4; ++k) bytes.push_back(static_cast<char>((bits >> (8 * k)) & 0xFFU));
}

float take(const std::string& bytes, std::size_t& at) {
    std::uint32_t bits = 0;
    for (int k = 0; k < 4; ++k) bits |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at++])) << (8 * k);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(ExitCode::bad_input, path.string() + ": is not a PLY as firstlight writes them", why,
                "export it again from the result");
}

}  // namespace

bool SurfacePoint::operator==(const SurfacePoint& other) const {
    const auto same = [](float a, float b) { return a == b || (a != a && b != b); };
    return same(x, other.x) && same(y, other.y) && same(z, other.z) && same(intensity, other.intensity) &&
           same(depth_sigma, other.depth_sigma) && red == other.red && green == other.green && blue == other.blue &&
           surface == other.surface && view == other.view;
}

void write_ply(const std::filesystem::path& path, const PointCloud& cloud, bool force) {
    std::string bytes = fmt::format("ply\nformat binary_little_endian 1.0\n{}{}\nelement vertex {}\n{}", comment_word,
                                    cloud.comment, cloud.points.size(), layout_of(cloud));
    for (const SurfacePoint& p : cloud.points) {
        for (const float value : {p.x, p.y, p.z}) put(bytes, value);
        if (cloud.has_intensity) put(bytes, p.intensity);
        if (cloud.has_depth_sigma) put(bytes, p.depth_sigma);
        for (const std::uint8_t value : {p.red, p.green, p.blue, p.surface}) bytes.push_back(static_cast<char>(value));
        if (!cloud.has_views) continue;
        bytes.push_back(static_cast<char>(p.view & 0xFFU));
        bytes.push_back(static_cast<char>(p.view >> 8U));
    }
    write_whole(path, bytes.data(), bytes.size(), force);
}

PointCloud read_ply(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream read;
    read << file.rdbuf();
    if (!file) throw Error(ExitCode::bad_input, path.string() + ": cannot be read", "", "check the path");
    const std::string bytes = read.str();
    const std::string end = "end_header\n";
    const std::size_t header_end = bytes.find(end);
    if (header_end == std::string::npos) refuse(path, "its header has no end");
    std::istringstream header(bytes.substr(0, header_end + end.size()));
    std::string line;
    PointCloud cloud;
    if (!std::getline(header, line) || line != "ply") refuse(path, "it does not begin with \"ply\"");
    if (!std::getline(header, line) || line != "format binary_little_endian 1.0")
        refuse(path, "it is not binary and little-endian");
    if (std::getline(header, line) && line.rfind(comment_word, 0) == 0)
        cloud.comment = line.substr(comment_word.size());
    unsigned long long count = 0;
    std::string element, vertex;
    if (!(header >> element >> vertex >> count) || element != "element" || vertex != "vertex")
        refuse(path, "it does not say how many vertices it has");
    std::getline(header, line);
    const std::string layout = header.str().substr(static_cast<std::size_t>(header.tellg()));
    if (!is_layout(layout, cloud)) refuse(path, "its vertices have other properties");
    const std::size_t size = bytes_of_point(cloud);
    std::size_t at = header_end + end.size();
    if ((bytes.size() - at) % size != 0 || (bytes.size() - at) / size != count)
        refuse(path, fmt::format("{} bytes are no {} vertices of {}", bytes.size() - at, count, size));
    for (unsigned long long i = 0; i < count; ++i) {
        SurfacePoint p;
        for (float* value : {&p.x, &p.y, &p.z}) *value = take(bytes, at);
        p.intensity = cloud.has_intensity ? take(bytes, at) : std::numeric_limits<float>::quiet_NaN();
        p.depth_sigma = cloud.has_depth_sigma ? take(bytes, at) : std::numeric_limits<float>::quiet_NaN();
        for (std::uint8_t* value : {&p.red, &p.green, &p.blue, &p.surface})
            *value = static_cast<std::uint8_t>(bytes[at++]);
        if (cloud.has_views) {
            p.view = static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) |
                                                static_cast<std::uint8_t>(bytes[at + 1]) << 8U);
            at += 2;
        }
        cloud.points.push_back(p);
    }
    return cloud;
}

}  // namespace firstlight
