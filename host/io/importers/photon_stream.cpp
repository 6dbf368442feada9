#include "host/io/importers/photon_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t block_records = (std::size_t{1} << 20) / 4;
constexpr std::int64_t longest_side = 1 << 20, most_pixels = 1 << 28, longest_sine = 1 << 24;

[[noreturn]] void refuse(const SourceBytes& bytes, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "copy the file again") {
    throw Error(ExitCode::bad_input, bytes.name() + ": " + problem, why, suggestion);
}

// The marker's bit: as given, else as the tag says; 0 where neither does.
std::uint32_t marker_mask(const SourceBytes& bytes, const PicoQuantHeader& header, const char* tag,
                          std::int64_t given) {
    const std::int64_t number = given > 0 ? given : header.integer(tag).value_or(0);
    if (number < 0 || number > 8) refuse(bytes, fmt::format("{} is {}", tag, number), "markers have numbers 1 to 8");
    return number == 0 ? 0 : 1U << (number - 1);
}

}  // namespace

PhotonStream::PhotonStream(const SourceBytes& bytes, const PicoQuantHeader& header, const ImportRequest& request)
    : bytes_(bytes), begin_(header.data_begin), channel_(request.options.channel) {
    const auto code = header.integer("TTResultFormat_TTTRRecType");
    if (!code) refuse(bytes, "the tag TTResultFormat_TTTRRecType is missing", "it says what the records are");
    type_ = tttr_type(*code, bytes.name());
    if (const auto bits = header.integer("TTResultFormat_BitsPerRecord"); bits && *bits != 0 && *bits != 32)
        refuse(bytes, fmt::format("its records have {} bits", *bits), "those of all known devices have 32");
    const auto held = static_cast<std::int64_t>((bytes.size() - begin_) / 4);
    records_ = header.integer("TTResult_NumberOfRecords").value_or(0);
    if (records_ < 0) refuse(bytes, fmt::format("TTResult_NumberOfRecords is {}", records_), "it cannot be negative");
    if (records_ > held)
        refuse(bytes, fmt::format("ends within its records: it holds {} of {}", held, records_),
               fmt::format("the file has {} bytes", bytes.size()));
    if (records_ == 0 && held > 0) {
        records_ = held;
        assumptions_.push_back(fmt::format(
            "the header tells of no records, as of a recording that was not closed: all {} to the end of the "
            "file are taken",
            held));
    }
    find_units(header, request);
    find_image(header, request);
}

void PhotonStream::find_units(const PicoQuantHeader& header, const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const auto unit = [&](const char* tag) {
        const double value = header.number(tag).value_or(0);
        if (value < 0 || value > 1) refuse(bytes_, fmt::format("{} is {} s", tag, value), "no device counts in that");
        return value >= 1e-15 ? value : 0;
    };
    macro_unit_s_ = unit("MeasDesc_GlobalResolution");
    if (macro_unit_s_ == 0 && type_.t3 && given.repetition_rate_hz > 0) {
        macro_unit_s_ = 1 / given.repetition_rate_hz;
        assumptions_.push_back(fmt::format("the macro time counts pulses, {} Hz, as given", given.repetition_rate_hz));
    }
    if (macro_unit_s_ == 0) {
        if (type_.t3) ask_for(request, "how long a unit of its macro time is", "--repetition-rate-hz");
        refuse(bytes_, "MeasDesc_GlobalResolution is missing or 0", "times of T2 records are in units of it");
    }
    const double bin_unit_s = type_.t3 ? unit("MeasDesc_Resolution") : macro_unit_s_;
    const double width_s = std::isnan(given.bin_width_ps) ? bin_unit_s : given.bin_width_ps * 1e-12;
    if (width_s == 0) ask_for(request, "how wide its time bins are", "--bin-width-ps");
    bin_width_s_ = width_s;
    if (bin_unit_s > 0) {
        const double ratio = width_s / bin_unit_s, whole = std::round(ratio);
        if (whole < 1 || whole > 1e9 || std::abs(ratio - whole) > 1e-6 * whole)
            throw Error(ExitCode::usage, fmt::format("--bin-width-ps {} does not fit the file", given.bin_width_ps),
                        fmt::format("its times are in units of {} ps", bin_unit_s * 1e12),
                        "give a whole multiple of that, or leave it out");
        units_per_bin_ = static_cast<std::uint64_t>(whole);
        bin_width_s_ = whole * bin_unit_s;
    }
    if (type_.t3 || std::isnan(given.repetition_rate_hz)) return;
    pulse_interval_ = 1 / (given.repetition_rate_hz * macro_unit_s_);
    if (std::abs(pulse_interval_ - std::round(pulse_interval_)) < 1e-9 * pulse_interval_)
        pulse_interval_ = std::round(pulse_interval_);  // whole but for the rounding of the two numbers
    if (pulse_interval_ < 1)
        throw Error(ExitCode::usage,
                    fmt::format("--repetition-rate-hz {} does not fit the file", given.repetition_rate_hz),
                    fmt::format("its times are in units of {} ps", macro_unit_s_ * 1e12));
    assumptions_.push_back(fmt::format("laser pulses at {} Hz from macro time 0 on, as given; syncs are not used",
                                       given.repetition_rate_hz));
}

void PhotonStream::find_image(const PicoQuantHeader& header, const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const std::int64_t mode = header.integer("Measurement_SubMode").value_or(-1);
    const std::int64_t dimensions = header.integer("ImgHdr_Dimensions").value_or(mode);
    const bool asked_for = given.rows > 1 || given.columns > 1 || given.line_start_marker > 0;
    const bool point = given.rows == 1 && given.columns == 1;
    const bool told = mode == dimensions && (mode == 2 || mode == 3);
    if (point || (!told && !asked_for)) return;
    ScanGeometry g;
    g.one_line = told && mode == 2 && given.rows == 0;
    const auto side = [&](const char* tag, std::int64_t option, const char* what, const char* flag) {
        const auto value = option > 0 ? std::optional(option) : header.integer(tag);
        if (!value) ask_for(request, what, flag);
        if (*value < 1 || *value > longest_side)
            refuse(bytes_, fmt::format("{} is {}", tag, *value), "an image has 1 to 1048576 of them",
                   fmt::format("give {}", flag));
        return *value;
    };
    g.columns = side("ImgHdr_PixX", given.columns, "how many pixels a line has", "--columns");
    g.rows = g.one_line ? 1 : side("ImgHdr_PixY", given.rows, "how many lines the image has", "--rows");
    if (g.rows * g.columns > most_pixels)
        refuse(bytes_, fmt::format("its image has {} x {} pixels", g.rows, g.columns), "at most 2^28 are read",
               "give --rows and --columns");
    g.start_mask = marker_mask(bytes_, header, "ImgHdr_LineStart", given.line_start_marker);
    g.stop_mask = marker_mask(bytes_, header, "ImgHdr_LineStop", given.line_stop_marker);
    g.frame_mask = marker_mask(bytes_, header, "ImgHdr_Frame", given.frame_marker);
    if (g.start_mask == 0) ask_for(request, "which marker starts a line of its image", "--line-start-marker (1 to 4)");
    if (g.start_mask == g.stop_mask || g.start_mask == g.frame_mask)
        throw Error(ExitCode::usage, bytes_.name() + ": one marker cannot both start a line and end a line or a frame",
                    "", "give --line-start-marker, --line-stop-marker and --frame-marker");
    g.bidirectional = given.bidirectional || header.integer("ImgHdr_BiDirect").value_or(0) > 0;
    geometry_ = g;
    find_line_time(header, request);
    std::string markers = fmt::format("line starts at bits {}", g.start_mask);
    if (g.stop_mask != 0) markers += fmt::format(", ends at {}", g.stop_mask);
    if (g.frame_mask != 0) markers += fmt::format(", a new frame begins at {}", g.frame_mask);
    assumptions_.push_back(fmt::format(
        "pixels (y, x) from markers, {} of the marker field, {:.9g} us for a pixel{}{}; frames add up, incomplete ones "
        "too",
        markers, static_cast<double>(geometry_->pixel_time) * macro_unit_s_ * 1e6,
        g.bidirectional ? ", every second line backwards" : "",
        geometry_->pixel_at_time.empty() ? "" : ", lines stretched as a sine"));
}

void PhotonStream::find_line_time(const PicoQuantHeader& header, const ImportRequest& request) {
    ScanGeometry& g = *geometry_;
    const std::optional<double> dwell_ms = header.number("ImgHdr_TimePerPixel");
    if (dwell_ms && *dwell_ms > 0) {
        const double pixel_time = std::nearbyint(*dwell_ms / macro_unit_s_ / 1e3);
        if (pixel_time > 1e12) refuse(bytes_, fmt::format("ImgHdr_TimePerPixel is {} ms", *dwell_ms), "it is absurd");
        g.pixel_time = std::max<std::int64_t>(1, static_cast<std::int64_t>(pixel_time));
        g.line_time = g.pixel_time * g.columns;
    } else {  // the mean of all lines
        if (g.stop_mask == 0)
            ask_for(request, "how long a pixel takes, nor which marker ends a line", "--line-stop-marker (1 to 4)");
        double sum = 0;
        std::int64_t lines = 0;
        std::optional<std::uint64_t> start;
        std::uint64_t overflow = 0;
        const auto see = [&](const TttrRecord& record) {
            if (record.kind != TttrRecord::Kind::marker) return;
            if ((record.markers & g.frame_mask) != 0 && (record.markers & g.stop_mask) == 0) start.reset();
            if ((record.markers & g.stop_mask) != 0) {
                if (start) sum += static_cast<double>(static_cast<std::int64_t>(record.time - *start));
                start.reset();
            }
            if ((record.markers & g.start_mask) != 0) {
                start = record.time;
                ++lines;
            }
        };
        each_block(request, 0, 0.2, [&](std::span<const std::uint32_t> words) {
            for_each_tttr_record(type_.layout, words, overflow, see);
        });
        const double mean = lines > 0 ? std::round(sum / static_cast<double>(lines)) : 0;
        if (!(mean >= 1 && mean < 1e18))
            refuse(bytes_, fmt::format("among {} records there is no line with a start and an end marker", records_),
                   "the file says neither how long a pixel takes",
                   "give --line-start-marker and --line-stop-marker, or --rows 1 --columns 1 for no image");
        g.line_time = static_cast<std::int64_t>(mean);
        g.pixel_time =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(mean / static_cast<double>(g.columns))));
        if (dwell_ms) g.line_time = g.pixel_time * g.columns;
        assumptions_.push_back(
            fmt::format("a line takes {:.9g} us, the mean of {} lines, and its pixels share it evenly",
                        mean * macro_unit_s_ * 1e6, lines));
    }
    const double percent = header.number("ImgHdr_SinCorrection").value_or(0);
    if (percent == 0) return;
    if (percent < 0 || percent > 100 || g.columns < 2 || g.columns >= 65535 || g.line_time < 2 ||
        g.line_time > longest_sine)
        refuse(bytes_,
               fmt::format("ImgHdr_SinCorrection is {} % for {} pixels in {} units", percent, g.columns, g.line_time),
               "0 to 100 % of lines up to 2^24 units are read");
    g.pixel_at_time = sine_pixels(percent, g.line_time, g.columns);
}

void PhotonStream::each_block(const ImportRequest& request, double from, double to,
                              const std::function<void(std::span<const std::uint32_t>)>& visit) const {
    std::vector<std::uint32_t> block(std::min<std::size_t>(block_records, static_cast<std::size_t>(records_)));
    for (std::int64_t done = 0; done < records_;) {
        const auto n = std::min<std::size_t>(block.size(), static_cast<std::size_t>(records_ - done));
        const std::span<std::uint32_t> words(block.data(), n);
        bytes_.read(begin_ + static_cast<std::uint64_t>(done) * 4, std::as_writable_bytes(words), "the records");
        visit(words);
        done += static_cast<std::int64_t>(n);
        step(request, from + (to - from) * static_cast<double>(done) / static_cast<double>(records_));
    }
}

}  // namespace firstlight
