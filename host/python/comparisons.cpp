#include "host/python/comparisons.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/array_file.hpp"
#include "host/pipeline/comparison.hpp"
#include "host/python/scans.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

merits::ComparisonRequest request_of(const nb::dict& asked) {
    merits::ComparisonRequest request;
    request.result = nb::cast<std::string>(asked["result"]);
    request.against = nb::cast<std::string>(asked["against"]);
    for (const auto& text : nb::cast<std::vector<std::string>>(asked["edges"]))
        request.edges.push_back(merits::parse_edge(text));
    for (const auto& text : nb::cast<std::vector<std::string>>(asked["bars"]))
        request.bars.push_back(merits::parse_bars(text));
    return request;
}

std::string with_result(const Result& result, const Result& other, const nb::dict& asked) {
    const merits::ComparisonRequest request = request_of(asked);
    const nb::gil_scoped_release unlocked;
    return merits::json_of(merits::compare_with_result(result, other, request)).dump();
}

std::string with_truth(const Result& result, const Truth& truth, const Scan& scan, const nb::dict& asked) {
    const merits::ComparisonRequest request = request_of(asked);
    const nb::gil_scoped_release unlocked;
    if (truth.empty()) merits::refuse_without_truth(request.against);
    return merits::json_of(merits::compare_with_truth(result, truth, scan, request)).dump();
}

// The figures as JSON; null for what is no number.
std::string with_file(const Result& result, const FileScan& scan, const nb::dict& asked) {
    if (!scan.file.has_truth()) merits::refuse_without_truth(nb::cast<std::string>(asked["against"]));
    return with_truth(result, scan.file.read_truth(), scan.file.scan(), asked);
}

std::string with_array(const Result& result, const HeldArray& scan, const nb::dict& truth, const nb::dict& asked) {
    const Truth known = truth_from(truth);
    check_truth(scan.array.scan, known);
    return with_truth(result, known, scan.array.scan, asked);
}

}  // namespace

void add_comparisons(nb::module_& module) {
    module.def("compare_with_result", &with_result, "result"_a, "other"_a, "asked"_a);
    module.def("compare_with_file", &with_file, "result"_a, "scan"_a, "asked"_a);
    module.def("compare_with_array", &with_array, "result"_a, "scan"_a, "truth"_a, "asked"_a);
}

}  // namespace firstlight::python
