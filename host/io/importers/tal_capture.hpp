// Imports captures of tal (y-tal, .hdf5): H in time and over sensor points on a relay wall, confocal or with one laser
// point. Axis Sx becomes x, Sy becomes y; lengths of light paths (delta_t, t_start) become times by the speed of light.
// Where H counts from the laser's origin (t_accounts_first_and_last_bounces), the way to each point and back goes into
// t0_map, less its mean, which goes into the time axis: time 0 is when the pulse reaches the wall.
//
// H is read in bands of bounded size. Errors (bad_input): several laser points for each sensor point (exhaustive),
// laser points that are neither the sensor's nor one, a negative or not finite value, datasets that are missing or do
// not fit each other. Source: tal/io/capture_data.py and tal/enums.py of https://github.com/diegoroyo/tal (0.20).
#pragma once

namespace firstlight {

struct Importer;
class MetadataReader;
[[nodiscard]] Importer tal_capture_importer();

[[nodiscard]] bool is_tal_capture(MetadataReader& reader);
// For probe.hpp: looks at all that the importer lets HDF5 read.
void read_tal_tables(MetadataReader& reader);

}  // namespace firstlight
