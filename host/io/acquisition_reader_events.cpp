// What an acquisition of photon events has in place of counts and their time axis.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "host/io/acquisition_reader.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double most_bins = 1 << 24, most_pixels = 4294967296.0;

// An attribute that must be there: positive and finite.
double needed_number(const h5::ReadFile& file, const std::string& path, const std::string& name,
                     const std::string& why) {
    const std::vector<double> values = file.numbers(path, name);
    const std::string where = fmt::format("{}: {}@{}", file.name(), path, name);
    if (values.empty()) throw Error(ExitCode::bad_input, where + " is missing", why, "store it as an attribute");
    if (values.size() != 1 || !(values[0] > 0) || !std::isfinite(values[0]))
        throw Error(ExitCode::bad_input, fmt::format("{} is [{}]", where, fmt::join(values, ", ")),
                    "expected one positive number");
    return values[0];
}

bool is_whole(double value, double most) { return value >= 1 && value <= most && value == std::floor(value); }

}  // namespace

std::unique_ptr<EventDataset> AcquisitionReader::events_in(const std::string& group) {
    const h5::ReadFile& file = reader_.file();
    for (const char* name : {"detectors", "nanotimes", "timestamps"})
        if (file.node(group + name) != h5::Node::dataset)
            throw Error(ExitCode::bad_input, fmt::format("{}: {}{} is missing", file.name(), group, name),
                        "each photon event has a detector, a nanotime and a time stamp");
    EventDataset::Shape shape;
    const std::vector<double> size = file.numbers(group + "detectors", "shape");
    const std::string where = fmt::format("{}: {}detectors@shape", file.name(), group);
    if (size.empty())
        throw Error(ExitCode::bad_input, where + " is missing", "detector numbers are y * X + x of a detector [Y, X]",
                    "store the attribute shape=[Y, X]");
    if (size.size() != 2 || !is_whole(size[0], most_pixels) || !is_whole(size[1], most_pixels) ||
        size[0] * size[1] > most_pixels)
        throw Error(ExitCode::bad_input, fmt::format("{} is [{}]", where, fmt::join(size, ", ")),
                    "expected [Y, X], two positive whole numbers");
    shape.rows = static_cast<std::int64_t>(size[0]);
    shape.columns = static_cast<std::int64_t>(size[1]);
    const double bins =
        needed_number(file, group + "nanotimes", "tcspc_num_bins", "the number of time bins in a period is needed");
    if (!is_whole(bins, most_bins))
        throw Error(ExitCode::bad_input, fmt::format("{}: {}nanotimes@tcspc_num_bins is {}", file.name(), group, bins),
                    fmt::format("expected a whole number from 1 to {}", most_bins));
    shape.bins = static_cast<std::int64_t>(bins);
    shape.timestamp_unit_s =
        needed_number(file, group + "timestamps", "unit_s", "time stamps are counted in units of so many seconds");
    return std::make_unique<EventDataset>(reader_.stored(group + "timestamps"), reader_.stored(group + "nanotimes"),
                                          reader_.stored(group + "detectors"), shape);
}

void AcquisitionReader::read_events() {
    out_.events_ = events_in("/entry/data/");
    const EventDataset& events = *out_.events_;
    Scan& scan = out_.scan_;
    scan.rows = events.shape().rows;
    scan.columns = events.shape().columns;
    scan.bins = events.shape().bins;
    scan.type = CountType::u4;
    if (events.tags() == 0)
        throw Error(ExitCode::bad_input, reader_.file().name() + ": /entry/data/detectors is empty",
                    "there is no photon event in the file");
    const std::string index = "/entry/data/event_index", zero = "/entry/data/event_time_zero";
    if (!reader_.has(index)) return;
    const std::vector<double> starts = reader_.array(index, "1", {{-1}});
    const std::vector<double> times = reader_.array(zero, "s", {{static_cast<std::int64_t>(starts.size())}});
    findings_.attempt([&] {
        const std::string name = reader_.file().name() + ": " + index;
        if (times.size() != starts.size())
            throw Error(ExitCode::bad_input, fmt::format("{} has no event_time_zero", name),
                        "each frame start has a time");
        for (std::size_t i = 0; i < starts.size(); ++i)
            if (starts[i] < 0 || starts[i] > static_cast<double>(events.tags()) || (i > 0 && starts[i] < starts[i - 1]))
                throw Error(ExitCode::bad_input, fmt::format("{} is {:.0f} at frame {}", name, starts[i], i),
                            fmt::format("frames start at increasing tags, of which there are {}", events.tags()));
    });
    out_.info_.frames = static_cast<std::int64_t>(starts.size());
}

void AcquisitionReader::read_event_time_axis() {
    Scan& scan = out_.scan_;
    findings_.attempt([&] {
        const double unit =
            needed_number(reader_.file(), "/entry/data/nanotimes", "tcspc_unit_s", "the width of a time bin is needed");
        if (!reader_.has("/entry/data/t")) {  // nanotime 0 is the bin from the laser pulse on
            scan.bin_width_s = unit;
            scan.first_bin_centre_s = unit / 2;
            return;
        }
        read_time_axis();
        if (scan.bin_width_s > 0 && std::abs(scan.bin_width_s - unit) > 1e-3 * unit)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: /entry/data/t has steps of {} s", scan.name, scan.bin_width_s),
                        fmt::format("/entry/data/nanotimes@tcspc_unit_s is {} s", unit), "correct one of them");
    });
}

void AcquisitionReader::read_event_reference() {
    Scan& scan = out_.scan_;
    std::unique_ptr<EventDataset> reference = events_in("/entry/reference/");
    const EventDataset::Shape& shape = reference->shape();
    if (shape.rows != scan.rows || shape.columns != scan.columns || shape.bins != scan.bins)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the reference's events are of {} x {} pixels and {} bins", scan.name, shape.rows,
                                shape.columns, shape.bins),
                    fmt::format("expected {} x {} and {}, as the scan", scan.rows, scan.columns, scan.bins),
                    "record the reference with the scan's pixels and bins");
    const double unit = needed_number(reader_.file(), "/entry/reference/nanotimes", "tcspc_unit_s",
                                      "the width of a time bin is needed");
    if (scan.bin_width_s > 0 && std::abs(unit - scan.bin_width_s) > 1e-3 * scan.bin_width_s)
        throw Error(
            ExitCode::bad_input, fmt::format("{}: /entry/reference/nanotimes@tcspc_unit_s is {} s", scan.name, unit),
            fmt::format("the scan's bins are of {} s", scan.bin_width_s), "record the reference with the scan's bins");
    out_.reference_events_ = std::move(reference);
    scan.has_reference = true;
}

}  // namespace firstlight
