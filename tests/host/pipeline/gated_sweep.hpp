// A sweep of a gated camera in memory with closed-form content: a flash through a Gaussian gate, a tail of scattered
// light, dark counts, a flat field and a reference.
#pragma once

#include <cmath>
#include <random>

#include "host/data/photon_cube.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/response.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct GatedSweepScan {
    Scan scan;
    PhotonCube cube, reference;
    static constexpr std::int64_t gates = 48;
    static constexpr double arrival_ps = 24, fwhm_ps = 3;

    explicit GatedSweepScan(bool uneven) {
        scan.name = "synthetic sweep";
        scan.kind = ScanKind::gated;
        scan.rows = scan.columns = 20;
        scan.bins = gates;
        scan.type = CountType::u2;
        std::mt19937 random(uneven ? 5 : 3);
        double delay = 0;
        for (std::int64_t g = 0; g < gates; ++g) {
            scan.gates.delay_s.push_back(delay * 1e-12);
            const bool near = std::abs(delay - arrival_ps) < 5;
            delay += !uneven ? 1.0 : near ? 0.5 : 1.2;
            scan.gates.exposure_s.push_back(uneven ? 0.1 * static_cast<double>(1 + random() % 10) : 0.4);
            scan.gates.width_s.push_back(2e-12);
        }
        scan.gates.bit_depth = 12;
        set_time_axis(scan);
        scan.irf = gaussian_response(fwhm_ps * 1e-12);
        scan.arrival_s = arrival_ps * 1e-12;
        scan.pulses = {1e6};
        scan.reference_pulses = {1e5};
        scan.filter_transmission = 0.5;
        scan.has_reference = true;
        for (std::int64_t p = 0; p < scan.pixels(); ++p) {
            scan.flat.push_back(1 + 0.1 * std::sin(0.7 * static_cast<double>(p)));
            scan.dark_rate_hz.push_back(20);
        }
        cube = PhotonCube(CountType::u2, 1, 20, 20, gates);
        reference = PhotonCube(CountType::u2, 1, 20, 20, gates);
        fill(cube, 60, 80, 1, random);
        fill(reference, 900, 0, 0.1, random);
    }
    std::uint16_t& at(std::int64_t pixel, std::int64_t gate) {
        return reinterpret_cast<std::uint16_t*>(cube.counts.data())[pixel * gates + gate];
    }

  private:
    // `flash` and `tail`: counts of a frame of mean exposure at their peaks. `longer`: its exposure over the scan's.
    void fill(PhotonCube& to, double flash, double tail, double longer, std::mt19937& random) const {
        const double mean = mean_exposure_s(scan.gates);
        auto* y = reinterpret_cast<std::uint16_t*>(to.counts.data());
        for (std::int64_t p = 0; p < scan.pixels(); ++p)
            for (std::int64_t g = 0; g < gates; ++g) {
                const auto i = static_cast<std::size_t>(g);
                const double x = scan.gates.delay_s[i] * 1e12 - arrival_ps;
                const double peak = std::exp(-4 * std::log(2.0) * x * x / (fwhm_ps * fwhm_ps));
                const double late = x > 2 ? (x - 2) / 8 * std::exp(1 - (x - 2) / 8) : 0;
                const double exposure = scan.gates.exposure_s[i];
                const double expected =
                    exposure / mean * scan.flat[static_cast<std::size_t>(p)] * (flash * peak + tail * late) +
                    scan.dark_rate_hz[static_cast<std::size_t>(p)] * exposure * longer;
                y[p * gates + g] = static_cast<std::uint16_t>(std::poisson_distribution<int>(expected)(random));
            }
    }
};

}  // namespace firstlight
