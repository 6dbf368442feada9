// poisson_tv on CUDA: one thread per pixel for the steps, one per row for sums, so that their order is the CPU's. The
// host looks at the largest move every few steps, and chooses lambda; so the launcher waits for its stream.
#include <cstring>
#include <vector>

#include "kernels/reconstruction/poisson_tv_search.hpp"
#include "kernels/support/device_bytes_cuda.cuh"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;
constexpr int row_threads = 32;

__global__ void sum_rows(ImageTile images, TvSums* of_row) {
    const std::int64_t y = global_thread();
    if (y >= images.rows) return;
    TvSums sums;
    for (std::int64_t x = 0; x < images.columns; ++x) sums.add(tv_datum(images, y * images.columns + x));
    of_row[y] = sums;
}

__global__ void sum_along_rows(ImageTile images, TvPlanes p) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) tv_sum_along_row(images, p, i / p.columns, i % p.columns);
}

__global__ void start_pixels(ImageTile images, TvPlanes p, double worth, double mean) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) tv_start_pixel(images, p, i / p.columns, i % p.columns, worth, mean);
}

__global__ void dual_step(TvPlanes p, TvSteps steps) {
    const std::int64_t i = global_thread();
    if (i >= p.pixels()) return;
    const std::int64_t y = i / p.columns, x = i % p.columns;
    const float here = p.ahead[i];
    tv_dual_pixel(here, x + 1 < p.columns ? p.ahead[i + 1] : here, y + 1 < p.rows ? p.ahead[i + p.columns] : here,
                  steps, p.px[p.px_at(y, x)], p.py[p.py_at(y, x)]);
}

__global__ void primal_step(TvPlanes p, TvSteps steps) {
    const std::int64_t i = global_thread();
    if (i >= p.pixels()) return;
    const std::int64_t px = p.px_at(i / p.columns, i % p.columns);
    tv_primal_pixel(p.px[px - 1], p.px[px], p.py[i], p.py[i + p.columns], p.weight[i], p.offset[i], p.counts[i], steps,
                    p.x[i], p.ahead[i]);
}

// Floats that are not negative are in order as their bits are.
__global__ void find_largest_move(TvPlanes p, unsigned* bits) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) atomicMax(bits, __float_as_uint(tv_moved_pixel(p, i)));
}

__global__ void deviance_of_rows(TvPlanes p, const double* table, double* of_row) {
    const std::int64_t y = global_thread();
    if (y >= p.rows) return;
    double deviance = 0, expected = 0;
    for (std::int64_t x = 0; x < p.columns; ++x) tv_add_deviance(p, table, y * p.columns + x, deviance, expected);
    of_row[2 * y] = deviance;
    of_row[2 * y + 1] = expected;
}

__global__ void finish_pixels(ImageTile images, TvPlanes p, double worth) {
    const std::int64_t i = global_thread();
    if (i < p.pixels()) tv_finish_pixel(images, p, i, worth);
}

class CudaPlanes {
  public:
    CudaPlanes(const ImageTile& images, const double* expected, cudaStream_t stream)
        : images_(images),
          expected_(expected),
          stream_(stream),
          memory_(4 * size_of(images)),
          of_rows_(static_cast<std::size_t>(images.rows) * sizeof(TvSums)),
          bits_(sizeof(unsigned)) {
        const std::int64_t n = images.pixels();
        float* at = memory_.as<float>();
        const auto take = [&](std::int64_t size) {
            float* begin = at;
            at += size;
            return begin;
        };
        p_ = {images.rows, images.columns, take(n), take(n), take(n + images.rows), take(n + images.columns),
              take(n),     take(n),        take(n)};
    }

    TvSums sums() {
        auto* of_row = of_rows_.as<TvSums>();
        launch(sum_rows, by_rows(), images_, of_row);
        TvSums all;
        for (const TvSums& row : fetched(of_row, p_.rows)) all.add(row);
        return all;
    }
    void start(double worth, double mean) {
        launch(sum_along_rows, by_pixels(), images_, p_);
        launch(start_pixels, by_pixels(), images_, p_, worth, mean);
        const auto duals = static_cast<std::size_t>(2 * p_.pixels() + p_.rows + p_.columns);  // py lies behind px
        check_cuda(cudaMemsetAsync(p_.px, 0, 4 * duals, stream_), "clearing device memory");
    }
    void step(const TvSteps& steps, std::int64_t count) {
        for (std::int64_t k = 0; k < count; ++k) {
            launch(dual_step, by_pixels(), p_, steps);
            launch(primal_step, by_pixels(), p_, steps);
        }
    }
    double moved() {
        auto* bits = bits_.as<unsigned>();
        check_cuda(cudaMemsetAsync(bits, 0, sizeof(unsigned), stream_), "clearing device memory");
        launch(find_largest_move, by_pixels(), p_, bits);
        const unsigned found = fetched(bits, 1)[0];
        float move = 0;
        std::memcpy(&move, &found, sizeof move);
        return static_cast<double>(move);
    }
    double deviance() {
        auto* of_row = of_rows_.as<double>();  // TvSums are larger
        launch(deviance_of_rows, by_rows(), p_, expected_, of_row);
        return tv_deviance_ratio(fetched(of_row, 2 * p_.rows));
    }
    void finish(double worth) {
        launch(finish_pixels, by_pixels(), images_, p_, worth);
        check_cuda(cudaStreamSynchronize(stream_), "denoising");  // before the memory goes
    }

  private:
    static std::size_t size_of(const ImageTile& images) {
        return static_cast<std::size_t>(7 * images.pixels() + images.rows + images.columns);
    }
    [[nodiscard]] LaunchConfig by_pixels() const {
        return {.blocks = blocks_for(p_.pixels(), threads_per_block), .threads = threads_per_block, .stream = stream_};
    }
    [[nodiscard]] LaunchConfig by_rows() const {
        return {.blocks = blocks_for(p_.rows, row_threads), .threads = row_threads, .stream = stream_};
    }
    template <class T>
    std::vector<T> fetched(const T* from, std::int64_t count) {
        std::vector<T> values(static_cast<std::size_t>(count));
        check_cuda(cudaMemcpyAsync(values.data(), from, values.size() * sizeof(T), cudaMemcpyDeviceToHost, stream_),
                   "copying from the device");
        check_cuda(cudaStreamSynchronize(stream_), "denoising");
        return values;
    }

    const ImageTile images_;
    const double* expected_;
    cudaStream_t stream_;
    DeviceBytes memory_, of_rows_, bits_;
    TvPlanes p_;
};

void poisson_tv_on_cuda(const ImageTile& images, const PoissonTv::Coefficients& c, cudaStream_t stream) {
    if (!tv_has_images(images)) return;
    CudaPlanes planes(images, c.expected_deviance, stream);
    tv_denoise(planes, c);
}

FL_CUDA_STAGE(PoissonTv, ImageTile, poisson_tv_on_cuda);

}  // namespace
}  // namespace firstlight
