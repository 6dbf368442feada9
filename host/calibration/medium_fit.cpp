#include "host/calibration/medium_fit.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "host/calibration/slab_model.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr int common = 3, own = 3;  // n, mu_a, mu_s'; and of each slab t0 (bins), light, background per bin
constexpr double least_variance = 0.05;

struct Parameters {
    Eigen::VectorXd values;
    [[nodiscard]] Slab slab(double thickness_m) const {
        return {thickness_m, values[0], values[1], values[2], {}, 0, true};
    }
    [[nodiscard]] double t0(std::size_t k) const { return values[index(k)]; }
    [[nodiscard]] double light(std::size_t k) const { return values[index(k) + 1]; }
    [[nodiscard]] double background(std::size_t k) const { return values[index(k) + 2]; }
    [[nodiscard]] static Eigen::Index index(std::size_t k) { return common + own * static_cast<Eigen::Index>(k); }
};

struct Normal {  // of one slab: shared parameters, then its own
    Eigen::Matrix<double, common + own, common + own> information, noise;
    Eigen::Matrix<double, common + own, 1> score;
};

class Fit {
  public:
    Fit(const std::vector<SlabTrace>& slabs, const MediumResponse& response, const MediumFitOptions& options)
        : slabs_(slabs), options_(options) {
        for (const SlabTrace& slab : slabs)
            models_.emplace_back(response, static_cast<std::int64_t>(slab.counts.size()), options.bin_width_s,
                                 options.whole_plane);
        variance_.resize(slabs.size());
        p_.values.resize(common + own * static_cast<Eigen::Index>(slabs.size()));
    }

    void start_anywhere() {
        double best = std::numeric_limits<double>::infinity();
        Parameters chosen = p_;
        for (const double mu_s_prime : {50.0, 120.0, 250.0, 500.0, 1000.0, 2500.0, 8000.0}) {
            for (const double mu_a : {0.3, 3.0}) {
                p_.values[0] = options_.refractive_index.value_or(1.2);
                p_.values[1] = mu_a;
                p_.values[2] = mu_s_prime;
                const double badness = start_slabs();
                if (!(badness < best)) continue;
                best = badness;
                chosen = p_;
            }
        }
        p_ = chosen;
    }
    void start_at(const Parameters& p) { p_ = p; }
    [[nodiscard]] const Parameters& parameters() const { return p_; }

    void run() {
        double damping = 1e-3;
        int rejected = 0;  // in a row, of steps so short that only rounding judges them
        for (steps_ = 0; steps_ < options_.most_steps; ++steps_) {
            if (options_.cancelled && options_.cancelled()) throw Error(ExitCode::interrupted, "interrupted");
            gather();
            const double before = objective(p_);
            // What the undamped step would still gain, in squares of standard deviations of the residuals.
            const double gain = score_.dot(information_.ldlt().solve(score_)) / std::max(last_misfit_, 1e-300);
            converged_ = gain <= 0.01 || (rejected > 1 && gain <= 1);
            if (converged_) return;
            rejected = 0;
            bool better = false;
            for (int tries = 0; tries < 12 && !better; ++tries) {
                Eigen::MatrixXd damped = information_;
                damped.diagonal() *= 1 + damping;
                const Eigen::VectorXd step = damped.ldlt().solve(score_);
                Parameters trial = p_;
                trial.values += step;
                keep_in_range(trial);
                better = step.allFinite() && objective(trial) <= before;
                damping = better ? std::max(damping / 8, 1e-9) : damping * 8;
                if (better) p_ = trial;
                else ++rejected;
            }
            // No step, however short, improves it: the minimum, as far as differences of curves let it be seen.
            if (!better) {
                converged_ = gain <= 1;
                return;
            }
        }
    }

    [[nodiscard]] MediumFit result() {
        gather();
        MediumFit fit;
        fit.steps = steps_;
        fit.converged = converged_;
        const Eigen::MatrixXd inverse =
            information_.ldlt().solve(Eigen::MatrixXd::Identity(information_.rows(), information_.cols()));
        const Eigen::MatrixXd counting = inverse * noise_ * inverse;
        double misfit = 0, deviance = 0, bins = 0;
        for (std::size_t k = 0; k < slabs_.size(); ++k) {
            SlabFit& slab = fit.slabs.emplace_back();
            slab.name = slabs_[k].name;
            slab.thickness_m = slabs_[k].thickness_m;
            slab.t0_s = p_.t0(k) * options_.bin_width_s;
            slab.light = p_.light(k);
            slab.background_per_bin = p_.background(k);
            slab.model = expected(p_, k);
            for (std::size_t i = 0; i < slab.model.size(); ++i) {
                const double y = slabs_[k].counts[i], m = std::max(slab.model[i], 1e-3);
                slab.deviance += 2 * ((y > 0 ? y * std::log(y / m) : 0) - (y - m));
                slab.misfit += (y - m) * (y - m) / variance_[k][i];
            }
            const auto n = static_cast<double>(slab.model.size());
            misfit += slab.misfit;
            deviance += slab.deviance;
            bins += n;
            slab.misfit /= n;
            slab.deviance /= n;
        }
        const double freedom = std::max(1.0, bins - static_cast<double>(p_.values.size()));
        fit.misfit = misfit / freedom;
        fit.deviance = deviance / freedom;
        const bool absolute = options_.estimator != MediumEstimator::peak;
        const auto value = [&](Eigen::Index i) {
            FittedValue v;
            v.value = p_.values[i];
            v.sigma = std::sqrt(std::max(0.0, counting(i, i)));
            v.sigma_scaled =
                std::sqrt(std::max(0.0, inverse(i, i)) * (absolute ? std::max(1.0, fit.misfit) : fit.misfit));
            return v;
        };
        fit.refractive_index = value(0);
        if (options_.refractive_index) fit.refractive_index.sigma = fit.refractive_index.sigma_scaled = 0;
        fit.mu_a_per_m = value(1);
        fit.mu_s_prime_per_m = value(2);
        return fit;
    }

  private:
    [[nodiscard]] std::vector<double> expected(const Parameters& p, std::size_t k) const {
        std::vector<double> m = models_[k].light(p.slab(slabs_[k].thickness_m), p.t0(k));
        for (std::size_t i = 0; i < m.size(); ++i)
            m[i] = slabs_[k].live[i] * (p.light(k) * std::max(m[i], 0.0) + p.background(k));
        return m;
    }

    void set_variance(std::size_t k, const std::vector<double>& shape, const Parameters& p) {
        const double top = p.light(k) * *std::max_element(shape.begin(), shape.end());
        variance_[k].resize(shape.size());
        for (std::size_t i = 0; i < shape.size(); ++i) {
            const double light = slabs_[k].live[i] * p.light(k) * std::max(shape[i], 0.0);
            const double mean = light + slabs_[k].live[i] * p.background(k);
            double variance = mean;
            if (options_.estimator == MediumEstimator::quasi)
                variance += options_.model_error * options_.model_error * light * light;
            if (options_.estimator == MediumEstimator::peak) variance = top * top;
            variance_[k][i] = std::max(variance, least_variance);
        }
    }

    // Information, score and the variances that weigh the next step, at p_.
    void gather() {
        std::vector<Normal> parts(slabs_.size());
        parallel_for(static_cast<std::int64_t>(slabs_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t k = begin; k < end; ++k)
                parts[static_cast<std::size_t>(k)] = normal(static_cast<std::size_t>(k));
        });
        const Eigen::Index size = p_.values.size();
        information_ = noise_ = Eigen::MatrixXd::Zero(size, size);
        score_ = Eigen::VectorXd::Zero(size);
        for (std::size_t k = 0; k < slabs_.size(); ++k) {
            const auto at = [&](Eigen::Index i) { return i < common ? i : Parameters::index(k) + i - common; };
            for (Eigen::Index i = 0; i < common + own; ++i) {
                score_[at(i)] += parts[k].score[i];
                for (Eigen::Index j = 0; j < common + own; ++j) {
                    information_(at(i), at(j)) += parts[k].information(i, j);
                    noise_(at(i), at(j)) += parts[k].noise(i, j);
                }
            }
        }
        if (!options_.refractive_index) return;
        information_.row(0).setZero();
        information_.col(0).setZero();
        noise_.row(0).setZero();
        noise_.col(0).setZero();
        information_(0, 0) = 1;
        score_[0] = 0;
    }

    [[nodiscard]] Normal normal(std::size_t k) {
        const SlabModel& model = models_[k];
        const double thickness = slabs_[k].thickness_m, t0 = p_.t0(k);
        const SlabModel::Spectrum spectrum = model.spectrum(p_.slab(thickness));
        const std::vector<double> shape = model.shifted(spectrum, t0), slope = model.slope(spectrum, t0);
        set_variance(k, shape, p_);
        std::vector<double> derivative[common];
        for (int i = 0; i < common; ++i) {
            if (i == 0 && options_.refractive_index) {
                derivative[i].assign(shape.size(), 0.0);
                continue;
            }
            const double step = i == 0 ? 3e-4 : std::max(1e-3 * p_.values[i], 1e-5);
            Parameters above = p_, below = p_;
            above.values[i] += step;
            below.values[i] = std::max(below.values[i] - step, i == 0 ? 1.0 : 0.0);
            derivative[i] = model.light(above.slab(thickness), t0);
            const std::vector<double> from = model.light(below.slab(thickness), t0);
            const double apart = above.values[i] - below.values[i];
            for (std::size_t j = 0; j < shape.size(); ++j) derivative[i][j] = (derivative[i][j] - from[j]) / apart;
        }
        Normal out;
        out.information.setZero();
        out.noise.setZero();
        out.score.setZero();
        Eigen::Matrix<double, common + own, 1> row;
        const double light = p_.light(k), background = p_.background(k);
        for (std::size_t j = 0; j < shape.size(); ++j) {
            const double live = slabs_[k].live[j];
            const double mean = live * (light * std::max(shape[j], 0.0) + background);
            for (int i = 0; i < common; ++i) row[i] = live * light * derivative[i][j];
            row[common] = live * light * slope[j];
            row[common + 1] = live * shape[j];
            row[common + 2] = live;
            const double weight = 1 / variance_[k][j];
            out.information.noalias() += weight * row * row.transpose();
            out.noise.noalias() += weight * weight * std::max(mean, least_variance) * row * row.transpose();
            out.score.noalias() += weight * (slabs_[k].counts[j] - mean) * row;
        }
        return out;
    }

    // What a step must not increase: deviance, or squares over the variances of the last gather().
    [[nodiscard]] double objective(const Parameters& p) {
        std::vector<double> parts(slabs_.size());
        double bins = 0;
        for (const SlabTrace& slab : slabs_) bins += static_cast<double>(slab.counts.size());
        parallel_for(static_cast<std::int64_t>(slabs_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t s = begin; s < end; ++s) {
                const auto k = static_cast<std::size_t>(s);
                const std::vector<double> m = expected(p, k);
                for (std::size_t i = 0; i < m.size(); ++i) {
                    const double y = slabs_[k].counts[i];
                    if (options_.estimator == MediumEstimator::poisson) {
                        const double mean = std::max(m[i], least_variance);
                        parts[k] += 2 * ((y > 0 ? y * std::log(y / mean) : 0) - (y - mean));
                    } else {
                        parts[k] += (y - m[i]) * (y - m[i]) / variance_[k][i];
                    }
                }
            }
        });
        double sum = 0;
        for (const double part : parts) sum += part;
        last_misfit_ = sum / bins;
        return sum;
    }

    void keep_in_range(Parameters& p) const {
        p.values[0] = std::clamp(p.values[0], 1.0, 2.5);
        p.values[1] = std::clamp(p.values[1], 0.0, 1e4);
        p.values[2] = std::clamp(p.values[2], 0.5 * p_.values[2], 2 * p_.values[2]);
        for (std::size_t k = 0; k < slabs_.size(); ++k) {
            double& light = p.values[Parameters::index(k) + 1];
            double& background = p.values[Parameters::index(k) + 2];
            light = std::max(light, 0.1 * p_.light(k));
            background = std::max(background, 1e-6);
        }
    }

    // t0 where the model's highest part lies on the data's, light and background by least squares. Returns what is
    // left.
    double start_slabs() {
        double badness = 0;
        for (std::size_t k = 0; k < slabs_.size(); ++k) {
            const std::vector<double>& counts = slabs_[k].counts;
            const SlabModel::Spectrum spectrum = models_[k].spectrum(p_.slab(slabs_[k].thickness_m));
            const auto top = [&](const std::vector<double>& v) {  // of a running mean as wide as a tenth of the light
                const auto wide = std::max<std::int64_t>(1, static_cast<std::int64_t>(slabs_[k].half_width_bins / 5));
                double sum = 0, best = -1;
                std::int64_t at = 0;
                const auto n = static_cast<std::int64_t>(v.size());
                for (std::int64_t i = 0; i < n; ++i) {
                    sum += v[static_cast<std::size_t>(i)] - (i >= wide ? v[static_cast<std::size_t>(i - wide)] : 0);
                    if (i + 1 >= wide && sum > best) best = sum, at = i;
                }
                return static_cast<double>(at);
            };
            const double middle = static_cast<double>(counts.size()) / 4;  // room for light before the peak
            const double t0 = middle + top(counts) - top(models_[k].shifted(spectrum, middle));
            const std::vector<double> shape = models_[k].shifted(spectrum, t0);
            Eigen::Matrix2d a = Eigen::Matrix2d::Zero();
            Eigen::Vector2d b = Eigen::Vector2d::Zero();
            for (std::size_t i = 0; i < shape.size(); ++i) {
                const Eigen::Vector2d row(shape[i], 1);
                a += row * row.transpose() / std::max(counts[i], 1.0);
                b += row * counts[i] / std::max(counts[i], 1.0);
            }
            const Eigen::Vector2d best = a.ldlt().solve(b);
            p_.values[Parameters::index(k)] = t0;
            p_.values[Parameters::index(k) + 1] = std::max(best[0], 1.0);
            p_.values[Parameters::index(k) + 2] = std::max(best[1], 1e-3);
            for (std::size_t i = 0; i < shape.size(); ++i)
                badness += std::pow(counts[i] - best[0] * shape[i] - best[1], 2) / std::max(counts[i], 1.0);
        }
        return badness;
    }

    const std::vector<SlabTrace>& slabs_;
    const MediumFitOptions& options_;
    std::vector<SlabModel> models_;
    std::vector<std::vector<double>> variance_;
    Parameters p_;
    Eigen::MatrixXd information_, noise_;
    Eigen::VectorXd score_;
    double last_misfit_ = 1;
    int steps_ = 0;
    bool converged_ = false;
};

void check(const std::vector<SlabTrace>& slabs, const MediumFitOptions& options) {
    if (slabs.size() < 2)
        throw Error(ExitCode::bad_input, fmt::format("{} slab is left to fit", slabs.size()),
                    "refractive index, absorption and scattering show in how light changes with thickness",
                    "give captures of at least two thicknesses");
    for (std::size_t i = 0; i < slabs.size(); ++i) {
        if (!(slabs[i].thickness_m > 0))
            throw Error(ExitCode::bad_input, fmt::format("{}: a slab of {} m", slabs[i].name, slabs[i].thickness_m));
        for (std::size_t k = 0; k < i; ++k)
            if (slabs[i].thickness_m == slabs[k].thickness_m)
                throw Error(ExitCode::bad_input,
                            fmt::format("{} and {} are both {:.6g} mm thick", slabs[k].name, slabs[i].name,
                                        slabs[i].thickness_m * 1e3),
                            "each thickness is given once", "check the thicknesses, or leave one capture out");
    }
    if (!(options.bin_width_s > 0)) throw Error(ExitCode::usage, "the width of the captures' time bins is missing");
}

}  // namespace

MediumFit fit_medium(const std::vector<SlabTrace>& slabs, const MediumResponse& response,
                     const MediumFitOptions& options) {
    check(slabs, options);
    Fit fit(slabs, response, options);
    fit.start_anywhere();
    fit.run();
    MediumFit out = fit.result();
    if (!options.jackknife || slabs.size() < 3) return out;
    const auto n = static_cast<double>(slabs.size());
    std::vector<std::array<double, 3>> without;
    for (std::size_t left_out = 0; left_out < slabs.size(); ++left_out) {
        std::vector<SlabTrace> rest;
        Parameters start;
        start.values.resize(common + own * static_cast<Eigen::Index>(slabs.size() - 1));
        start.values.head(common) = fit.parameters().values.head(common);
        for (std::size_t k = 0; k < slabs.size(); ++k) {
            if (k == left_out) continue;
            start.values.segment(Parameters::index(rest.size()), own) =
                fit.parameters().values.segment(Parameters::index(k), own);
            rest.push_back(slabs[k]);
        }
        Fit part(rest, response, options);
        part.start_at(start);
        part.run();
        const Eigen::VectorXd& p = part.parameters().values;
        without.push_back({p[0], p[1], p[2]});
    }
    FittedValue* const values[] = {&out.refractive_index, &out.mu_a_per_m, &out.mu_s_prime_per_m};
    for (std::size_t i = 0; i < 3; ++i) {
        double mean = 0, squares = 0;
        for (const auto& w : without) mean += w[i] / n;
        for (const auto& w : without) squares += (w[i] - mean) * (w[i] - mean);
        values[i]->sigma_slabs = std::sqrt((n - 1) / n * squares);
    }
    return out;
}

}  // namespace firstlight
