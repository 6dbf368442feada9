// A fibre: a stack of its own and a switch to it and back. Used by cuda_on_host.cpp alone. On x86-64 a switch is a
// dozen instructions, elsewhere it is swapcontext; AddressSanitizer and ThreadSanitizer are told of every switch.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace cuda_on_host {

#if defined(__x86_64__)
extern "C" void firstlight_switch_stack(void** save, void* to);
#endif

class Fibre {
  public:
    static constexpr std::size_t stack_bytes = 256 * 1024;
    static constexpr std::size_t page = 4096;

    // `number` staggers the stacks, which would otherwise all fall on the same cache lines.
    explicit Fibre(std::size_t number)
        : memory_(static_cast<char*>(
              mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))),
          top_(memory_ + stack_bytes - 64 - number % 61 * 64) {
        if (memory_ == MAP_FAILED) throw std::bad_alloc();
        mprotect(memory_, page, PROT_NONE);  // an overflow stops here
    }
    ~Fibre() {
#if defined(__SANITIZE_THREAD__)
        if (tsan_inside_ != nullptr) __tsan_destroy_fiber(tsan_inside_);
#endif
        munmap(memory_, stack_bytes);
    }
    Fibre(const Fibre&) = delete;
    Fibre& operator=(const Fibre&) = delete;

    // The next resume() calls entry(), which must never return: its last act is leave().
    void prepare(void (*entry)()) {
#if defined(__x86_64__)
        void** stack = reinterpret_cast<void**>(top_);
        *--stack = nullptr;  // entry's return address; keeps its stack aligned as after a call
        *--stack = reinterpret_cast<void*>(entry);
        for (int saved = 0; saved < 6; ++saved) *--stack = nullptr;
        inside_ = stack;
#else
        getcontext(&inside_);
        inside_.uc_stack.ss_sp = memory_ + page;
        inside_.uc_stack.ss_size = static_cast<std::size_t>(top_ - memory_) - page;
        inside_.uc_link = nullptr;
        makecontext(&inside_, entry, 0);
#endif
        fake_inside_ = nullptr;
    }

    void resume() {  // from outside
#if defined(__SANITIZE_ADDRESS__)
        void* fake_outside = nullptr;
        __sanitizer_start_switch_fiber(&fake_outside, memory_, static_cast<std::size_t>(top_ - memory_));
#endif
#if defined(__SANITIZE_THREAD__)
        if (tsan_inside_ == nullptr) tsan_inside_ = __tsan_create_fiber(0);
        tsan_outside_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
#if defined(__x86_64__)
        firstlight_switch_stack(&outside_, inside_);
#else
        swapcontext(&outside_, &inside_);
#endif
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(fake_outside, nullptr, nullptr);
#endif
    }
    void entered() {  // entry's first act
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(nullptr, &outside_stack_, &outside_bytes_);
#endif
    }
    void suspend() { to_outside(false); }  // from inside; returns at the next resume()
    void leave() { to_outside(true); }     // from inside; never returns

  private:
    void to_outside([[maybe_unused]] bool forever) {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(forever ? nullptr : &fake_inside_, outside_stack_, outside_bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
        __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
#if defined(__x86_64__)
        firstlight_switch_stack(&inside_, outside_);
#else
        swapcontext(&inside_, &outside_);
#endif
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(fake_inside_, &outside_stack_, &outside_bytes_);
#endif
    }

    char* memory_;
    char* top_;
#if defined(__x86_64__)
    void* inside_ = nullptr;
    void* outside_ = nullptr;
#else
    ucontext_t inside_{};
    ucontext_t outside_{};
#endif
    void* fake_inside_ = nullptr;
    [[maybe_unused]] void* tsan_inside_ = nullptr;
    [[maybe_unused]] void* tsan_outside_ = nullptr;
    [[maybe_unused]] const void* outside_stack_ = nullptr;
    [[maybe_unused]] std::size_t outside_bytes_ = 0;
};

}  // namespace cuda_on_host
