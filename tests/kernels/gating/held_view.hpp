// Held traces of a test tile: arrays in a queue's memory, poisoned before prefix_sum fills them, and on the host after.
#pragma once

#include <vector>

#include "kernels/gating/prefix_sum.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {

class HeldView {
  public:
    // As the pipeline would: the detector's live fractions need sums of their own, uneven bins and larger steps edges.
    HeldView(Queue& queue, const HostTile& tile, std::int64_t step) : queue_(queue) {
        held.rows = tile.scan.rows;
        held.columns = tile.scan.columns;
        held.bins = tile.scan.bins;
        held.step = step;
        held.steps = (held.bins + step - 1) / step;
        held.of_signal = tile.use_signal;
        const auto n = static_cast<std::size_t>(held.traces());
        const auto all = static_cast<std::size_t>(held.sums());
        add(held.counts, all);
        add(held.count_unit, n);
        if (tile.use_live || tile.use_signal) add(held.value, all), add(held.value_unit, n);
        if (tile.use_live) add(held.variance, all), add(held.variance_unit, n);
        const auto edges = static_cast<std::size_t>(held.steps) + 1;
        if (tile.use_edges || step > 1) add(held.edges, edges);
        if (tile.use_signal && step > 1) add(held.even_edges, edges);
        for (float** values : {&held.total, &held.gain, &held.dark, &held.dark_variance, &held.shift, &held.arrival,
                               &held.arrival_sigma})
            add(*values, n);
        add(held.flags, n);
    }

    void fill(HostTile& tile) {
        TileOnQueue moved(queue_, tile);
        run<PrefixSum>(queue_, PrefixSumTask{moved.tile(), moved.tile().window, held}, {}, 0);
        queue_.synchronize(0);
    }

    // What an array of `held` holds, on the host.
    template <class T>
    [[nodiscard]] std::vector<T> values(const T* array, std::size_t size) const {
        std::vector<T> out(size);
        if (size > 0) queue_.download(out.data(), array, size * sizeof(T), 0);
        queue_.synchronize(0);
        return out;
    }
    [[nodiscard]] std::size_t all() const { return static_cast<std::size_t>(held.sums()); }

    HeldTraces held;

  private:
    template <class T>
    void add(T*& array, std::size_t size) {
        memory_.emplace_back(queue_, std::max<std::size_t>(1, size) * sizeof(T));
        const std::vector<unsigned char> poisoned(memory_.back().bytes(), 0xD5);
        queue_.upload(memory_.back().as(), poisoned.data(), poisoned.size(), 0);
        queue_.synchronize(0);
        array = memory_.back().as<T>();
    }
    Queue& queue_;
    std::vector<QueueMemory> memory_;
};

}  // namespace firstlight
