// An NXdata group that holds a volume, mu[z,y,x] or albedo[z,y,x], with its axes as dimension scales: /entry/volume of
// a result, or the root of a file that `firstlight export --format hdf5` writes. And axes as every group writes them.
#pragma once

#include <string>
#include <vector>

#include "host/data/volume.hpp"
#include "host/io/h5.hpp"
#include "host/io/metadata_reader.hpp"

namespace firstlight {

// `group` without a slash at its end: "/entry/volume", or "" for the root. Axes get the names z, y and x.
void write_volume_group(h5::WriteFile& file, const std::string& group, const Volume& volume);

// With `values` false all but the values is read, which stay empty. Errors (bad_input): another name than mu or albedo,
// another rank than 3, axes of other lengths, more than half of the machine's memory.
[[nodiscard]] Volume read_volume_group(MetadataReader& reader, const std::string& group, bool values);

// Dataset `group`/`axis.name`, a dimension scale; `group` ends with a slash.
void write_axis(h5::WriteFile& file, const std::string& group, const Axis& axis);
// An index where there is no such dataset.
[[nodiscard]] Axis read_axis(MetadataReader& reader, const std::string& path, const std::string& name,
                             std::int64_t size);
void attach_axes(h5::WriteFile& file, const std::string& path, const std::string& group,
                 const std::vector<std::string>& axes);

// Size of an element in µm, which is what Fiji wants to know; 1 where only an index is known.
[[nodiscard]] double element_um(const Axis& axis);

}  // namespace firstlight
