// Time tags for tests: of random pixels and bins, a few of them of no pixel and beyond the last bin.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/acquisition/tags.hpp"

namespace firstlight {

struct RandomTags {
    std::vector<std::uint32_t> pixels;
    std::vector<std::uint16_t> bins;
    std::vector<std::uint32_t> wide_bins;

    RandomTags(std::int64_t tags, std::int64_t pixel_count, std::int64_t bin_count, unsigned seed,
               bool with_strays = true) {
        std::mt19937 random(seed);
        const auto stray = [&](std::int64_t n) { return with_strays ? n + n / 16 + 1 : n; };
        std::uniform_int_distribution<std::uint32_t> pixel(0, static_cast<std::uint32_t>(stray(pixel_count) - 1));
        std::uniform_int_distribution<std::uint32_t> bin(0, static_cast<std::uint32_t>(stray(bin_count) - 1));
        for (std::int64_t i = 0; i < tags; ++i) {
            pixels.push_back(pixel(random));
            bins.push_back(static_cast<std::uint16_t>(bin(random)));
            wide_bins.push_back(bins.back());
        }
    }
    [[nodiscard]] TagBlock block(bool wide) const {
        return {pixels.data(), wide ? static_cast<const void*>(wide_bins.data()) : bins.data(), wide,
                static_cast<std::int64_t>(pixels.size())};
    }
    void sort_by_pixel() {
        std::vector<std::size_t> order(pixels.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return pixels[a] < pixels[b]; });
        const RandomTags before = *this;
        for (std::size_t i = 0; i < order.size(); ++i) {
            pixels[i] = before.pixels[order[i]];
            bins[i] = before.bins[order[i]];
            wide_bins[i] = before.wide_bins[order[i]];
        }
    }
};

}  // namespace firstlight
