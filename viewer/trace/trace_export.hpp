// A trace as a table, for spreadsheets, scripts and the clipboard.
#pragma once

#include <string>

#include "host/io/table_file.hpp"
#include "viewer/trace/trace_data.hpp"

namespace firstlight::viewer {

// A line per bin: middle and edges in ps on the scan's time axis, counts; with a detail the response, the fit's parts,
// their sum and the residuals. Comments say whose trace it is, the arrival and the gate.
[[nodiscard]] Table trace_table(const Document& document, const TraceTarget& target, const TraceCurve& curve,
                                const TraceDetail* detail, const std::optional<std::pair<double, double>>& gate_ps);

// The table as text with tabs, a line of names first.
[[nodiscard]] std::string with_tabs(const Table& table);

// Written by the session's file thread; a message says what came of it.
void export_trace(Session& session, const std::filesystem::path& path, Table table, bool force);

}  // namespace firstlight::viewer
