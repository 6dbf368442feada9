// Checks a scene's objects and lays them out for the photons' loop.
//
// An object must lie within one layer (so that its attenuation has one to stand above) and may touch others but not
// overlap them. Errors (ExitCode::bad_input) number the objects from 1 and say where they reach.
#pragma once

#include <vector>

#include "kernels/simulation/photon_transport.hpp"

namespace firstlight {

template <class Real>
ObjectBody<Real> body_of(const SceneObject& object) {
    ObjectBody<Real> b;
    b.x = static_cast<Real>(object.x_m);
    b.y = static_cast<Real>(object.y_m);
    b.z = static_cast<Real>(object.z_m);
    b.radius = static_cast<Real>(object.radius_m);
    if (object.shape == SceneObject::Shape::sphere) return b;
    const double norm =
        std::sqrt(object.axis_x * object.axis_x + object.axis_y * object.axis_y + object.axis_z * object.axis_z);
    b.ax = static_cast<Real>(object.axis_x / norm);
    b.ay = static_cast<Real>(object.axis_y / norm);
    b.az = static_cast<Real>(object.axis_z / norm);
    b.half_height = static_cast<Real>(0.5 * object.height_m);
    return b;
}

// How far a body reaches from its centre along (x, y, z).
struct ObjectReach {
    double x, y, z;
};
ObjectReach reach_of(const SceneObject& object);

bool do_overlap(const SceneObject& one, const SceneObject& other);

// Fills in c.objects and returns the largest attenuation within each of the scene's layers, 1/m.
std::vector<double> place_objects(const TransportScene& scene, PhotonTransport::Coefficients& c);

}  // namespace firstlight
