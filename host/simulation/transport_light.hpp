// The light of a scene of layers, as the detector of a scan gets it: unscattered light in closed form, scattered light
// by following photons.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/simulation/scene.hpp"
#include "kernels/simulation/unscattered_light.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// Unscattered light: detections per pulse and times in bins, component after component.
struct Direct {
    std::vector<double> share, position;  // [components][pixels]
    int components = 0;
};

// Of `light`, each photon of which makes so many detections.
Direct direct_light(const std::vector<UnscatteredLight>& light, const Scan& scan, double detections_per_photon);

// One component per reflecting target, or one, as kernels/simulation/unscattered_light.hpp says.
std::vector<UnscatteredLight> unscattered_light_of(const TransportScene& scene);

// Scattered light per launched photon.
struct Scattered {
    std::vector<double> image;   // [pixels][bins]
    std::vector<double> orders;  // [orders][bins]
};

// Follows params.photons photons, numbered from `first`. `progress` is told the share done; false stops the run
// (Error, ExitCode::interrupted).
Scattered follow_photons(const TransportScene& scene, const PhotonTransport::Params& params, std::int64_t first,
                         Queue& queue, const std::function<bool(double)>& progress);

// Mean transmission of the targets over each pixel (in reflection: reflectivity of what is seen), [y][x].
std::vector<double> target_transmission(const SimulationScene& scene);

}  // namespace firstlight
