// The detector of a scene: turns light into the counts of a recording.
//
//   Recorder recorder(scene, scan, queue);   // writes the detector's calibration, and a camera's gates, into the scan
//   recorder.counts(direct, scattered, scene.pulses, {.recording = 0, .view = 3});
#pragma once

#include <cstdint>
#include <vector>

#include "host/simulation/scene.hpp"
#include "host/simulation/transport_light.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct RecordingNumber {          // of the random numbers
    std::uint32_t recording = 0;  // 0 scan, 1 reference
    std::int64_t view = 0;
};

class Recorder {
  public:
    // Takes the scan with its time bins; of a gated camera, leaves it with its gates.
    Recorder(const SimulationScene& scene, Scan& scan, Queue& queue);

    // Counts [pixels][bins or gates]. `scattered`: detections per pulse [pixels][time bins], or empty.
    std::vector<std::uint32_t> counts(const Direct& direct, const std::vector<double>& scattered, double pulses,
                                      RecordingNumber number) const;
    [[nodiscard]] const Scan& open() const { return open_; }  // the scan with its time bins

  private:
    const GatedCamera& gates_;
    Queue& queue_;
    Keeper keep_;
    DetectorResponse::Coefficients response_;
    Scan open_, gated_;
};

}  // namespace firstlight
