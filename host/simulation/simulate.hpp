// Simulates a scene into a scan with everything an acquisition holds, and the truth.
//
//   auto queue = open_cpu_queue(1);
//   const SimulatedScan s = simulate(read_scene("bars.toml"), *queue, {});
//   AcquisitionWriter writer("bars.h5", s.scan, info, {});  writer.write_all(as_cube(s.scan, s.counts)); ...
//
// The reference is the same recording without scattering, absorption, targets and objects (a cell of clear liquid; with
// [reference] medium = "same" the medium as it is, so that optical depths are those of the objects); in reflection, of
// a white Lambertian board at the nearest reflecting target in that medium. With [views] the objects turn (objects.hpp)
// and every view is followed by photons of its own, photons of them each; the reference is one for all. Truth:
//   transmission   of the targets, mean over the pixel (in reflection: reflectivity of what is seen)
//   ballistic      expected unscattered detections over all pulses in a pixel of gain 1, before pile-up; of a gated
//                  camera those in all gates of an even sweep with the scan's mean exposure
//   optical_depth  -ln of unscattered light over the reference's (infinite where there is none)
//   mu             attenuation of the objects above the medium around, 1/m, whatever the reference is
//   depth          of the reflecting target whose unscattered light is strongest; NaN where there is none
//   scatter_order  expected detections of scattered light over all pixels and pulses by number of scatterings
// `arrival` is the unscattered light's (the reference board's in reflection). Counts beyond the type are set to its
// largest value. The same scene gives the same bits on any number of threads and on CUDA.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/data/photon_cube.hpp"
#include "host/simulation/scene.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct SimulatedScan {
    Scan scan;
    std::vector<std::uint32_t> counts;                      // [view][y][x][t]
    std::vector<std::uint32_t> reference_counts;            // [y][x][t]; empty without a reference
    std::vector<double> transmission;                       // [y][x]
    std::vector<double> ballistic, optical_depth, depth_m;  // [view][y][x]
    std::vector<double> mu;                                 // [z][y][x]; empty without objects
    std::vector<double> scan_size_m;                        // [2] y, x; of confocal scans
    std::vector<double> scatter_order;                      // [orders][t]
    std::int64_t orders = 0;
    std::uint64_t seed = 0;
    std::string title, scene_text;
    std::vector<std::string> warnings;  // light that arrives wholly outside the time window (lost_light.hpp)
};

// `progress` is told the share done, 0..1; false stops the run (Error, ExitCode::interrupted).
SimulatedScan simulate(const SimulationScene& scene, Queue& queue, const std::function<bool(double)>& progress);

// The counts in the scan's type, of as many views as there are.
PhotonCube as_cube(const Scan& scan, const std::vector<std::uint32_t>& counts);

}  // namespace firstlight
