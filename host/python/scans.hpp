// Scans of Python: files, whose counts are read when asked for, and arrays, which are used where they lie.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "host/pipeline/array_job.hpp"
#include "host/pipeline/job_sources.hpp"

namespace firstlight::python {

class FileScan {
  public:
    explicit FileScan(const std::filesystem::path& path) : file(AcquisitionFile::open(path, {})) {}
    // Counts of a window, [rows][columns][bins] of type(); of the reference, or of the scan.
    void read(const TileWindow& window, bool of_reference, void* out);
    [[nodiscard]] CountType type(bool of_reference);
    [[nodiscard]] std::int64_t reference_views() const {
        return file.reference() != nullptr ? file.reference()->views() : 1;
    }
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
    AcquisitionInfo info;                // what a file of it says besides
};

// Numbers as an array that owns them, of the given shape; what NumPy is to keep of ours.
template <class T>
nanobind::object array_that_owns(std::vector<T>&& values, const std::vector<std::size_t>& shape) {
    auto* kept = new std::vector<T>(std::move(values));
    const nanobind::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nanobind::cast(nanobind::ndarray<nanobind::numpy, T>(kept->data(), shape.size(), shape.data(), owner));
}

// /entry/truth as Scan.truth: images under their names ("depth_m", "mu_per_m" with units), "seed", "scene"; and back.
// Errors (usage): a name that is none; a value of another type (images come as arrays of doubles, arrays.py).
[[nodiscard]] nanobind::dict truth_as_dict(Truth&& truth, const Scan& scan);
[[nodiscard]] Truth truth_from(const nanobind::dict& fields);

void add_scans(nanobind::module_& module);

}  // namespace firstlight::python
