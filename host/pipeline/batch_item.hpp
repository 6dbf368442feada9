// What a batch has to know of an item: what it will take, and whether its result is there already.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "host/pipeline/batch_list.hpp"
#include "host/pipeline/job.hpp"
#include "host/pipeline/plan.hpp"

namespace firstlight {

// The options of a plan for this file: `memory_bytes` 0: half of the machine's; so many threads.
[[nodiscard]] PlanOptions plan_options_of(const AcquisitionFile& file, std::size_t memory_bytes, int threads);

struct ItemNeeds {
    std::size_t memory_bytes = 0;
    int threads = 1;
};

// `threads` 0: as many as its counts are worth (one per 64 MiB, up to `cores`). A scan that cannot be planned gets the
// least: the run itself says what is wrong with it.
[[nodiscard]] ItemNeeds needs_of(const BatchItem& item, std::size_t memory_bytes, int threads, int cores);

// The result at `path` where it is whole and was made by this program (version and commit) of the job's scan and
// calibration, as they are now by SHA-256, with its recipe, on its backend where one is named; else nothing.
[[nodiscard]] std::optional<Result> result_made_before(const Job& job, const std::filesystem::path& path);

}  // namespace firstlight
