// A camera behind a gate (an image intensifier, a gated array, an optical Kerr gate), exposed at one delay after
// another.
//
// Frame i expects  n_i * (sum_j light_j T_ij) + dark_rate * exposure_i  counts in a pixel: n_i its laser pulses,
// light_j the detections per pulse that an open camera would see in bin j, T_ij the gate's mean transmission over the
// bin when it stands at delay d_i. T(tau), tau = t - d_i, peak 1:
//     kerr       Gaussian of FWHM width_ps around 0, of which the share decay_share lingers with decay_ps (the induced
//                birefringence outlives the pump pulse: 1.6 ps in CS2, J. Etchepare et al., Chem. Phys. Lett. 107, 73
//                (1984))
//     rectangle  opens at 0, closes at width_ps; edges rise from 10 % to 90 % in rise_ps
// Light is taken as even within the bins of its time axis, so these should be ten times narrower than the gate.
// Counts are Poisson and end at the full well and at the largest number of the bit depth.
//
//   GatedCamera with delays 0, 1, 2 ps, width 1 ps  ->  light of a flash at 1 ps in the three frames
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/io/toml_table.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct GatedCamera {
    enum class Shape : std::uint8_t { kerr, rectangle };
    std::vector<double> delay_s;   // empty: the scene has no gated camera
    std::vector<double> exposure;  // [gates] laser pulses over those of [detector] pulses
    Shape shape = Shape::kerr;
    double width_s = 0, rise_s = 0, decay_s = 0, decay_share = 0;
    std::int64_t bit_depth = 0;  // 0: as many as the type holds
    double full_well = 0;        // counts; 0: none
    [[nodiscard]] bool empty() const { return delay_s.empty(); }
    [[nodiscard]] double mean_exposure() const;
};

// Reads the table [gates]. Errors: those of TomlTable; delays that do not increase, fewer than two.
GatedCamera read_gated_camera(TomlTable t);

// The gate's transmission and its integral, tabulated.
class GateShape {
  public:
    explicit GateShape(const GatedCamera& camera);
    [[nodiscard]] double at(double tau_s) const { return tau_s < last() ? value(open_, tau_s) : 0; }
    // Mean over [from, to).
    [[nodiscard]] double mean(double from_s, double to_s) const;
    [[nodiscard]] double first() const { return first_; }
    [[nodiscard]] double last() const { return first_ + step_ * static_cast<double>(open_.size() - 1); }

  private:
    [[nodiscard]] double value(const std::vector<double>& table, double tau_s) const;
    double first_ = 0, step_ = 0;
    std::vector<double> open_, integral_;
};

// What a gate sees of a flash by (delay - arrival), the flash being as long as `pulse`.
Response gate_response(const GateShape& shape, const Response& pulse);

// The scan that the camera makes of what an open detector would see on the time axis of `open`.
Scan gated_scan(const Scan& open, const GatedCamera& camera, double pulses);

struct CountKey {
    std::uint32_t low = 0, high = 0, recording = 0;  // of the random numbers
    std::uint32_t first = 0;                         // added to a pixel's number: tells views apart
};
// Counts [pixels][gates] of light [pixels][open.bins].
std::vector<std::uint32_t> expose(const std::vector<double>& light, const Scan& open, const Scan& gated,
                                  const GatedCamera& camera, double pulses, CountKey key);

}  // namespace firstlight
