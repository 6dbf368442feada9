// The emulation finds the faults planted here, in every order of threads, and names where they are.
#include <cstdint>

#include "tests/support/cuda_on_host_test.hpp"

namespace firstlight {
namespace {

using ::testing::HasSubstr;

class EmulationFaults : public EveryOrder {};
INSTANTIATE_TEST_SUITE_P(, EmulationFaults, every_order(), order_name);

__global__ void reads_neighbour_without_barrier(float* out) {
    FL_SHARED(float, row, 64);
    const unsigned i = threadIdx.x;
    row[i] = static_cast<float>(i);
    __syncthreads();
    const float mine = row[i];
    row[63 - i] = mine;
    out[i] = mine;
}
TEST_P(EmulationFaults, finds_missing_barrier) {
    const Device<float> out(64);
    EXPECT_THAT(finding([&] { launch(reads_neighbour_without_barrier, {.blocks = 1, .threads = 64}, out.data); }),
                ::testing::AllOf(HasSubstr("race on shared memory `row["), HasSubstr("cuda_on_host_faults_test.cpp"),
                                 HasSubstr("block (0,0,0), thread (")));
}

__global__ void touches_one_element(int* out, bool first_reads) {
    FL_SHARED(int, row, 1);
    if (threadIdx.x == 0) row[0] = 7;
    __syncthreads();
    if (threadIdx.x == 32) {
        if (first_reads) out[0] = row[0];
        else row[0] = 8;
    }
    if (threadIdx.x == 64) row[0] = 9;
}
TEST_P(EmulationFaults, names_both_threads_of_a_race) {
    const Device<int> out(1);
    const std::string read =
        finding([&] { launch(touches_one_element, {.blocks = 1, .threads = 96}, out.data, true); });
    EXPECT_THAT(read, ::testing::AnyOf(HasSubstr("written while thread (32,0,0) read it"),  // whichever came second
                                       HasSubstr("read while thread (64,0,0) wrote it")));
    const std::string written =
        finding([&] { launch(touches_one_element, {.blocks = 1, .threads = 96}, out.data, false); });
    EXPECT_THAT(written, ::testing::AnyOf(HasSubstr("written while thread (32,0,0) wrote it"),
                                          HasSubstr("written while thread (64,0,0) wrote it")));
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
TEST_P(EmulationFaults, takes_syncwarp_as_barrier_of_a_warp_only) {
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
TEST_P(EmulationFaults, finds_plain_read_among_atomics) {
    const Device<int> out(1);
    EXPECT_THAT(finding([&] { launch(mixes_atomic_and_plain, {.blocks = 1, .threads = 32}, out.data); }),
                HasSubstr("race on shared memory `total[0]`"));
}

__global__ void oversteps_shared(int* out) {
    FL_SHARED(int, row, 32);
    row[threadIdx.x + 1] = 1;
    out[threadIdx.x] = 1;
}
TEST_P(EmulationFaults, finds_off_by_one_in_shared_memory) {
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
TEST_P(EmulationFaults, finds_unwritten_shared_memory) {
    const Device<int> out(32);
    EXPECT_THAT(
        finding([&] { launch(reads_unwritten_shared, {.blocks = 1, .threads = 32, .shared_bytes = 128}, out.data); }),
        HasSubstr("`row[0]` is read before any thread of the block wrote it"));
}

__global__ void writes_up_to(int* out, int last) {
    if (static_cast<int>(global_thread()) <= last) out[global_thread()] = 1;
}
TEST_P(EmulationFaults, finds_off_by_one_in_global_memory) {
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
TEST_P(EmulationFaults, finds_barriers_that_not_all_reach) {
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
TEST_P(EmulationFaults, names_who_waits_where_when_nobody_can_go_on) {
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
TEST_P(EmulationFaults, finds_shuffle_with_absent_lane) {
    const Device<int> out(32);
    for (const int absent : {0, 7, 31})  // before or after the others wait, as the order has it
        EXPECT_THAT(finding([&] { launch(shuffles_without_lane, {.blocks = 1, .threads = 32}, out.data, absent); }),
                    ::testing::AnyOf(HasSubstr("names lane " + std::to_string(absent) + ", which has returned"),
                                     HasSubstr("thread (" + std::to_string(absent) + ",0,0)): let every lane")));
    EXPECT_THAT(finding([&] { launch(reads_lane_not_in_mask, {.blocks = 1, .threads = 32}, out.data); }),
                HasSubstr("reads lane 20, which takes no part"));
}

__global__ void sets_all_but(float* out, std::int64_t skipped, const float* source) {
    if (global_thread() != skipped) out[global_thread()] = 1.0F;
    else if (source != nullptr) out[global_thread()] = source[0] + 1.0F;
}
TEST_P(EmulationFaults, finds_unset_output) {
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

TEST_P(EmulationFaults, poisons_what_is_read_before_synchronising) {
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

TEST_P(EmulationFaults, finds_copies_outside_memory) {
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

}  // namespace
}  // namespace firstlight
