// depth_map on CUDA: one thread per pixel. Smoothing: the problem is made on the host, which counts what still moves
// every few steps and chooses the strength; so the launcher waits for its stream then.
#include <vector>

#include "kernels/reconstruction/depth_tv.hpp"
#include "kernels/support/device_bytes_cuda.cuh"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void map_depths(ImageTile images, DepthMap::Scale scale) {
    const std::int64_t i = global_thread();
    if (i < images.pixels()) DepthMap::pixel(images, scale, i);
}

__global__ void dual_step(DepthPlanes p, TvSteps steps) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) depth_dual_step(p, i / p.columns, i % p.columns, steps);
}

__global__ void primal_step(DepthPlanes p, TvSteps steps) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) depth_primal_step(p, i / p.columns, i % p.columns, steps);
}

__global__ void count_moving(DepthPlanes p, float tolerance, unsigned* count) {
    const std::int64_t i = global_thread();
    if (i < p.pixels() && depth_moves(p, i, tolerance)) atomicAdd(count, 1U);
}

LaunchConfig by_pixels(std::int64_t pixels, cudaStream_t stream) {
    return {.blocks = blocks_for(pixels, threads_per_block), .threads = threads_per_block, .stream = stream};
}

class CudaDepthPlanes {
  public:
    CudaDepthPlanes(const DepthProblem& problem, cudaStream_t stream)
        : stream_(stream),
          memory_(4 * (6 * problem.target.size() + static_cast<std::size_t>(problem.rows + problem.columns))),
          count_(sizeof(unsigned)),
          x_(problem.start) {
        auto* at = memory_.as<float>();
        const auto n = static_cast<std::size_t>(problem.rows * problem.columns);
        const auto put = [&](const std::vector<float>& values) {
            float* begin = at;
            at += n;
            check_cuda(cudaMemcpyAsync(begin, values.data(), 4 * n, cudaMemcpyHostToDevice, stream_),
                       "copying to the device");
            return begin;
        };
        p_.rows = problem.rows;
        p_.columns = problem.columns;
        p_.x = put(problem.start);
        p_.ahead = put(problem.start);
        p_.target = put(problem.target);
        p_.weight = put(problem.weight);
        p_.px = at;
        p_.py = at + n + static_cast<std::size_t>(problem.rows);
        check_cuda(
            cudaMemsetAsync(at, 0, 4 * (2 * n + static_cast<std::size_t>(problem.rows + problem.columns)), stream_),
            "clearing device memory");
    }

    void step(const TvSteps& steps, std::int64_t count) {
        for (std::int64_t k = 0; k < count; ++k) {
            launch(dual_step, by_pixels(p_.pixels(), stream_), p_, steps);
            launch(primal_step, by_pixels(p_.pixels(), stream_), p_, steps);
        }
    }
    std::int64_t moving(float tolerance) {
        auto* count = count_.as<unsigned>();
        check_cuda(cudaMemsetAsync(count, 0, sizeof(unsigned), stream_), "clearing device memory");
        launch(count_moving, by_pixels(p_.pixels(), stream_), p_, tolerance, count);
        unsigned found = 0;
        fetch(&found, count, sizeof found);
        return found;
    }
    const float* x() {
        fetch(x_.data(), p_.x, 4 * x_.size());
        return x_.data();
    }

  private:
    void fetch(void* to, const void* from, std::size_t bytes) {
        check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the device");
        check_cuda(cudaStreamSynchronize(stream_), "smoothing depths");
    }

    cudaStream_t stream_;
    DeviceBytes memory_, count_;
    std::vector<float> x_;
    DepthPlanes p_;
};

template <class T>
std::vector<T> on_host(const T* values, std::int64_t pixels, cudaStream_t stream) {
    std::vector<T> copy(values == nullptr ? 0 : static_cast<std::size_t>(pixels));
    if (copy.empty()) return copy;
    check_cuda(cudaMemcpyAsync(copy.data(), values, copy.size() * sizeof(T), cudaMemcpyDeviceToHost, stream),
               "copying from the device");
    check_cuda(cudaStreamSynchronize(stream), "smoothing depths");
    return copy;
}

void smooth(const ImageTile& images, const DepthMap::Coefficients& c, cudaStream_t stream, bool last) {
    float* on_device = images.layer(last ? Layer::depth_last : Layer::depth);
    const float* sigma_on_device = images.layer(last ? Layer::depth_last_sigma : Layer::depth_sigma);
    if (on_device == nullptr || sigma_on_device == nullptr || images.pixels() == 0) return;
    std::vector<float> depth = on_host(on_device, images.pixels(), stream);
    const std::vector<float> sigma = on_host(sigma_on_device, images.pixels(), stream);
    const std::vector<std::uint8_t> flags = on_host(images.flags, images.pixels(), stream);
    const DepthProblem problem(depth.data(), sigma.data(), flags.empty() ? nullptr : flags.data(), images.rows,
                               images.columns);
    if (problem.pixels() == 0) return;
    CudaDepthPlanes planes(problem, stream);
    depth_tv_tell(c, depth_tv_search(planes, problem, c.strength), last);
    problem.write(planes.x(), depth.data());
    check_cuda(cudaMemcpyAsync(on_device, depth.data(), 4 * depth.size(), cudaMemcpyHostToDevice, stream),
               "copying to the device");
    check_cuda(cudaStreamSynchronize(stream), "smoothing depths");  // before the memory goes
}

void depth_map_on_cuda(const ImageTile& images, const DepthMap::Coefficients& c, cudaStream_t stream) {
    if (images.layer(Layer::arrival) == nullptr) return;
    launch(map_depths, by_pixels(images.pixels(), stream), images, c.scale);
    if (!c.smooth) return;
    for (const bool last : {false, true}) smooth(images, c, stream, last);
}

FL_CUDA_STAGE(DepthMap, ImageTile, depth_map_on_cuda);

}  // namespace
}  // namespace firstlight
