// confocal_diffuse on CUDA: one thread per voxel or frequency, transforms by cuFFT. Sums that decide something are made
// on the host from one value per row, in the CPU's order; so the launcher waits for its stream.
#ifdef FIRSTLIGHT_CUDA_ON_HOST
#include "tests/support/cufft_on_host.hpp"
#else
#include <cufft.h>
#endif

#include <deque>
#include <memory>

#include "kernels/reconstruction/confocal_steps.hpp"
#include "kernels/support/device_bytes_cuda.cuh"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

template <class F>
__global__ void apply(std::int64_t rows, std::int64_t length, F f) {
    const std::int64_t i = global_thread();
    if (i < rows * length) f(i / length, i % length);
}

void check_fft(cufftResult status, const char* what) {
    if (status != CUFFT_SUCCESS)
        throw Error(ExitCode::device, std::string(what) + " failed on the CUDA device",
                    "cuFFT answers with code " + std::to_string(static_cast<int>(status)),
                    "close other programs on the device, or give --backend cpu");
}

class Plan {
  public:
    Plan(int rank, std::array<int, 3> sizes, int stride, cufftType type, int batch, cudaStream_t stream) {
        // Strided transforms are those of whole planes, values of other planes in between.
        int* n = sizes.data() + (3 - rank);
        check_fft(cufftPlanMany(&plan_, rank, n, stride == 1 ? nullptr : n, stride, 1, stride == 1 ? nullptr : n,
                                stride, 1, type, batch),
                  "planning a transform");
        check_fft(cufftSetStream(plan_, stream), "choosing a transform's stream");
    }
    ~Plan() { (void)cufftDestroy(plan_); }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    [[nodiscard]] cufftHandle get() const { return plan_; }

  private:
    cufftHandle plan_ = 0;
};

class CudaVolumes {
  public:
    CudaVolumes(const ConfocalDiffuse::Coefficients& c, cudaStream_t stream)
        : stream_(stream), slab_(sizes_of(c.shape.pad)), echo_(sizes_of(c.shape.migrate)) {}

    float* floats(std::int64_t n) { return kept<float>(n); }
    double* doubles(std::int64_t n) { return kept<double>(n); }
    template <class F>
    void each(std::int64_t rows, std::int64_t length, const F& f) {
        launch(
            apply<F>,
            {.blocks = blocks_for(rows * length, threads_per_block), .threads = threads_per_block, .stream = stream_},
            rows, length, f);
    }
    void slab_forward(float* values, float* spectrum) { forward(slab_forward_, slab_, values, spectrum); }
    void slab_inverse(float* spectrum, float* values) {
        const Plan& plan = made(slab_inverse_, 3, slab_, 1, CUFFT_C2R, 1);
        check_fft(cufftExecC2R(plan.get(), complex(spectrum), values), "a transform");
    }
    void echo_forward(float* values, float* spectrum) { forward(echo_forward_, echo_, values, spectrum); }
    void echo_planes(float* spectrum) {
        const int half = echo_[2] / 2 + 1;
        const Plan& plan = made(echo_planes_, 2, {0, echo_[0], echo_[1]}, half, CUFFT_C2C, half);
        check_fft(cufftExecC2C(plan.get(), complex(spectrum), complex(spectrum), CUFFT_INVERSE), "a transform");
    }
    void echo_rows(float* spectra, float* values, std::int64_t rows) {
        const Plan& plan = made(echo_rows_, 1, echo_, 1, CUFFT_C2R, static_cast<int>(rows));
        check_fft(cufftExecC2R(plan.get(), complex(spectra), values), "a transform");
    }
    std::vector<double> fetched(const double* from, std::int64_t n) {
        std::vector<double> values(static_cast<std::size_t>(n));
        check_cuda(cudaMemcpyAsync(values.data(), from, values.size() * 8, cudaMemcpyDeviceToHost, stream_),
                   "copying from the device");
        wait();
        return values;
    }
    void wait() { check_cuda(cudaStreamSynchronize(stream_), "reconstructing"); }

  private:
    static cufftComplex* complex(float* values) { return reinterpret_cast<cufftComplex*>(values); }
    template <class T>
    T* kept(std::int64_t n) {
        return kept_.emplace_back(static_cast<std::size_t>(n) * sizeof(T), stream_).template as<T>();
    }
    using Sizes = std::array<int, 3>;
    const Plan& made(std::unique_ptr<Plan>& plan, int rank, Sizes sizes, int stride, cufftType type, int batch) {
        if (!plan) plan = std::make_unique<Plan>(rank, sizes, stride, type, batch, stream_);
        return *plan;
    }
    void forward(std::unique_ptr<Plan>& plan, const Sizes& sizes, float* values, float* spectrum) {
        check_fft(cufftExecR2C(made(plan, 3, sizes, 1, CUFFT_R2C, 1).get(), values, complex(spectrum)), "a transform");
    }
    static Sizes sizes_of(const std::int64_t* grid) {
        return {static_cast<int>(grid[0]), static_cast<int>(grid[1]), static_cast<int>(grid[2])};
    }

    cudaStream_t stream_;
    Sizes slab_, echo_;
    std::unique_ptr<Plan> slab_forward_, slab_inverse_, echo_forward_, echo_planes_, echo_rows_;
    std::deque<ClearedBytes> kept_;
};

void confocal_diffuse_on_cuda(const VolumeTask& task, const ConfocalDiffuse::Coefficients& c, cudaStream_t stream) {
    CudaVolumes volumes(c, stream);
    confocal_volume(volumes, task, c);
    volumes.wait();
}

FL_CUDA_STAGE(ConfocalDiffuse, VolumeTask, confocal_diffuse_on_cuda);

}  // namespace
}  // namespace firstlight
