// Shared memory of the host emulation: where arrays lie, and who touched each element when.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/support/cuda_on_host_block.hpp"

namespace cuda_on_host {

SharedRange shared_array(const void* declaration, const char* name, std::size_t bytes, std::size_t alignment) {
    Machine& m = machine();
    for (const Declared& d : m.declared)
        if (d.declaration == declaration) return d.range;
    const std::size_t first = (m.shared_end + alignment - 1) / alignment * alignment;
    if (first + bytes > m.dynamic_bytes + most_static)
        report("the static shared memory of the kernel exceeds 48 KiB at `" + std::string(name) + "`",
               "use dynamic shared memory");
    m.shared_end = first + bytes;
    for (std::size_t i = 0; i < bytes; ++i)
        m.shared[first + i] = static_cast<unsigned char>(unset_shared >> (i % 4 * 8));
    m.declared.push_back({declaration, {name, first, bytes}});
    return m.declared.back().range;
}
SharedRange dynamic_shared(const char* name) { return {name, 0, machine().dynamic_bytes}; }

namespace {

bool ordered(const Access& before, const Thread& me) {
    const Machine& m = machine();
    return before.epoch < m.epoch || before.thread == nobody || before.thread == me.id ||
           (before.thread / 32 == me.id / 32 && me.known[before.thread % 32U] > before.time);
}
std::string element(const SharedRange& range, std::ptrdiff_t index) {
    std::string text = "`";
    return text.append(range.name).append("[").append(std::to_string(index)).append("]`");
}
void check_range(const SharedRange& range, std::ptrdiff_t index, std::size_t size) {
    if (index < 0 || (static_cast<std::size_t>(index) + 1) * size > range.bytes)
        report("shared memory " + element(range, index) + " is out of range: it has " +
               std::to_string(range.bytes / size) + " elements");
}

}  // namespace

void* touch(const SharedRange& range, std::ptrdiff_t index, std::size_t element_bytes, Touch how) {
    Machine& m = machine();
    const Thread& me = *m.running;
    check_range(range, index, element_bytes);
    const std::size_t first = range.first + static_cast<std::size_t>(index) * element_bytes;
    const char* const advice = "put a barrier between the two";
    const Access now{m.epoch, me.known[me.lane], me.id, how == Touch::atomic};
    for (std::size_t at = first; at < first + element_bytes; at += element_bytes % 4 == 0 ? 4 : 1) {
        Cell& cell = m.cells[at];
        const bool written = cell.write.epoch >= m.block_epoch;
        if (how != Touch::write && !written)
            report("shared memory " + element(range, index) + " is read before any thread of the block wrote it");
        if (written && !ordered(cell.write, me) && !(how == Touch::atomic && cell.write.atomic))
            report("race on shared memory " + element(range, index) + ": " + (how == Touch::read ? "read" : "written") +
                       " while " + name_of(cell.write.thread) + " wrote it since the last barrier",
                   advice);
        if (how == Touch::read) {
            Access* slot = nullptr;
            for (Access& read : cell.reads)
                if (read.epoch < m.block_epoch || ordered(read, me)) slot = &read;
            if (slot != nullptr) *slot = now;
            continue;
        }
        for (const Access& read : cell.reads)
            if (read.epoch >= m.block_epoch && !ordered(read, me))
                report("race on shared memory " + element(range, index) + ": written while " + name_of(read.thread) +
                           " read it since the last barrier",
                       advice);
        cell.write = now;
    }
    return m.shared.data() + first;
}

void* trust(const SharedRange& range, std::ptrdiff_t index, std::size_t element_bytes) {
    Machine& m = machine();
    check_range(range, index, element_bytes);
    const std::size_t first = range.first + static_cast<std::size_t>(index) * element_bytes;
    for (std::size_t at = first; at < range.first + range.bytes; ++at)
        if (m.cells[at].write.epoch < m.block_epoch) m.cells[at].write = {m.epoch, 0, nobody, false};
    return m.shared.data() + first;
}

}  // namespace cuda_on_host
