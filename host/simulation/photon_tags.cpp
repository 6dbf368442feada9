#include "host/simulation/photon_tags.hpp"

#include <algorithm>

#include "kernels/simulation/philox.hpp"

namespace firstlight {
namespace {

constexpr std::size_t block_tags = 1 << 16;

struct Photon {
    std::uint32_t pixel, bin;
};

// Numbers in (0, 1) that belong to tag `index` of pixel `pixel` (0 in random order).
struct Draws {
    const PhotonTagOptions& options;
    [[nodiscard]] Random4 four(std::uint64_t index, std::uint32_t pixel) const {
        return philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), pixel,
                       0x54414700U + options.recording},
                      static_cast<std::uint32_t>(options.seed), static_cast<std::uint32_t>(options.seed >> 32));
    }
};

// Fisher and Yates.
void shuffle(std::vector<Photon>& photons, std::uint32_t pixel, const Draws& draws) {
    for (std::size_t i = photons.size(); i > 1; --i) {
        const Random4 r = draws.four(i, pixel);
        const auto other = static_cast<std::size_t>(unit_double(r.a, r.b) * static_cast<double>(i));
        std::swap(photons[i - 1], photons[std::min(other, i - 1)]);
    }
}

}  // namespace

std::int64_t number_of_tags(const std::vector<std::uint32_t>& counts) {
    std::int64_t all = 0;
    for (const std::uint32_t n : counts) all += n;
    return all;
}

void make_photon_tags(const std::vector<std::uint32_t>& counts, std::int64_t bins, const PhotonTagOptions& options,
                      const std::function<void(const EventTags&)>& hand_over) {
    const Draws draws{options};
    EventTags block;
    const auto add = [&](const std::vector<Photon>& photons, double start, std::uint32_t pixel) {
        const double step = options.pulses / static_cast<double>(std::max<std::size_t>(1, photons.size()));
        for (std::size_t i = 0; i < photons.size(); ++i) {
            const Random4 r = draws.four(i + 1, pixel);
            block.timestamps.push_back(
                static_cast<std::int64_t>(start + (static_cast<double>(i) + unit_double(r.c, r.d)) * step));
            block.nanotimes.push_back(photons[i].bin);
            block.detectors.push_back(photons[i].pixel);
            if (block.detectors.size() < block_tags) continue;
            hand_over(block);
            block = {};
        }
    };
    std::vector<Photon> photons;
    const std::size_t pixels = counts.size() / static_cast<std::size_t>(bins);
    if (options.order == TagOrder::random) photons.reserve(static_cast<std::size_t>(number_of_tags(counts)));
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        const auto number = static_cast<std::uint32_t>(pixel);
        for (std::size_t bin = 0; bin < static_cast<std::size_t>(bins); ++bin)
            photons.insert(photons.end(), counts[pixel * static_cast<std::size_t>(bins) + bin],
                           {number, static_cast<std::uint32_t>(bin)});
        if (options.order == TagOrder::random) continue;
        shuffle(photons, number, draws);
        add(photons, static_cast<double>(pixel) * options.pulses, number);
        photons.clear();
    }
    if (options.order == TagOrder::random) {
        shuffle(photons, 0, draws);
        add(photons, 0, 0);
    }
    if (!block.detectors.empty()) hand_over(block);
}

}  // namespace firstlight
