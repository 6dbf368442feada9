// Numbers to draw, wherever they lie: a view of an array, or a regular sequence. Nothing is copied; the array must live
// until the plot is finished.
//
//   plot.line("measured", Samples::regular(0.5 * width_ps, width_ps, bins), Samples(counts), curve_colour(0));
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>

namespace firstlight::viewer {

class Samples {
  public:
    template <std::ranges::contiguous_range R>
    requires std::is_arithmetic_v<std::ranges::range_value_t<R>>
    explicit Samples(const R& values, double factor = 1, double offset = 0)
        : Samples(std::ranges::data(values), std::ranges::size(values), factor, offset) {}
    template <class T>
    requires std::is_arithmetic_v<T> Samples(const T* values, std::size_t count, double factor = 1, double offset = 0)
        : data_(values),
          read_([](const void* data, std::size_t i) { return static_cast<double>(static_cast<const T*>(data)[i]); }),
          count_(count),
          factor_(factor),
          offset_(offset) {}
    // first, first + step, ...
    static Samples regular(double first, double step, std::size_t count) { return {first, step, count}; }

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] double operator[](std::size_t i) const {
        return read_ != nullptr ? read_(data_, i) * factor_ + offset_ : offset_ + static_cast<double>(i) * factor_;
    }

  private:
    Samples(double first, double step, std::size_t count) : count_(count), factor_(step), offset_(first) {}

    const void* data_ = nullptr;
    double (*read_)(const void*, std::size_t) = nullptr;
    std::size_t count_ = 0;
    double factor_ = 1, offset_ = 0;
};

}  // namespace firstlight::viewer
