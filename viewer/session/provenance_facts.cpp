#include "viewer/session/provenance_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "host/io/readable.hpp"
#include "viewer/session/parameter_rows.hpp"

namespace firstlight::viewer {
namespace {

const char* name_of(ScanKind kind) {
    switch (kind) {
        case ScanKind::histogram: return "histograms";
        case ScanKind::gated: return "frames of a gated camera";
        default: return "photon events";
    }
}

const char* name_of(LightPath path) {
    switch (path) {
        case LightPath::transmission: return "transmission";
        case LightPath::reflection: return "reflection";
        default: return "confocal";
    }
}

std::string pitch_of(const std::vector<double>& positions_m) {
    if (positions_m.size() < 2) return "";
    const double pitch =
        std::abs(positions_m.back() - positions_m.front()) / static_cast<double>(positions_m.size() - 1);
    return fmt::format("{:.4g} mm", pitch * 1e3);
}

struct Facts {
    std::vector<Fact> all;
    void add(const std::string& name, const std::string& value, const std::string& about = {}) {
        if (!value.empty()) all.push_back({name, value, about});
    }
    void add(const std::string& name, const std::optional<double>& value, double factor, const char* unit) {
        if (value) all.push_back({name, fmt::format("{:.6g} {}", *value * factor, unit), ""});
    }
};

void add_axes(Facts& facts, const Scan& scan) {
    facts.add("pixels", fmt::format("{} × {} (y, x)", scan.rows, scan.columns));
    if (scan.views > 1) facts.add("views", fmt::format("{}", scan.views));
    const std::string down = pitch_of(scan.y_m), across = pitch_of(scan.x_m);
    facts.add("pixel pitch", down == across || down.empty() ? across : fmt::format("{} (y), {} (x)", down, across),
              "distance of pixel centres in the object plane");
    const bool gated = scan.kind == ScanKind::gated;
    facts.add(gated ? "gates" : "bins", fmt::format("{}", scan.bins));
    facts.add(gated ? "gate step" : "bin width", fmt::format("{:.6g} ps", scan.bin_width_s * 1e12),
              gated ? "mean step of the gates' delays" : "");
    facts.add("time axis",
              fmt::format("{} to {}", readable_ps(scan.time_of(0.5)),
                          readable_ps(scan.time_of(static_cast<double>(scan.bins) - 0.5))),
              "centres of the first and the last bin");
}

const std::map<std::string, std::string>& quality_meanings() {
    static const std::map<std::string, std::string> meanings{
        {"counts_total", "all counts of the scan"},
        {"counts_kept", "sum of the ballistic image: what the gate or the fit took for unscattered light"},
        {"pixels_masked", "pixels with a flag of the detector: hot, dead, noisy or saturated"},
        {"pixels_low_counts", "pixels with too few counts for a value, masked ones included"},
        {"arrival_median_ps", "median over pixels of when the first light arrives"},
        {"purity_median", "median over pixels of the unscattered share of the ballistic counts"},
        {"depth_outlier_share",
         "share of pixels whose depth is far from that of their neighbours: single pixels that "
         "are off, not whole patches"}};
    return meanings;
}

}  // namespace

Fact named_number(const std::string& name, double value) {
    constexpr std::pair<const char*, const char*> units[] = {{"_per_m", "1/m"}, {"_ps", "ps"}, {"_ns", "ns"},
                                                             {"_mm", "mm"},     {"_px", "px"}, {"_counts", "counts"}};
    for (const auto& [ending, unit] : units) {
        const std::string_view end(ending);
        if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
            return {in_words(name.substr(0, name.size() - end.size())), fmt::format("{:.6g} {}", value, unit), name};
    }
    return {in_words(name), fmt::format("{:.6g}", value), name};
}

std::vector<Fact> file_facts(const Document& document) {
    Facts facts;
    facts.add("opened", document.path.string());
    if (document.kind == DocumentKind::result)
        facts.add("acquisition",
                  document.scan_path.empty() ? "not there: " + document.why_no_scan : document.scan_path.string());
    if (document.stamp) facts.add("size", readable_bytes(static_cast<std::size_t>(document.stamp->bytes)));
    if (!document.scan) return facts.all;
    const Scan& scan = *document.scan;
    const AcquisitionInfo& info = document.info;
    facts.add("title", info.title);
    facts.add("recorded", name_of(scan.kind));
    facts.add("light path", name_of(scan.path));
    add_axes(facts, scan);
    if (document.result)
        if (const auto total = document.result->quality.find("counts_total"); total != document.result->quality.end())
            facts.add("counts", readable_count(total->second), "of all pixels and bins");
    facts.add("repetition rate", scan.repetition_rate_hz, 1e-6, "MHz");
    facts.add("wavelength", scan.wavelength_m, 1e9, "nm");
    facts.add("pulse", scan.pulse_fwhm_s, 1e12, "ps FWHM");
    facts.add("jitter", scan.jitter_fwhm_s, 1e12, "ps FWHM");
    facts.add("dead time", scan.dead_time_s, 1e9, "ns");
    facts.add("thickness", scan.medium.thickness_m, 1e3, "mm");
    facts.add("detector", info.detector_model +
                              (info.detector_serial_number.empty() ? "" : ", no. " + info.detector_serial_number));
    facts.add("start", info.start_time);
    facts.add("made by", info.creator);
    facts.add("converted from", info.provenance.source_file);
    for (const std::string& assumption : info.provenance.assumptions) facts.add("assumed", assumption);
    facts.add("reference", scan.has_reference ? "in the file" : "none", "the same scan without object or medium");
    const std::string steps = scan.irf.time_s.size() > 1 ? fmt::format(", in steps of {:.4g} ps",
                                                                       1e12 * (scan.irf.time_s[1] - scan.irf.time_s[0]))
                                                         : "";
    facts.add("response",
              scan.irf.empty() ? "none" : (scan.irf.per_pixel ? "one per pixel" : "one for all pixels") + steps,
              "instrument response (IRF)");
    facts.add("truth", (document.truth != nullptr) ? "in the file: a simulated scan" : "none");
    facts.add("stored as", document.stored_as);
    facts.add("UUID", info.uuid);
    return facts.all;
}

std::vector<Fact> run_facts(const Result& result) {
    Facts facts;
    const std::map<std::string, std::string>& known = result.process.facts;
    std::vector<std::string> order{"program", "version", "git_commit", "backend", "device", "threads"};
    for (const auto& [name, value] : known)
        if (std::find(order.begin(), order.end(), name) == order.end() && name != "command") order.push_back(name);
    for (const std::string& name : order)
        if (const auto at = known.find(name); at != known.end()) facts.add(in_words(name), at->second);
    double seconds = 0;
    for (const StageRecord& stage : result.process.stages) seconds += stage.seconds;
    facts.add("time in stages", readable_seconds(seconds), "summed over the stages; reading included");
    facts.add("created", result.created);
    return facts.all;
}

std::vector<Fact> quality_facts(const Result& result) {
    std::vector<Fact> facts;
    const auto total = result.quality.find("counts_total");
    for (const auto& [name, value] : result.quality) {
        Fact fact = named_number(name, value);
        if (name.rfind("counts_", 0) == 0 || name.rfind("pixels_", 0) == 0) fact.name = in_words(name);
        if (name.rfind("counts_", 0) == 0) {
            fact.value = readable_count(value);
            if (name == "counts_kept" && total != result.quality.end() && total->second > 0)
                fact.value += fmt::format(" ({:.3g} %)", 100 * value / total->second);
        }
        if (name.rfind("pixels_", 0) == 0)
            fact.value = fmt::format("{} of {}", readable_count(value),
                                     readable_count(static_cast<double>(result.images.pixels())));
        const auto meaning = quality_meanings().find(name);
        fact.about = meaning == quality_meanings().end() ? name : meaning->second;
        facts.push_back(std::move(fact));
    }
    return facts;
}

namespace {

// Of many views ("hot_above[3]") the range of what each found.
std::vector<Fact> found_by(const StageRecord& stage) {
    std::map<std::string, std::pair<double, double>> ranges;
    for (const auto& [name, value] : stage.survey) {
        const std::string of_all = name.back() == ']' ? name.substr(0, name.rfind('[')) : name;
        const auto range = ranges.try_emplace(of_all, value, value).first;
        range->second = {std::fmin(range->second.first, value), std::fmax(range->second.second, value)};
    }
    std::vector<Fact> facts;
    for (const auto& [name, range] : ranges) {
        facts.push_back(named_number(name, range.second));
        if (range.second > range.first)
            facts.back().value = fmt::format("{:.6g} to {}", range.first, facts.back().value);
    }
    return facts;
}

std::string counts_text(const StageRecord& stage) {
    if (stage.counts_in == 0) return readable_count(stage.counts_out);
    const double change = 100 * (stage.counts_out - stage.counts_in) / stage.counts_in;
    const std::string by = stage.counts_out == stage.counts_in ? "no change" : fmt::format("{:+.2g} %", change);
    return fmt::format("{} → {} ({})", readable_count(stage.counts_in), readable_count(stage.counts_out), by);
}

}  // namespace

std::vector<StageBar> waterfall(const Result& result, bool log_counts) {
    const auto length = [log_counts](double counts) {
        return log_counts ? std::log10(std::max(1.0, counts)) : std::max(0.0, counts);
    };
    double most = 0, longest = 0;
    for (const StageRecord& stage : result.process.stages) {
        most = std::max({most, length(stage.counts_in), length(stage.counts_out)});
        longest = std::max(longest, stage.seconds);
    }
    std::vector<StageBar> bars;
    for (const StageRecord& stage : result.process.stages) {
        StageBar bar{stage.name, stage.counts_in, stage.counts_out, stage.seconds, 0, 0, 0, "", found_by(stage)};
        if (most > 0) {
            bar.share_in = length(stage.counts_in) / most;
            bar.share_out = length(stage.counts_out) / most;
        }
        if (longest > 0) bar.share_seconds = stage.seconds / longest;
        if (bar.counted()) bar.counts = counts_text(stage);
        bars.push_back(std::move(bar));
    }
    return bars;
}

}  // namespace firstlight::viewer
