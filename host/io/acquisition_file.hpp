// Reads an acquisition (docs/file_format.md): what the scan is, and its counts tile by tile.
//
//   const AcquisitionFile file = AcquisitionFile::open("scan.h5", {});
//   const Scan& scan = file.scan();
//   file.counts().read(window, buffer, scratch);
//
// The file is never locked, never written and, unless told otherwise, first opened by a child process (probe.hpp),
// because damaged files can crash libhdf5. Nothing of HDF5 stays open.
// Errors (bad_input) name the path in the file, what was expected, what was found and what to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/io/count_dataset.hpp"
#include "host/io/event_dataset.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct OpenOptions {
    bool probe = true;  // let a child process open the file first
    // Largest amount of memory that reading one chunk, or one table of the file, may take.
    std::size_t memory_limit = std::size_t{1} << 30;
    bool strict = false;    // what would be a warning is an error
    bool read_data = true;  // validate(): look at every count or event, too; read_result(): read volumes' values
};

struct Truth {                          // of a simulated scan; an empty vector means "not in the file"
    std::vector<double> transmission;   // [y * x]
    std::vector<double> ballistic;      // [(view *) y * x] expected counts
    std::vector<double> optical_depth;  // [(view *) y * x]
    std::vector<double> depth_m;        // [(view *) y * x]
    std::vector<double> mu_per_m;       // [z * y * x] of a volume with z = y of the scan, y = x = x of the scan
    std::optional<std::uint64_t> seed;
    std::string scene;  // TOML
    [[nodiscard]] bool empty() const {
        return transmission.empty() && ballistic.empty() && optical_depth.empty() && depth_m.empty() &&
               mu_per_m.empty() && !seed && scene.empty();
    }
};

// Where a file came from: /entry/provenance.
struct Provenance {
    std::string source_file, source_sha256, source_format, converter, version, command;
    std::vector<std::string> assumptions;
    [[nodiscard]] bool empty() const { return source_file.empty() && converter.empty() && command.empty(); }
};

struct AcquisitionInfo {  // for people and provenance
    std::string title, start_time, creator, created, uuid, format_version;
    std::string detector_model, detector_serial_number;
    std::vector<double> detector_pixel_pitch_m;  // [2] y, x
    std::vector<double> scan_size_m;             // [2] y, x
    std::vector<double> world_from_camera;       // [16], row by row
    std::vector<double> world_from_source;       // [16]
    std::int64_t frames = 0;                     // of events: starts in event_index
    Provenance provenance;
};

struct Finding {
    bool is_error = false;  // else a warning
    std::string message;
};

class AcquisitionFile {
  public:
    [[nodiscard]] static AcquisitionFile open(const std::filesystem::path& path, const OpenOptions& options);
    // All that is wrong or doubtful with the file, instead of the first error only. Empty: nothing is.
    [[nodiscard]] static std::vector<Finding> validate(const std::filesystem::path& path, const OpenOptions& options);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const Scan& scan() const { return scan_; }
    [[nodiscard]] const AcquisitionInfo& info() const { return info_; }
    [[nodiscard]] const CountDataset& counts() const { return *counts_; }             // not of ScanKind::events
    [[nodiscard]] const CountDataset* reference() const { return reference_.get(); }  // null: none in the file
    [[nodiscard]] const EventDataset* events() const { return events_.get(); }        // null: not of ScanKind::events
    [[nodiscard]] const EventDataset* reference_events() const { return reference_events_.get(); }  // null: none
    // How the data are stored, and the reference's ("": there is none), for people.
    [[nodiscard]] std::string describe() const { return events_ ? events_->describe() : counts_->describe(); }
    [[nodiscard]] std::string describe_reference() const {
        return reference_events_ ? reference_events_->describe() : reference_ ? reference_->describe() : "";
    }
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
    [[nodiscard]] bool has_truth() const { return has_truth_; }
    // Reads /entry/truth now; empty when there is none. The file must still be where it was.
    [[nodiscard]] Truth read_truth() const;

  private:
    friend class AcquisitionReader;
    AcquisitionFile() = default;
    std::filesystem::path path_;
    OpenOptions options_;
    Scan scan_;
    AcquisitionInfo info_;
    std::unique_ptr<CountDataset> counts_, reference_;
    std::unique_ptr<EventDataset> events_, reference_events_;
    std::vector<std::string> warnings_;
    bool has_truth_ = false;
    struct TruthTables {
        std::optional<StoredDataset> transmission, ballistic, optical_depth, depth, mu;
    };
    TruthTables truth_tables_;
    Truth truth_texts_;
};

}  // namespace firstlight
