// What the tests of the emulation share: device arrays that free themselves, every order of threads, and findings as
// text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {

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
class EveryOrder : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override { setenv("FIRSTLIGHT_EMULATION_ORDER", GetParam(), 1); }
    void TearDown() override { unsetenv("FIRSTLIGHT_EMULATION_ORDER"); }
};

inline auto every_order() { return ::testing::Values("forward", "reverse", "shuffled", "shuffled:7"); }
inline std::string order_name(const ::testing::TestParamInfo<const char*>& order) {
    std::string name = order.param;
    for (char& c : name)
        if (c == ':') c = '_';
    return name;
}

inline std::string finding(const std::function<void()>& work) {
    try {
        work();
        (void)cudaDeviceSynchronize();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::device);
        return e.what();
    }
    return "nothing found";
}

}  // namespace firstlight
