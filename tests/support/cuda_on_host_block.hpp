// The state of a launch that runs, shared by the sources of the host emulation alone: cuda_on_host.cpp (fibres,
// barriers, warps) and cuda_on_host_shared.cpp (shared memory). One launch runs at a time, the runtime holds a lock.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/support/error.hpp"
#include "tests/support/cuda_on_host.hpp"
#include "tests/support/cuda_on_host_fibre.hpp"

namespace cuda_on_host {

using firstlight::Error;
using firstlight::ExitCode;

inline constexpr std::size_t most_threads = 1024;
inline constexpr std::size_t most_dynamic = 227 * 1024;
inline constexpr std::size_t most_static = 48 * 1024;
inline constexpr std::uint16_t nobody = 0xffff;

struct Meeting : Lanes {
    WarpWord word = WarpWord::barrier;
    unsigned mask = 0;
    unsigned arrived = 0;
    int readers = 0;
    const char* file = "";
    int line = 0;
};
struct Warp {
    unsigned exists = 0;
    unsigned exited = 0;
    std::deque<Meeting> meetings;
};
enum class State { fresh, ready, at_barrier, at_warp, done };
struct Thread : Place {
    explicit Thread(std::size_t number) : id(static_cast<std::uint16_t>(number)), fibre(number) {}
    std::uint16_t id;
    State state = State::fresh;
    Meeting* meeting = nullptr;  // the one it waits in, or reads from
    const char* file = "";       // where it waits
    int line = 0;
    std::array<std::uint32_t, 32> known{};  // time of each lane of its warp at their last common __syncwarp
    Fibre fibre;
};

struct Access {
    std::uint32_t epoch = 0;
    std::uint32_t time = 0;
    std::uint16_t thread = nobody;
    bool atomic = false;
};
struct Cell {  // what is known of one element of shared memory
    Access write;
    std::array<Access, 2> reads;
};
struct Declared {
    const void* declaration;
    SharedRange range;
};
struct Abandoned {};

struct Machine {
    std::vector<std::unique_ptr<Thread>> threads;
    std::array<Warp, most_threads / 32> warps;
    std::vector<unsigned char> shared = std::vector<unsigned char>(most_dynamic + most_static + 16);
    std::vector<Cell> cells = std::vector<Cell>(most_dynamic + most_static + 16);
    std::vector<Declared> declared;
    std::size_t dynamic_bytes = 0;
    std::size_t shared_end = 0;

    Grid grid;
    const std::function<void()>* kernel = nullptr;
    const std::string* what = nullptr;
    Thread* running = nullptr;
    std::size_t count = 0;
    std::size_t exited = 0;
    std::uint32_t epoch = 1;  // block-wide barriers passed, over all blocks
    std::uint32_t block_epoch = 1;
    std::size_t at_barrier = 0;
    int votes = 0;
    int result = 0;
    bool abandon = false;
    std::exception_ptr failure;
};

Machine& machine();
std::string source(const char* file, int line);
std::string name_of(std::uint16_t thread);
[[noreturn]] void report(const std::string& problem, const std::string& advice = {});

}  // namespace cuda_on_host
