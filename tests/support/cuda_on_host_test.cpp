// The emulation computes what CUDA would, and finds the faults planted here. Every kernel is one that nvcc would take.
#include "tests/support/cuda_on_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/queue.hpp"
#include "kernels/support/warp_cuda.cuh"
#include "tests/support/cufft_on_host.hpp"

namespace firstlight {
namespace {

using ::testing::HasSubstr;

template <class T>
struct Device {
    T* data = nullptr;
    std::size_t count;
    explicit Device(std::size_t n) : count(n) { check_cuda(cudaMalloc(&data, n * sizeof(T)), "cudaMalloc"); }
    explicit Device(const std::vector<T>& values) : Device(values.size()) {
        check_cuda(cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    ~Device() { (void)cudaFree(data); }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    [[nodiscard]] std::vector<T> host() const {
        std::vector<T> values(count);
        check_cuda(cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
        return values;
    }
};

// Runs each test in every order of threads.
class Emulation : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override { setenv("FIRSTLIGHT_EMULATION_ORDER", GetParam(), 1); }
    void TearDown() override { unsetenv("FIRSTLIGHT_EMULATION_ORDER"); }
};
INSTANTIATE_TEST_SUITE_P(, Emulation, ::testing::Values("forward", "reverse", "shuffled", "shuffled:7"),
                         [](const auto& order) {
                             std::string name = order.param;
                             for (char& c : name)
                                 if (c == ':') c = '_';
                             return name;
                         });

std::string finding(const std::function<void()>& work) {
    try {
        work();
        (void)cudaDeviceSynchronize();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::device);
        return e.what();
    }
    return "nothing found";
}

// ---- what CUDA computes

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

// ---- planted faults

__global__ void reads_neighbour_without_barrier(float* out) {
    FL_SHARED(float, row, 64);
    const unsigned i = threadIdx.x;
    row[i] = static_cast<float>(i);
    __syncthreads();
    const float mine = row[i];
    row[63 - i] = mine;
    out[i] = mine;
}
TEST_P(Emulation, finds_missing_barrier) {
    const Device<float> out(64);
    EXPECT_THAT(finding([&] { launch(reads_neighbour_without_barrier, {.blocks = 1, .threads = 64}, out.data); }),
                ::testing::AllOf(HasSubstr("race on shared memory `row["), HasSubstr("cuda_on_host_test.cpp"),
                                 HasSubstr("block (0,0,0), thread (")));
}

template <bool correct>
__global__ void rotates_in_warp(int* out) {
    FL_SHARED(int, row, 64);
    const unsigned i = threadIdx.x;
    row[i] = static_cast<int>(i);
    if (correct) __syncwarp();
    else (void)__ballot_sync(all_lanes, 1);  // converges the warp, orders no memory
    const int next = row[i / 32 * 32 + (i + 1) % 32];
    out[i] = next;
}
TEST_P(Emulation, takes_syncwarp_as_barrier_of_a_warp_only) {
    const Device<int> out(64);
    launch(rotates_in_warp<true>, {.blocks = 1, .threads = 64}, out.data);
    EXPECT_EQ(out.host()[40], 41);
    EXPECT_THAT(finding([&] { launch(rotates_in_warp<false>, {.blocks = 1, .threads = 64}, out.data); }),
                HasSubstr("race on shared memory `row["));
}

__global__ void mixes_atomic_and_plain(int* out) {
    FL_SHARED(int, total, 1);
    if (threadIdx.x == 0) total[0] = 0;
    __syncthreads();
    atomicAdd(&total[0], 1);
    if (threadIdx.x == 5) out[0] = total[0];
}
TEST_P(Emulation, finds_plain_read_among_atomics) {
    const Device<int> out(1);
    EXPECT_THAT(finding([&] { launch(mixes_atomic_and_plain, {.blocks = 1, .threads = 32}, out.data); }),
                HasSubstr("race on shared memory `total[0]`"));
}

__global__ void oversteps_shared(int* out) {
    FL_SHARED(int, row, 32);
    row[threadIdx.x + 1] = 1;
    out[threadIdx.x] = 1;
}
TEST_P(Emulation, finds_off_by_one_in_shared_memory) {
    const Device<int> out(32);
    const std::string text = finding([&] { launch(oversteps_shared, {.blocks = 1, .threads = 32}, out.data); });
    EXPECT_THAT(text, HasSubstr("`row[32]` is out of range: it has 32 elements"));
    EXPECT_THAT(text, HasSubstr("thread (31,0,0)"));
}

__global__ void reads_unwritten_shared(int* out) {
    FL_DYNAMIC_SHARED(int, row);
    if (threadIdx.x > 0) row[threadIdx.x] = 1;
    __syncthreads();
    out[threadIdx.x] = row[threadIdx.x];
}
TEST_P(Emulation, finds_unwritten_shared_memory) {
    const Device<int> out(32);
    EXPECT_THAT(
        finding([&] { launch(reads_unwritten_shared, {.blocks = 1, .threads = 32, .shared_bytes = 128}, out.data); }),
        HasSubstr("`row[0]` is read before any thread of the block wrote it"));
}

__global__ void writes_up_to(int* out, int last) {
    if (static_cast<int>(global_thread()) <= last) out[global_thread()] = 1;
}
TEST_P(Emulation, finds_off_by_one_in_global_memory) {
    const Device<int> out(33);
    const std::string text = finding([&] { launch(writes_up_to, {.blocks = 2, .threads = 32}, out.data, 33); });
    EXPECT_THAT(text, HasSubstr("byte 132 (4-byte element 33) was written of a device allocation of 132 bytes"));
    EXPECT_THAT(text, HasSubstr("kernel launched at"));
    EXPECT_EQ(out.host(), std::vector<int>(33, 1));  // found once; the guard is whole again
}

template <int how>
__global__ void parts_at_barrier(int* out) {
    if (how == 0 && threadIdx.x == 9) return;
    if (how == 1 && threadIdx.x < 32) __syncthreads();
    else if (how == 1) __syncthreads();  // another barrier of the source
    if (how == 2 && threadIdx.x < 32) __syncwarp(0x3);
    if (how == 0 || (how == 2 && threadIdx.x != 0)) __syncthreads();
    out[threadIdx.x] = 1;
}
TEST_P(Emulation, finds_barriers_that_not_all_reach) {
    const Device<int> out(64);
    EXPECT_THAT(finding([&] { launch(parts_at_barrier<0>, {.blocks = 1, .threads = 64}, out.data); }),
                ::testing::AnyOf(HasSubstr("cannot be reached by all: a thread has returned"),
                                 HasSubstr("the thread returns while thread")));
    EXPECT_THAT(finding([&] { launch(parts_at_barrier<1>, {.blocks = 1, .threads = 64}, out.data); }),
                HasSubstr("waits at the barrier of"));
    EXPECT_THAT(finding([&] { launch(parts_at_barrier<2>, {.blocks = 1, .threads = 64}, out.data); }),
                ::testing::AnyOf(HasSubstr("whose mask does not name it"), HasSubstr("while thread")));
}

__global__ void waits_for_each_other(int* out) {
    if (threadIdx.x == 4) __syncthreads();
    else (void)__shfl_sync(all_lanes, 1, 0);
    out[threadIdx.x] = 1;
}
TEST_P(Emulation, names_who_waits_where_when_nobody_can_go_on) {
    const Device<int> out(32);
    const std::string text = finding([&] { launch(waits_for_each_other, {.blocks = 1, .threads = 32}, out.data); });
    EXPECT_THAT(text, HasSubstr("no thread can go on"));
    EXPECT_THAT(text, HasSubstr("for lane 4"));
    EXPECT_THAT(text, HasSubstr("thread (4,0,0) waits at the barrier"));
}

__global__ void shuffles_without_lane(int* out, int absent) {
    if (lane() == absent) return;
    out[lane()] = __shfl_sync(all_lanes, lane(), 0);
}
__global__ void reads_lane_not_in_mask(int* out) {
    if (lane() < 16) out[lane()] = __shfl_sync(0xffffU, lane(), 20);
}
TEST_P(Emulation, finds_shuffle_with_absent_lane) {
    const Device<int> out(32);
    EXPECT_THAT(finding([&] { launch(shuffles_without_lane, {.blocks = 1, .threads = 32}, out.data, 7); }),
                ::testing::AnyOf(HasSubstr("names lane 7, which has returned"), HasSubstr("names it")));
    EXPECT_THAT(finding([&] { launch(reads_lane_not_in_mask, {.blocks = 1, .threads = 32}, out.data); }),
                HasSubstr("reads lane 20, which takes no part"));
}

__global__ void sets_all_but(float* out, std::int64_t skipped, const float* source) {
    if (global_thread() != skipped) out[global_thread()] = 1.0F;
    else if (source != nullptr) out[global_thread()] = source[0] + 1.0F;
}
TEST_P(Emulation, finds_unset_output) {
    const Device<float> out(100), never(1);
    launch(sets_all_but, {.blocks = 1, .threads = 100}, out.data, 42, nullptr);
    EXPECT_THAT(finding([&] { (void)out.host(); }), HasSubstr("4-byte element 42 is unset"));
    launch(sets_all_but, {.blocks = 1, .threads = 100}, out.data, 42, never.data);
    EXPECT_THAT(finding([&] { (void)out.host(); }),
                HasSubstr("4-byte element 42 is computed from device memory that nothing wrote"));
    cuda_on_host::allow_unset_outputs(true);
    EXPECT_EQ(finding([&] { (void)out.host(); }), "nothing found");
    cuda_on_host::allow_unset_outputs(false);
}

TEST_P(Emulation, poisons_what_is_read_before_synchronising) {
    cudaStream_t stream = nullptr;
    (void)cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    const Device<float> memory(std::vector<float>(16, 5.0F));
    float* pinned = nullptr;
    ASSERT_EQ(cudaMallocHost(&pinned, 64), cudaSuccess);
    (void)cudaMemcpyAsync(pinned, memory.data, 64, cudaMemcpyDeviceToHost, stream);
    EXPECT_EQ(__float_as_uint(pinned[3]), cuda_on_host::unsynchronised);
    (void)cudaStreamSynchronize(stream);
    EXPECT_EQ(pinned[3], 5.0F);

    (void)cudaMemcpyAsync(memory.data, pinned, 64, cudaMemcpyHostToDevice, stream);
    pinned[2] = 6.0F;  // too early
    EXPECT_THAT(finding([&] { (void)cudaStreamSynchronize(stream); }), HasSubstr("pinned memory was changed"));
    (void)cudaFreeHost(pinned);
    (void)cudaStreamDestroy(stream);
}

TEST_P(Emulation, finds_copies_outside_memory) {
    const Device<int> memory(std::vector<int>(8));
    std::vector<int> host(20);
    EXPECT_THAT(finding([&] { (void)cudaMemcpy(host.data(), memory.data, 36, cudaMemcpyDeviceToHost); }),
                HasSubstr("4 bytes past the end of an allocation of 32"));
    EXPECT_THAT(finding([&] { (void)cudaMemcpy(host.data(), host.data() + 10, 4, cudaMemcpyDeviceToHost); }),
                HasSubstr("not in device memory"));
    EXPECT_THAT(finding([&] { (void)cudaMemcpy(memory.data, memory.data, 4, cudaMemcpyHostToDevice); }),
                HasSubstr("takes a device address for a host address"));
}

TEST(EmulationLimits, refuses_what_no_device_runs) {
    const Device<int> out(1);
    EXPECT_THAT(finding([&] { launch(writes_up_to, {.blocks = 1, .threads = 1025}, out.data, 0); }),
                HasSubstr("1025 threads cannot run"));
    EXPECT_THAT(
        finding([&] { launch(writes_up_to, {.blocks = 1, .threads = 1, .shared_bytes = 232449}, out.data, 0); }),
        HasSubstr("232449 bytes of dynamic shared memory"));
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, std::size_t{1} << 40), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaFree(&memory), cudaErrorInvalidValue);
}

// ---- the library that programs load

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
