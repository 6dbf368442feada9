// CudaQueue: two streams, pinned host memory, every call checked. Built into the CUDA library, which programs load at
// run time through firstlight_open_cuda_queue.
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/queue.hpp"

namespace firstlight {
namespace {

constexpr int stream_count = 2;

std::map<std::string, CudaStage>& stages() {
    static std::map<std::string, CudaStage> registered;
    return registered;
}

class CudaQueue final : public Queue {
  public:
    explicit CudaQueue(int device) : device_(device) {
        check_cuda(cudaSetDevice(device_), "choosing the device");
        // Streams of this queue wait for no other: what somebody else is filling must be full (device_counts.hpp).
        check_cuda(cudaDeviceSynchronize(), "waiting for the device");
        for (cudaStream_t& stream : streams_)
            check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
    }
    ~CudaQueue() override {
        for (cudaStream_t stream : streams_)
            if (stream != nullptr) (void)cudaStreamDestroy(stream);
    }
    CudaQueue(const CudaQueue&) = delete;
    CudaQueue& operator=(const CudaQueue&) = delete;

    std::string backend() const override {
#ifdef FIRSTLIGHT_CUDA_ON_HOST
        return "cuda-emulated";
#else
        return "cuda";
#endif
    }
    std::string device() const override {
        cudaDeviceProp properties{};
        check_cuda(cudaGetDeviceProperties(&properties, device_), "asking what the device is");
        char text[400];
        std::snprintf(text, sizeof text, "%s, %.1f GiB, compute capability %d.%d", properties.name,
                      double(properties.totalGlobalMem) / (1 << 30), properties.major, properties.minor);
        return text;
    }
    bool is_host() const override { return false; }
    int lanes() const override { return stream_count; }
    std::size_t free_bytes() const override {
        std::size_t free = 0;
        std::size_t total = 0;
        use();
        check_cuda(cudaMemGetInfo(&free, &total), "asking for free memory");
        return free;
    }
    void* allocate(std::size_t bytes) override {
        void* memory = nullptr;
        use();
        check_cuda(cudaMalloc(&memory, bytes), "allocating device memory");
        return memory;
    }
    void release(void* memory) noexcept override { (void)cudaFree(memory); }
    void* allocate_staging(std::size_t bytes) override {
        void* memory = nullptr;
        use();
        check_cuda(cudaMallocHost(&memory, bytes), "allocating pinned memory");
        return memory;
    }
    void release_staging(void* memory) noexcept override { (void)cudaFreeHost(memory); }
    void upload(void* to, const void* from, std::size_t bytes, int lane) override {
        use();
        check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream(lane)), "copying to the device");
    }
    void download(void* to, const void* from, std::size_t bytes, int lane) override {
        use();
        check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream(lane)), "copying from the device");
    }
    void synchronize(int lane) override {
        use();
        check_cuda(cudaStreamSynchronize(stream(lane)), "a stage");
    }
    void launch(const char* stage, const void* work, const void* coefficients, int lane) override {
        const auto found = stages().find(stage);
        if (found == stages().end())
            throw Error(ExitCode::internal, std::string("stage ") + stage + " has no CUDA version in this library");
        use();
        found->second(work, coefficients, stream(lane));
    }

  private:
    void use() const { check_cuda(cudaSetDevice(device_), "choosing the device"); }  // per host thread
    cudaStream_t stream(int lane) const { return streams_[lane % stream_count]; }

    int device_;
    cudaStream_t streams_[stream_count] = {};
};

}  // namespace

void register_cuda_stage(const char* name, CudaStage stage) { stages()[name] = stage; }

extern "C" Queue* firstlight_open_cuda_queue(int device, std::string* why_not) {
    try {
        int devices = 0;
        if (const cudaError_t status = cudaGetDeviceCount(&devices); status != cudaSuccess) {
            *why_not = std::string("the CUDA driver answers: ") + cudaGetErrorString(status);
            return nullptr;
        }
        if (device >= devices) {
            *why_not = "there is no CUDA device " + std::to_string(device) + ": found " + std::to_string(devices);
            return nullptr;
        }
        return std::make_unique<CudaQueue>(device).release();
    } catch (const std::exception& e) {
        *why_not = e.what();
        return nullptr;
    }
}

}  // namespace firstlight
