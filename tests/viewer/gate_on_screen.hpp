// Where the gate of the trace panel is in the picture that the window shows last.
#pragma once

#include <vector>

#include "viewer/window/theme.hpp"
#include "viewer/window/window.hpp"

namespace firstlight::viewer {

// Where the gate's handles are on the screen: runs of its colour, widest at the top of the plot.
struct GateOnScreen {
    float open = 0, close = 0, y = 0;
    bool found = false;
};
inline GateOnScreen find_gate(Window& window) {
    const Pixels pixels = window.pixels();
    const ImU32 colour = palette().gate;
    const auto is_gate = [&](std::int64_t row, std::int64_t column) {
        const auto rgb = pixels.at(row, column);
        return rgb[0] == (colour & 255U) && rgb[1] == ((colour >> 8) & 255U) && rgb[2] == ((colour >> 16) & 255U);
    };
    for (std::int64_t row = pixels.rows / 2; row < pixels.rows; ++row) {
        std::vector<float> middles;
        for (std::int64_t column = 0, start = -1; column < pixels.columns; ++column) {
            const bool in = is_gate(row, column);
            if (in && start < 0) start = column;
            if (in || start < 0) continue;
            if (column - start >= 7 && column - start <= 11)
                middles.push_back(static_cast<float>(start + column - 1) / 2 + 0.5F);
            start = -1;
        }
        if (middles.size() == 2) return {middles[0], middles[1], static_cast<float>(row) + 60, true};
    }
    return {};
}

}  // namespace firstlight::viewer
