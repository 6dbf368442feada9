// Spheres and straight cylinders: whether a point is inside, and how long a straight way is within. One formula for
// both: a sphere is a cylinder whose axis has length 0, so that nothing of a vector lies along it.
//
// With o the point and u the direction (unit) from the centre, o' and u' their parts across the axis a: the way is
// within the radius for |t - t0| <= h, t0 = -o'u'/u'^2, h^2 = (r^2 - |o' + t0 u'|^2)/u'^2, and within the height for
// |oa + t ua| <= H/2.
//
//   chord(sphere of radius r, way that passes the centre at distance b)  ->  2 sqrt(r^2 - b^2)
#pragma once

#include <cmath>

#include "kernels/support/portable.hpp"

namespace firstlight {

template <class Real>
struct ObjectBody {
    Real x = 0, y = 0, z = 0;     // centre
    Real ax = 0, ay = 0, az = 0;  // unit axis of a cylinder; 0 of a sphere
    Real radius = 0;
    Real half_height = 0;  // of a cylinder
};

template <class Real>
FL_HD inline bool is_inside(const ObjectBody<Real>& b, Real x, Real y, Real z) {
    const Real ox = x - b.x;
    const Real oy = y - b.y;
    const Real oz = z - b.z;
    const Real along = ox * b.ax + oy * b.ay + oz * b.az;
    const Real qx = ox - along * b.ax;
    const Real qy = oy - along * b.ay;
    const Real qz = oz - along * b.az;
    return qx * qx + qy * qy + qz * qz <= b.radius * b.radius && std::fabs(along) <= b.half_height;
}

// Length within the body of the way from (x, y, z) along the unit vector (ux, uy, uz) over the length d.
template <class Real>
FL_HD inline Real chord(const ObjectBody<Real>& b, Real x, Real y, Real z, Real ux, Real uy, Real uz, Real d) {
    constexpr Real tiny = static_cast<Real>(1e-12);
    const Real ox = x - b.x;
    const Real oy = y - b.y;
    const Real oz = z - b.z;
    const Real along = ox * b.ax + oy * b.ay + oz * b.az;
    const Real rise = ux * b.ax + uy * b.ay + uz * b.az;
    const Real qx = ox - along * b.ax;
    const Real qy = oy - along * b.ay;
    const Real qz = oz - along * b.az;
    const Real wx = ux - rise * b.ax;
    const Real wy = uy - rise * b.ay;
    const Real wz = uz - rise * b.az;
    const Real across = wx * wx + wy * wy + wz * wz;
    const Real norm = across > tiny ? across : tiny;
    const Real nearest = -(qx * wx + qy * wy + qz * wz) / norm;
    const Real px = qx + nearest * wx;
    const Real py = qy + nearest * wy;
    const Real pz = qz + nearest * wz;
    const Real square = b.radius * b.radius - (px * px + py * py + pz * pz);
    if (!(square > 0)) return 0;
    const Real half = std::sqrt(square / norm);
    Real from = nearest - half;
    Real to = nearest + half;
    if (std::fabs(rise) > static_cast<Real>(1e-7)) {
        const Real one = (-b.half_height - along) / rise;
        const Real other = (b.half_height - along) / rise;
        const Real enters = one < other ? one : other;
        const Real leaves = one < other ? other : one;
        from = from > enters ? from : enters;
        to = to < leaves ? to : leaves;
    } else if (std::fabs(along) > b.half_height) {
        return 0;
    }
    from = from > 0 ? from : 0;
    to = to < d ? to : d;
    return to > from ? to - from : 0;
}

}  // namespace firstlight
