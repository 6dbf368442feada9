// Photons that an importer kept, written as the scan's kind says: one by one as events, or counted into a histogram for
// each pixel.
//
//   ImportedPhotons out(request, scan, info, kept, macro_unit_s);
//   out.add(time, bin, pixel);      // `kept` times; bin < scan.bins, pixel < scan.pixels()
//   out.commit();
//
// Memory: a block of events, or the histograms. Errors: bad_input where the histograms need more memory than the
// request allows, or where there are more than 2^32 - 1 photons; output as the writers say.
#pragma once

#include <cstdint>
#include <optional>

#include "host/io/event_writer.hpp"
#include "host/io/importers/importer.hpp"

namespace firstlight {

class ImportedPhotons {
  public:
    ImportedPhotons(const ImportRequest& request, const Scan& scan, const AcquisitionInfo& info, std::int64_t kept,
                    double macro_unit_s);

    void add(std::uint64_t time, std::uint64_t bin, std::int64_t pixel) {
        if (counts_ != nullptr) {
            ++counts_[static_cast<std::uint64_t>(pixel * scan_.bins) + bin];
            return;
        }
        tags_.timestamps.push_back(static_cast<std::int64_t>(time));
        tags_.nanotimes.push_back(static_cast<std::uint32_t>(bin));
        tags_.detectors.push_back(static_cast<std::uint32_t>(pixel));
        if (tags_.timestamps.size() == block_tags) flush();
    }
    void commit();

  private:
    static constexpr std::size_t block_tags = 1 << 16;
    void flush();

    const ImportRequest& request_;
    Scan scan_;
    AcquisitionInfo info_;
    std::optional<EventWriter> events_;
    EventTags tags_;
    PhotonCube cube_;
    std::uint32_t* counts_ = nullptr;  // of cube_; null: events
};

}  // namespace firstlight
