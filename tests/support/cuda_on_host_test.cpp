// The emulation computes what CUDA would. Every kernel here is one that nvcc would take.
#include "tests/support/cuda_on_host_test.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <thread>

#include "kernels/support/queue.hpp"
#include "tests/support/cufft_on_host.hpp"

namespace firstlight {
namespace {

using ::testing::HasSubstr;

class Emulation : public EveryOrder {};
INSTANTIATE_TEST_SUITE_P(, Emulation, every_order(), order_name);

__global__ void sum_blocks(const std::int64_t* values, std::int64_t n, std::int64_t* sums) {
    FL_SHARED(std::int64_t, partial, 32);
    const std::int64_t i = global_thread();
    const std::int64_t total = block_sum(i < n ? values[i] : std::int64_t{0}, partial);
    const std::int64_t again = block_sum(total, partial);
    if (threadIdx.x == 0) {
        sums[2 * blockIdx.x] = total;
        sums[2 * blockIdx.x + 1] = again;
    }
}

TEST_P(Emulation, block_sum_equals_closed_form) {
    std::vector<std::int64_t> values(3000);
    std::iota(values.begin(), values.end(), 1);
    const Device<std::int64_t> in(values);
    const Device<std::int64_t> out(6);
    launch(sum_blocks, {.blocks = blocks_for(3000, 1024), .threads = 1024}, in.data, 3000, out.data);
    const std::vector<std::int64_t> sums = out.host();
    EXPECT_EQ(sums[0] + sums[2] + sums[4], 3000 * 3001 / 2);
    EXPECT_EQ(sums[0], 1024 * 1025 / 2);
    EXPECT_EQ(sums[1], 1024 * sums[0]);
}

__global__ void scan_warps(const float* in, float* inclusive, float* exclusive, float* sum, float* greatest) {
    const int i = thread_in_block();
    inclusive[i] = warp_inclusive_scan(in[i]);
    exclusive[i] = warp_exclusive_scan(in[i]);
    sum[i] = warp_sum(in[i]);
    greatest[i] = warp_max(in[i]);
}

TEST_P(Emulation, warp_functions_equal_plain_loops) {
    std::vector<float> values(96);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 29) - 11.0F;
    const Device<float> in(values), inclusive(96), exclusive(96), sum(96), greatest(96);
    launch(scan_warps, {.blocks = 1, .threads = dim3(16, 3, 2)}, in.data, inclusive.data, exclusive.data, sum.data,
           greatest.data);
    const auto found_inclusive = inclusive.host(), found_exclusive = exclusive.host();
    const auto found_sum = sum.host(), found_greatest = greatest.host();
    for (std::size_t warp = 0; warp < 3; ++warp) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(32 * warp);
        const float total = std::accumulate(begin, begin + 32, 0.0F);
        const float most = *std::max_element(begin, begin + 32);
        float before = 0;
        for (std::size_t i = 32 * warp; i < 32 * warp + 32; ++i) {
            EXPECT_EQ(found_exclusive[i], before);
            before += values[i];
            EXPECT_EQ(found_inclusive[i], before);
            EXPECT_EQ(found_sum[i], total);
            EXPECT_EQ(found_greatest[i], most);
        }
    }
}

struct Exchange {
    int shuffled, up, down, crossed, reduced, any, all;
    unsigned ballot, halves;
    double wide;
};
__global__ void exchange(Exchange* out) {
    const int k = lane();
    Exchange e{};
    e.shuffled = __shfl_sync(all_lanes, 100 + k, 3, 8);
    e.up = __shfl_up_sync(all_lanes, 100 + k, 2, 16);
    e.down = __shfl_down_sync(all_lanes, 100 + k, 5);
    e.crossed = __shfl_xor_sync(all_lanes, 100 + k, 9);
    e.reduced = __reduce_add_sync(all_lanes, k - 5);
    e.any = __any_sync(all_lanes, k == 31);
    e.all = __all_sync(all_lanes, k < 31);
    e.ballot = __ballot_sync(all_lanes, k % 3 == 0);
    if (k % 2 == 0) e.halves = __ballot_sync(0x55555555U, k < 8);  // the halves go different ways
    else e.halves = __ballot_sync(0xaaaaaaaaU, k > 24);
    __syncwarp();
    e.wide = __shfl_sync(all_lanes, 0.1 * k, 31 - k);
    out[k] = e;
}

TEST_P(Emulation, shuffles_and_votes_equal_plain_computation) {
    const Device<Exchange> out(32);
    launch(exchange, {.blocks = 1, .threads = 32}, out.data);
    (void)cudaDeviceSynchronize();
    cuda_on_host::allow_unset_outputs(true);  // padding bytes of Exchange
    const auto found = out.host();
    cuda_on_host::allow_unset_outputs(false);
    unsigned thirds = 0;
    for (int k = 0; k < 32; k += 3) thirds |= 1U << k;
    for (int k = 0; k < 32; ++k) {
        const Exchange& e = found[static_cast<std::size_t>(k)];
        EXPECT_EQ(e.shuffled, 100 + k / 8 * 8 + 3);
        EXPECT_EQ(e.up, k % 16 >= 2 ? 98 + k : 100 + k);
        EXPECT_EQ(e.down, k + 5 < 32 ? 105 + k : 100 + k);
        EXPECT_EQ(e.crossed, 100 + (k ^ 9));
        EXPECT_EQ(e.reduced, 31 * 32 / 2 - 5 * 32);
        EXPECT_EQ(e.any, 1);
        EXPECT_EQ(e.all, 0);
        EXPECT_EQ(e.ballot, thirds);
        EXPECT_EQ(e.halves, k % 2 == 0 ? 0x55U : 0xaa000000U);
        EXPECT_EQ(e.wide, 0.1 * (31 - k));
    }
}

__global__ void count_remainders(const unsigned* values, int n, unsigned* histogram, unsigned* extremes, double* sum) {
    FL_DYNAMIC_SHARED(unsigned, bins);
    for (int bin = static_cast<int>(threadIdx.x); bin < 7; bin += static_cast<int>(blockDim.x)) bins[bin] = 0;
    __syncthreads();
    const std::int64_t i = global_thread();
    const bool inside = i < n;
    if (inside) {
        atomicAdd(&bins[values[i] % 7], 1);
        atomicMin(&extremes[0], values[i]);
        atomicMax(&extremes[1], values[i]);
        atomicAdd(sum, 0.5);
    }
    const int counted = __syncthreads_count(inside);
    if (threadIdx.x == 0) atomicAdd(&extremes[2], static_cast<unsigned>(counted));
    if (threadIdx.x < 7) {
        const unsigned mine = bins[threadIdx.x];
        atomicAdd(&histogram[threadIdx.x], mine);
    }
}

TEST_P(Emulation, atomics_and_dynamic_shared_memory_count) {
    std::vector<unsigned> values(1000);
    for (unsigned i = 0; i < 1000; ++i) values[i] = i * i + 5;
    std::vector<unsigned> expected(7);
    for (const unsigned v : values) ++expected[v % 7];
    const Device<unsigned> in(values), histogram(std::vector<unsigned>(7)), extremes(std::vector<unsigned>{~0U, 0, 0});
    const Device<double> sum(std::vector<double>{0});
    launch(count_remainders, {.blocks = blocks_for(1000, 96), .threads = 96, .shared_bytes = 7 * sizeof(unsigned)},
           in.data, 1000, histogram.data, extremes.data, sum.data);
    EXPECT_EQ(histogram.host(), expected);
    EXPECT_EQ(extremes.host(), (std::vector<unsigned>{5, 999 * 999 + 5, 1000}));
    EXPECT_EQ(sum.host()[0], 500.0);
}

__global__ void transpose(const float* in, float* out, int width, int height) {
    FL_SHARED(float, tile, 16 * 17);
    const int x = static_cast<int>(blockIdx.x * 16 + threadIdx.x), y = static_cast<int>(blockIdx.y * 16 + threadIdx.y);
    if (x < width && y < height) tile[threadIdx.y * 17 + threadIdx.x] = in[y * width + x];
    __syncthreads();
    const int to_x = static_cast<int>(blockIdx.y * 16 + threadIdx.x),
              to_y = static_cast<int>(blockIdx.x * 16 + threadIdx.y);
    if (to_x < height && to_y < width) out[to_y * height + to_x] = tile[threadIdx.x * 17 + threadIdx.y];
}

TEST_P(Emulation, two_dimensional_grid_transposes) {
    constexpr int width = 37, height = 21;
    std::vector<float> values(width * height);
    std::iota(values.begin(), values.end(), 0.0F);
    const Device<float> in(values), out(values.size());
    launch(transpose, {.blocks = dim3(3, 2), .threads = dim3(16, 16)}, in.data, out.data, width, height);
    const auto found = out.host();
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) ASSERT_EQ(found[x * height + y], values[y * width + x]);
}

TEST(Arithmetic, intrinsics_equal_definitions) {
    EXPECT_EQ(__popc(0xf0f0U), 8);
    EXPECT_EQ(__popcll(~0ULL), 64);
    EXPECT_EQ(__ffs(0), 0);
    EXPECT_EQ(__ffs(8), 4);
    EXPECT_EQ(__clz(1), 31);
    EXPECT_EQ(__clz(0), 32);
    EXPECT_EQ(__brev(0x00000006U), 0x60000000U);
    EXPECT_EQ(__umulhi(0x80000000U, 6U), 3U);
    EXPECT_EQ(__umul64hi(1ULL << 63, 6ULL), 3ULL);
    EXPECT_EQ(__float_as_uint(1.0F), 0x3f800000U);
    EXPECT_EQ(__uint_as_float(0x40490fdbU), 3.14159274F);
    EXPECT_EQ(rsqrtf(16.0F), 0.25F);
    EXPECT_EQ(max(-1, 2), 2);
    EXPECT_EQ(max(std::nanf(""), 2.0F), 2.0F);  // as CUDA's
}

__global__ void spread(float* values, std::int64_t n, float by) {
    const std::int64_t i = global_thread();
    if (i < n) values[i] = values[i] * by + 1.0F;
}

TEST_P(Emulation, two_host_threads_drive_a_stream_each) {
    std::vector<float> results[2];
    const auto drive = [&results](int which) {
        cudaStream_t stream = nullptr;
        (void)cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
        const Device<float> memory(500);
        std::vector<float> values(500, static_cast<float>(which));
        for (int round = 0; round < 20; ++round) {
            (void)cudaMemcpyAsync(memory.data, values.data(), 2000, cudaMemcpyHostToDevice, stream);
            launch(spread, {.blocks = blocks_for(500, 64), .threads = 64, .stream = stream}, memory.data, 500, 2.0F);
            (void)cudaMemcpyAsync(values.data(), memory.data, 2000, cudaMemcpyDeviceToHost, stream);
            (void)cudaStreamSynchronize(stream);
        }
        (void)cudaStreamDestroy(stream);
        results[which] = values;
    };
    std::thread other(drive, 1);
    drive(0);
    other.join();
    for (int which = 0; which < 2; ++which)  // x -> 2x + 1, twenty times: 2^20 (x + 1) - 1
        EXPECT_THAT(results[which], ::testing::Each(1048576.0F * static_cast<float>(which + 1) - 1.0F));
}

TEST_P(Emulation, event_orders_two_streams) {
    cudaStream_t first = nullptr, second = nullptr;
    cudaEvent_t begin = nullptr, ready = nullptr;
    (void)cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking);
    (void)cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking);
    (void)cudaEventCreate(&begin);
    (void)cudaEventCreate(&ready);
    const Device<float> memory(std::vector<float>(64, 3.0F));
    (void)cudaEventRecord(begin, first);
    launch(spread, {.blocks = 1, .threads = 64, .stream = first}, memory.data, 64, 10.0F);
    (void)cudaEventRecord(ready, first);
    (void)cudaStreamWaitEvent(second, ready);
    launch(spread, {.blocks = 1, .threads = 64, .stream = second}, memory.data, 64, 100.0F);
    (void)cudaStreamSynchronize(second);
    EXPECT_THAT(memory.host(), ::testing::Each(3101.0F));
    float milliseconds = -1;
    EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, ready), cudaSuccess);
    EXPECT_GE(milliseconds, 0.0F);
    (void)cudaEventDestroy(begin);
    (void)cudaEventDestroy(ready);
    (void)cudaStreamDestroy(first);
    (void)cudaStreamDestroy(second);
}

TEST(EmulatedFft, transforms_of_a_cosine_and_back) {
    constexpr int n = 30, batch = 3;
    std::vector<float> rows(n * batch);
    for (int r = 0; r < batch; ++r)
        for (int i = 0; i < n; ++i)
            rows[r * n + i] = std::cos(2.0F * 3.14159265F * static_cast<float>((r + 2) * i) / n);
    const Device<float> in(rows), back(rows.size());
    const Device<float2> spectra((n / 2 + 1) * batch);
    cufftHandle forward = 0, inverse = 0;
    ASSERT_EQ(cufftPlan1d(&forward, n, CUFFT_R2C, batch), CUFFT_SUCCESS);
    ASSERT_EQ(cufftPlan1d(&inverse, n, CUFFT_C2R, batch), CUFFT_SUCCESS);
    EXPECT_EQ(cufftExecR2C(forward, in.data, spectra.data), CUFFT_SUCCESS);
    EXPECT_EQ(cufftExecC2R(forward, spectra.data, in.data), CUFFT_INVALID_TYPE);
    EXPECT_EQ(cufftExecC2R(inverse, spectra.data, back.data), CUFFT_SUCCESS);
    const auto found = spectra.host();
    for (int r = 0; r < batch; ++r)
        for (int k = 0; k <= n / 2; ++k) {
            EXPECT_NEAR(found[r * (n / 2 + 1) + k].x, k == r + 2 ? n / 2.0F : 0.0F, 1e-4F);
            EXPECT_NEAR(found[r * (n / 2 + 1) + k].y, 0.0F, 1e-4F);
        }
    const auto returned = back.host();
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(returned[i], n * rows[i], 1e-3F);
    EXPECT_EQ(cufftDestroy(forward), CUFFT_SUCCESS);
    EXPECT_EQ(cufftDestroy(inverse), CUFFT_SUCCESS);
    EXPECT_EQ(cufftDestroy(inverse), CUFFT_INVALID_PLAN);

    for (const int size : {12, 13}) {  // exp(2 pi j 3 i / size): one line at k = 3; the inverse returns size times it
        std::vector<float2> wave(size);
        for (int i = 0; i < size; ++i) {
            const float phase = 2.0F * 3.14159265F * static_cast<float>(3 * i) / static_cast<float>(size);
            wave[i] = {std::cos(phase), std::sin(phase)};
        }
        const Device<float2> memory(wave), line(wave.size()), again(wave.size());
        cufftHandle plan = 0;
        ASSERT_EQ(cufftPlan1d(&plan, size, CUFFT_C2C, 1), CUFFT_SUCCESS);
        EXPECT_EQ(cufftExecC2C(plan, memory.data, line.data, CUFFT_FORWARD), CUFFT_SUCCESS);
        EXPECT_EQ(cufftExecC2C(plan, line.data, again.data, CUFFT_INVERSE), CUFFT_SUCCESS);
        const auto lines = line.host(), returned_wave = again.host();
        for (int k = 0; k < size; ++k) {
            EXPECT_NEAR(lines[k].x, k == 3 ? static_cast<float>(size) : 0.0F, 1e-4F);
            EXPECT_NEAR(lines[k].y, 0.0F, 1e-4F);
            EXPECT_NEAR(returned_wave[k].x, static_cast<float>(size) * wave[k].x, 1e-4F);
            EXPECT_NEAR(returned_wave[k].y, static_cast<float>(size) * wave[k].y, 1e-4F);
        }
        EXPECT_EQ(cufftDestroy(plan), CUFFT_SUCCESS);
    }
}

TEST(EmulatedLibrary, opens_as_cuda_queue) {
    setenv("FIRSTLIGHT_CUDA_LIBRARY", FIRSTLIGHT_EMULATED_CUDA_LIBRARY, 1);
    std::string why_not;
    const auto queue = open_cuda_queue(0, why_not);
    EXPECT_EQ(open_cuda_queue(1, why_not), nullptr);
    EXPECT_THAT(why_not, HasSubstr("no CUDA device 1"));
    unsetenv("FIRSTLIGHT_CUDA_LIBRARY");
    ASSERT_NE(queue, nullptr) << why_not;
    EXPECT_EQ(queue->backend(), "cuda-emulated");
    EXPECT_THAT(queue->device(), HasSubstr("emulated"));
    EXPECT_FALSE(queue->is_host());
    std::vector<float> values(100);
    std::iota(values.begin(), values.end(), 1.0F);
    std::vector<float> returned(100);
    const QueueMemory memory(*queue, 400);
    queue->upload(memory.as(), values.data(), 400, 1);
    queue->download(returned.data(), memory.as(), 400, 1);
    queue->synchronize(1);
    EXPECT_EQ(returned, values);
    const QueueMemory unset(*queue, 400);
    queue->download(returned.data(), unset.as(), 400, 0);
    EXPECT_THROW(queue->synchronize(0), Error);  // crosses the library's border as the one type
    EXPECT_THROW(queue->launch("no_such_stage", nullptr, nullptr, 0), Error);
}

}  // namespace
}  // namespace firstlight
