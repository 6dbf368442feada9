// One body of stage tests for every backend: cpu, cuda_emulated, cuda_gpu (skipped with a reason without a GPU).
//
//   class PileUpTest : public StageTest {};
//   INSTANTIATE_TEST_SUITE_P(, PileUpTest, all_backends(), backend_name);
//   TEST_P(PileUpTest, inverts_first_photon_law) {
//       HostTile tile(2, 3, 64);                       // rows, columns, bins; u2 counts unless said otherwise
//       tile.set(trace, bin, 17);
//       run_trace_stage<PileUp>(queue(), tile, params);   // prepare (survey sample = the tile) and run
//       EXPECT_NEAR(tile.live[0], …);
//   }
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/support/run.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

inline constexpr float poison = std::numeric_limits<float>::quiet_NaN();

// The queue of a backend, opened once per process; null with the reason in why_not.
inline Queue* test_queue(const std::string& backend, std::string& why_not) {
    static std::map<std::string, std::unique_ptr<Queue>> open;
    if (open[backend]) return open[backend].get();
    if (backend == "cpu") open[backend] = open_cpu_queue(1);
    else {
        if (backend == "cuda_emulated") {
            setenv("FIRSTLIGHT_CUDA_LIBRARY", FIRSTLIGHT_EMULATED_CUDA_LIBRARY, 1);
        } else {
            unsetenv("FIRSTLIGHT_CUDA_LIBRARY");
        }
        open[backend] = open_cuda_queue(0, why_not);
        unsetenv("FIRSTLIGHT_CUDA_LIBRARY");
    }
    return open[backend].get();
}

class StageTest : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        std::string why_not;
        queue_ = test_queue(GetParam(), why_not);
        if (queue_ == nullptr && std::string(GetParam()) == "cuda_gpu") GTEST_SKIP() << why_not;
        ASSERT_NE(queue_, nullptr) << why_not;
    }
    [[nodiscard]] Queue& queue() const { return *queue_; }

  private:
    Queue* queue_ = nullptr;
};

inline auto all_backends() { return ::testing::Values("cpu", "cuda_emulated", "cuda_gpu"); }
inline std::string backend_name(const ::testing::TestParamInfo<const char*>& info) { return info.param; }

// A tile with memory for everything, on the host, and the scan it belongs to. Outputs start poisoned.
struct HostTile {
    Scan scan;
    std::vector<unsigned char> counts;
    std::vector<float> live, gain, dark, dark_variance, shift, arrival, arrival_sigma, edges, effect, signal;
    std::vector<std::uint8_t> flags;
    std::map<Layer, std::vector<float>> layers;
    std::map<std::string, double> found, shared;
    std::vector<std::string> warnings;
    // Parts that earlier stages would have filled; null otherwise. live, edges and signal are off unless used.
    bool use_live = false, use_edges = false, use_signal = false;

    HostTile(std::int64_t rows, std::int64_t columns, std::int64_t bins, CountType type = CountType::u2) {
        scan.name = "test scan";
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = bins;
        scan.type = type;
        scan.bin_width_s = 10e-12;
        scan.first_bin_centre_s = 5e-12;
        const auto n = static_cast<std::size_t>(rows * columns);
        const auto all = n * static_cast<std::size_t>(bins);
        counts.resize(all * count_size(type));
        live.assign(all, poison);
        signal.assign(all, poison);
        gain.assign(n, 1.0F);
        dark.assign(n, 0.0F);
        dark_variance.assign(n, 0.0F);
        shift.assign(n, 0.0F);
        arrival.assign(n, 0.0F);
        arrival_sigma.assign(n, 0.0F);
        effect.assign(n, poison);
        flags.assign(n, 0);
        edges.resize(static_cast<std::size_t>(bins) + 1);
        for (std::size_t i = 0; i < edges.size(); ++i) edges[i] = static_cast<float>(i);
        for (int l = 0; l < layer_count; ++l) layers[static_cast<Layer>(l)].assign(n, poison);
    }
    [[nodiscard]] std::int64_t traces() const { return scan.rows * scan.columns; }

    void set(std::int64_t trace, std::int64_t bin, double value) {
        const std::int64_t i = trace * scan.bins + bin;
        switch (scan.type) {
            case CountType::u1:
                reinterpret_cast<std::uint8_t*>(counts.data())[i] = static_cast<std::uint8_t>(value);
                break;
            case CountType::u2:
                reinterpret_cast<std::uint16_t*>(counts.data())[i] = static_cast<std::uint16_t>(value);
                break;
            case CountType::u4:
                reinterpret_cast<std::uint32_t*>(counts.data())[i] = static_cast<std::uint32_t>(value);
                break;
            case CountType::f4: reinterpret_cast<float*>(counts.data())[i] = static_cast<float>(value); break;
        }
    }

    TraceTile view() {
        TraceTile tile;
        tile.counts = {counts.data(), scan.type, traces(), scan.bins};
        tile.model = {use_live ? live.data() : nullptr,
                      use_edges ? edges.data() : nullptr,
                      gain.data(),
                      dark.data(),
                      dark_variance.data(),
                      shift.data(),
                      arrival.data(),
                      arrival_sigma.data(),
                      flags.data()};
        tile.window = {0, 0, 0, scan.rows, scan.columns, scan.columns};
        for (auto& [layer, values] : layers) tile.layers[static_cast<int>(layer)] = values.data();
        tile.effect = effect.data();
        tile.signal = use_signal ? signal.data() : nullptr;
        return tile;
    }
};

// Copies every array that `tile` points to into the queue's memory and back.
class TileOnQueue {
  public:
    TileOnQueue(Queue& queue, HostTile& host) : queue_(queue), tile_(host.view()) {
        const auto n = static_cast<std::size_t>(host.traces());
        const auto all = n * static_cast<std::size_t>(host.scan.bins);
        move(tile_.counts.data, all * count_size(host.scan.type));
        move(tile_.model.live, all * 4);
        move(tile_.signal, all * 4);
        move(tile_.model.edges, (static_cast<std::size_t>(host.scan.bins) + 1) * 4);
        for (float** values : {&tile_.model.gain, &tile_.model.dark, &tile_.model.dark_variance, &tile_.model.shift,
                               &tile_.model.arrival, &tile_.model.arrival_sigma, &tile_.effect})
            move(*values, n * 4);
        move(tile_.model.flags, n);
        for (float*& values : tile_.layers) move(values, n * 4);
    }
    [[nodiscard]] const TraceTile& tile() const { return tile_; }
    void bring_back() {
        for (const Moved& m : moved_) queue_.download(m.host, m.memory.as(), m.memory.bytes(), 0);
        queue_.synchronize(0);
    }

  private:
    struct Moved {
        void* host;
        QueueMemory memory;
    };
    template <class P>
    void move(P*& pointer, std::size_t bytes) {
        if (pointer == nullptr || bytes == 0) return;
        moved_.push_back({const_cast<void*>(static_cast<const void*>(pointer)), QueueMemory(queue_, bytes)});
        queue_.upload(moved_.back().memory.as(), pointer, bytes, 0);
        queue_.synchronize(0);
        pointer = static_cast<P*>(moved_.back().memory.as());
    }
    Queue& queue_;
    TraceTile tile_;
    std::vector<Moved> moved_;
};

inline SurveySample sample_of(HostTile& tile) { return {{tile.view()}, tile.traces(), true}; }

// Prepares the stage with the tile itself as survey sample and runs it on `queue`; results land in `tile`.
template <class S>
typename S::Coefficients run_trace_stage(Queue& queue, HostTile& tile, const typename S::Params& params = {}) {
    Keeper keep(queue);
    const SurveySample sample = sample_of(tile);
    StageContext context{tile.scan, keep};
    context.sample = &sample;
    context.found = &tile.found;
    context.shared = &tile.shared;
    context.warn = [&](const std::string& text) { tile.warnings.push_back(text); };
    const typename S::Coefficients coefficients = S::prepare(params, context);
    TileOnQueue moved(queue, tile);
    run<S>(queue, moved.tile(), coefficients, 0);
    moved.bring_back();
    return coefficients;
}

}  // namespace firstlight
