// The same counts saved as histograms and as photon events.
#pragma once

#include <filesystem>

#include "host/io/event_writer.hpp"
#include "host/simulation/photon_tags.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {

inline std::vector<std::uint32_t> counts_of(const PhotonCube& cube) {
    const auto* counts = reinterpret_cast<const std::uint16_t*>(cube.counts.data());
    return {counts, counts + cube.counts.size() / 2};
}

inline void write_event_scan(const std::filesystem::path& path, const SyntheticScan& s, TagOrder order) {
    WriteOptions how;
    how.force = true;
    const std::vector<std::uint32_t> counts = counts_of(s.cube), reference = counts_of(s.reference);
    EventWriter writer(path, s.scan, {}, how, number_of_tags(counts),
                       s.scan.has_reference ? number_of_tags(reference) : 0, 1 / s.scan.repetition_rate_hz.value());
    PhotonTagOptions options;
    options.order = order;
    options.pulses = s.scan.pulses.front();
    make_photon_tags(counts, s.scan.bins, options, [&](const EventTags& tags) { writer.append(tags, false); });
    options.recording = 1;
    options.pulses = s.scan.reference_pulses.empty() ? 1 : s.scan.reference_pulses.front();
    if (s.scan.has_reference)
        make_photon_tags(reference, s.scan.bins, options, [&](const EventTags& tags) { writer.append(tags, true); });
    writer.commit();
}

}  // namespace firstlight
