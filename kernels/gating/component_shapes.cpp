#include "kernels/gating/component_shapes.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "kernels/gating/component_fit_trace.hpp"

namespace firstlight {
namespace {

constexpr int groups_per_bin = 8;
constexpr int steps_while_fitting = 4;
constexpr int most_rounds = 40;

// One trace into its group.
void add_to_group(const TraceTile& tile, std::int64_t trace, std::int64_t base, double arrival, PooledGroup& group,
                  std::vector<double>& variance, std::vector<double>& hits) {
    const DetectorModel& m = tile.model;
    const std::int64_t bins = tile.counts.bins;
    for (std::int64_t i = 0; i < bins; ++i) {
        const std::int64_t k = i - base;
        if (k >= static_cast<std::int64_t>(variance.size())) break;
        const double live = m.live == nullptr ? 1 : static_cast<double>(m.live[trace * bins + i]);
        const double y = exact_count_at(tile.counts, trace, i);
        const double from = m.edges == nullptr ? static_cast<double>(i) : static_cast<double>(m.edges[i]);
        const double to = m.edges == nullptr ? static_cast<double>(i + 1) : static_cast<double>(m.edges[i + 1]);
        if (k < 0) {
            group.lead_counts += y;
            group.lead_width += live * (to - from);
            continue;
        }
        const auto at = static_cast<std::size_t>(k);
        group.counts[at] += y / live;
        variance[at] += y / (live * live);
        group.left[at] += from - arrival;
        group.right[at] += to - arrival;
        hits[at] += 1;
    }
}

// Means of edges, and counts that are Poisson: y / live over its variance is the live fraction that counts.
void finish_group(double traces, const std::vector<double>& variance, const std::vector<double>& hits,
                  PooledGroup& group) {
    double live = 1;
    for (std::size_t k = 0; k < hits.size(); ++k) {
        if (hits[k] == 0) continue;
        if (variance[k] > 0) live = group.counts[k] / variance[k];
        group.counts[k] *= live;
        group.exposure[k] = live * hits[k] / traces;
        group.left[k] /= hits[k];
        group.right[k] /= hits[k];
    }
    group.lead_width /= traces;
}

// The shapes' parameters as one vector of logarithms, and back.
struct Parameters {
    const ShapeChoice* choice;
    double fwhm, range;

    [[nodiscard]] bool fits_snake(const ComponentShapes& s) const { return s.snake && !(choice->snake_decay > 0); }
    [[nodiscard]] Eigen::VectorXd pack(const ComponentShapes& s) const {
        std::vector<double> p;
        const auto both = [&p](double one, double other) {
            p.push_back(one);
            p.push_back(other);
        };
        if (fits_snake(s)) p.push_back(std::log(s.snake_decay));
        if (s.diffuse && s.diffuse_shape == DiffuseShape::gamma) both(std::log(s.gamma_shape), std::log(s.gamma_scale));
        if (s.diffuse && s.diffuse_shape == DiffuseShape::exponential) both(std::log(s.onset + 1), std::log(s.decay));
        if (s.diffuse && s.diffuse_shape == DiffuseShape::slab)
            both(std::log(s.slab.mu_s_prime_per_m), std::log(s.slab.mu_a_per_m));
        return Eigen::Map<Eigen::VectorXd>(p.data(), static_cast<Eigen::Index>(p.size()));
    }
    void unpack(const Eigen::VectorXd& p, ComponentShapes& s) const {
        Eigen::Index k = 0;
        const auto next = [&](double low, double high) { return std::clamp(std::exp(p[k++]), low, high); };
        if (fits_snake(s)) s.snake_decay = next(fwhm / 2, range / 4);
        if (!s.diffuse) return;
        if (s.diffuse_shape == DiffuseShape::gamma) {
            s.gamma_shape = next(1, 20);
            s.gamma_scale = next(1, 4 * range);
        } else if (s.diffuse_shape == DiffuseShape::exponential) {
            s.onset = next(1, range / 2) - 1;
            s.decay = next(1, 4 * range);
        } else {
            s.slab.mu_s_prime_per_m = next(1, 1e7);
            s.slab.mu_a_per_m = next(1e-6, 1e5);
        }
    }
};

// One group's bins as sums for climb(); the last is the lead.
class GroupSums {
  public:
    GroupSums(const PooledGroup& group, const CumulativeCurves& curves) {
        const std::size_t n = group.counts.size();
        for (std::size_t k = 0; k < n; ++k) {
            if (!(group.exposure[k] > 0)) continue;
            y_.push_back(group.counts[k]);
            for (int j = 0; j < 3; ++j)
                part_[j].push_back(curves.curve[j].empty() ? 0.0
                                                           : group.exposure[k] * (curves.at(j, group.right[k]) -
                                                                                  curves.at(j, group.left[k])));
            part_[background_part].push_back(group.exposure[k] * (group.right[k] - group.left[k]));
        }
        if (!(group.lead_width > 0)) return;
        y_.push_back(group.lead_counts);
        for (int j = 0; j < 3; ++j) part_[j].push_back(0);
        part_[background_part].push_back(group.lead_width);
    }
    FitSums operator()(const double* value, bool expected) const {
        FitSums sums;
        for (std::size_t i = 0; i < y_.size(); ++i) {
            const double mean = expects(value, i) + static_cast<double>(pedestal);
            if (!(mean > static_cast<double>(lowest_expected))) sums.valid = false;
            const double ratio = (y_[i] + static_cast<double>(pedestal)) / mean;
            const double weight = (expected ? 1 : ratio) / mean;
            for (int j = 0; j < component_count; ++j) {
                sums.gradient[j] += part_[j][i] * (ratio - 1);
                for (int k = 0; k <= j; ++k) sums.information[packed(j, k)] += part_[j][i] * part_[k][i] * weight;
            }
        }
        return sums;
    }
    // Signed roots of the deviance, whose squares add up to it.
    void residuals(const double* value, std::vector<double>& out) const {
        for (std::size_t i = 0; i < y_.size(); ++i) {
            const double mean = std::max(expects(value, i), 1e-9);
            const double d = 2 * (y_[i] > 0 ? y_[i] * std::log(y_[i] / mean) - (y_[i] - mean) : mean);
            out.push_back(std::copysign(std::sqrt(std::max(d, 0.0)), y_[i] - mean));
        }
    }
    [[nodiscard]] double counts() const {
        double sum = 0;
        for (const double y : y_) sum += y;
        return sum;
    }

  private:
    [[nodiscard]] double expects(const double* value, std::size_t i) const {
        double sum = 0;
        for (int j = 0; j < component_count; ++j) sum += value[j] * part_[j][i];
        return sum;
    }
    std::vector<double> y_, part_[component_count];
};

struct Tried {
    Eigen::VectorXd residuals;
    double share[3] = {};
    [[nodiscard]] double deviance() const { return residuals.squaredNorm(); }
};

// The best amplitudes for given shapes.
Tried try_shapes(const PooledComponents& pooled, const BinnedResponse& response, const ComponentShapes& shapes) {
    const ResponseSpan span = response_span(response.cumulative);
    const CumulativeCurves curves = cumulative_curves(response.cumulative, shapes, pooled.first, pooled.bins + 1,
                                                      curve_steps(span, steps_while_fitting));
    const ClimbLimits limits{false, 60, 0, 0, 1e-12};  // differences of its outcomes are taken
    const bool fixed[most_parameters] = {false, !shapes.snake, !shapes.diffuse, false, true};
    std::vector<double> residuals;
    Tried tried;
    for (const PooledGroup& group : pooled.groups) {
        GroupSums sums(group, curves);
        FitState state;
        const double each = sums.counts() / 4 + 1;
        for (int j = 0; j < 3; ++j) state.value[j] = fixed[j] ? 0 : each;
        state.value[background_part] = each / static_cast<double>(pooled.bins);
        climb(limits, component_count, fixed, sums, state);
        sums.residuals(state.value, residuals);
        for (int j = 0; j < 3; ++j) tried.share[j] += state.value[j];
    }
    tried.residuals = Eigen::Map<Eigen::VectorXd>(residuals.data(), static_cast<Eigen::Index>(residuals.size()));
    const double signal = std::max(tried.share[0] + tried.share[1] + tried.share[2], 1e-12);
    for (double& share : tried.share) share /= signal;
    return tried;
}

FittedShapes descend(const PooledComponents& pooled, const BinnedResponse& response, const Parameters& parameters,
                     const ComponentShapes& start) {
    FittedShapes best;
    best.shapes = start;
    Eigen::VectorXd p = parameters.pack(start);
    Tried here = try_shapes(pooled, response, best.shapes);
    double damping = 1e-2;
    best.converged = p.size() == 0;
    for (int round = 0; round < most_rounds && !best.converged; ++round) {
        Eigen::MatrixXd slope(here.residuals.size(), p.size());
        for (Eigen::Index j = 0; j < p.size(); ++j) {
            constexpr double by = 1e-3;
            Eigen::VectorXd moved = p;
            moved[j] += by;
            ComponentShapes shapes = best.shapes;
            parameters.unpack(moved, shapes);
            slope.col(j) = (try_shapes(pooled, response, shapes).residuals - here.residuals) / by;
        }
        const Eigen::MatrixXd normal = slope.transpose() * slope;
        const Eigen::VectorXd gradient = slope.transpose() * here.residuals;
        bool better = false;
        for (int attempt = 0; attempt < 8 && !better; ++attempt) {
            Eigen::MatrixXd damped = normal;
            damped.diagonal() += damping * normal.diagonal();
            damped.diagonal().array() += 1e-9;
            Eigen::VectorXd step = -damped.ldlt().solve(gradient);
            const double longest = step.cwiseAbs().maxCoeff();
            if (longest > 1) step /= longest;  // a factor of e at a time
            ComponentShapes shapes = best.shapes;
            parameters.unpack(p + step, shapes);
            const Tried there = try_shapes(pooled, response, shapes);
            const double gain = here.deviance() - there.deviance();
            if (gain >= 0) {
                best.shapes = shapes;
                p = parameters.pack(shapes);
                here = there;
                damping /= 5;
                better = true;
                best.converged = gain < 1e-5 && attempt == 0;
            } else {
                damping *= 8;
                if (longest < 1e-5) best.converged = true;
            }
        }
        if (!better) {
            best.converged = true;  // no step lowers it: the minimum to the precision of the differences
        }
    }
    best.deviance = here.deviance();
    std::copy(here.share, here.share + 3, best.share);
    return best;
}

// Where to start from: scattered light that comes soon or late.
std::vector<ComponentShapes> starts(const ShapeChoice& choice, bool snake, bool diffuse, double fwhm, double range) {
    std::vector<ComponentShapes> all;
    for (const double quick : {1.0, 4.0})
        for (const double late : {1.0 / 16, 1.0 / 4}) {
            ComponentShapes s = choice.start;
            s.snake = snake;
            s.diffuse = diffuse;
            s.snake_decay = choice.snake_decay > 0 ? choice.snake_decay : quick * fwhm;
            s.gamma_shape = 2;
            s.gamma_scale = std::max(1.0, late * range / 2);
            s.onset = late * range / 4;
            s.decay = std::max(1.0, late * range);
            if (s.diffuse_shape == DiffuseShape::slab) s.slab.mu_s_prime_per_m *= late < 0.1 ? 1 : 0.3;
            const bool same_again = (!snake || choice.snake_decay > 0) && quick > 1;
            if (!same_again && (diffuse || late < 0.1)) all.push_back(s);
        }
    return all;
}

}  // namespace

PooledComponents pool_components(const Scan& scan, const SurveySample* sample, const ResponseSpan& span) {
    if (sample == nullptr) throw Error(ExitCode::internal, scan.name + ": a survey sample was asked for but not taken");
    const auto first = static_cast<std::int64_t>(span.first) - 1;
    double earliest = static_cast<double>(scan.bins);
    std::int64_t unmasked = 0;
    const auto for_each = [&](const auto& f) {
        for (const TraceTile& tile : sample->tiles)
            for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
                if (tile.is_masked(i)) continue;
                ++unmasked;
                const double arrival = static_cast<double>(tile.model.arrival[i]);
                if (arrival >= 0 && arrival < static_cast<double>(scan.bins)) f(tile, i, arrival);
            }
    };
    for_each([&](const TraceTile&, std::int64_t, double arrival) { earliest = std::min(earliest, arrival); });
    if (unmasked == 0 || earliest >= static_cast<double>(scan.bins))
        throw Error(ExitCode::bad_input,
                    scan.name + (unmasked == 0 ? ": every pixel of the survey sample is masked"
                                               : ": no pixel's arrival lies within the data"),
                    "component_fit finds the shapes of scattered light from them",
                    unmasked == 0 ? "check /entry/calibration/pixel_mask and the limits of pixel_mask"
                                  : "check /entry/calibration/arrival, t0_map and /entry/data/t");
    PooledComponents pooled;
    pooled.first = static_cast<double>(first);
    pooled.bins = scan.bins - (static_cast<std::int64_t>(earliest) + first);
    const auto n = static_cast<std::size_t>(pooled.bins);
    std::vector<PooledGroup> groups(groups_per_bin);
    std::vector<std::vector<double>> variance(groups_per_bin, std::vector<double>(n));
    std::vector<std::vector<double>> hits = variance;
    std::vector<double> traces(groups_per_bin);
    for (PooledGroup& group : groups) group.counts = group.exposure = group.left = group.right = std::vector<double>(n);
    for_each([&](const TraceTile& tile, std::int64_t i, double arrival) {
        const double whole = std::floor(arrival);
        const auto g = static_cast<std::size_t>((arrival - whole) * groups_per_bin);
        add_to_group(tile, i, static_cast<std::int64_t>(whole) + first, arrival, groups[g], variance[g], hits[g]);
        traces[g] += 1;
        ++pooled.traces;
    });
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (traces[g] == 0) continue;
        finish_group(traces[g], variance[g], hits[g], groups[g]);
        pooled.groups.push_back(std::move(groups[g]));
    }
    return pooled;
}

FittedShapes fit_shapes(const PooledComponents& pooled, const BinnedResponse& response, const ShapeChoice& choice) {
    const auto range = static_cast<double>(pooled.bins);
    const Parameters parameters{&choice, response.fwhm_bins, range};
    FittedShapes best;
    double lowest = std::numeric_limits<double>::infinity();
    double bins = 0;
    for (const PooledGroup& group : pooled.groups)
        for (const double exposure : group.exposure) bins += exposure > 0 ? 1 : 0;
    for (const bool snake : {false, true})
        for (const bool diffuse : {false, true}) {
            if ((snake && !choice.start.snake) || (diffuse && !choice.start.diffuse)) continue;
            if (!choice.choose_parts && (snake != choice.start.snake || diffuse != choice.start.diffuse)) continue;
            for (const ComponentShapes& start : starts(choice, snake, diffuse, response.fwhm_bins, range)) {
                FittedShapes tried = descend(pooled, response, parameters, start);
                const double amplitudes = static_cast<double>(pooled.groups.size()) * (2.0 + snake + diffuse);
                const double unknown = amplitudes + static_cast<double>(parameters.pack(start).size());
                if (!(tried.deviance + 2 * unknown < lowest)) continue;
                lowest = tried.deviance + 2 * unknown;
                best = tried;
                best.deviance = tried.deviance / std::max(1.0, bins - unknown);
            }
        }
    return best;
}

}  // namespace firstlight
