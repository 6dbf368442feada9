#include "host/io/count_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>

#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

struct Content {
    std::int64_t tiles = 0, unreadable = 0;
    std::vector<std::string> problems;  // of tiles that cannot be read, in the order of the file, each once
    std::int64_t saturated = 0;
    bool any = false;  // a count above 0
};

std::vector<TileWindow> tiles_of(const CountDataset& counts) {
    const CountDataset::TileGrid grid = counts.grid();
    std::vector<TileWindow> tiles;
    for (std::int64_t view = 0; view < counts.views(); ++view)
        for (std::int64_t y = 0; y < counts.rows(); y += grid.rows)
            for (std::int64_t x = 0; x < counts.columns(); x += grid.columns)
                tiles.push_back({view, y, x, std::min(grid.rows, counts.rows() - y),
                                 std::min(grid.columns, counts.columns() - x), counts.columns()});
    return tiles;
}

// The count from which on a count is saturated; infinite where there is none.
double saturation_in(const CountDataset& counts, const Scan& scan) {
    if (scan.kind == ScanKind::gated)
        if (const double gated = saturation_of(scan.gates, counts.type()); gated > 0) return gated;
    switch (counts.type()) {
        case CountType::u1: return std::numeric_limits<std::uint8_t>::max();
        case CountType::u2: return std::numeric_limits<std::uint16_t>::max();
        case CountType::u4: return std::numeric_limits<std::uint32_t>::max();
        default: return std::numeric_limits<double>::infinity();
    }
}

Content look_through(const CountDataset& counts, const Scan& scan) {
    const std::vector<TileWindow> tiles = tiles_of(counts);
    const double saturation = saturation_in(counts, scan);
    std::vector<std::string> problem(tiles.size());
    std::atomic<std::int64_t> saturated{0};
    std::atomic<bool> any{false};
    parallel_for(static_cast<std::int64_t>(tiles.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        CountDataset::Scratch scratch;
        std::vector<std::byte> buffer;
        for (std::int64_t k = begin; k < end; ++k) {
            const TileWindow& tile = tiles[static_cast<std::size_t>(k)];
            buffer.resize(static_cast<std::size_t>(tile.traces() * counts.bins()) * count_size(counts.type()));
            try {
                counts.read(tile, buffer.data(), scratch);
            } catch (const Error& error) {
                problem[static_cast<std::size_t>(k)] = error.what();
                continue;
            }
            visit_counts({buffer.data(), counts.type(), tile.traces(), counts.bins()}, [&](const auto* values) {
                const std::int64_t n = tile.traces() * counts.bins();
                const auto full =
                    std::count_if(values, values + n, [&](auto v) { return static_cast<double>(v) >= saturation; });
                saturated += full;
                if (!any && std::any_of(values, values + n, [](auto v) { return v > 0; })) any = true;
            });
        }
    });
    Content content;
    content.tiles = static_cast<std::int64_t>(tiles.size());
    content.saturated = saturated;
    content.any = any;
    std::set<std::string> said;
    for (const std::string& text : problem) {
        if (text.empty()) continue;
        ++content.unreadable;
        if (said.insert(text).second) content.problems.push_back(text);
    }
    return content;
}

[[noreturn]] void refuse(const std::string& problem, const std::string& why, const std::string& suggestion) {
    throw Error(ExitCode::bad_input, problem, why, suggestion);
}

// All but what an absence of counts means.
Content check_values(const CountDataset& counts, const Scan& scan, Findings& findings) {
    constexpr std::size_t most_said = 5;
    const std::string& where = counts.stored().where();
    const Content content = look_through(counts, scan);
    for (std::size_t k = 0; k < std::min(most_said, content.problems.size()); ++k)
        findings.attempt([&] { throw Error(ExitCode::bad_input, content.problems[k]); });
    if (content.unreadable > 1)
        findings.attempt([&] {
            refuse(fmt::format("{}: {} of {} parts cannot be read", where, content.unreadable, content.tiles), "",
                   "copy or record the file again");
        });
    const CountDataset::BadValues bad = counts.bad_values();
    if (bad.number > 0)
        findings.attempt([&] {
            refuse(fmt::format("{}: {} counts are NaN, infinite or negative, the first at view {}, y {}, x {}, bin {}",
                               where, bad.number, bad.first[0], bad.first[1], bad.first[2], bad.first[3]),
                   "they are taken as 0", "correct them where the file is made");
        });
    if (content.saturated > 0)
        findings.warn(fmt::format("{}: {} counts are saturated, {:.10g} or more: what came beyond is lost", where,
                                  content.saturated, saturation_in(counts, scan)));
    return content;
}

}  // namespace

void check_counts(const CountDataset& counts, const Scan& scan, Findings& findings) {
    const Content content = check_values(counts, scan, findings);
    if (!content.any && content.unreadable == 0)
        findings.warn(counts.stored().where() + ": every count is 0: nothing can be reconstructed from it");
}

void check_reference(const CountDataset& reference, const Scan& scan, Findings& findings) {
    const Content content = check_values(reference, scan, findings);
    if (!content.any && content.unreadable == 0)
        findings.attempt([&] {
            refuse(reference.stored().where() + ": every count is 0",
                   "a reference is the light without object or medium, by which the scan is divided",
                   "record it again, or remove /entry/reference");
        });
}

void check_calibration(const Scan& scan, Findings& findings) {
    const Response& irf = scan.irf;
    double peak_s = 0;  // of the response, after arrival; without irf_t its peak is taken as the arrival
    findings.attempt([&] {
        if (irf.empty()) return;
        const std::string where = scan.name + ": /entry/calibration/irf";
        const std::size_t samples =
            irf.values.size() / static_cast<std::size_t>(irf.per_pixel ? std::max<std::int64_t>(1, scan.pixels()) : 1);
        std::vector<double> sum(samples);
        for (std::size_t i = 0; i < irf.values.size(); ++i) {
            if (!(irf.values[i] >= 0))
                refuse(fmt::format("{} holds {} at element {}", where, irf.values[i], i),
                       "a response is a share of light: finite and not negative",
                       "store it as it was measured, without subtracting its background below 0");
            sum[i % samples] += irf.values[i];
        }
        const auto peak = std::max_element(sum.begin(), sum.end());
        if (!(*peak > 0))
            refuse(where + " is all 0", "the response must hold light", "measure it again, or remove it from the file");
        if (irf.time_s.size() == samples) peak_s = irf.time_s[static_cast<std::size_t>(peak - sum.begin())];
    });
    findings.attempt([&] {
        if (!scan.arrival_s || !(scan.bin_width_s > 0)) return;
        const double first = scan.time_of(0), last = scan.time_of(static_cast<double>(scan.bins));
        const double light = *scan.arrival_s + peak_s;
        if (light >= first && light <= last) return;
        const std::string at =
            peak_s == 0 ? "" : fmt::format(" and the response's peak {:.6g} ps later", peak_s * 1e12);
        refuse(fmt::format("{}: /entry/calibration/arrival is {:.6g} ps{}", scan.name, *scan.arrival_s * 1e12, at),
               fmt::format("the time axis goes from {:.6g} to {:.6g} ps", first * 1e12, last * 1e12),
               "correct the arrival: it is in s, on the time axis of the data");
    });
}

}  // namespace firstlight
