// The log-matched filter per pixel, with all that matched_arrival does besides, against the machine's multiply-adds.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <vector>

#include "kernels/first_arrival/matched_arrival.hpp"
#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr std::int64_t taps = 33;
constexpr double fwhm_s = 112e-12;  // 99.9 % of such a response lies in 32 bins of 10 ps

class FilterRun {
  public:
    FilterRun(RotatingCubes& cubes, int threads)
        : cubes_(cubes), scan_(scan_of(cubes.first())), threads_(threads), arrival_(pixels()), sigma_(pixels()) {
        Scan with_response = scan_;
        with_response.irf = gaussian_response(fwhm_s);
        filter_ = make_matched_filter(binned_response(with_response), 20);
        if (filter_.taps != taps)
            throw std::runtime_error(fmt::format("expected {} taps, found {}", taps, filter_.taps));
        c_.search = true;
        c_.filter = filter_.view();
        c_.to_bins = static_cast<double>(scan_.bins);
        c_.bin_width_s = scan_.bin_width_s;
        check();
    }
    void run(const PhotonCube& cube) {
        with_threads(threads_, [&] {
            parallel_for(scan_.pixels(), 256, [&](std::int64_t begin, std::int64_t end) {
                TraceTile tile;
                const auto* counts = reinterpret_cast<const std::uint16_t*>(cube.counts.data()) + begin * scan_.bins;
                tile.counts = {counts, CountType::u2, end - begin, scan_.bins};
                tile.window = {0, 0, begin, 1, end - begin, scan_.pixels()};
                tile.model.arrival = arrival_.data() + begin;
                tile.model.arrival_sigma = sigma_.data() + begin;
                MatchedArrival::on_cpu(tile, c_);
            });
        });
    }
    void run() { run(cubes_.next()); }
    [[nodiscard]] double operations() const {
        const SearchRange range = search_range(c_.filter, nullptr, scan_.bins, c_.from_bins, c_.to_bins);
        return 2.0 * taps * static_cast<double>((range.last - range.first) * scan_.pixels());
    }

  private:
    [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(scan_.pixels()); }
    // The largest of all sums at eighths of a bin, in double precision; the parabola moves it by less than an eighth.
    void check() {
        const PhotonCube& cube = cubes_.all()[0];
        run(cube);
        for (std::int64_t p = 0; p < scan_.pixels(); p += 997) {
            const auto* y = reinterpret_cast<const std::uint16_t*>(cube.counts.data()) + p * scan_.bins;
            double largest = -1;
            double place = 0;
            for (std::int64_t q = 0; q <= (scan_.bins - taps) * filter_phases; ++q) {
                double sum = 0;
                for (std::int64_t k = 0; k < taps; ++k) {
                    const std::int64_t at = k * filter_phases + filter_phases - 1 - q % filter_phases;
                    sum += y[q / filter_phases + k] * static_cast<double>(c_.filter.weight[at]);
                }
                if (sum > largest) {
                    largest = sum;
                    place = static_cast<double>(q) / filter_phases + c_.filter.zero;
                }
            }
            const double found = static_cast<double>(arrival_[static_cast<std::size_t>(p)]);
            if (!(std::abs(found - place) <= 0.13))
                throw std::runtime_error(fmt::format("arrival of pixel {}: expected {}, found {}", p, place, found));
        }
    }

    RotatingCubes& cubes_;
    Scan scan_;
    int threads_;
    std::vector<float> arrival_, sigma_;
    MatchedFilter filter_;
    MatchedArrival::Coefficients c_;
};

}  // namespace

void add_filter_rows(Session& session) {
    const char* name = "matched filter, 33 taps";
    if (!session.wanted(name)) return;
    auto filter = std::make_shared<FilterRun>(session_cubes(session.options().quick), session.options().threads);
    session.time("matched filter", [filter] { filter->run(); });
    const double share = 100 * filter->operations() / multiply_add_operations(session.options());
    session.row(
        {name, "% of peak", Goal::at_least, 50, "multiply-adds; one place and tap each, eighths of a bin not counted"},
        [share](const Medians& m) { return share * m.at("ceiling: multiply-add") / m.at("matched filter"); });
}

}  // namespace firstlight::bench
