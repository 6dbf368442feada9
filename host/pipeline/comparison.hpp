// Figures of merit of a whole result, view by view: against what a simulated scan knows of itself, or against another
// result. What `firstlight compare` and firstlight.compare in Python share.
//
//   const ResultComparison all = compare_with_truth(result, truth, scan, {"scan.result.h5", "scan.h5", {}, {}});
//   json_of(all)   ->  {"views": [{"pixels_open": ..., "notes": [...]}, ...], "volume": {...}}
//
// Errors (bad_input): results of different sizes; edges and bars that are none (compare_resolution.hpp).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/compare_resolution.hpp"

namespace firstlight::merits {

struct ComparisonRequest {
    std::string result, against;  // names for messages
    std::vector<EdgeRequest> edges;
    std::vector<BarsRequest> bars;
};

struct ResultComparison {
    std::vector<Comparison> views;
    std::optional<Comparison> volume;
};

[[nodiscard]] ResultComparison compare_with_result(const Result& result, const Result& other,
                                                   const ComparisonRequest& request);
[[nodiscard]] ResultComparison compare_with_truth(const Result& result, const Truth& truth, const Scan& scan,
                                                  const ComparisonRequest& request);

// Refuses a scan that does not know the truth. Errors: bad_input.
[[noreturn]] void refuse_without_truth(const std::string& name);

// "views" and, where there is one, "volume"; null for what is no number.
[[nodiscard]] nlohmann::ordered_json json_of(const ResultComparison& comparison);

}  // namespace firstlight::merits
