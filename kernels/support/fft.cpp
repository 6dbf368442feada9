#include "kernels/support/fft.hpp"

#include <fftw3.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "kernels/support/parallel_for.hpp"

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

namespace {

// Complex transforms along one axis of [outer][length][inner], all of one `outer` at once, in place.
struct AxisPlans {
    fftwf_plan forward = nullptr, inverse = nullptr;

    AxisPlans() = default;
    AxisPlans(std::int64_t length, std::int64_t inner, std::int64_t stride, std::vector<std::complex<float>>& memory) {
        const int n = static_cast<int>(length);
        const auto plan = [&](int sign) {
            return fftwf_plan_many_dft(1, &n, static_cast<int>(inner), as_fftw(memory.data()), nullptr,
                                       static_cast<int>(stride), 1, as_fftw(memory.data()), nullptr,
                                       static_cast<int>(stride), 1, sign, FFTW_ESTIMATE | FFTW_UNALIGNED);
        };
        forward = plan(FFTW_FORWARD);
        inverse = plan(FFTW_BACKWARD);
    }
    void destroy() const {
        fftwf_destroy_plan(forward);
        fftwf_destroy_plan(inverse);
    }
};

}  // namespace

struct VolumeFft::Plan {
    std::int64_t ny, nx, nt, half;
    RealFft rows;
    AxisPlans along_x, along_y;

    Plan(std::int64_t y, std::int64_t x, std::int64_t t) : ny(y), nx(x), nt(t), half(t / 2 + 1), rows(t) {
        std::vector<std::complex<float>> memory(static_cast<std::size_t>(ny * nx * half));
        const std::lock_guard lock(planner());
        along_x = AxisPlans(nx, half, half, memory);
        along_y = AxisPlans(ny, half, nx * half, memory);
    }
    ~Plan() {
        const std::lock_guard lock(planner());
        along_x.destroy();
        along_y.destroy();
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;

    void planes(std::complex<float>* spectrum, bool forward) const {
        const auto run = [](fftwf_plan plan, std::complex<float>* at) {
            fftwf_execute_dft(plan, as_fftw(at), as_fftw(at));
        };
        parallel_for(ny, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t y = begin; y < end; ++y)
                run(forward ? along_x.forward : along_x.inverse, spectrum + y * nx * half);
        });
        parallel_for(nx, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t x = begin; x < end; ++x)
                run(forward ? along_y.forward : along_y.inverse, spectrum + x * half);
        });
    }
};

VolumeFft::VolumeFft(std::int64_t ny, std::int64_t nx, std::int64_t nt) : plan_(std::make_unique<Plan>(ny, nx, nt)) {}
VolumeFft::~VolumeFft() = default;
VolumeFft::VolumeFft(VolumeFft&&) noexcept = default;
VolumeFft& VolumeFft::operator=(VolumeFft&&) noexcept = default;

std::array<std::int64_t, 3> VolumeFft::shape() const { return {plan_->ny, plan_->nx, plan_->nt}; }

void VolumeFft::forward(const float* values, std::complex<float>* spectrum) const {
    parallel_for(plan_->ny, 1, [&](std::int64_t begin, std::int64_t end) {
        plan_->rows.forward(values + begin * plan_->nx * plan_->nt, spectrum + begin * plan_->nx * plan_->half,
                            (end - begin) * plan_->nx);
    });
    plan_->planes(spectrum, true);
}

void VolumeFft::inverse(std::complex<float>* spectrum, float* values) const {
    inverse_planes(spectrum);
    inverse_rows(spectrum, values, plan_->ny * plan_->nx);
}

void VolumeFft::inverse_planes(std::complex<float>* spectrum) const { plan_->planes(spectrum, false); }

void VolumeFft::inverse_rows(std::complex<float>* spectra, float* values, std::int64_t rows) const {
    parallel_for(rows, 16, [&](std::int64_t begin, std::int64_t end) {
        plan_->rows.inverse(spectra + begin * plan_->half, values + begin * plan_->nt, end - begin);
    });
}

std::int64_t quick_length(std::int64_t n) {
    for (n = std::max<std::int64_t>(n, 1);; ++n) {
        std::int64_t rest = n;
        for (const std::int64_t prime : {2, 3, 5})
            while (rest % prime == 0) rest /= prime;
        if (rest == 1) return n;
    }
}

}  // namespace firstlight
