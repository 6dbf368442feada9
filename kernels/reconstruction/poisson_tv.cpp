#include "kernels/reconstruction/poisson_tv.hpp"

#include "kernels/reconstruction/poisson_tv_search.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

// sum over n of P(n | mean) 2 [n log(n / mean) - n + mean], for means where the sum is short; then its series.
double mean_deviance(double mean) {
    if (mean > 200) return 1 + 1 / (6 * mean) + 1 / (6 * mean * mean);
    const double last = mean + 12 * std::sqrt(mean) + 20;
    double sum = 0;
    for (double n = 0; n <= last; ++n) {
        const double chance = std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
        sum += chance * 2 * ((n > 0 ? n * std::log(n / mean) : 0.0) - n + mean);
    }
    return sum;
}

FL_SIMD void dual_row(const float* __restrict ahead, const float* below, float* __restrict px, float* __restrict py,
                      std::int64_t columns, const TvSteps steps) {
    const std::int64_t last = columns - 1;
    for (std::int64_t x = 0; x < last; ++x) tv_dual_pixel(ahead[x], ahead[x + 1], below[x], steps, px[x], py[x]);
    tv_dual_pixel(ahead[last], ahead[last], below[last], steps, px[last], py[last]);
}

// Loads through a struct of pointers are not vectorised by GCC 12; parameters are.
FL_SIMD void primal_row(const float* __restrict px, const float* __restrict above, const float* __restrict py,
                        const float* __restrict weight, const float* __restrict offset, const float* __restrict counts,
                        float* __restrict x, float* __restrict ahead, std::int64_t columns, const TvSteps steps) {
    for (std::int64_t i = 0; i < columns; ++i)
        tv_primal_pixel(px[i - 1], px[i], above[i], py[i], weight[i], offset[i], counts[i], steps, x[i], ahead[i]);
}

class CpuPlanes {
  public:
    CpuPlanes(const ImageTile& images, const double* expected) : images_(images), expected_(expected) {
        const auto rows = static_cast<std::size_t>(images.rows), columns = static_cast<std::size_t>(images.columns);
        const std::size_t n = rows * columns;
        memory_.resize(5 * n + rows * (columns + 1) + (rows + 1) * columns);
        float* at = memory_.data();
        const auto take = [&](std::size_t size) {
            float* begin = at;
            at += size;
            return begin;
        };
        p_ = {images.rows,       images.columns, take(n), take(n), take(n + rows),
              take(n + columns), take(n),        take(n), take(n)};
    }

    TvSums sums() {
        std::vector<TvSums> of_row(static_cast<std::size_t>(p_.rows));
        for_rows([&](std::int64_t y) {
            for (std::int64_t x = 0; x < p_.columns; ++x)
                of_row[static_cast<std::size_t>(y)].add(tv_datum(images_, y * p_.columns + x));
        });
        TvSums all;
        for (const TvSums& row : of_row) all.add(row);
        return all;
    }
    void start(double worth, double mean) {
        for_rows([&](std::int64_t y) { sum_along_row(y); });
        for_rows([&](std::int64_t y) {
            for (std::int64_t x = 0; x < p_.columns; ++x) tv_start_pixel(images_, p_, y, x, worth, mean);
        });
        std::fill(p_.px, p_.py + (p_.rows + 1) * p_.columns, 0.0F);  // py lies behind px
    }
    // Rows in bands: a row's dual and primal step follow each other while it is in cache. The dual step of a band's
    // last row comes first, because it looks at the next band and the next band at it.
    void step(const TvSteps& steps, std::int64_t count) {
        const std::int64_t band = std::max<std::int64_t>(2, 16384 / p_.columns), bands = (p_.rows + band - 1) / band;
        const auto dual = [&](std::int64_t y) {
            const float* ahead = p_.ahead + y * p_.columns;
            dual_row(ahead, y + 1 < p_.rows ? ahead + p_.columns : ahead, px(y), py(y), p_.columns, steps);
        };
        for (std::int64_t k = 0; k < count; ++k) {
            for (std::int64_t b = 1; b < bands; ++b) dual(b * band - 1);
            parallel_for(bands, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t y = begin * band; y < std::min(p_.rows, end * band); ++y) {
                    if (y % band != band - 1 || y + 1 == p_.rows) dual(y);
                    const std::int64_t i = y * p_.columns;
                    primal_row(px(y), py(y - 1), py(y), p_.weight + i, p_.offset + i, p_.counts + i, p_.x + i,
                               p_.ahead + i, p_.columns, steps);
                }
            });
        }
    }
    double moved() {
        std::vector<float> of_row(static_cast<std::size_t>(p_.rows));
        for_rows([&](std::int64_t y) {
            float& most = of_row[static_cast<std::size_t>(y)];
            for (std::int64_t x = 0; x < p_.columns; ++x) most = std::max(most, tv_moved_pixel(p_, y * p_.columns + x));
        });
        return static_cast<double>(*std::max_element(of_row.begin(), of_row.end()));
    }
    double deviance() {
        std::vector<double> of_row(static_cast<std::size_t>(2 * p_.rows));
        for_rows([&](std::int64_t y) {
            double* row = of_row.data() + 2 * y;
            for (std::int64_t x = 0; x < p_.columns; ++x)
                tv_add_deviance(p_, expected_, y * p_.columns + x, row[0], row[1]);
        });
        return tv_deviance_ratio(of_row);
    }
    void finish(double worth) {
        for_rows([&](std::int64_t y) {
            for (std::int64_t x = 0; x < p_.columns; ++x) tv_finish_pixel(images_, p_, y * p_.columns + x, worth);
        });
    }

  private:
    // tv_sum_along_row of a whole row, in the same order, but looking at each pixel once.
    void sum_along_row(std::int64_t y) {
        std::vector<TvDatum> data(static_cast<std::size_t>(p_.columns + 2 * tv_window));
        for (std::int64_t x = 0; x < p_.columns; ++x)
            data[static_cast<std::size_t>(x + tv_window)] = tv_datum(images_, y * p_.columns + x);
        for (std::int64_t x = 0; x < p_.columns; ++x) {
            double variance = 0, counts = 0;
            for (std::int64_t k = 0; k <= 2 * tv_window; ++k) {
                variance += data[static_cast<std::size_t>(x + k)].variance;
                counts += data[static_cast<std::size_t>(x + k)].counts;
            }
            px(y)[x] = static_cast<float>(variance);
            py(y)[x] = static_cast<float>(counts);
        }
    }
    float* px(std::int64_t y) const { return p_.px + p_.px_at(y, 0); }
    float* py(std::int64_t y) const { return p_.py + p_.py_at(y, 0); }
    template <class F>
    void for_rows(const F& f) const {
        parallel_for(p_.rows, std::max<std::int64_t>(1, 16384 / p_.columns), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t y = begin; y < end; ++y) f(y);
        });
    }

    const ImageTile& images_;
    const double* expected_;
    std::vector<float> memory_;
    TvPlanes p_;
};

}  // namespace

const ParamTable& PoissonTv::Params::table() {
    static const ParamTable t{
        choice(&Params::lambda_choice, "lambda_choice",
               "strength of the denoising: so that the deviance is what Poisson counts have, or as given",
               {"automatic", "given"}),
        real(&Params::lambda, "lambda", "", "weight of the total variation, both in effective counts", 0, 1e6)
            .only_if("lambda_choice", "given"),
        real(&Params::deviance, "deviance", "", "deviance to reach, over what Poisson counts have on average", 0.01, 10)
            .only_if("lambda_choice", "automatic"),
        integer(&Params::iterations, "iterations", "", "most primal-dual steps for one strength", 1, 1000000),
        real(&Params::tolerance, "tolerance", "", "standard deviations per step below which the image is done", 0, 1),
    };
    return t;
}

PoissonTv::Coefficients PoissonTv::prepare(const Params& params, StageContext& context) {
    std::vector<double> expected(expected_size);
    for (int k = 0; k < expected_size; ++k)
        expected[static_cast<std::size_t>(k)] =
            mean_deviance(std::pow(10.0, static_cast<double>(k) / expected_per_decade + expected_from));
    Coefficients c;
    c.lambda = params.lambda_choice == Choice::given ? params.lambda : -1;
    c.deviance = params.deviance;
    c.iterations = params.iterations;
    c.tolerance = params.tolerance;
    c.expected_deviance = context.keep.keep(expected);
    c.found = context.found;
    c.warn = context.warn;
    return c;
}

void PoissonTv::on_cpu(const ImageTile& images, const Coefficients& c) {
    if (!tv_has_images(images)) return;
    CpuPlanes planes(images, c.expected_deviance);
    tv_denoise(planes, c);
}

}  // namespace firstlight
