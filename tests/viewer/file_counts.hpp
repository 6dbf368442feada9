// The counts of a scan as its file holds them, read around everything that the viewer does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/io/acquisition_file.hpp"

namespace firstlight::viewer {

struct FileCounts {
    std::int64_t bins = 0;
    std::vector<std::uint16_t> values;  // [pixels][bins] of view 0
    [[nodiscard]] double at(std::int64_t pixel, std::int64_t bin) const {
        return values[static_cast<std::size_t>(pixel * bins + bin)];
    }
};

inline FileCounts file_counts(const std::filesystem::path& path) {
    const AcquisitionFile file = AcquisitionFile::open(path, {});
    const Scan& scan = file.scan();
    FileCounts counts{scan.bins, std::vector<std::uint16_t>(static_cast<std::size_t>(scan.pixels() * scan.bins))};
    CountDataset::Scratch scratch;
    file.counts().read({0, 0, 0, scan.rows, scan.columns, scan.columns}, counts.values.data(), scratch);
    return counts;
}

}  // namespace firstlight::viewer
