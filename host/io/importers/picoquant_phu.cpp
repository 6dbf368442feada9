#include "host/io/importers/picoquant_phu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/data/axis.hpp"
#include "host/io/importers/importer.hpp"
#include "host/io/importers/picoquant_header.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::string_view magic = "PQHISTO";
constexpr std::int64_t most_bins = 1 << 24;

struct Curve {
    std::uint64_t data = 0;
    std::int64_t bins = 0;
    double bin_width_s = 0;  // 0: not in the file
    double exposure_s = 0, sync_rate_hz = 0;
    [[nodiscard]] bool fits(const Curve& other) const { return bins == other.bins && bin_width_s == other.bin_width_s; }
};

[[noreturn]] void refuse(const SourceBytes& bytes, const std::string& problem, const std::string& why) {
    throw Error(ExitCode::bad_input, bytes.name() + ": " + problem, why, "copy the file again");
}

template <class T>
const std::vector<T>* list_of(const std::map<std::string, std::vector<T>>& all, const std::string& tag,
                              std::int64_t curves, const SourceBytes& bytes) {
    const auto found = all.find(tag);
    if (found == all.end()) return nullptr;
    if (static_cast<std::int64_t>(found->second.size()) != curves)
        refuse(bytes, fmt::format("{} has {} values", tag, found->second.size()), fmt::format("for {} curves", curves));
    return &found->second;
}

std::vector<Curve> read_curves(const SourceBytes& bytes, const PicoQuantHeader& header) {
    const auto said = header.integer("HistoResult_NumberOfCurves");
    const std::int64_t number = said.value_or(0);
    if (number <= 0 || number > 1 << 16)
        refuse(bytes,
               said ? fmt::format("HistoResult_NumberOfCurves is {}", number) : "does not say how many curves it has",
               "1 to 65536 are read");
    if (const auto bits = header.integer("HistoResult_BitsPerBin"); bits && *bits != 0 && *bits != 32)
        refuse(bytes, fmt::format("its bins have {} bits", *bits), "32 are read");
    const auto* offsets = list_of(header.integers, "HistResDscr_DataOffset", number, bytes);
    const auto* bins = list_of(header.integers, "HistResDscr_HistogramBins", number, bytes);
    if (offsets == nullptr || bins == nullptr)
        refuse(bytes, "does not say where its curves are",
               "HistResDscr_DataOffset or HistResDscr_HistogramBins is missing");
    const auto* widths = list_of(header.numbers, "HistResDscr_MDescResolution", number, bytes);
    const auto* exposures = list_of(header.integers, "HistResDscr_MDescStopAfter", number, bytes);  // unit: ms
    const auto* rates = list_of(header.integers, "HistResDscr_SyncRate", number, bytes);
    std::vector<Curve> curves(static_cast<std::size_t>(number));
    for (std::size_t i = 0; i < curves.size(); ++i) {
        Curve& curve = curves[i];
        curve.bins = (*bins)[i];
        if (curve.bins <= 0 || curve.bins > most_bins)
            refuse(bytes, fmt::format("curve {} has {} bins", i, curve.bins), "1 to 2^24 are read");
        if ((*offsets)[i] < 0)
            refuse(bytes, fmt::format("curve {} is at byte {}", i, (*offsets)[i]), "that is before the file");
        curve.data = static_cast<std::uint64_t>((*offsets)[i]);
        bytes.need(curve.data, static_cast<std::uint64_t>(curve.bins) * 4, fmt::format("curve {}", i));
        const double width = widths != nullptr ? (*widths)[i] : header.number("MeasDesc_Resolution").value_or(0);
        if (!(width >= 0 && width < 1))  // NaN, too
            refuse(bytes, fmt::format("the bins of curve {} are {} s wide", i, width), "no device has such");
        curve.bin_width_s = width >= 1e-15 ? width : 0;
        if (exposures != nullptr && (*exposures)[i] > 0) curve.exposure_s = static_cast<double>((*exposures)[i]) * 1e-3;
        if (rates != nullptr && (*rates)[i] > 0) curve.sync_rate_hz = static_cast<double>((*rates)[i]);
    }
    return curves;
}

std::vector<Curve> chosen(const std::vector<Curve>& all, const ImportRequest& request) {
    const std::int64_t channel = request.options.channel;
    if (channel >= static_cast<std::int64_t>(all.size()))
        throw Error(ExitCode::usage, fmt::format("{}: has no curve {}", request.source.string(), channel),
                    fmt::format("it has {}, counted from 0", all.size()));
    if (channel >= 0) return {all[static_cast<std::size_t>(channel)]};
    for (const Curve& curve : all)
        if (!curve.fits(all[0]))
            ask_for(request, "which of its curves is meant, and they differ in bins",
                    fmt::format("--channel (0 to {})", all.size() - 1));
    return all;
}

void set_exposure(Scan& scan, const std::vector<Curve>& curves, const ImportRequest& request,
                  std::vector<std::string>& assumptions) {
    const auto alike = [&](double Curve::*member) {
        return std::all_of(curves.begin(), curves.end(),
                           [&](const Curve& c) { return c.*member == curves[0].*member; });
    };
    const double given_rate = request.options.repetition_rate_hz, given_exposure = request.options.exposure_s;
    if (!std::isnan(given_rate)) scan.repetition_rate_hz = given_rate;
    else if (curves[0].sync_rate_hz > 0 && alike(&Curve::sync_rate_hz)) {
        scan.repetition_rate_hz = curves[0].sync_rate_hz;
        assumptions.push_back(fmt::format("laser pulses at the sync rate, {} Hz", curves[0].sync_rate_hz));
    }
    if (!std::isnan(given_exposure)) {
        scan.exposure_s = {given_exposure / static_cast<double>(scan.pixels())};
        assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared evenly by {} curves", given_exposure, scan.pixels()));
    } else if (curves[0].exposure_s > 0 && alike(&Curve::exposure_s)) {
        scan.exposure_s = {curves[0].exposure_s};
        assumptions.push_back(
            fmt::format("exposure of a curve: {} s, after which it was to stop", curves[0].exposure_s));
    }
    if (scan.repetition_rate_hz && !scan.exposure_s.empty())
        scan.pulses = {scan.exposure_s[0] * *scan.repetition_rate_hz};
}

ImportReport import_phu(const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const SourceBytes bytes(request.source);
    const PicoQuantHeader header = read_picoquant_header(bytes, std::string(magic));
    const std::vector<Curve> all = read_curves(bytes, header), curves = chosen(all, request);

    AcquisitionInfo info = info_of_source(request, "PicoQuant PHU");
    info.detector_model = header.text("HW_Type");
    info.detector_serial_number = header.text("HW_SerialNo");
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    Scan scan;
    scan.name = request.source.string();
    scan.rows = 1;
    scan.columns = static_cast<std::int64_t>(curves.size());
    scan.bins = curves[0].bins;
    scan.type = CountType::u4;
    scan.bin_width_s = std::isnan(given.bin_width_ps) ? curves[0].bin_width_s : given.bin_width_ps * 1e-12;
    if (!(scan.bin_width_s > 0)) ask_for(request, "how wide its time bins are", "--bin-width-ps");
    if (!std::isnan(given.bin_width_ps))
        assumptions.push_back(fmt::format("bin width {} ps, as given", given.bin_width_ps));
    if (given.channel >= 0) assumptions.push_back(fmt::format("curve {} of {}, as given", given.channel, all.size()));
    else assumptions.push_back(fmt::format("each of the {} curves is a pixel of one row", curves.size()));
    set_time_and_path(scan, info, request);
    if (const auto [height, width] = scan_size(given); height > 0) {
        scan.y_m = cell_centres(scan.rows, height);
        scan.x_m = cell_centres(scan.columns, width);
        info.scan_size_m = {height, width};
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    }
    set_exposure(scan, curves, request, assumptions);
    need_histogram_memory(request, scan, 0, given.channel < 0 ? "--channel" : "");
    PhotonCube cube(scan.type, 1, 1, scan.columns, scan.bins);
    for (std::int64_t i = 0; i < scan.columns; ++i)
        bytes.read(curves[static_cast<std::size_t>(i)].data, {cube.trace(0, 0, i), cube.trace_bytes()}, "a curve");
    return write_cube(request, scan, info, cube);
}

bool is_phu(const std::filesystem::path&, std::span<const std::byte> head) {
    return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

Importer picoquant_phu_importer() {
    return {
        "phu",
        "PicoQuant PHU, histograms",
        {".phu"},
        {"channel", "bin_width_ps", "first_bin_ps", "scan_size_m", "light_path", "exposure_s", "repetition_rate_hz"},
        is_phu,
        import_phu};
}

}  // namespace firstlight
