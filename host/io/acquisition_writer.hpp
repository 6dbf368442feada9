// Writes an acquisition of histograms or gated frames (docs/file_format.md), whole or not at all: a temporary file in
// the target's folder takes the target's name only once everything is on the disk. An existing file is replaced only
// with `force`.
//
//   AcquisitionWriter writer("scan.h5", scan, info, {});
//   for (window : writer.windows()) writer.write(window, counts);   // or writer.write_all(cube)
//   writer.set_truth(truth);
//   writer.commit();
//
// Errors: ExitCode::output (target exists, cannot be written, disk full), ExitCode::internal (shapes do not fit).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "host/data/photon_cube.hpp"
#include "host/io/acquisition_file.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

enum class Packing : std::uint8_t {
    deflate,  // shuffle + deflate(1) + fletcher32
    plain,    // chunks as they are in memory
};

struct WriteOptions {
    bool force = false;
    Packing packing = Packing::deflate;
    std::int64_t chunk_rows = 0, chunk_columns = 0;  // 0: about 16 x 16, smaller for long traces
    std::string created;                             // ISO 8601; empty: now
    std::int64_t reference_views = 1;                // 1: one for all views, or as many as the scan has
    std::optional<CountType> reference_type;         // of the reference's counts; none: the scan's
};

class AcquisitionWriter {
  public:
    AcquisitionWriter(const std::filesystem::path& target, const Scan& scan, const AcquisitionInfo& info,
                      const WriteOptions& options);
    ~AcquisitionWriter();  // without commit(): leaves no trace
    AcquisitionWriter(AcquisitionWriter&&) noexcept;
    AcquisitionWriter& operator=(AcquisitionWriter&&) = delete;

    // The rectangles in which counts are written, one chunk each, covering all views.
    [[nodiscard]] std::vector<TileWindow> windows() const;
    // counts[window.rows * window.columns][bins] of scan.type; of a gated scan too. Threads may call this at once;
    // packing runs in parallel.
    void write(const TileWindow& window, const void* counts);
    void write_all(const PhotonCube& cube);
    // The same for /entry/reference/counts (scan.has_reference), in those windows whose view it has.
    void write_reference(const TileWindow& window, const void* counts);
    void write_all_reference(const PhotonCube& cube);
    void set_truth(const Truth& truth);
    // Checks that every window was written, then puts the file in place.
    void commit();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace firstlight
