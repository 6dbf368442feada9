#include "host/io/importers/picoquant_ptu.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <cstring>

#include "host/data/axis.hpp"
#include "host/io/importers/imported_photons.hpp"
#include "host/io/importers/photon_stream.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint64_t most_bins = 1 << 20;
constexpr std::string_view magic = "PQTTTR";

// What the first pass finds.
struct Seen {
    std::vector<std::int64_t> by_bin = std::vector<std::int64_t>(most_bins, 0);  // photons with a pixel
    std::array<std::int64_t, 64> by_channel{};
    std::int64_t without_pixel = 0, without_bin = 0, late = 0;
    std::int64_t bins = 0, kept = 0;
    StreamTotals totals;
};

Seen survey(const PhotonStream& stream, const ImportRequest& request) {
    Seen seen;
    seen.totals = stream.read(request, 0.2, 0.5, [&](const StreamPhoton& photon) {
        if (photon.pixel < 0) ++seen.without_pixel;
        else if (photon.bin == StreamPhoton::no_bin) ++seen.without_bin;
        else if (photon.bin >= most_bins) ++seen.late;
        else {
            ++seen.by_bin[photon.bin];
            ++seen.by_channel[photon.channel];
        }
    });
    const StreamTotals& totals = seen.totals;
    std::uint64_t limit = most_bins;
    if (!stream.type().t3 && totals.syncs > 1) {  // a pause of the laser is no long trace
        const double interval = static_cast<double>(totals.last_sync - totals.first_sync) /
                                static_cast<double>(totals.syncs - 1) * stream.macro_unit_s() / stream.bin_width_s();
        if (interval > 0 && 2 * interval < static_cast<double>(most_bins))
            limit = static_cast<std::uint64_t>(2 * interval) + 1;
    }
    for (std::uint64_t bin = 0; bin < most_bins; ++bin) {
        if (bin >= limit) seen.late += seen.by_bin[bin];
        else if (seen.by_bin[bin] > 0) {
            seen.bins = static_cast<std::int64_t>(bin) + 1;
            seen.kept += seen.by_bin[bin];
        }
    }
    return seen;
}

void refuse_nothing_kept(const PhotonStream& stream, const Seen& seen, const ImportRequest& request) {
    const std::string file = request.source.string();
    if (stream.image() && seen.totals.line_starts == 0)
        throw Error(ExitCode::bad_input, file + ": its image has no lines",
                    fmt::format("among {} markers in {} records is none that starts a line (bits {})",
                                seen.totals.markers, stream.records(), stream.geometry().start_mask),
                    "give --line-start-marker, or --rows 1 --columns 1 for no image");
    if (!stream.type().t3 && seen.totals.syncs == 0 && seen.without_bin > 0)
        ask_for(request, "when the laser pulsed, as none of its records is a sync", "--repetition-rate-hz");
    if (seen.kept > 0) return;
    const std::string photons = fmt::format("{} photons belong to no pixel, {} come before the first sync, {} too late",
                                            seen.without_pixel, seen.without_bin, seen.late);
    throw Error(ExitCode::bad_input, file + ": holds no photons that can be used",
                fmt::format("of {} records, {}", stream.records(), photons));
}

struct Pixels {
    std::array<std::int64_t, 64> of_channel{};  // -1: none; not of images
    std::vector<int> channels;                  // seen
};

Pixels pixels_of(const Seen& seen) {
    Pixels pixels;
    pixels.of_channel.fill(-1);
    for (int c = 0; c < 64; ++c) {
        if (seen.by_channel[static_cast<std::size_t>(c)] == 0) continue;
        pixels.of_channel[static_cast<std::size_t>(c)] = static_cast<std::int64_t>(pixels.channels.size());
        pixels.channels.push_back(c);
    }
    return pixels;
}

void set_place(Scan& scan, AcquisitionInfo& info, const PhotonStream& stream, const PicoQuantHeader& header,
               const ImportRequest& request) {
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    auto [height, width] = scan_size(request.options);
    const double pixel_um = header.number("ImgHdr_PixResol").value_or(0);
    if (height > 0) {
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    } else if (stream.image() && pixel_um > 0 && pixel_um < 1e9) {
        height = pixel_um * 1e-6 * static_cast<double>(scan.rows);
        width = pixel_um * 1e-6 * static_cast<double>(scan.columns);
        assumptions.push_back(fmt::format("pixels of {} um (ImgHdr_PixResol), centred on 0", pixel_um));
    }
    if (height <= 0) return;
    scan.y_m = cell_centres(scan.rows, height);
    scan.x_m = cell_centres(scan.columns, width);
    info.scan_size_m = {height, width};
}

void set_exposure(Scan& scan, AcquisitionInfo& info, const PhotonStream& stream, const Seen& seen,
                  const PicoQuantHeader& header, const ImportRequest& request) {
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    const StreamTotals& totals = seen.totals;
    if (!std::isnan(request.options.repetition_rate_hz)) scan.repetition_rate_hz = request.options.repetition_rate_hz;
    else if (stream.type().t3) scan.repetition_rate_hz = 1 / stream.macro_unit_s();
    else if (const auto rate = header.number("TTResult_SyncRate"); rate && *rate > 0) scan.repetition_rate_hz = *rate;
    if (!std::isnan(request.options.exposure_s)) {
        const double share = request.options.exposure_s / (stream.image() ? static_cast<double>(scan.pixels()) : 1.0);
        scan.exposure_s = {share};
        assumptions.push_back(fmt::format("exposure of {} s, as given{}", request.options.exposure_s,
                                          stream.image() ? ", shared evenly by the pixels" : ""));
    } else if (!stream.image()) {
        scan.exposure_s = {static_cast<double>(totals.last_time) * stream.macro_unit_s()};
        assumptions.emplace_back("exposure: from the start to the last record");
    } else if (stream.geometry().pixel_at_time.empty() &&
               std::all_of(totals.lines.begin(), totals.lines.end(), [&](auto n) { return n == totals.lines[0]; })) {
        scan.exposure_s = {static_cast<double>(totals.lines[0]) * static_cast<double>(stream.geometry().pixel_time) *
                           stream.macro_unit_s()};
        assumptions.push_back(fmt::format("exposure of a pixel: its time in {} frames", totals.lines[0]));
    }
    if (!scan.exposure_s.empty() && !(scan.exposure_s[0] > 0)) scan.exposure_s.clear();
    if (scan.repetition_rate_hz && !scan.exposure_s.empty())
        scan.pulses = {scan.exposure_s[0] * *scan.repetition_rate_hz};
}

void set_assumptions(std::vector<std::string>& assumptions, const PhotonStream& stream, const Seen& seen,
                     const Pixels& pixels, const ImportRequest& request) {
    const std::vector<std::string>& of_stream = stream.assumptions();
    assumptions.insert(assumptions.end(), of_stream.begin(), of_stream.end());
    if (request.options.channel >= 0)
        assumptions.push_back(fmt::format("photons of channel {} alone, as given", request.options.channel));
    else if (stream.image())
        assumptions.push_back(fmt::format("photons of channels {} add up", fmt::join(pixels.channels, ", ")));
    if (!stream.image())
        assumptions.push_back(fmt::format("no image: one row with a pixel for each of the channels {}",
                                          fmt::join(pixels.channels, ", ")));
    if (stream.type().layout == TttrLayout::picoharp_t2 && seen.totals.syncs > 0)
        assumptions.emplace_back("input 0 of the PicoHarp recorded the laser pulses");
    assumptions.push_back(fmt::format("{} bins: up to the latest photon", seen.bins));
    if (seen.without_pixel > 0)
        assumptions.push_back(
            fmt::format("{} photons left out: outside lines, or of other channels", seen.without_pixel));
    if (seen.without_bin > 0)
        assumptions.push_back(fmt::format("{} photons left out: no laser pulse before them", seen.without_bin));
    if (seen.late > 0)
        assumptions.push_back(
            fmt::format("{} photons left out: beyond 2^20 bins or two mean intervals of laser pulses", seen.late));
    if (seen.totals.other > 0)
        assumptions.push_back(fmt::format("{} records left out: of reserved kinds or inputs", seen.totals.other));
}

template <class Take>
void each_kept(const PhotonStream& stream, const Seen& seen, const Pixels& pixels, const ImportRequest& request,
               Take&& take) {
    const auto bins = static_cast<std::uint64_t>(seen.bins);
    (void)stream.read(request, 0.5, 0.95, [&](const StreamPhoton& photon) {
        if (photon.pixel < 0 || photon.bin >= bins) return;
        take(photon, stream.image() ? photon.pixel : pixels.of_channel[photon.channel]);
    });
}

ImportReport import_ptu(const ImportRequest& request) {
    const SourceBytes bytes(request.source);
    const PicoQuantHeader header = read_picoquant_header(bytes, std::string(magic));
    const PhotonStream stream(bytes, header, request);
    const Seen seen = survey(stream, request);
    refuse_nothing_kept(stream, seen, request);
    const Pixels pixels = pixels_of(seen);

    AcquisitionInfo info = info_of_source(request, fmt::format("PicoQuant PTU, {}", stream.type().name));
    info.detector_model = header.text("HW_Type");
    info.detector_serial_number = header.text("HW_SerialNo");
    Scan scan;
    scan.name = request.source.string();
    scan.kind = request.options.record == ImportOptions::Record::histogram ? ScanKind::histogram : ScanKind::events;
    scan.rows = stream.image() ? stream.geometry().rows : 1;
    scan.columns = stream.image() ? stream.geometry().columns : static_cast<std::int64_t>(pixels.channels.size());
    scan.bins = seen.bins;
    scan.type = CountType::u4;
    scan.bin_width_s = stream.bin_width_s();
    set_assumptions(info.provenance.assumptions, stream, seen, pixels, request);
    set_time_and_path(scan, info, request);
    set_place(scan, info, stream, header, request);
    set_exposure(scan, info, stream, seen, header, request);
    ImportedPhotons out(request, scan, info, seen.kept, stream.macro_unit_s());
    each_kept(stream, seen, pixels, request,
              [&](const StreamPhoton& photon, std::int64_t pixel) { out.add(photon.time, photon.bin, pixel); });
    out.commit();
    step(request, 1);
    return {"", scan, info.provenance.assumptions, seen.kept, seen.without_pixel + seen.without_bin + seen.late};
}

bool is_ptu(const std::filesystem::path&, std::span<const std::byte> head) {
    return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

Importer picoquant_ptu_importer() {
    return {"ptu",
            "PicoQuant PTU, T2 and T3",
            {".ptu"},
            {"record", "channel", "rows", "columns", "line_start_marker", "line_stop_marker", "frame_marker",
             "bidirectional", "bin_width_ps", "first_bin_ps", "scan_size_m", "light_path", "exposure_s",
             "repetition_rate_hz"},
            is_ptu,
            import_ptu};
}

}  // namespace firstlight
