// What a run did, for people and for programs.
#pragma once

#include <filesystem>
#include <string>

#include "host/cli/console.hpp"
#include "host/io/acquisition_file.hpp"
#include "host/io/result_file.hpp"

namespace firstlight::cli {

// "4096 traces (64 x 64), 512 bins of 16.0 ps, u2".
[[nodiscard]] std::string scan_shape(const Scan& scan);
[[nodiscard]] std::string images_shape(const GatedImages& images);

// Stages with seconds, counts in and out.
void print_stages(const Process& process);

// Figures of quality as names and values: "arrival_median_ps" -> "arrival, median", "512.3 ps".
[[nodiscard]] Facts quality_facts(const Result& result);

// Size, voxels in mm, range, mean and share of NaN of a volume.
[[nodiscard]] Facts volume_facts(const Volume& volume);
[[nodiscard]] Json volume_json(const Volume& volume);

[[nodiscard]] Json result_json(const Result& result);
[[nodiscard]] std::string fact_of(const Process& process, const std::string& name);

}  // namespace firstlight::cli
