// A recording's counts as the photon events that would have made them: same counts, one tag each.
//
// raster: a scanning instrument stays at a pixel for all its pulses; pixel after pixel, the photons of each in random
// order. random: an array watches all pixels at once, photons come in random order. Macro times are pulse numbers,
// evenly spread with a random part and never falling; photons of one pixel in one pulse are not excluded, so nothing
// may be learnt from them. Random numbers are counters under the seed: the same counts give the same tags.
//
//   counts of two pixels 0 2 | 1 0, raster, 10 pulses  ->  pixel 0 0 1, nanotime 1 1 0, time stamp within 0..9, 10..19
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/io/event_writer.hpp"

namespace firstlight {

enum class TagOrder : std::uint8_t { raster, random };

struct PhotonTagOptions {
    TagOrder order = TagOrder::raster;
    std::uint64_t seed = 1;
    std::uint32_t recording = 0;  // 0 scan, 1 reference
    double pulses = 1;            // per pixel
};

[[nodiscard]] std::int64_t number_of_tags(const std::vector<std::uint32_t>& counts);

// Hands the tags of counts[pixels][bins] over in blocks, in file order.
void make_photon_tags(const std::vector<std::uint32_t>& counts, std::int64_t bins, const PhotonTagOptions& options,
                      const std::function<void(const EventTags&)>& hand_over);

}  // namespace firstlight
