#include "host/pipeline/batch_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/io/atomic_file.hpp"
#include "host/io/identity.hpp"
#include "host/io/readable.hpp"
#include "host/pipeline/batch_picture.hpp"
#include "host/pipeline/build_facts.hpp"

namespace firstlight {
namespace {

namespace fs = std::filesystem;

constexpr const char* style = R"(
:root { color-scheme: light dark; --ink: #1c2126; --dim: #66707a; --line: #dfe3e7; --ground: #fff; --soft: #f5f7f8;
  --good: #1a7f4b; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --dim: #98a2ab; --line: #333a41; --ground: #15181b;
  --soft: #1d2125; --good: #5cc08c; --bad: #ff8a80; --warn: #e0b050; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1.5rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; } .dim { color: var(--dim); }
.sums { display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 1.4rem 0; }
.sums b { display: block; font-size: 1.7rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { padding: .55rem .7rem .55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } th.number { text-align: right; }
td.picture { width: 124px; } img { display: block; width: 112px; image-rendering: pixelated; border-radius: 3px; }
dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; font-size: 13px; }
dt { color: var(--dim); } dd { margin: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
ul { margin: .3rem 0 0; padding-left: 1.1rem; font-size: 13px; overflow-wrap: anywhere; }
)";

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

std::string text_in(const BatchJson& record, const char* key) {
    return record.contains(key) && record[key].is_string() ? record[key].get<std::string>() : std::string();
}

double number_in(const BatchJson& record, const char* key) {
    return record.contains(key) && record[key].is_number() ? record[key].get<double>() : 0;
}

const BatchJson& part_of(const BatchJson& record, const char* key) {
    static const BatchJson nothing = BatchJson::object();
    return record.contains(key) && record[key].is_structured() ? record[key] : nothing;
}

bool is_done(const BatchJson& record) {
    const std::string status = text_in(record, "status");
    return status == "ok" || status == "kept";
}

std::string quality_list(const BatchJson& quality) {
    std::string text = "<dl>";
    const double total = number_in(quality, "counts_total");
    for (const auto& [key, value] : quality.items()) {
        if (!value.is_number()) continue;
        const auto v = value.get<double>();
        std::string name = key, shown = fmt::format("{:.5g}", v);
        if (name.size() > 3 && name.compare(name.size() - 3, 3, "_ps") == 0) {
            name.erase(name.size() - 3);
            shown = readable_ps(v * 1e-12);
        } else if (name.rfind("counts_", 0) == 0 || name.rfind("pixels_", 0) == 0) {
            shown = readable_count(v);
            if (name == "counts_kept" && total > 0) shown += fmt::format(" ({:.3g} %)", 100 * v / total);
        }
        std::replace(name.begin(), name.end(), '_', ' ');
        text += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(shown));
    }
    return text + "</dl>";
}

std::string row_of(const BatchJson& record) {
    const std::string png = is_done(record) ? picture_of(text_in(record, "result")) : "";
    std::string row = "<tr><td class=picture>";
    if (!png.empty()) row += fmt::format("<img alt=\"\" src=\"data:image/png;base64,{}\">", png);
    row += fmt::format("</td><td><b>{}</b><br><span class=dim>{}</span>", escaped(text_in(record, "name")),
                       escaped(text_in(record, "recipe_name")));
    const BatchJson& warnings = part_of(record, "warnings");
    if (!warnings.empty()) {
        row += "<ul class=warn>";
        for (const BatchJson& warning : warnings)
            if (warning.is_string()) row += fmt::format("<li>{}</li>", escaped(warning.get<std::string>()));
        row += "</ul>";
    }
    return row + fmt::format("</td><td>{}</td><td class=number>{}</td></tr>\n",
                             quality_list(part_of(record, "quality")), readable_seconds(number_in(record, "seconds")));
}

std::string failures_of(const std::vector<BatchJson>& records) {
    std::string rows;
    for (const BatchJson& record : records)
        if (!is_done(record))
            rows +=
                fmt::format("<tr><td><b>{}</b></td><td class=bad>{}</td></tr>\n", escaped(text_in(record, "name")),
                            escaped(text_in(record, "status") == "failed" ? text_in(record, "reason") : "not done"));
    return rows.empty() ? "" : "<h2>Failed or not done</h2>\n<table>\n" + rows + "</table>\n";
}

// "0.1.0 (4781eb911ac9)", of all that made one of the results.
std::string programs_of(const std::vector<BatchJson>& records) {
    std::set<std::string> programs;
    for (const BatchJson& record : records)
        if (const BatchJson& process = part_of(record, "process"); process.contains("version"))
            programs.insert(fmt::format("{} ({}, {})", text_in(process, "version"), text_in(process, "git_commit"),
                                        text_in(process, "backend")));
    return fmt::format("{}", fmt::join(programs, "; "));
}

std::string left_out(const std::vector<BatchSkipped>& skipped) {
    std::string rows;
    for (const BatchSkipped& s : skipped)
        rows += fmt::format("<tr><td><b>{}</b></td><td>{}</td></tr>\n", escaped(s.path.string()), escaped(s.why));
    return rows.empty() ? "" : "<h2>Left out</h2>\n<table>\n" + rows + "</table>\n";
}

std::string page_of(const std::vector<BatchJson>& records, const std::vector<BatchSkipped>& skipped,
                    const std::string& command) {
    std::size_t done = 0, failed = 0;
    double seconds = 0;
    for (const BatchJson& record : records) {
        done += is_done(record) ? 1U : 0U;
        failed += text_in(record, "status") == "failed" ? 1U : 0U;
        seconds += number_in(record, "seconds");
    }
    const std::size_t open = records.size() - done - failed;
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\n"
        "<title>{} of {} scans reconstructed</title>\n<style>{}</style>\n<h1>{} of {} scans reconstructed</h1>\n"
        "<div class=dim>{} · firstlight {}</div>\n<p><code>{}</code></p>\n<div class=sums>",
        done, records.size(), style, done, records.size(), now_utc(), escaped(programs_of(records)), escaped(command));
    const auto sum = [&](const std::string& number, const char* what, const char* colour) {
        page += fmt::format("<div class=\"{}\"><b>{}</b>{}</div>", colour, number, what);
    };
    sum(fmt::format("{}", done), "done", "good");
    sum(fmt::format("{}", failed), "failed", failed > 0 ? "bad" : "dim");
    if (open > 0) sum(fmt::format("{}", open), "not done", "warn");
    sum(readable_seconds(seconds), "of all processes", "");
    page += "</div>\n" + failures_of(records);
    if (done > 0) {
        page +=
            "<h2>Reconstructed</h2>\n<table>\n<tr><th></th><th>Scan</th><th>Figures of merit</th>"
            "<th class=number>Time</th></tr>\n";
        for (const BatchJson& record : records)
            if (is_done(record)) page += row_of(record);
        page += "</table>\n";
    }
    return page + left_out(skipped) + "</html>\n";
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

}  // namespace

std::vector<BatchJson> gather_records(const std::vector<BatchItem>& items, const fs::path& output) {
    std::vector<fs::path> journals;
    std::error_code ignored;
    for (fs::directory_iterator at(output, ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        if (name.rfind("batch.", 0) == 0 && at->path().extension() == ".jsonl") journals.push_back(at->path());
    }
    std::sort(journals.begin(), journals.end());
    std::map<std::string, BatchJson> latest;
    for (const fs::path& journal : journals)
        for (auto& [name, record] : read_journal(journal)) {
            const auto [at, fresh] = latest.try_emplace(name, record);
            if (!fresh && text_in(at->second, "finished") <= text_in(record, "finished")) at->second = record;
        }
    std::vector<BatchJson> records;
    for (const BatchItem& item : items) {
        const auto found = latest.find(item.name);
        records.push_back(found != latest.end()
                              ? found->second
                              : BatchJson{{"name", item.name}, {"scan", item.scan.string()}, {"status", "not done"}});
    }
    return records;
}

void check_report_name(const fs::path& html) {
    if (html.extension() != ".html" && html.extension() != ".htm")
        throw Error(ExitCode::usage, fmt::format("--report: cannot take \"{}\"", html.string()),
                    "a report is a page, with .json and .csv of the same name beside it",
                    "name a file such as report.html");
}

std::string batch_csv(const std::vector<BatchJson>& records) {
    std::set<std::string> figures;
    for (const BatchJson& record : records)
        for (const auto& [key, value] : part_of(record, "quality").items()) figures.insert(key);
    std::string text = "name,scan,status,code,seconds,recipe,warnings,reason";
    for (const std::string& figure : figures) text += "," + csv_cell(figure);
    text += "\n";
    for (const BatchJson& record : records) {
        const bool ran = record.contains("code");
        text += fmt::format(
            "{},{},{},{},{},{},{},{}", csv_cell(text_in(record, "name")), csv_cell(text_in(record, "scan")),
            text_in(record, "status"), ran ? fmt::format("{}", number_in(record, "code")) : "",
            ran ? fmt::format("{}", number_in(record, "seconds")) : "", csv_cell(text_in(record, "recipe_name")),
            part_of(record, "warnings").size(), csv_cell(text_in(record, "reason")));
        const BatchJson& quality = part_of(record, "quality");
        for (const std::string& figure : figures)
            text += quality.contains(figure) && quality[figure].is_number()
                        ? fmt::format(",{}", quality[figure].get<double>())
                        : ",";
        text += "\n";
    }
    return text;
}

void write_batch_report(const fs::path& html, const std::vector<BatchJson>& records,
                        const std::vector<BatchSkipped>& skipped, const std::string& command) {
    const auto write = [&](const char* extension, const std::string& text) {
        fs::path path = html;
        if (*extension != '\0') path.replace_extension(extension);
        write_whole(path, text.data(), text.size(), true);
    };
    BatchJson all{{"firstlight", build_facts().version}, {"command", command}, {"scans", records}};
    for (const BatchSkipped& s : skipped) all["left_out"].push_back({{"path", s.path.string()}, {"why", s.why}});
    write(".json", all.dump(1, ' ', false, BatchJson::error_handler_t::replace) + "\n");
    write(".csv", batch_csv(records));
    write("", page_of(records, skipped, command));
}

}  // namespace firstlight
