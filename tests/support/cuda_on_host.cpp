// The engine of the host emulation: runs the blocks of a launch, one fibre per CUDA thread, and watches barriers, warp
// operations and shared memory. One launch runs at a time (the runtime holds a lock), so the state is global.
#include "tests/support/cuda_on_host.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/cuda_on_host_block.hpp"

#if defined(__x86_64__)
asm(R"(
.text
.globl firstlight_switch_stack
.hidden firstlight_switch_stack
.type firstlight_switch_stack, @function
firstlight_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size firstlight_switch_stack, .-firstlight_switch_stack
)");
#endif

namespace cuda_on_host {

const Place* here = nullptr;

Machine& machine() {
    static Machine& only = *new Machine;  // never destroyed: streams may outlive static objects
    return only;
}

std::string text(const uint3& v) {
    std::string triple = "(";
    for (const unsigned part : {v.x, v.y, v.z})
        triple.append(triple.size() > 1 ? "," : "").append(std::to_string(part));
    return triple.append(")");
}
std::string source(const char* file, int line) { return std::string(file) + ":" + std::to_string(line); }
std::string name_of(std::uint16_t thread) {
    return thread == nobody ? "an unchecked access" : "thread " + text(machine().threads[thread]->thread);
}
void report(const std::string& problem, const std::string& advice) {
    const Machine& m = machine();
    std::string at = *m.what + ", block " + text(m.grid.block);
    if (m.running != nullptr) at += ", thread " + text(m.running->thread);
    throw Error(ExitCode::device, problem, at, advice);
}

namespace {

void wait_as(State state, const char* file, int line) {
    Machine& m = machine();
    Thread& me = *m.running;
    me.state = state;
    me.file = file;
    me.line = line;
    me.fibre.suspend();
    if (m.abandon) throw Abandoned{};
}

void leave_meeting(Thread& me) {
    if (me.meeting != nullptr) --me.meeting->readers;
    me.meeting = nullptr;
}

void thread_exits(Thread& me) {
    Machine& m = machine();
    leave_meeting(me);
    if (m.at_barrier > 0)
        for (std::size_t i = 0; i < m.count; ++i)
            if (m.threads[i]->state == State::at_barrier)
                report("the thread returns while " + name_of(m.threads[i]->id) + " waits at the barrier of " +
                           source(m.threads[i]->file, m.threads[i]->line),
                       "let every thread of the block reach each __syncthreads()");
    Warp& warp = m.warps[me.id / 32U];
    for (const Meeting& meeting : warp.meetings)
        if (meeting.arrived != 0 && meeting.taking_part == 0 && (meeting.mask >> me.lane & 1U) != 0)
            report("the lane returns while the warp operation of " + source(meeting.file, meeting.line) + " names it",
                   "let every lane of the mask take part");
    warp.exited |= 1U << me.lane;
    ++m.exited;
}

void fibre_entry() {
    Machine& m = machine();
    Thread& me = *m.running;
    me.fibre.entered();
    try {
        (*m.kernel)();
        thread_exits(me);
    } catch (const Abandoned&) {
    } catch (...) {
        if (!m.failure) m.failure = std::current_exception();
    }
    me.state = State::done;
    me.fibre.leave();
    std::abort();  // never reached
}

void resume(Thread& thread) {
    Machine& m = machine();
    m.running = &thread;
    here = &thread;
    if (thread.state == State::fresh) thread.fibre.prepare(fibre_entry);
    thread.state = State::ready;
    thread.fibre.resume();
    m.running = nullptr;
    here = nullptr;
}

[[noreturn]] void report_deadlock() {
    Machine& m = machine();
    std::string waits;
    int named = 0;
    for (std::size_t i = 0; i < m.count && named < 4; ++i) {
        const Thread& t = *m.threads[i];
        if (t.state == State::done) continue;
        if (i > 0 && m.threads[i - 1]->file == t.file && m.threads[i - 1]->line == t.line) continue;
        waits += (named++ > 0 ? "; " : "") + name_of(t.id) + " waits at the " +
                 (t.state == State::at_barrier ? "barrier" : "warp operation") + " of " + source(t.file, t.line);
        if (t.state == State::at_warp) {
            const unsigned wanted = t.meeting->mask & m.warps[i / 32].exists & ~t.meeting->arrived;
            waits += " for lane " + std::to_string(std::countr_zero(wanted));
        }
    }
    report("no thread can go on: " + waits,
           "let all threads of the block reach each barrier, all lanes of the mask each "
           "warp operation");
}

struct Order {
    enum { forward, reverse, shuffled } kind = forward;
    std::uint64_t state = 0x9e3779b97f4a7c15U;

    static Order wanted() {
        const char* named = std::getenv("FIRSTLIGHT_EMULATION_ORDER");
        const std::string name = named == nullptr ? "" : named;
        Order order;
        if (name == "reverse") order.kind = reverse;
        else if (name.rfind("shuffled", 0) == 0) {
            order.kind = shuffled;
            if (name.size() > 9) order.state ^= std::strtoull(name.c_str() + 9, nullptr, 10) * 0xbf58476d1ce4e5b9U + 1;
        } else if (!name.empty() && name != "forward")
            throw Error(ExitCode::usage, "FIRSTLIGHT_EMULATION_ORDER is " + name, "",
                        "say forward, reverse, shuffled or shuffled:SEED");
        return order;
    }
    void arrange(std::vector<std::uint32_t>& numbers, bool first) {
        if (first) {
            std::iota(numbers.begin(), numbers.end(), 0U);
            if (kind == reverse) std::reverse(numbers.begin(), numbers.end());
        }
        if (kind != shuffled) return;
        for (std::size_t i = numbers.size(); i > 1; --i) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            std::swap(numbers[i - 1], numbers[state % i]);
        }
    }
};

void start_block(std::uint64_t block) {
    Machine& m = machine();
    const dim3 blocks = m.grid.blocks;
    m.grid.block = {static_cast<unsigned>(block % blocks.x), static_cast<unsigned>(block / blocks.x % blocks.y),
                    static_cast<unsigned>(block / blocks.x / blocks.y)};
    m.block_epoch = ++m.epoch;
    m.exited = m.at_barrier = 0;
    m.votes = 0;
    m.declared.clear();
    m.shared_end = m.dynamic_bytes;
    for (std::size_t i = 0; i < m.dynamic_bytes; ++i)
        m.shared[i] = static_cast<unsigned char>(unset_shared >> (i % 4 * 8));
    for (std::size_t w = 0; w * 32 < m.count; ++w) {
        const std::size_t lanes = std::min<std::size_t>(32, m.count - w * 32);
        m.warps[w].exists = lanes == 32 ? ~0U : (1U << lanes) - 1;
        m.warps[w].exited = 0;
        m.warps[w].meetings.clear();
    }
    const dim3 size = m.grid.threads;
    for (std::size_t i = 0; i < m.count; ++i) {
        Thread& t = *m.threads[i];
        t.thread = {static_cast<unsigned>(i % size.x), static_cast<unsigned>(i / size.x % size.y),
                    static_cast<unsigned>(i / size.x / size.y)};
        t.grid = &m.grid;
        t.lane = static_cast<unsigned>(i % 32);
        t.state = State::fresh;
        t.meeting = nullptr;
        t.known.fill(0);
    }
}

void run_block(std::uint64_t block, Order& order, std::vector<std::uint32_t>& numbers) {
    Machine& m = machine();
    start_block(block);
    for (bool first = true; m.exited < m.count && !m.failure; first = false) {
        order.arrange(numbers, first);
        bool progress = false;
        for (const std::uint32_t i : numbers) {
            Thread& t = *m.threads[i];
            if (t.state != State::fresh && t.state != State::ready) continue;
            progress = true;
            resume(t);
            if (m.failure) break;
        }
        if (!progress && !m.failure) try {
                report_deadlock();
            } catch (...) {
                m.failure = std::current_exception();
            }
    }
    if (!m.failure) return;
    m.abandon = true;  // unwinds the fibres that are under way, so that their objects are destroyed
    for (std::size_t i = 0; i < m.count; ++i)
        if (m.threads[i]->state != State::done && m.threads[i]->state != State::fresh) resume(*m.threads[i]);
    m.abandon = false;
    std::rethrow_exception(std::exchange(m.failure, nullptr));
}

}  // namespace

void execute(const Grid& grid, std::size_t shared_bytes, const std::function<void()>& kernel, const std::string& what) {
    Machine& m = machine();
    const std::uint64_t threads = std::uint64_t{grid.threads.x} * grid.threads.y * grid.threads.z;
    if (threads == 0 || threads > most_threads || grid.threads.z > 64)
        throw Error(ExitCode::device, "a block of " + std::to_string(threads) + " threads cannot run", what,
                    "use 1 to 1024 threads per block, at most 64 in z");
    if (grid.blocks.y > 65535 || grid.blocks.z > 65535 || grid.blocks.x > 0x7fffffffU)
        throw Error(ExitCode::device, "the grid is too large", what,
                    "at most 65535 blocks fit in y and z, 2^31-1 in x");
    if (shared_bytes > most_dynamic)
        throw Error(ExitCode::device, std::to_string(shared_bytes) + " bytes of dynamic shared memory were asked for",
                    what, "at most 227 KiB exist");
    while (m.threads.size() < threads) m.threads.push_back(std::make_unique<Thread>(m.threads.size()));
    m.grid = grid;
    m.kernel = &kernel;
    m.what = &what;
    m.count = threads;
    m.dynamic_bytes = shared_bytes;
    Order order = Order::wanted();
    std::vector<std::uint32_t> numbers(threads);
    const std::uint64_t blocks = std::uint64_t{grid.blocks.x} * grid.blocks.y * grid.blocks.z;
    std::vector<std::uint32_t> block_numbers(order.kind == Order::shuffled ? blocks : 0);
    order.arrange(block_numbers, true);
    for (std::uint64_t b = 0; b < blocks; ++b)
        run_block(order.kind == Order::shuffled  ? block_numbers[b]
                  : order.kind == Order::reverse ? blocks - 1 - b
                                                 : b,
                  order, numbers);
}

int block_barrier(bool predicate, const char* file, int line) {
    Machine& m = machine();
    const char* const advice = "let every thread of the block reach each __syncthreads()";
    if (m.exited > 0)
        report("the barrier of " + source(file, line) + " cannot be reached by all: a thread has returned", advice);
    if (m.at_barrier > 0)
        for (std::size_t i = 0; i < m.count; ++i) {
            const Thread& other = *m.threads[i];
            if (other.state != State::at_barrier) continue;
            if (other.line != line || std::strcmp(other.file, file) != 0)
                report("the barrier of " + source(file, line) + " is reached while " + name_of(other.id) +
                           " waits at the barrier of " + source(other.file, other.line),
                       advice);
            break;
        }
    m.votes += predicate ? 1 : 0;
    if (++m.at_barrier < m.count) {
        wait_as(State::at_barrier, file, line);
    } else {
        m.result = std::exchange(m.votes, 0);
        m.at_barrier = 0;
        ++m.epoch;
        for (std::size_t i = 0; i < m.count; ++i) m.threads[i]->state = State::ready;
    }
    return m.result;
}

const Lanes& meet(WarpWord word, unsigned mask, std::uint64_t bits, const char* file, int line) {
    Machine& m = machine();
    Thread& me = *m.running;
    Warp& warp = m.warps[me.id / 32U];
    const unsigned my_bit = 1U << me.lane;
    leave_meeting(me);
    const unsigned wanted = mask & warp.exists;
    if ((mask & my_bit) == 0)
        report("lane " + std::to_string(me.lane) + " runs the warp operation of " + source(file, line) +
               " whose mask does not name it");
    if ((wanted & warp.exited) != 0)
        report("the warp operation of " + source(file, line) + " names lane " +
                   std::to_string(std::countr_zero(wanted & warp.exited)) + ", which has returned",
               "let every lane of the mask take part");
    Meeting* meeting = nullptr;
    Meeting* empty = nullptr;
    for (Meeting& candidate : warp.meetings) {
        if (candidate.taking_part == 0 && candidate.arrived != 0) {
            if (candidate.word == word && candidate.mask == mask) meeting = &candidate;
        } else if (candidate.readers == 0) {
            empty = &candidate;
        }
    }
    if (meeting == nullptr) {
        meeting = empty != nullptr ? empty : &warp.meetings.emplace_back();
        meeting->word = word;
        meeting->mask = mask;
        meeting->arrived = meeting->taking_part = 0;
        meeting->file = file;
        meeting->line = line;
    }
    meeting->bits[me.lane] = bits;
    meeting->arrived |= my_bit;
    me.meeting = meeting;
    ++meeting->readers;
    if (meeting->arrived != wanted) {
        wait_as(State::at_warp, file, line);
        return *meeting;
    }
    meeting->taking_part = wanted;
    const std::size_t first = me.id / 32U * 32U;
    std::array<std::uint32_t, 32> latest{};
    for (unsigned k = 0; k < 32; ++k) {
        if ((wanted >> k & 1U) == 0) continue;
        Thread& other = *m.threads[first + k];
        other.state = State::ready;
        if (word != WarpWord::barrier) continue;
        ++other.known[k];
        for (std::size_t j = 0; j < 32; ++j) latest[j] = std::max(latest[j], other.known[j]);
    }
    if (word == WarpWord::barrier)
        for (unsigned k = 0; k < 32; ++k)
            if ((wanted >> k & 1U) != 0) m.threads[first + k]->known = latest;
    return *meeting;
}

void absent_lane(unsigned source_lane, const char* file, int line) {
    report(
        "the shuffle of " + source(file, line) + " reads lane " + std::to_string(source_lane) + ", which takes no part",
        "name the lane in the mask, or do not read it");
}
void trap(const char* file, int line) { report("__trap() of " + source(file, line)); }

}  // namespace cuda_on_host
