// Which pixel a scanner was at: from the macro times of its line and frame markers.
//
//   ScanLines lines(geometry);
//   lines.marker(time, bits);               // in the order of the file
//   lines.pixel(time)   ->  y * columns + x, or -1: fly-back, before the first line, beyond the last one
//
// Pixel x of a line that runs forwards holds the photons whose time since the line's start lies in [x, x + 1) pixel
// times and before line_time; a line that runs backwards is counted from its end. A line starts where bit
// `start_mask` is seen and ends at `stop_mask`; a frame's first line is the first one after `frame_mask` (or after the
// start). Frames add up. Times are in units of the macro time.
#pragma once

#include <cstdint>
#include <vector>

namespace firstlight {

struct ScanGeometry {
    std::int64_t rows = 0, columns = 0;
    std::uint32_t start_mask = 0, stop_mask = 0, frame_mask = 0;  // 0: no such marker
    std::int64_t pixel_time = 1, line_time = 1;
    bool bidirectional = false;                // odd lines run backwards
    bool one_line = false;                     // of a line scan: each line is line 0
    std::vector<std::uint16_t> pixel_at_time;  // [line_time], of a scanner that moves as a sine; empty: evenly
};

class ScanLines {
  public:
    explicit ScanLines(const ScanGeometry& geometry)
        : g_(geometry), lines_(static_cast<std::size_t>(geometry.rows), 0) {}

    void marker(std::uint64_t time, std::uint32_t bits) {
        if ((bits & g_.frame_mask) != 0) {
            in_line_ = false;
            row_ = -1;
        }
        if ((bits & g_.stop_mask) != 0) in_line_ = false;
        if ((bits & g_.start_mask) == 0) return;
        row_ = g_.one_line ? 0 : row_ + 1;
        if (row_ == 0) ++frames_;
        in_line_ = row_ < g_.rows;
        start_ = time;
        if (in_line_) ++lines_[static_cast<std::size_t>(row_)];
    }

    [[nodiscard]] std::int64_t pixel(std::uint64_t time) const {
        if (!in_line_) return -1;
        auto at = static_cast<std::int64_t>(time - start_);
        if (g_.bidirectional && (row_ & 1) != 0) at = g_.line_time - 1 - at;
        if (at < 0 || at >= g_.line_time) return -1;
        const std::int64_t x =
            g_.pixel_at_time.empty() ? at / g_.pixel_time : g_.pixel_at_time[static_cast<std::size_t>(at)];
        return x < g_.columns ? row_ * g_.columns + x : -1;
    }

    [[nodiscard]] const ScanGeometry& geometry() const { return g_; }
    [[nodiscard]] std::int64_t frames() const { return frames_; }                    // that were begun
    [[nodiscard]] const std::vector<std::int64_t>& lines() const { return lines_; }  // [rows], begun

  private:
    ScanGeometry g_;
    std::vector<std::int64_t> lines_;
    std::int64_t row_ = -1, frames_ = 0;
    std::uint64_t start_ = 0;
    bool in_line_ = false;
};

// pixel_at_time of a scanner that uses `percent` of its sine's amplitude for `columns` pixels in `line_time`.
[[nodiscard]] std::vector<std::uint16_t> sine_pixels(double percent, std::int64_t line_time, std::int64_t columns);

}  // namespace firstlight
