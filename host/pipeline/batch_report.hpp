// What became of a batch, as one page to look at and as figures for other programs.
//
//   write_batch_report("report.html", gather_records(list.items, "out"), list.skipped,
//                      "firstlight batch night -o out");
//       ->  report.html (self-contained: pictures inside), report.json, report.csv
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/pipeline/batch_journal.hpp"
#include "host/pipeline/batch_list.hpp"

namespace firstlight {

// The latest record of each item from all journals in the folder, those of shards too; "status": "not done" where there
// is none. In the order of the items.
[[nodiscard]] std::vector<BatchJson> gather_records(const std::vector<BatchItem>& items,
                                                    const std::filesystem::path& output);

// Refuses a name that is none for a page. Errors: usage.
void check_report_name(const std::filesystem::path& html);

// Replaces earlier reports. `skipped`: files that were found and are no scans, named on the page with the reason. A
// result that cannot be read has no picture. Errors: output.
void write_batch_report(const std::filesystem::path& html, const std::vector<BatchJson>& records,
                        const std::vector<BatchSkipped>& skipped, const std::string& command);

// A table with a row per item: name, scan, status, code, seconds, recipe, warnings, reason, then all figures of merit.
[[nodiscard]] std::string batch_csv(const std::vector<BatchJson>& records);

}  // namespace firstlight
