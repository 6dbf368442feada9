// One pass over an acquisition file that fills an AcquisitionFile (its parts follow the groups of /entry).
#pragma once

#include <filesystem>
#include <string>

#include "host/io/acquisition_file.hpp"
#include "host/io/metadata_reader.hpp"

namespace firstlight {

class AcquisitionReader {
  public:
    AcquisitionReader(const std::filesystem::path& path, const OpenOptions& options, Findings& findings);
    [[nodiscard]] AcquisitionFile read();

  private:
    void read_root();
    void read_kind_and_path();
    void read_counts();
    void read_events();
    void check_axes();
    void read_time_axis();
    void read_event_time_axis();
    void read_pixel_axes();
    void read_exposure();
    void read_instrument();
    void read_geometry();
    void place_pixels();
    void read_calibration();
    void read_reference();
    void read_event_reference();
    void read_truth();
    void read_provenance();
    [[nodiscard]] std::unique_ptr<EventDataset> events_in(const std::string& group);
    [[nodiscard]] std::vector<double> per_pixel_or_view(const std::string& path, const std::string& unit);

    MetadataReader reader_;
    Findings& findings_;
    AcquisitionFile out_;
};

// Throws Error (bad_input) unless the file's root says it is of this format ("acquisition", "result", "calibration")
// and of a version that can be read; warns of a newer minor version. Returns the version.
std::string check_format(MetadataReader& reader, const std::string& format);

}  // namespace firstlight
