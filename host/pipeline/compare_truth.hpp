// Figures of merit of a result against what a simulated scan knows of itself: contrasts, similarity, pulls and coverage
// of every layer that has a standard deviation and a truth, purity, and the optical depth that was reached.
#pragma once

#include <optional>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/compare_figures.hpp"

namespace firstlight::merits {

// View `number` of the result; truth and scan are those of the acquisition, of the same size.
[[nodiscard]] Comparison against_truth(const Result& result, std::int64_t number, const Truth& truth, const Scan& scan);

// Share of the unscattered light's response that the gate held, as the run found it; none where it did not say.
[[nodiscard]] std::optional<double> gate_share(const Process& process, std::int64_t view);

// A truth [y][x] or [view][y][x] as floats of one view.
[[nodiscard]] std::vector<float> view_of(const std::vector<double>& values, std::int64_t view, std::size_t pixels);

}  // namespace firstlight::merits
