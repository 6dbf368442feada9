// Which scans a batch is about, and what is wrong with the request, said before anything runs.
//
//   recipe = "transmission"        # manifest.toml: for all scans
//   calibration = "detector.h5"    # paths are relative to the manifest
//   [time_gate]                    # parameters of stages, as in recipes
//   open_ps = -40
//   [[scan]]
//   path = "night/scan_017.h5"
//   output = "foam"                # OUT/foam.result.h5; default: the scan's name without what follows its last dot
//   recipe = "arrival"             # in place of the one for all, as are calibration and single parameters
//   [scan.matched_arrival]
//   mode = "per_pixel"
//
// What was given on the command line goes before both. A folder stands for every acquisition in it; a damaged HDF5 file
// counts as one, so that it ends up among the failures with its reason.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kernels/support/error.hpp"

namespace firstlight {

using BatchParameters = std::vector<std::pair<std::string, std::string>>;  // "time_gate.open_ps" -> "-40"

struct BatchItem {
    std::filesystem::path scan;         // absolute
    std::string name;                   // of what is written: NAME.result.h5, NAME.log
    std::string recipe;                 // built-in name or absolute path; empty: what suits the scan
    std::filesystem::path calibration;  // absolute; empty: none
    BatchParameters parameters;
};

struct BatchSkipped {
    std::filesystem::path path;
    std::string why;  // "a result", "not HDF5"
};

struct BatchRequest {
    std::vector<std::filesystem::path> sources;  // manifests (.toml), folders, acquisitions
    std::filesystem::path output;                // folder; where it is below a source folder, nothing in it is an item
    bool recursive = false;                      // folders in folders too; their names go before that of the scan
    std::string recipe;                          // of the command line, for all
    std::filesystem::path calibration;
    BatchParameters parameters;
};

struct BatchProblem {
    ExitCode code = ExitCode::usage;
    std::string text;
};

struct BatchList {
    std::vector<BatchItem> items;  // by name
    std::vector<BatchSkipped> skipped;
    std::vector<BatchProblem> problems;  // empty: everything can run
};

[[nodiscard]] BatchList list_batch(const BatchRequest& request);

// Part `shard` of `shards`, from 1: every item is in exactly one of them, on whatever machine that is asked.
[[nodiscard]] std::vector<BatchItem> items_of_shard(const std::vector<BatchItem>& items, int shard, int shards);

// Throws an Error that lists them all, with the code of the first; returns where there are none.
void refuse_problems(const std::vector<BatchProblem>& problems);

}  // namespace firstlight
