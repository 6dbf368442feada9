// Memory on the device that a stage needs while it runs.
#pragma once

#include <cstddef>

#include "kernels/support/launch_cuda.cuh"

namespace firstlight {

class DeviceBytes {
  public:
    explicit DeviceBytes(std::size_t bytes) { check_cuda(cudaMalloc(&data_, bytes), "allocating device memory"); }
    ~DeviceBytes() { (void)cudaFree(data_); }
    DeviceBytes(const DeviceBytes&) = delete;
    DeviceBytes& operator=(const DeviceBytes&) = delete;
    template <class T>
    [[nodiscard]] T* as() const {
        return static_cast<T*>(data_);
    }

  private:
    void* data_ = nullptr;
};

// The same, set to zero in the order of the stream.
class ClearedBytes : public DeviceBytes {
  public:
    ClearedBytes(std::size_t bytes, cudaStream_t stream) : DeviceBytes(bytes > 0 ? bytes : 1) {
        check_cuda(cudaMemsetAsync(as<void>(), 0, bytes, stream), "clearing device memory");
    }
};

}  // namespace firstlight
