// Small scans for batches, no two alike, and what is asked of a batch's outputs.
#pragma once

#include <cstdint>
#include <cstring>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {

// 4 x 6 pixels; `number` is in the counts and therefore in every layer that sums them.
inline void write_numbered_scan(const std::filesystem::path& path, int number) {
    static const SyntheticScan scan(4, 6);
    SyntheticScan s = scan;
    for (std::int64_t x = 0; x < 6; ++x)
        reinterpret_cast<std::uint16_t*>(s.cube.trace(0, 0, x))[80] += static_cast<std::uint16_t>(number);
    write_scan(path, s);
}

// Names of layers that are not the same to the last bit.
inline std::vector<std::string> different_layers(const std::filesystem::path& a, const std::filesystem::path& b) {
    OpenOptions trusted;
    trusted.probe = false;
    const Result one = read_result(a, trusted), two = read_result(b, trusted);
    std::vector<std::string> different;
    if (one.images.layers.size() != two.images.layers.size()) different.emplace_back("number of layers");
    if (one.images.mask != two.images.mask) different.emplace_back("mask");
    for (const ImageLayer& layer : one.images.layers) {
        const ImageLayer* other = two.images.layer(layer.name);
        if (other == nullptr || other->values.size() != layer.values.size() ||
            std::memcmp(other->values.data(), layer.values.data(), layer.values.size() * sizeof(float)) != 0)
            different.push_back(layer.name);
    }
    return different;
}

}  // namespace firstlight
