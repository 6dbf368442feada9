#include "kernels/support/fft.hpp"

#include <fftw3.h>

#include <mutex>
#include <vector>

namespace firstlight {
namespace {
std::mutex& planner() {  // FFTW's planner is not thread-safe; executing plans is
    static std::mutex mutex;
    return mutex;
}
fftwf_complex* as_fftw(std::complex<float>* values) { return reinterpret_cast<fftwf_complex*>(values); }
}  // namespace

struct RealFft::Plan {
    std::int64_t n;
    fftwf_plan forward;
    fftwf_plan inverse;

    explicit Plan(std::int64_t size) : n(size) {
        std::vector<float> rows(static_cast<std::size_t>(n));
        std::vector<std::complex<float>> spectra(static_cast<std::size_t>(n / 2 + 1));
        const std::lock_guard lock(planner());
        const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;  // same plan every time: same bits
        forward = fftwf_plan_dft_r2c_1d(static_cast<int>(n), rows.data(), as_fftw(spectra.data()),
                                        flags | FFTW_PRESERVE_INPUT);
        inverse = fftwf_plan_dft_c2r_1d(static_cast<int>(n), as_fftw(spectra.data()), rows.data(), flags);
    }
    ~Plan() {
        const std::lock_guard lock(planner());
        fftwf_destroy_plan(forward);
        fftwf_destroy_plan(inverse);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
};

RealFft::RealFft(std::int64_t n) : plan_(std::make_unique<Plan>(n)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

std::int64_t RealFft::size() const { return plan_->n; }

void RealFft::forward(const float* rows, std::complex<float>* spectra, std::int64_t batch) const {
    for (std::int64_t b = 0; b < batch; ++b)
        fftwf_execute_dft_r2c(plan_->forward, const_cast<float*>(rows) + b * plan_->n,
                              as_fftw(spectra + b * spectrum_size()));
}

void RealFft::inverse(std::complex<float>* spectra, float* rows, std::int64_t batch) const {
    for (std::int64_t b = 0; b < batch; ++b)
        fftwf_execute_dft_c2r(plan_->inverse, as_fftw(spectra + b * spectrum_size()), rows + b * plan_->n);
}

}  // namespace firstlight
