// Where tiles of counts come from: a file's dataset, or a cube in memory.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "host/data/photon_cube.hpp"
#include "host/io/count_dataset.hpp"

namespace firstlight {

struct WindowEdges;

struct CountSource {
    using Read = std::function<void(const TileWindow&, void* counts_out)>;
    CountType type = CountType::u2;
    std::int64_t grid_rows = 1, grid_columns = 1;  // rectangles that are cheap to read whole
    std::function<Read()> reader;                  // a reader for one thread, with buffers of its own
    // Where the counts of a window already lie side by side in host memory; null, or no function: they must be read.
    std::function<const std::byte*(const TileWindow&)> resident;
    std::size_t memory_bytes = 0;     // that it holds itself, beside the blocks of its readers
    std::function<void()> get_ready;  // called before lanes read side by side; may take a while, and memory
    // A reader of these windows alone, where getting ready for all costs more.
    std::function<Read(const std::vector<TileWindow>&)> sample;
    // A source whose traces have the same sums between the edges (window_edges.hpp), where that costs less.
    std::function<CountSource(WindowEdges)> in_windows;
    // As `resident`, in the memory of the device that the run's queue is of (device_counts.hpp).
    std::function<const std::byte*(const TileWindow&)> on_device;
};

inline CountSource source_of(const CountDataset& dataset) {
    const auto grid = dataset.grid();
    return {dataset.type(),
            grid.rows,
            grid.columns,
            [&dataset]() -> CountSource::Read {
                auto scratch = std::make_shared<CountDataset::Scratch>();
                return
                    [&dataset, scratch](const TileWindow& window, void* out) { dataset.read(window, out, *scratch); };
            },
            {},
            0,
            {},
            {},
            {},
            {}};
}

// Whole rows, which stages then see where they are.
inline CountSource source_of(const PhotonCube& cube) {
    return {cube.type,
            1,
            cube.columns,
            [&cube]() -> CountSource::Read {
                return [&cube](const TileWindow& window, void* out) { cube.copy_window(window, out); };
            },
            [&cube](const TileWindow& window) { return cube.window_in_place(window); },
            0,
            {},
            {},
            {},
            {}};
}

}  // namespace firstlight
