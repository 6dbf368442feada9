// The description of a scan under its Python names, SI units in the names. One list serves both ways: dict of a file's
// scan, and scan of an array's keywords.
#pragma once

#include <nanobind/nanobind.h>

#include "kernels/support/scan.hpp"

namespace firstlight::python {

// Calls f(name, member) for every field that describes a scan apart from the shape of its counts.
template <class S, class F>
void visit_scan_fields(S& scan, F&& f) {
    f("bin_width_s", scan.bin_width_s);
    f("first_bin_centre_s", scan.first_bin_centre_s);
    f("gate_delay_s", scan.gates.delay_s);
    f("gate_width_s", scan.gates.width_s);
    f("gate_exposure_s", scan.gates.exposure_s);
    f("gate_saturation_count", scan.gates.saturation_count);
    f("x_m", scan.x_m);
    f("y_m", scan.y_m);
    f("view_angle_rad", scan.view_angle_rad);
    f("pulses", scan.pulses);
    f("exposure_s", scan.exposure_s);
    f("repetition_rate_hz", scan.repetition_rate_hz);
    f("wavelength_m", scan.wavelength_m);
    f("pulse_fwhm_s", scan.pulse_fwhm_s);
    f("dead_time_s", scan.dead_time_s);
    f("jitter_fwhm_s", scan.jitter_fwhm_s);
    f("pde", scan.pde);
    f("numerical_aperture", scan.numerical_aperture);
    f("standoff_m", scan.standoff_m);
    f("medium_thickness_m", scan.medium.thickness_m);
    f("medium_refractive_index", scan.medium.refractive_index);
    f("medium_mu_s_per_m", scan.medium.mu_s_per_m);
    f("medium_mu_s_prime_per_m", scan.medium.mu_s_prime_per_m);
    f("medium_mu_a_per_m", scan.medium.mu_a_per_m);
    f("medium_g", scan.medium.g);
    f("irf", scan.irf.values);
    f("irf_time_s", scan.irf.time_s);
    f("irf_per_pixel", scan.irf.per_pixel);
    f("arrival_s", scan.arrival_s);
    f("t0_map_s", scan.t0_map_s);
    f("dark_rate_hz", scan.dark_rate_hz);
    f("flat", scan.flat);
    f("bin_width_correction", scan.bin_width_correction);
    f("pixel_mask", scan.pixel_mask);
    f("reference_pulses", scan.reference_pulses);
    f("filter_transmission", scan.filter_transmission);
}

// What is known of the scan; "kind" and "path" as words.
[[nodiscard]] nanobind::dict describe_scan(const Scan& scan);

// Fills in what `fields` holds; None is left out. Errors (usage): a name that is none, naming the nearest; a value of
// another type.
void fill_scan(const nanobind::dict& fields, Scan& scan);

}  // namespace firstlight::python
