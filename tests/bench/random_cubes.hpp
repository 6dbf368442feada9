// Random Poisson counts with a peak of first light, several cubes of them, so that none stays in a cache.
#pragma once

#include <cstdint>
#include <vector>

#include "host/data/photon_cube.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight::bench {

inline constexpr std::int64_t arrival_bin = 400;  // of 1024; scaled with the number of bins

// Traces of about 2 counts per bin with a peak of 40 where the light arrives; u2, t fastest.
[[nodiscard]] PhotonCube random_cube(std::int64_t rows, std::int64_t columns, std::int64_t bins, std::uint64_t seed);

// The scan that such a cube belongs to: bins of 10 ps, 1e5 pulses per pixel, pixels that differ in skew by +-20 ps.
[[nodiscard]] Scan scan_of(const PhotonCube& cube);

class RotatingCubes {
  public:
    RotatingCubes(std::int64_t rows, std::int64_t columns, std::int64_t bins) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) cubes_.push_back(random_cube(rows, columns, bins, seed));
    }
    [[nodiscard]] const PhotonCube& next() { return cubes_[next_++ % cubes_.size()]; }
    [[nodiscard]] const PhotonCube& first() const { return cubes_.front(); }
    [[nodiscard]] const std::vector<PhotonCube>& all() const { return cubes_; }

  private:
    std::vector<PhotonCube> cubes_;
    std::size_t next_ = 0;
};

// The session's cubes: 256 x 256 x 1024, or small ones for a quick run. Made at the first call.
[[nodiscard]] RotatingCubes& session_cubes(bool quick);

// All counts of the cube by a plain loop over its values, on `threads` threads: the least that any image needs.
[[nodiscard]] std::uint64_t plain_sum(const PhotonCube& cube, int threads);

}  // namespace firstlight::bench
