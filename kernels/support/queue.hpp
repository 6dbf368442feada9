// A queue is where stages run: it owns memory near the processor and keeps work in order per lane.
//
// A lane is one in-order stream of uploads, stage runs and downloads; lanes overlap. On the CPU memory is host memory,
// copies vanish and work is done when the call returns. `CudaQueue` lives in a library of its own which is loaded when
// present (open_cuda_queue), so programs never link CUDA.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "kernels/support/views.hpp"

namespace firstlight {

class Queue {
  public:
    virtual ~Queue() = default;
    [[nodiscard]] virtual std::string backend() const = 0;  // "cpu", "cuda" or "cuda-emulated"
    [[nodiscard]] virtual std::string device() const = 0;   // what it runs on, for people
    [[nodiscard]] virtual bool is_host() const = 0;         // allocate() gives memory the caller may touch
    [[nodiscard]] virtual int lanes() const = 0;
    [[nodiscard]] virtual std::size_t free_bytes() const = 0;

    // Errors: ExitCode::device when there is not enough. allocate_staging gives host memory that copies fast (pinned).
    virtual void* allocate(std::size_t bytes) = 0;
    virtual void release(void* memory) noexcept = 0;
    virtual void* allocate_staging(std::size_t bytes) = 0;
    virtual void release_staging(void* memory) noexcept = 0;

    virtual void upload(void* to, const void* from_host, std::size_t bytes, int lane) = 0;
    virtual void download(void* to_host, const void* from, std::size_t bytes, int lane) = 0;
    virtual void synchronize(int lane) = 0;

    // Runs the stage called `stage` on a tile whose pointers are this queue's memory. `work` is a TraceTile or an
    // ImageTile or another stage-specific task, `coefficients` the stage's Coefficients. Use run<Stage>() (run.hpp).
    virtual void launch(const char* stage, const void* work, const void* coefficients, int lane) = 0;
};

// A block of a queue's memory that frees itself.
class QueueMemory {
  public:
    QueueMemory() = default;
    QueueMemory(Queue& queue, std::size_t bytes, bool staging = false)
        : queue_(&queue),
          bytes_(bytes),
          staging_(staging),
          data_(bytes == 0 ? nullptr
                : staging  ? queue.allocate_staging(bytes)
                           : queue.allocate(bytes)) {}
    QueueMemory(QueueMemory&& o) noexcept { swap(o); }
    QueueMemory& operator=(QueueMemory&& o) noexcept {
        swap(o);
        return *this;
    }
    QueueMemory(const QueueMemory&) = delete;
    QueueMemory& operator=(const QueueMemory&) = delete;
    ~QueueMemory() {
        if (data_ == nullptr) return;
        if (staging_) queue_->release_staging(data_);
        else queue_->release(data_);
    }

    template <class T = void>
    [[nodiscard]] T* as() const {
        return static_cast<T*>(data_);
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    void swap(QueueMemory& o) noexcept {
        std::swap(queue_, o.queue_);
        std::swap(bytes_, o.bytes_);
        std::swap(staging_, o.staging_);
        std::swap(data_, o.data_);
    }
    Queue* queue_ = nullptr;
    std::size_t bytes_ = 0;
    bool staging_ = false;
    void* data_ = nullptr;
};

// Keeps the arrays that prepared stages point to, in the queue's memory, for as long as the run lasts.
class Keeper {
  public:
    explicit Keeper(Queue& queue) : queue_(&queue) {}
    template <class T>
    const T* keep(const std::vector<T>& values) {
        if (values.empty()) return nullptr;
        kept_.emplace_back(*queue_, values.size() * sizeof(T));
        queue_->upload(kept_.back().as(), values.data(), kept_.back().bytes(), 0);
        queue_->synchronize(0);
        return kept_.back().as<T>();
    }
    [[nodiscard]] Queue& queue() const { return *queue_; }

  private:
    Queue* queue_;
    std::vector<QueueMemory> kept_;
};

std::unique_ptr<Queue> open_cpu_queue(int threads);  // threads >= 1: that many lanes

// Loads the CUDA library (FIRSTLIGHT_CUDA_LIBRARY, or libfirstlight_cuda.so beside this library) and opens device
// `device`. Returns null and says why in `why_not` when there is no library, runtime, driver or device.
std::unique_ptr<Queue> open_cuda_queue(int device, std::string& why_not);

}  // namespace firstlight
