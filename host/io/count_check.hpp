// What `firstlight validate` finds out by looking at a scan's content: every count, the response, the arrival and the
// reference. Opening a file looks at none of it, because that takes as long as a reconstruction reads.
//
//   check_counts(file.counts(), file.scan(), findings);
//   check_calibration(file.scan(), findings);
//   check_reference(*file.reference(), file.scan(), findings);
//
// Errors, kept in the findings: chunks that cannot be read, counts that are NaN, infinite or negative, a response
// without light or with negative or infinite values, an arrival outside the time axis, a reference without counts.
// Warnings: saturated counts, a scan without counts.
#pragma once

#include "host/io/count_dataset.hpp"
#include "host/io/metadata_reader.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

void check_counts(const CountDataset& counts, const Scan& scan, Findings& findings);
void check_reference(const CountDataset& reference, const Scan& scan, Findings& findings);
void check_calibration(const Scan& scan, Findings& findings);

}  // namespace firstlight
