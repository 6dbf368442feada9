// Memory, streams and events of the host emulation. One lock guards it all: a stream's work runs on the host thread
// that synchronises it, one piece at a time.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kernels/support/error.hpp"
#include "tests/support/cuda_on_host.hpp"

namespace cuda_on_host {

using Clock = std::chrono::steady_clock;

struct Work {
    std::string what;
    std::function<void()> run;
    const unsigned char* host = nullptr;  // host memory it reads or writes
    std::size_t host_bytes = 0;
};
struct Stream {
    bool blocking = true;
    std::deque<Work> queue;
    std::uint64_t queued = 0;
    std::uint64_t done = 0;
};
struct Event {
    Stream* stream = nullptr;
    std::uint64_t ticket = 0;
    Clock::time_point time{};
};

namespace {

using firstlight::Error;
using firstlight::ExitCode;

constexpr std::size_t guard_bytes = 4096;

struct Memory {
    unsigned char* whole;
    std::size_t bytes;
    bool device;
    std::size_t padded() const { return (bytes + guard_bytes - 1) / guard_bytes * guard_bytes + 2 * guard_bytes; }
};
struct Runtime {
    std::recursive_mutex lock;
    std::map<const unsigned char*, Memory> memory;  // by first usable byte
    std::vector<Stream*> streams;
    Stream null_stream;
    std::size_t device_bytes = 0;
    std::exception_ptr late;  // found where nothing can be thrown; the next synchronising call throws it
    bool allow_unset = false;
};
Runtime& runtime() {
    static Runtime& only = *new Runtime;
    return only;
}
using Lock = std::lock_guard<std::recursive_mutex>;

void fill(unsigned char* to, std::size_t bytes, std::uint32_t pattern) {
    for (; bytes >= 4; to += 4, bytes -= 4) std::memcpy(to, &pattern, 4);
    std::memcpy(to, &pattern, bytes);
}
const Memory* find(const void* address, std::size_t& offset) {
    const auto& all = runtime().memory;
    auto next = all.upper_bound(static_cast<const unsigned char*>(address));
    if (next == all.begin()) return nullptr;
    --next;
    offset = static_cast<std::size_t>(static_cast<const unsigned char*>(address) - next->first);
    return offset < next->second.bytes || offset == 0 ? &next->second : nullptr;
}
void check_range(const void* begin, std::size_t bytes, bool device, const std::string& what) {
    std::size_t offset = 0;
    const Memory* memory = find(begin, offset);
    if (device && (memory == nullptr || !memory->device))
        throw Error(ExitCode::device, what + " touches an address that is not in device memory");
    if (!device && memory != nullptr && memory->device)
        throw Error(ExitCode::device, what + " takes a device address for a host address");
    if (memory != nullptr && offset + bytes > memory->bytes)
        throw Error(ExitCode::device, what + " goes " + std::to_string(offset + bytes - memory->bytes) +
                                          " bytes past the end of an allocation of " + std::to_string(memory->bytes));
}
void check_guards(const std::string& what) {
    for (const auto& [first, memory] : runtime().memory) {
        if (!memory.device) continue;
        const auto look = [&, begin = first, &m = memory](const unsigned char* zone, std::size_t bytes) {
            std::uint32_t word = outside;
            for (std::size_t i = 0; i < bytes; ++i) {
                if (zone[i] == static_cast<unsigned char>(word >> (i % 4 * 8))) continue;
                const std::ptrdiff_t at = zone + i - begin;
                fill(const_cast<unsigned char*>(zone), bytes, outside);
                throw Error(ExitCode::device,
                            "byte " + std::to_string(at) + " (4-byte element " +
                                std::to_string(at >= 0 ? at / 4 : -((3 - at) / 4)) +
                                ") was written of a device allocation of " + std::to_string(m.bytes) + " bytes",
                            what, "check the index against the size");
            }
        };
        look(memory.whole, guard_bytes);
        look(first + memory.bytes, memory.padded() - guard_bytes - memory.bytes);
    }
}
void check_set(const unsigned char* from, std::size_t bytes, const std::string& what) {
    const char* allowed = std::getenv("FIRSTLIGHT_EMULATION_ALLOW_UNSET");
    if (runtime().allow_unset || (allowed != nullptr && *allowed == '1')) return;
    std::size_t offset = 0;
    const Memory* memory = find(from, offset);
    const std::size_t skipped = (4 - offset % 4) % 4;
    for (std::size_t i = skipped; memory != nullptr && i + 4 <= bytes; i += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, from + i, 4);
        const std::uint32_t payload = word & 0x7fbfffffU;
        if (payload != unset && payload != unset_shared && payload != outside) continue;
        const char* origin = payload == unset     ? "device memory that nothing wrote"
                             : payload == outside ? "memory outside an allocation"
                                                  : "shared memory that nothing wrote";
        throw Error(ExitCode::device,
                    what + ": 4-byte element " + std::to_string(i / 4) + " is " +
                        (word == unset ? "unset" : std::string("computed from ") + origin),
                    "", "write every output, copy only what is written, or allow_unset_outputs()");
    }
}

void run_until(Stream& stream, std::uint64_t ticket) {
    while (stream.done < ticket && !stream.queue.empty()) {
        const Work work = std::move(stream.queue.front());
        stream.queue.pop_front();
        ++stream.done;
        try {
            work.run();
        } catch (...) {
            stream.queue.clear();
            stream.done = stream.queued;
            throw;
        }
    }
}
void run_quietly(Stream& stream) {
    try {
        run_until(stream, stream.queued);
    } catch (...) {
        if (!runtime().late) runtime().late = std::current_exception();
    }
}
void run_all_quietly() {
    run_quietly(runtime().null_stream);
    for (Stream* stream : runtime().streams) run_quietly(*stream);
}
void throw_late() {
    if (runtime().late) std::rethrow_exception(std::exchange(runtime().late, nullptr));
}
Stream& of(Stream* stream) { return stream == nullptr ? runtime().null_stream : *stream; }

void queue(Stream* stream, Work work) {
    Stream& s = of(stream);
    if (work.host != nullptr)  // running earlier is always allowed, and keeps poison from what is still to be read
        for (const Work& other : s.queue)
            if (other.host != nullptr && other.host < work.host + work.host_bytes &&
                work.host < other.host + other.host_bytes) {
                run_quietly(s);
                break;
            }
    s.queue.push_back(std::move(work));
    ++s.queued;
}

cudaError_t allocate(void** memory, std::size_t bytes, bool device) {
    const Lock lock(runtime().lock);
    *memory = nullptr;
    if (device && runtime().device_bytes + bytes > device_memory()) return cudaErrorMemoryAllocation;
    if (bytes == 0) return cudaSuccess;
    Memory made{nullptr, bytes, device};
    made.whole = static_cast<unsigned char*>(std::aligned_alloc(guard_bytes, made.padded()));
    if (made.whole == nullptr) return cudaErrorMemoryAllocation;
    unsigned char* first = made.whole + guard_bytes;
    fill(made.whole, guard_bytes, outside);
    fill(first, bytes, device ? unset : unset_pinned);
    fill(first + bytes, made.padded() - guard_bytes - bytes, outside);
    runtime().memory.emplace(first, made);
    if (device) runtime().device_bytes += bytes;
    *memory = first;
    return cudaSuccess;
}
cudaError_t release(void* memory, bool device) {
    if (memory == nullptr) return cudaSuccess;
    const Lock lock(runtime().lock);
    const auto found = runtime().memory.find(static_cast<unsigned char*>(memory));
    if (found == runtime().memory.end() || found->second.device != device) return cudaErrorInvalidValue;
    run_all_quietly();
    if (device) runtime().device_bytes -= found->second.bytes;
    std::free(found->second.whole);
    runtime().memory.erase(found);
    return cudaSuccess;
}
cudaMemcpyKind resolve(const void* to, const void* from, cudaMemcpyKind kind) {
    if (kind != cudaMemcpyDefault) return kind;
    std::size_t offset = 0;
    const Memory* t = find(to, offset);
    const Memory* f = find(from, offset);
    const bool to_device = t != nullptr && t->device;
    if (f != nullptr && f->device) return to_device ? cudaMemcpyDeviceToDevice : cudaMemcpyDeviceToHost;
    return to_device ? cudaMemcpyHostToDevice : cudaMemcpyHostToHost;
}

// A copy as it will run; uploads keep what the source held when they were queued.
Work copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    kind = resolve(to, from, kind);
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const std::string what = "a copy of " + std::to_string(bytes) + " bytes " +
                             (from_device ? "from the device" : "from the host") +
                             (to_device ? " to the device" : " to the host");
    Work work;
    work.what = what;
    std::vector<unsigned char> snapshot;
    if (!from_device && bytes > 0) {
        const auto* source = static_cast<const unsigned char*>(from);
        snapshot.assign(source, source + bytes);
    }
    if (from_device != to_device) {
        work.host = static_cast<const unsigned char*>(from_device ? to : from);
        work.host_bytes = bytes;
    }
    work.run = [=, snapshot = std::move(snapshot)] {
        if (bytes == 0) return;
        check_range(from, bytes, from_device, what);
        check_range(to, bytes, to_device, what);
        std::size_t offset = 0;
        if (!from_device && find(from, offset) != nullptr && std::memcmp(from, snapshot.data(), bytes) != 0)
            throw Error(ExitCode::device, what + ": the pinned memory was changed before the copy was synchronised", "",
                        "synchronise the stream before the memory is used again");
        if (from_device && !to_device) check_set(static_cast<const unsigned char*>(from), bytes, what);
        std::memmove(to, from_device ? from : snapshot.data(), bytes);
    };
    return work;
}

}  // namespace

void run(dim3 blocks, dim3 threads, std::size_t shared_bytes, Stream* stream, std::function<void()> kernel,
         const char* file, int line) {
    const std::string what = "kernel launched at " + std::string(file) + ":" + std::to_string(line);
    enqueue(stream, what, [=, kernel = std::move(kernel)] {
        Grid grid;
        grid.blocks = blocks;
        grid.threads = threads;
        execute(grid, shared_bytes, kernel, what);
    });
}
void enqueue(Stream* stream, std::string what, std::function<void()> work) {
    const Lock lock(runtime().lock);
    auto checked = [what, work = std::move(work)] {
        work();
        check_guards(what);
    };
    queue(stream, {what, std::move(checked)});
}
void check_device_range(const void* begin, std::size_t bytes, const std::string& what) {
    const Lock lock(runtime().lock);
    check_range(begin, bytes, true, what);
}
void allow_unset_outputs(bool allowed) {
    const Lock lock(runtime().lock);
    runtime().allow_unset = allowed;
}

}  // namespace cuda_on_host

using namespace cuda_on_host;

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    const Lock lock(runtime().lock);
    *total = device_memory();
    *free = *total - std::min(*total, runtime().device_bytes);
    return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) { return allocate(memory, bytes, true); }
cudaError_t cudaFree(void* memory) { return release(memory, true); }
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) { return allocate(memory, bytes, false); }
cudaError_t cudaFreeHost(void* memory) { return release(memory, false); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    const Lock lock(runtime().lock);
    kind = resolve(to, from, kind);
    Work work = copy(to, from, bytes, kind);
    queue(stream, work);
    if (kind == cudaMemcpyDeviceToHost) fill(static_cast<unsigned char*>(to), bytes, unsynchronised);
    return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    const Lock lock(runtime().lock);
    for (Stream* stream : runtime().streams)
        if (stream->blocking) run_until(*stream, stream->queued);
    run_until(runtime().null_stream, runtime().null_stream.queued);
    throw_late();
    copy(to, from, bytes, kind).run();
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
    const Lock lock(runtime().lock);
    const std::string what = "a memset of " + std::to_string(bytes) + " bytes";
    queue(stream, {what, [=] {
                       if (bytes == 0) return;
                       check_range(to, bytes, true, what);
                       std::memset(to, value, bytes);
                   }});
    return cudaSuccess;
}
cudaError_t cudaMemset(void* to, int value, std::size_t bytes) { return cudaMemsetAsync(to, value, bytes, nullptr); }

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    const Lock lock(runtime().lock);
    *stream = new Stream;
    (*stream)->blocking = flags != cudaStreamNonBlocking;
    runtime().streams.push_back(*stream);
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const Lock lock(runtime().lock);
    run_quietly(*stream);
    std::erase(runtime().streams, stream);
    delete stream;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const Lock lock(runtime().lock);
    run_until(of(stream), of(stream).queued);
    throw_late();
    return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }
cudaError_t cudaDeviceSynchronize() {
    const Lock lock(runtime().lock);
    run_all_quietly();
    throw_late();
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
    *event = new Event;
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    const Lock lock(runtime().lock);
    if (event->stream != nullptr) run_quietly(*event->stream);
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const Lock lock(runtime().lock);
    queue(stream, {"an event", [event] { event->time = Clock::now(); }});
    event->stream = &of(stream);
    event->ticket = of(stream).queued;
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    const Lock lock(runtime().lock);
    if (event->stream != nullptr) run_until(*event->stream, event->ticket);
    throw_late();
    return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
    const Lock lock(runtime().lock);
    if (event->stream == nullptr) return cudaSuccess;
    queue(stream, {"a wait", [other = event->stream, ticket = event->ticket] { run_until(*other, ticket); }});
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
    const Lock lock(runtime().lock);
    const auto pending = [](const Event& e) { return e.stream == nullptr || e.stream->done < e.ticket; };
    if (pending(*from) || pending(*to)) return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
    return cudaSuccess;
}
