#include "host/io/acquisition_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/io/gated_layout.hpp"
#include "host/io/identity.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {
namespace {

using Shape = std::vector<std::int64_t>;

void write_array(h5::WriteFile& file, const std::string& path, const Shape& shape, const std::vector<double>& values,
                 const std::string& units, const std::string& long_name = {}) {
    if (!values.empty()) file.dataset(path, "f8", shape, values.data(), {{}, false, units, long_name});
}

void write_number(h5::WriteFile& file, const std::string& path, const std::optional<double>& value,
                  const std::string& units, const std::string& long_name = {}) {
    if (value) file.number(path, *value, units, long_name);
}

void write_text(h5::WriteFile& file, const std::string& path, const std::string& value) {
    if (!value.empty()) file.text(path, value);
}

// A dimension scale: the given positions, or the index of each pixel.
void write_axis(h5::WriteFile& file, const std::string& name, std::int64_t size, std::vector<double> values,
                const std::string& units, const std::string& long_name) {
    const bool known = !values.empty();
    for (std::int64_t i = 0; !known && i < size; ++i) values.push_back(static_cast<double>(i));
    const std::string path = "/entry/data/" + name;
    file.dataset(path, "f8", {size}, values.data(),
                 {{}, false, known ? units : "1", known ? long_name : name + " index"});
    file.make_scale(path, name);
}

void write_time_axis(h5::WriteFile& file, const Scan& scan) {
    std::vector<double> t(static_cast<std::size_t>(scan.bins));
    for (std::int64_t i = 0; i < scan.bins; ++i)
        t[static_cast<std::size_t>(i)] = scan.first_bin_centre_s + static_cast<double>(i) * scan.bin_width_s;
    if (scan.bins == 1) {  // otherwise the centres tell the width
        const std::vector<double> edges{t[0] - scan.bin_width_s / 2, t[0] + scan.bin_width_s / 2};
        write_array(file, "/entry/data/t_edges", {2}, edges, "s", "edges of the time bins");
    }
    const double told = (t.back() - t.front()) / static_cast<double>(std::max<std::int64_t>(scan.bins - 1, 1));
    write_axis(file, "t", scan.bins, std::move(t), "s", "time after the laser pulse");
    // Centres are rounded, so their steps need not be the width to the last bit.
    if (scan.bins == 1 || told != scan.bin_width_s) file.attribute("/entry/data/t", "bin_width", scan.bin_width_s);
}

Shape exposure_shape(const Scan& scan, const std::vector<double>& values) {
    if (values.size() == 1) return {};
    if (static_cast<std::int64_t>(values.size()) == scan.pixels()) return {scan.rows, scan.columns};
    return {scan.views};
}

void write_instrument(h5::WriteFile& file, const Scan& scan, const AcquisitionInfo& info) {
    const std::string detector = "/entry/instrument/detector", source = "/entry/instrument/source";
    file.group("/entry/instrument", "NXinstrument");
    file.group(detector, "NXdetector");
    file.group(source, "NXsource");
    write_text(file, detector + "/model", info.detector_model);
    write_text(file, detector + "/serial_number", info.detector_serial_number);
    write_array(file, detector + "/pixel_pitch", {2}, info.detector_pixel_pitch_m, "m", "pixel pitch in y and x");
    write_number(file, detector + "/dead_time", scan.dead_time_s, "s");
    write_number(file, detector + "/jitter_fwhm", scan.jitter_fwhm_s, "s");
    write_number(file, detector + "/pde", scan.pde, "1", "photon detection efficiency");
    write_number(file, detector + "/numerical_aperture", scan.numerical_aperture, "1");
    write_number(file, source + "/wavelength", scan.wavelength_m, "m");
    write_number(file, source + "/repetition_rate", scan.repetition_rate_hz, "Hz");
    write_number(file, source + "/pulse_fwhm", scan.pulse_fwhm_s, "s");
}

void write_geometry(h5::WriteFile& file, const Scan& scan, const AcquisitionInfo& info) {
    const std::string group = "/entry/geometry";
    file.group(group, "NXcollection");
    write_medium_group(file, scan.medium);
    write_number(file, group + "/standoff", scan.standoff_m, "m");
    write_array(file, group + "/scan_size", {2}, info.scan_size_m, "m", "size of the scan in y and x");
    write_array(file, group + "/world_from_camera", {4, 4}, info.world_from_camera, "1");
    write_array(file, group + "/world_from_source", {4, 4}, info.world_from_source, "1");
}

void write_provenance(h5::WriteFile& file, const Provenance& p) {
    if (p.empty()) return;
    const std::string group = "/entry/provenance";
    file.group(group, "NXprocess");
    write_text(file, group + "/source_file", p.source_file);
    write_text(file, group + "/source_sha256", p.source_sha256);
    write_text(file, group + "/source_format", p.source_format);
    write_text(file, group + "/converter", p.converter);
    write_text(file, group + "/version", p.version);
    write_text(file, group + "/command", p.command);
    if (!p.assumptions.empty()) file.texts(group + "/assumptions", p.assumptions);
}

}  // namespace

const char* type_name(CountType type) {
    return type == CountType::u1 ? "u1" : type == CountType::u2 ? "u2" : type == CountType::u4 ? "u4" : "f4";
}

void write_calibration_group(h5::WriteFile& file, const Scan& scan) {
    const std::string group = "/entry/calibration";
    file.group(group, "NXcollection");
    const Shape image{scan.rows, scan.columns};
    if (!scan.irf.empty()) {
        const auto samples =
            static_cast<std::int64_t>(scan.irf.values.size()) / (scan.irf.per_pixel ? scan.pixels() : 1);
        write_array(file, group + "/irf", scan.irf.per_pixel ? Shape{scan.rows, scan.columns, samples} : Shape{samples},
                    scan.irf.values, "1", "instrument response");
        write_array(file, group + "/irf_t", {samples}, scan.irf.time_s, "s", "time of the instrument response");
    }
    write_number(file, group + "/arrival", scan.arrival_s, "s", "arrival of unscattered light");
    write_array(file, group + "/t0_map", image, scan.t0_map_s, "s", "delay of each pixel");
    write_array(file, group + "/dark_rate", image, scan.dark_rate_hz, "Hz", "dark count rate");
    write_array(file, group + "/flat", image, scan.flat, "1", "relative sensitivity");
    write_array(file, group + "/bin_width_correction", {scan.bins}, scan.bin_width_correction, "1",
                "true bin widths over their mean");
    if (!scan.pixel_mask.empty()) {
        const std::string path = group + "/pixel_mask";
        file.dataset(path, "u1", image, scan.pixel_mask.data(), {{}, false, "1", "pixels not to be used"});
        file.attribute(path, "flag_masks", std::vector<std::uint8_t>{1, 2, 4, 8});
        file.attribute(path, "flag_meanings", std::string(pixel_mask_meanings));
    }
}

void write_medium_group(h5::WriteFile& file, const Medium& m) {
    const std::string medium = "/entry/geometry/medium";
    file.group(medium, "NXcollection");
    write_number(file, medium + "/thickness", m.thickness_m, "m");
    write_number(file, medium + "/refractive_index", m.refractive_index, "1");
    write_number(file, medium + "/mu_s", m.mu_s_per_m, "1/m", "scattering coefficient");
    write_number(file, medium + "/mu_s_prime", m.mu_s_prime_per_m, "1/m", "reduced scattering coefficient");
    write_number(file, medium + "/mu_a", m.mu_a_per_m, "1/m", "absorption coefficient");
    write_number(file, medium + "/g", m.g, "1", "anisotropy of scattering");
}

void check_scan(const Scan& scan) {
    const auto check = [](bool good, const char* what) {
        if (!good) throw Error(ExitCode::internal, std::string("a scan to be written: ") + what + " does not fit");
    };
    const auto length = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
    const auto is = [&](const auto& values, std::int64_t n) { return values.empty() || length(values) == n; };
    const auto exposure = [&](const auto& v) { return is(v, 1) || is(v, scan.pixels()) || is(v, scan.views); };
    check(scan.views > 0 && scan.rows > 0 && scan.columns > 0 && scan.bins > 0, "its shape");
    check(scan.has_views_axis || scan.views == 1, "its number of views");
    check(scan.bin_width_s > 0, "its bin width");
    check(scan.kind != ScanKind::gated || (is(scan.gates.delay_s, scan.bins) && is(scan.gates.width_s, scan.bins) &&
                                           is(scan.gates.exposure_s, scan.bins) && !scan.gates.empty()),
          "the gate axis");
    check(is(scan.x_m, scan.columns) && is(scan.y_m, scan.rows), "a pixel axis");
    check(is(scan.view_angle_rad, scan.views), "the view axis");
    check(exposure(scan.pulses) && exposure(scan.exposure_s) && exposure(scan.reference_pulses), "the exposure");
    check(is(scan.t0_map_s, scan.pixels()) && is(scan.dark_rate_hz, scan.pixels()) && is(scan.flat, scan.pixels()) &&
              is(scan.pixel_mask, scan.pixels()) && is(scan.bin_width_correction, scan.bins),
          "a calibration array");
    const std::int64_t responses = scan.irf.per_pixel ? scan.pixels() : 1;
    check(length(scan.irf.values) % responses == 0 && is(scan.irf.time_s, length(scan.irf.values) / responses),
          "the instrument response");
}

void write_root(h5::WriteFile& file, const std::string& format, const std::string& creator, const std::string& created,
                const std::string& uuid) {
    file.group("/", "NXroot");
    file.attribute("/", "firstlight_format", format);
    file.attribute("/", "firstlight_version", std::string("1.0.0"));
    file.attribute("/", "default", std::string("entry"));
    file.attribute("/", "creator", creator.empty() ? std::string("firstlight") : creator);
    file.attribute("/", "created", created.empty() ? now_utc() : created);
    file.attribute("/", "uuid", uuid.empty() ? make_uuid() : uuid);
    file.group("/entry", "NXentry");
}

void write_scan(h5::WriteFile& file, const Scan& scan, const AcquisitionInfo& info, const std::string& created) {
    check_scan(scan);
    write_root(file, "acquisition", info.creator, created.empty() ? info.created : created, info.uuid);
    file.attribute("/entry", "default", std::string("data"));
    file.attribute("/entry", "title", info.title);
    file.attribute("/entry", "start_time", info.start_time);
    const bool events = scan.kind == ScanKind::events;
    const bool gated = scan.kind == ScanKind::gated;
    file.attribute("/entry", "kind", std::string(events ? "events" : gated ? "gated" : "histogram"));
    const char* path = scan.path == LightPath::transmission ? "transmission"
                       : scan.path == LightPath::reflection ? "reflection"
                                                            : "confocal";
    file.attribute("/entry", "path", std::string(path));

    file.group("/entry/data", "NXdata");
    file.attribute("/entry/data", "signal", std::string(events ? "nanotimes" : gated ? "frames" : "counts"));
    if (!events) file.attribute("/entry/data", "axes", axis_names(scan.kind, scan.has_views_axis));
    if (gated) write_gate_axis(file, scan);
    else write_time_axis(file, scan);
    write_axis(file, "y", scan.rows, scan.y_m, "m", "y in the object plane");
    write_axis(file, "x", scan.columns, scan.x_m, "m", "x in the object plane");
    if (scan.has_views_axis) write_axis(file, "view", scan.views, scan.view_angle_rad, "rad", "rotation angle");

    file.group("/entry/exposure", "NXcollection");
    write_array(file, "/entry/exposure/pulses", exposure_shape(scan, scan.pulses), scan.pulses, "1",
                "laser pulses per pixel");
    write_array(file, "/entry/exposure/time", exposure_shape(scan, scan.exposure_s), scan.exposure_s, "s",
                "exposure per pixel");
    write_instrument(file, scan, info);
    write_geometry(file, scan, info);
    write_calibration_group(file, scan);
    if (scan.has_reference) {
        file.group("/entry/reference", "NXcollection");
        write_array(file, "/entry/reference/pulses", exposure_shape(scan, scan.reference_pulses), scan.reference_pulses,
                    "1", "laser pulses per pixel of the reference");
        file.number("/entry/reference/filter_transmission", scan.filter_transmission, "1",
                    "attenuation put into the beam");
    }
    write_provenance(file, info.provenance);
}

void write_truth(h5::WriteFile& file, const Scan& scan, const Truth& truth) {
    if (truth.empty()) return;
    const std::string group = "/entry/truth";
    file.group(group, "NXcollection");
    const auto image = [&](const char* name, const std::vector<double>& values, const char* units,
                           const char* long_name) {
        if (values.empty()) return;
        const auto n = static_cast<std::int64_t>(values.size());
        if (n != scan.pixels() && n != scan.pixels() * scan.views)
            throw Error(ExitCode::internal, fmt::format("the truth's {} does not fit the scan", name));
        Shape shape{scan.rows, scan.columns};
        if (n != scan.pixels()) shape.insert(shape.begin(), scan.views);
        const std::string path = fmt::format("{}/{}", group, name);
        Shape chunk = shape;
        chunk[0] = shape.size() == 3 ? 1 : chunk[0];
        file.dataset(path, "f8", shape, values.data(), {chunk, true, units, long_name});
    };
    image("transmission", truth.transmission, "1", "true transmission");
    image("ballistic", truth.ballistic, "counts", "expected unscattered counts");
    image("optical_depth", truth.optical_depth, "1", "true optical depth");
    image("depth", truth.depth_m, "m", "true depth");
    if (!truth.mu_per_m.empty()) {
        if (static_cast<std::int64_t>(truth.mu_per_m.size()) != scan.pixels() * scan.columns)
            throw Error(ExitCode::internal, "the truth's mu does not fit the scan");
        const std::vector<float> mu(truth.mu_per_m.begin(), truth.mu_per_m.end());
        file.dataset(group + "/mu", "f4", {scan.rows, scan.columns, scan.columns}, mu.data(),
                     {{1, scan.columns, scan.columns}, true, "1/m", "true attenuation above the medium around"});
    }
    if (truth.seed) {
        file.dataset(group + "/seed", "u8", {}, &*truth.seed, {{}, false, "1", "seed of the random numbers"});
    }
    write_text(file, group + "/scene", truth.scene);
}

void put_in_place(h5::WriteFile& file, AtomicFile& target) {
    if (file.in_memory()) {
        const std::vector<std::byte> image = file.finish_image();
        target.write(image.data(), image.size());
    } else {
        file.finish_file();
    }
    target.commit();
}

}  // namespace firstlight
