// The light of a scene that reaches the camera without scattering in the medium, by quadrature instead of chance:
// Beer-Lambert along straight (refracted) rays, through targets and Fresnel faces; in reflection, to each reflecting
// target, through objects by the length of each ray's chord (in closed form), and back by Lambert's law (once: light
// that meets a second target is left to photon_transport).
//
// Rays lie on a grid of 8 x 8 per pixel (wide source), 1024 directions per pixel (cone) or are one (pencil); the
// aperture's cone is a grid of 4 x 8 directions for reflected light. Beyond these grids and single precision (1e-5)
// nothing is approximated: with targets in focus a pixel's share is exact.
//
//   slab of optical depth 8, wide source of the field's size, one pixel  ->  share e^-8, time n L / c
#pragma once

#include <vector>

#include "kernels/simulation/photon_transport.hpp"

namespace firstlight {

struct UnscatteredLight {
    std::vector<double> share;   // [rows * columns] expected photons per launched photon
    std::vector<double> time_s;  // [rows * columns] mean time of arrival; 0 where share is 0
};

// One for transmission; one per reflecting target, in the scene's order, for reflection. `c` must hold host pointers.
std::vector<UnscatteredLight> unscattered_light(const TransportScene& scene, const PhotonTransport::Coefficients& c);

}  // namespace firstlight
