#include "viewer/trace/trace_export.hpp"

#include <fmt/format.h>

#include <cmath>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

Table trace_table(const Document& document, const TraceTarget& target, const TraceCurve& curve,
                  const TraceDetail* detail, const std::optional<std::pair<double, double>>& gate_ps) {
    Table table;
    table.comments = {fmt::format("{}: {}", document.path.filename().string(), target.name)};
    if (document.views() > 1) table.comments.push_back(fmt::format("view {}", target.view));
    if (curve.masked > 0) table.comments.push_back(fmt::format("{} masked pixels are left out", curve.masked));
    if (std::isfinite(curve.arrival_s))
        table.comments.push_back(fmt::format("arrival of the light: {:.4f} ps", curve.arrival_s * 1e12));
    if (gate_ps)
        table.comments.push_back(
            fmt::format("gate: {:.6g} ps to {:.6g} ps after the arrival", gate_ps->first, gate_ps->second));
    const std::size_t bins = curve.held.counts.size();
    const auto in_ps = [](const std::vector<double>& seconds, std::size_t first, std::size_t count) {
        std::vector<double> ps;
        for (std::size_t i = 0; i < count; ++i) ps.push_back(seconds[first + i] * 1e12);
        return ps;
    };
    table.columns = {{"time", "ps", in_ps(curve.held.time_s, 0, bins), {}},
                     {"start", "ps", in_ps(curve.held.edge_s, 0, bins), {}},
                     {"end", "ps", in_ps(curve.held.edge_s, 1, bins), {}},
                     {"counts", "counts", curve.held.counts, {}}};
    if (detail == nullptr) return table;
    const auto add = [&](const std::string& name, const std::string& unit, const std::vector<double>& values) {
        if (values.size() == bins) table.columns.push_back({name, unit, values, {}});
    };
    add("response", "counts", detail->response);
    for (const TraceComponent& part : detail->components) add(part.name, "counts", part.counts);
    add("total", "counts", detail->total);
    add("residual", "", detail->residual);
    return table;
}

std::string with_tabs(const Table& table) {
    std::string text;
    for (const TableColumn& column : table.columns)
        text += fmt::format("{}{}{}", text.empty() ? "" : "\t", column.name,
                            column.unit.empty() ? "" : " (" + column.unit + ")");
    const std::size_t lines = table.columns.empty() ? 0 : table.columns.front().values.size();
    for (std::size_t i = 0; i < lines; ++i) {
        text += '\n';
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            text += fmt::format("{}{}", c == 0 ? "" : "\t", table.columns[c].values[i]);
    }
    return text + "\n";
}

void export_trace(Session& session, const std::filesystem::path& path, Table table, bool force) {
    session.write("trace", [path, table = std::move(table), force] {
        write_table(path, table, force);
        return fmt::format("trace written: {}", path.string());
    });
}

}  // namespace firstlight::viewer
