// The memory of one tile on one lane of a queue: model, layers and effects in one block of floats, with flags, live
// fractions, bin edges and a signal where the recipe fills them. reset() makes the model neutral and poisons the
// outputs.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/support/queue.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

struct TileNeeds {
    std::int64_t bins = 0;
    std::vector<Layer> layers;  // that the stages write, without repetition
    int stages = 0;             // effects are kept one by one
    bool live = false, edges = false, signal = false;
    bool keep_light = false;  // the signal is wanted whole (with `signal`)
};

class TileMemory {
  public:
    TileMemory(Queue& queue, const TileNeeds& needs, std::int64_t capacity, int lane)
        : queue_(&queue),
          needs_(needs),
          capacity_(capacity),
          lane_(lane),
          values_(queue, bytes_of(model_fields + outputs())),
          flags_(queue, static_cast<std::size_t>(capacity)),
          live_(queue, needs.live ? bytes_of(needs.bins) : 0),
          signal_(queue, needs.signal ? bytes_of(needs.bins) : 0),
          edges_(queue, needs.edges ? static_cast<std::size_t>(needs.bins + 1) * 4 : 0) {
        const auto n = static_cast<std::size_t>(capacity);
        neutral_.assign(n * static_cast<std::size_t>(model_fields + outputs()), 0.0F);
        std::fill_n(neutral_.begin(), n, 1.0F);  // gain comes first
        const auto layers = neutral_.begin() + static_cast<std::ptrdiff_t>(n) * model_fields;
        std::fill(layers, layers + static_cast<std::ptrdiff_t>(n * needs.layers.size()),
                  std::numeric_limits<float>::quiet_NaN());
        no_flags_.assign(n, 0);
        neutral_edges_.resize(edges_.bytes() / 4);
        for (std::size_t i = 0; i < neutral_edges_.size(); ++i) neutral_edges_[i] = static_cast<float>(i);
        if (!queue.is_host()) {
            host_values_ = QueueMemory(queue, bytes_of(model_fields + outputs()), true);
            host_signal_ = QueueMemory(queue, needs.keep_light ? signal_.bytes() : 0, true);
            host_flags_ = QueueMemory(queue, n, true);
        }
    }

    void reset() {
        queue_->upload(values_.as(), neutral_.data(), values_.bytes(), lane_);
        queue_->upload(flags_.as(), no_flags_.data(), flags_.bytes(), lane_);
        if (edges_.bytes() != 0) queue_->upload(edges_.as(), neutral_edges_.data(), edges_.bytes(), lane_);
    }

    // The tile of `window` (at most `capacity` traces) with its counts at `counts` in the queue's memory.
    [[nodiscard]] TraceTile tile(const TileWindow& window, const void* counts, CountType type) const {
        TraceTile t;
        t.counts = {counts, type, window.traces(), needs_.bins};
        t.window = window;
        t.model = {live_.as<float>(), edges_.as<float>(),       field(0), field(1), field(2), field(3), field(4),
                   field(5),          flags_.as<std::uint8_t>()};
        t.signal = signal_.as<float>();
        for (std::size_t l = 0; l < needs_.layers.size(); ++l)
            t.layers[static_cast<int>(needs_.layers[l])] = field(model_fields + static_cast<int>(l));
        return t;
    }
    [[nodiscard]] float* effect(int stage) const {
        return field(model_fields + static_cast<int>(needs_.layers.size()) + stage);
    }

    // Starts bringing outputs to the host; after queue.synchronize(lane) the accessors below are valid.
    void download() {
        if (queue_->is_host()) return;
        queue_->download(host_values_.as(), values_.as(), host_values_.bytes(), lane_);
        if (host_signal_.bytes() != 0) queue_->download(host_signal_.as(), signal_.as(), signal_.bytes(), lane_);
        queue_->download(host_flags_.as(), flags_.as(), flags_.bytes(), lane_);
    }
    [[nodiscard]] const float* host_layer(std::size_t index) const {
        return outputs_on_host() + capacity_ * static_cast<std::int64_t>(index);
    }
    [[nodiscard]] const float* host_effect(int stage) const {
        return outputs_on_host() + capacity_ * (static_cast<std::int64_t>(needs_.layers.size()) + stage);
    }
    // Per trace: dark counts per bin over the gain, as they were taken off the signal; the trace's delay in bins.
    [[nodiscard]] float host_dark(std::int64_t trace) const {
        return host_field(dark_field)[trace] / host_field(gain_field)[trace];
    }
    [[nodiscard]] float host_shift(std::int64_t trace) const { return host_field(shift_field)[trace]; }
    [[nodiscard]] const float* host_signal() const {
        return queue_->is_host() ? signal_.as<float>() : host_signal_.as<float>();
    }
    [[nodiscard]] const std::uint8_t* host_flags() const {
        return queue_->is_host() ? flags_.as<std::uint8_t>() : host_flags_.as<std::uint8_t>();
    }

  private:
    static constexpr int model_fields = 6;  // gain, dark, dark_variance, shift, arrival, arrival_sigma
    static constexpr int gain_field = 0, dark_field = 1, shift_field = 3;
    [[nodiscard]] int outputs() const { return static_cast<int>(needs_.layers.size()) + needs_.stages; }
    [[nodiscard]] std::size_t bytes_of(std::int64_t fields) const {
        return static_cast<std::size_t>(fields * capacity_) * 4;
    }
    [[nodiscard]] float* field(int index) const { return values_.as<float>() + index * capacity_; }
    [[nodiscard]] const float* host_field(int index) const {
        return queue_->is_host() ? field(index) : host_values_.as<float>() + index * capacity_;
    }
    [[nodiscard]] const float* outputs_on_host() const { return host_field(model_fields); }

    Queue* queue_;
    TileNeeds needs_;
    std::int64_t capacity_;
    int lane_;
    QueueMemory values_, flags_, live_, signal_, edges_, host_values_, host_flags_, host_signal_;
    std::vector<float> neutral_, neutral_edges_;
    std::vector<std::uint8_t> no_flags_;
};

}  // namespace firstlight
