// A PTU file as photons with pixels: what its header says and the request overrides, and the pass over its records.
//
//   const PhotonStream stream(bytes, header, request);     // asks for what is missing
//   stream.read(request, 0, 0.5, [](const StreamPhoton& photon) { … });   // again for each pass
//
// A photon's `bin` is its time after the laser pulse: the TCSPC's own time (T3), or the time since the last sync or
// since the pulse that a given repetition rate puts before it (T2). `bin` is `no_bin` for photons before the first
// sync. `pixel` is that of scan_lines.hpp, -1 for none; the channel where the file is no image.
// Records are read in blocks of 1 MiB; nothing is allocated for a record.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "host/io/importers/importer.hpp"
#include "host/io/importers/picoquant_header.hpp"
#include "host/io/importers/scan_lines.hpp"
#include "host/io/importers/tttr_records.hpp"

namespace firstlight {

struct StreamPhoton {
    static constexpr std::uint64_t no_bin = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t time = 0, bin = 0;
    std::int64_t pixel = 0;
    std::uint32_t channel = 0;
};

struct StreamTotals {
    std::int64_t syncs = 0, markers = 0, line_starts = 0, other = 0;
    std::uint64_t first_sync = 0, last_sync = 0, last_time = 0;
    std::int64_t frames = 0;
    std::vector<std::int64_t> lines;  // [rows], begun
};

class PhotonStream {
  public:
    PhotonStream(const SourceBytes& bytes, const PicoQuantHeader& header, const ImportRequest& request);

    [[nodiscard]] bool image() const { return geometry_.has_value(); }
    [[nodiscard]] const ScanGeometry& geometry() const { return *geometry_; }
    [[nodiscard]] const TttrType& type() const { return type_; }
    [[nodiscard]] std::int64_t records() const { return records_; }
    [[nodiscard]] double macro_unit_s() const { return macro_unit_s_; }
    [[nodiscard]] double bin_width_s() const { return bin_width_s_; }
    [[nodiscard]] const std::vector<std::string>& assumptions() const { return assumptions_; }

    // One pass; tells `request` that it goes from the share `from` of all work to the share `to`.
    template <class Visit>
    StreamTotals read(const ImportRequest& request, double from, double to, Visit&& visit) const;

  private:
    void find_units(const PicoQuantHeader& header, const ImportRequest& request);
    void find_image(const PicoQuantHeader& header, const ImportRequest& request);
    void find_line_time(const PicoQuantHeader& header, const ImportRequest& request);
    void each_block(const ImportRequest& request, double from, double to,
                    const std::function<void(std::span<const std::uint32_t>)>& visit) const;

    const SourceBytes& bytes_;
    TttrType type_;
    std::uint64_t begin_ = 0;
    std::int64_t records_ = 0, channel_ = -1;
    double macro_unit_s_ = 0, bin_width_s_ = 0;
    std::uint64_t units_per_bin_ = 1;
    double pulse_interval_ = 0;  // T2 without syncs, in macro units; 0: syncs are recorded
    std::optional<ScanGeometry> geometry_;
    std::vector<std::string> assumptions_;
};

template <class Visit>
StreamTotals PhotonStream::read(const ImportRequest& request, double from, double to, Visit&& visit) const {
    StreamTotals totals;
    ScanLines lines(geometry_.value_or(ScanGeometry{}));
    std::uint64_t overflow = 0;
    const auto see = [&](const TttrRecord& record) {
        using Kind = TttrRecord::Kind;
        totals.last_time = record.time;
        switch (record.kind) {
            case Kind::other: ++totals.other; return;
            case Kind::sync:
                if (totals.syncs++ == 0) totals.first_sync = record.time;
                totals.last_sync = record.time;
                return;
            case Kind::marker:
                ++totals.markers;
                if (image() && (record.markers & geometry_->start_mask) != 0) ++totals.line_starts;
                lines.marker(record.time, record.markers);
                return;
            case Kind::photon: break;
        }
        StreamPhoton photon{record.time, record.nanotime, 0, record.channel};
        if (!type_.t3) {
            if (pulse_interval_ > 0) {
                const auto time = static_cast<double>(record.time);
                photon.bin = static_cast<std::uint64_t>(
                    std::max(0.0, time - std::floor(time / pulse_interval_) * pulse_interval_));
            } else {
                photon.bin = totals.syncs == 0 || record.time < totals.last_sync ? StreamPhoton::no_bin
                                                                                 : record.time - totals.last_sync;
            }
        }
        if (units_per_bin_ != 1 && photon.bin != StreamPhoton::no_bin) photon.bin /= units_per_bin_;
        if (channel_ >= 0 && record.channel != channel_) photon.pixel = -1;
        else photon.pixel = image() ? lines.pixel(record.time) : static_cast<std::int64_t>(record.channel);
        visit(photon);
    };
    each_block(request, from, to,
               [&](std::span<const std::uint32_t> words) { for_each_tttr_record(type_.layout, words, overflow, see); });
    totals.frames = lines.frames();
    totals.lines = lines.lines();
    return totals;
}

}  // namespace firstlight
