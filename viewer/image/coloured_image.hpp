// Numbers as colours for the screen, made again only when the numbers or how they are shown changed: the colours of
// the tone map, 8 bits, so the same as in figures.
//
//   ColouredImage colours;                          // kept from frame to frame, as in Picture
//   if (colours.set(image, tone)) texture.set(colours.rgb().data(), image.rows, image.columns);
//   draw_colour_bar(..., colours.tone(), colours.window());
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/support/layers.hpp"
#include "viewer/image/shown_image.hpp"

namespace firstlight::viewer {

// A tone as the numbers allow it, and its window. A window that is none, or a log scale where no number is above 0,
// gives way: tone() says what is used.
class ShownTone {
  public:
    void set(const ShownImage& image, const ToneMap::Params& asked);
    [[nodiscard]] bool is_of(const ShownImage& image, const ToneMap::Params& asked) const;
    [[nodiscard]] const ToneMap::Params& tone() const { return used_; }
    [[nodiscard]] const ToneWindow& window() const { return window_; }

  private:
    NumbersKey of_;
    bool any_ = false, gave_way_ = false;
    ToneMap::Params asked_, used_;
    ToneWindow window_;
};

class ColouredImage {
  public:
    // True when the colours are new ones.
    bool set(const ShownImage& image, const ToneMap::Params& tone);
    [[nodiscard]] const std::vector<std::uint8_t>& rgb() const { return rgb_; }  // [rows][columns][3]
    [[nodiscard]] const ShownTone& shown() const { return shown_; }
    [[nodiscard]] const ToneMap::Params& tone() const { return shown_.tone(); }
    [[nodiscard]] const ToneWindow& window() const { return shown_.window(); }
    [[nodiscard]] std::array<std::uint8_t, 3> at(std::int64_t pixel) const;

  private:
    void paint(const ShownImage& image, const ToneMap::Coefficients& c);
    void make_table();

    ShownTone shown_;
    ToneMap::Params table_of_;
    std::vector<std::array<std::uint8_t, 4>> table_;  // RGB of each entry of the tone map, the last for "no value"
    bool masked_are_shown_ = false;
    std::vector<std::uint8_t> rgb_;
};

[[nodiscard]] bool same_tone(const ToneMap::Params& a, const ToneMap::Params& b);
// The tone of a layer in this unit for another one: a window in numbers and a log scale only where the units agree.
[[nodiscard]] ToneMap::Params tone_like(const ToneMap::Params& tone, const std::string& unit, const ImageLayer& other);

// Colours for flagged pixels, to lay over the image, and how many there are of each kind.
class FlagOverlay {
  public:
    using Colour = std::array<std::uint8_t, 4>;  // red, green, blue, alpha
    // Colours in the order of mask_flags; of several flags the first counts. True when it is new.
    bool set(const ShownImage& image, const std::array<Colour, mask_flags.size()>& colours);
    [[nodiscard]] const std::vector<std::uint8_t>& rgba() const { return rgba_; }  // empty where no pixel has a flag
    [[nodiscard]] const std::array<std::int64_t, mask_flags.size()>& counts() const { return counts_; }
    [[nodiscard]] bool any() const { return !rgba_.empty(); }

  private:
    NumbersKey of_;
    bool made_ = false;
    std::array<Colour, mask_flags.size()> colours_{};
    std::vector<std::uint8_t> rgba_;
    std::array<std::int64_t, mask_flags.size()> counts_{};
};

}  // namespace firstlight::viewer
