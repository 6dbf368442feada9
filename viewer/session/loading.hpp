// Opening a file, whatever of ours it is: what a thread does before there is anything to show.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/pipeline/job.hpp"
#include "viewer/session/document.hpp"

namespace firstlight::viewer {

struct LoadedFile {
    DocumentKind kind = DocumentKind::acquisition;
    std::optional<Result> result;  // of a result file
    Recipe recipe;                 // what suits the scan, or made the result
    std::filesystem::path scan_path, calibration;
    OpenedScan opened;                 // of an acquisition
    std::vector<std::string> remarks;  // for the log
};

struct LoadedScan {
    OpenedScan opened;
    Scan scan;
    AcquisitionInfo info;
    std::string stored_as;
    std::shared_ptr<const Truth> truth;  // null: none in the file
    std::vector<std::string> warnings;
};

// Errors: those of reading; bad_input for a calibration, which is nothing to look at.
[[nodiscard]] LoadedFile load_file(const std::filesystem::path& path, const OpenOptions& options);

// Where a result says its acquisition is, or beside the result under the same name; empty when it is gone, with a
// sentence in `why_not`.
[[nodiscard]] std::filesystem::path find_input(const Result& result, const std::filesystem::path& result_path,
                                               std::string& why_not);

// `opened` is taken where it is of the file as it is now, and the file opened anew where it is not.
[[nodiscard]] OpenedScan current_scan(const OpenedScan& opened, const std::filesystem::path& path,
                                      const OpenOptions& options);

[[nodiscard]] LoadedScan load_scan(const OpenedScan& opened, const std::filesystem::path& path,
                                   const std::filesystem::path& calibration, const OpenOptions& options);

}  // namespace firstlight::viewer
