// Writes an acquisition of photon events (docs/file_format.md, kind "events"), whole or not at all, as
// acquisition_writer.hpp does for histograms.
//
//   EventWriter writer("scan.h5", scan, info, {}, number_of_tags, number_in_the_reference, unit_s);
//   writer.append(tags, false);              // in file order, block by block
//   writer.append(tags_of_reference, true);
//   writer.set_truth(truth);
//   writer.commit();
//
// Errors: ExitCode::output; ExitCode::internal (more or fewer tags than announced, a scan of several views).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/io/acquisition_writer.hpp"

namespace firstlight {

struct EventTags {  // side by side, one of each per tag
    std::vector<std::int64_t> timestamps;
    std::vector<std::uint32_t> nanotimes;
    std::vector<std::uint32_t> detectors;  // y * columns + x
};

class EventWriter {
  public:
    EventWriter(const std::filesystem::path& target, const Scan& scan, const AcquisitionInfo& info,
                const WriteOptions& options, std::int64_t tags, std::int64_t reference_tags, double timestamp_unit_s);
    ~EventWriter();  // without commit(): leaves no trace

    void append(const EventTags& tags, bool reference);
    void set_truth(const Truth& truth);
    void commit();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace firstlight
