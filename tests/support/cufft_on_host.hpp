// cuFFT on the host, for tests: single-precision transforms through the FFT seam (kernels/support/fft.hpp). Include it
// instead of <cufft.h> where FIRSTLIGHT_CUDA_ON_HOST is defined. Transforms are queued on the plan's stream, unscaled
// as in cuFFT. There are batches of rows (rank 1, stride 1), one volume (rank 3, real to complex and back), and the
// planes of a volume's spectrum (rank 2, inverse C2C whose stride and batch are the length of a row); anything else is
// refused. As in cuFFT a C2R may overwrite its input; here it keeps it.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/support/fft.hpp"
#include "tests/support/cuda_on_host.hpp"

using cufftHandle = int;
using cufftReal = float;
using cufftComplex = float2;
enum cufftResult {
    CUFFT_SUCCESS = 0,
    CUFFT_INVALID_PLAN = 1,
    CUFFT_INVALID_TYPE = 3,
    CUFFT_INVALID_VALUE = 4,
    CUFFT_INVALID_SIZE = 8
};
enum cufftType { CUFFT_R2C = 0x2a, CUFFT_C2R = 0x2c, CUFFT_C2C = 0x29 };
inline constexpr int CUFFT_FORWARD = -1, CUFFT_INVERSE = 1;

namespace cuda_on_host {

struct FftPlan {
    std::shared_ptr<const firstlight::RealFft> fft;
    std::shared_ptr<const firstlight::VolumeFft> volume;  // of ranks 2 and 3
    cufftType type = CUFFT_R2C;
    std::int64_t batch = 1, input_distance = 0, output_distance = 0;
    Stream* stream = nullptr;
};
struct FftPlans {
    std::mutex lock;
    std::map<cufftHandle, FftPlan> open;
    cufftHandle next = 1;
};
inline FftPlans& fft_plans() {
    static FftPlans plans;
    return plans;
}

using Complex = std::complex<float>;

// A complex row is two real ones: F(a + ib) = F(a) + i F(b), each from its half spectrum. The inverse is conj F conj.
inline void complex_row(const firstlight::RealFft& fft, const Complex* in, Complex* out, bool inverse) {
    const auto n = static_cast<std::size_t>(fft.size());
    std::vector<float> real(n);
    std::vector<float> imaginary(n);
    for (std::size_t i = 0; i < n; ++i) {
        real[i] = in[i].real();
        imaginary[i] = inverse ? -in[i].imag() : in[i].imag();
    }
    std::vector<Complex> a(static_cast<std::size_t>(fft.spectrum_size()));
    std::vector<Complex> b(a.size());
    fft.forward(real.data(), a.data(), 1);
    fft.forward(imaginary.data(), b.data(), 1);
    const Complex i_unit(0.0F, 1.0F);
    for (std::size_t k = 0; k < n; ++k) {
        const Complex value = k < a.size() ? a[k] + i_unit * b[k] : std::conj(a[n - k]) + i_unit * std::conj(b[n - k]);
        out[k] = inverse ? std::conj(value) : value;
    }
}

inline cufftResult transform_volume(const FftPlan& plan, const void* in, void* out, bool inverse) {
    if (plan.type == CUFFT_C2C && (!inverse || in != out)) return CUFFT_INVALID_VALUE;
    const auto real = static_cast<std::size_t>(plan.volume->values()) * sizeof(float);
    const auto complex = static_cast<std::size_t>(plan.volume->spectrum_values()) * sizeof(Complex);
    enqueue(plan.stream, "cuFFT of a volume", [=] {
        check_device_range(in, plan.type == CUFFT_R2C ? real : complex, "cuFFT of a volume (input)");
        check_device_range(out, plan.type == CUFFT_C2R ? real : complex, "cuFFT of a volume (output)");
        if (plan.type == CUFFT_C2C) {
            plan.volume->inverse_planes(static_cast<Complex*>(out));
        } else if (plan.type == CUFFT_R2C) {
            plan.volume->forward(static_cast<const float*>(in), static_cast<Complex*>(out));
        } else {
            const auto* spectrum = static_cast<const Complex*>(in);
            std::vector<Complex> kept(spectrum, spectrum + plan.volume->spectrum_values());
            plan.volume->inverse(kept.data(), static_cast<float*>(out));
        }
    });
    return CUFFT_SUCCESS;
}

inline cufftResult transform(cufftHandle handle, cufftType type, const void* in, void* out, bool inverse) {
    FftPlan plan;
    {
        const std::lock_guard lock(fft_plans().lock);
        const auto found = fft_plans().open.find(handle);
        if (found == fft_plans().open.end()) return CUFFT_INVALID_PLAN;
        plan = found->second;
    }
    if (plan.type != type) return CUFFT_INVALID_TYPE;
    if (plan.volume) return transform_volume(plan, in, out, inverse);
    const std::int64_t n = plan.fft->size();
    const std::int64_t half = plan.fft->spectrum_size();
    const auto bytes = [=](std::int64_t distance, bool is_real, bool is_half) {
        const std::int64_t last = is_real ? n : is_half ? half : n;
        return static_cast<std::size_t>((plan.batch - 1) * distance + last) *
               (is_real ? sizeof(float) : sizeof(Complex));
    };
    const std::string what = "cuFFT of " + std::to_string(plan.batch) + " rows of " + std::to_string(n);
    enqueue(plan.stream, what, [=] {
        check_device_range(in, bytes(plan.input_distance, type == CUFFT_R2C, type == CUFFT_C2R), what + " (input)");
        check_device_range(out, bytes(plan.output_distance, type == CUFFT_C2R, type == CUFFT_R2C), what + " (output)");
        std::vector<Complex> kept(static_cast<std::size_t>(half));
        std::vector<float> row(static_cast<std::size_t>(n));
        for (std::int64_t r = 0; r < plan.batch; ++r) {
            const std::int64_t i = r * plan.input_distance;
            const std::int64_t o = r * plan.output_distance;
            if (type == CUFFT_R2C) {
                std::memcpy(row.data(), static_cast<const float*>(in) + i,
                            row.size() * sizeof(float));  // may be in place
                plan.fft->forward(row.data(), static_cast<Complex*>(out) + o, 1);
            } else if (type == CUFFT_C2R) {
                std::memcpy(static_cast<void*>(kept.data()), static_cast<const Complex*>(in) + i,
                            kept.size() * sizeof(Complex));
                plan.fft->inverse(kept.data(), static_cast<float*>(out) + o, 1);
            } else {
                complex_row(*plan.fft, static_cast<const Complex*>(in) + i, static_cast<Complex*>(out) + o, inverse);
            }
        }
    });
    return CUFFT_SUCCESS;
}

}  // namespace cuda_on_host

inline cufftResult cufftPlanMany(cufftHandle* handle, int rank, int* n, int* inembed, int istride, int idist,
                                 int* onembed, int ostride, int odist, cufftType type, int batch) {
    if (rank < 1 || rank > 3 || batch < 1) return CUFFT_INVALID_VALUE;
    for (int i = 0; i < rank; ++i)
        if (n[i] < 1) return CUFFT_INVALID_SIZE;
    const std::int64_t half = n[0] / 2 + 1;
    cuda_on_host::FftPlan plan;
    if (rank > 1) {
        const bool planes = rank == 2 && type == CUFFT_C2C && inembed != nullptr && onembed != nullptr &&
                            inembed[1] == n[1] && onembed[1] == n[1] && istride == batch && ostride == batch &&
                            idist == 1 && odist == 1;
        const bool volume = rank == 3 && type != CUFFT_C2C && batch == 1 && inembed == nullptr;
        if (!planes && !volume) return CUFFT_INVALID_VALUE;
        const std::int64_t row = planes ? 2 * (batch - 1) + 1 : n[2];  // whose half spectrum has `batch` values
        plan.volume = std::make_shared<const firstlight::VolumeFft>(n[0], n[1], row);
        plan.type = type;
        const std::lock_guard lock(cuda_on_host::fft_plans().lock);
        *handle = cuda_on_host::fft_plans().next++;
        cuda_on_host::fft_plans().open.emplace(*handle, std::move(plan));
        return CUFFT_SUCCESS;
    }
    plan.input_distance = type == CUFFT_C2R ? half : n[0];
    plan.output_distance = type == CUFFT_R2C ? half : n[0];
    if (inembed != nullptr && onembed != nullptr) {  // as in cuFFT, strides and distances count only then
        if (istride != 1 || ostride != 1) return CUFFT_INVALID_VALUE;
        plan.input_distance = idist;
        plan.output_distance = odist;
    }
    plan.type = type;
    plan.batch = batch;
    plan.fft = std::make_shared<const firstlight::RealFft>(n[0]);
    const std::lock_guard lock(cuda_on_host::fft_plans().lock);
    *handle = cuda_on_host::fft_plans().next++;
    cuda_on_host::fft_plans().open.emplace(*handle, std::move(plan));
    return CUFFT_SUCCESS;
}
inline cufftResult cufftPlan1d(cufftHandle* handle, int n, cufftType type, int batch) {
    return cufftPlanMany(handle, 1, &n, nullptr, 1, 0, nullptr, 1, 0, type, batch);
}
inline cufftResult cufftSetStream(cufftHandle handle, cudaStream_t stream) {
    const std::lock_guard lock(cuda_on_host::fft_plans().lock);
    const auto found = cuda_on_host::fft_plans().open.find(handle);
    if (found == cuda_on_host::fft_plans().open.end()) return CUFFT_INVALID_PLAN;
    found->second.stream = stream;
    return CUFFT_SUCCESS;
}
inline cufftResult cufftDestroy(cufftHandle handle) {
    const std::lock_guard lock(cuda_on_host::fft_plans().lock);
    return cuda_on_host::fft_plans().open.erase(handle) == 1 ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}
inline cufftResult cufftExecR2C(cufftHandle handle, cufftReal* in, cufftComplex* out) {
    return cuda_on_host::transform(handle, CUFFT_R2C, in, out, false);
}
inline cufftResult cufftExecC2R(cufftHandle handle, cufftComplex* in, cufftReal* out) {
    return cuda_on_host::transform(handle, CUFFT_C2R, in, out, true);
}
inline cufftResult cufftExecC2C(cufftHandle handle, cufftComplex* in, cufftComplex* out, int direction) {
    return cuda_on_host::transform(handle, CUFFT_C2C, in, out, direction == CUFFT_INVERSE);
}
