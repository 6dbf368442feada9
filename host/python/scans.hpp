// Scans of Python: files, whose counts are read when asked for, and arrays, which are used where they lie.
#pragma once

#include <nanobind/nanobind.h>

#include <filesystem>
#include <memory>
#include <mutex>

#include "host/pipeline/array_job.hpp"
#include "host/pipeline/job_sources.hpp"

namespace firstlight::python {

class FileScan {
  public:
    explicit FileScan(const std::filesystem::path& path) : file(AcquisitionFile::open(path, {})) {}
    // Counts of a window, [rows][columns][bins] of type(); of the reference, which has one view, or of the scan.
    void read(const TileWindow& window, bool of_reference, void* out);
    [[nodiscard]] CountType type(bool of_reference);
    const AcquisitionFile file;

  private:
    const JobSources& sources();
    std::mutex opening_;
    std::unique_ptr<Queue> queue_;
    std::unique_ptr<JobSources> sources_;  // opened on the first read: events are looked at once then
};

struct HeldArray {
    ArrayScan array;
    nanobind::object counts, reference;  // keep the memory alive
};

void add_scans(nanobind::module_& module);

}  // namespace firstlight::python
