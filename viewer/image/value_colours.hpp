// Numbers as colours for textures, by a tone and a window that keep for many images: slices of a volume, the two images
// of a comparison, points. The table of colours is made only when the tone or the window changes.
//
//   ValueColours colours;
//   colours.set(tone, {0, 120});
//   colours.colour(values, flags, pixels, rgb.data());   // flags may be null; masked and NaN: the colour of "no value"
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/rendering/tone_map.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight::viewer {

class ValueColours {
  public:
    ValueColours();

    // Errors: usage, for a window that is none (ToneMap).
    void set(const ToneMap::Params& tone, const ToneWindow& window);
    // rgb: [pixels][3].
    void colour(const float* values, const std::uint8_t* flags, std::int64_t pixels, std::uint8_t* rgb) const;
    [[nodiscard]] std::vector<std::uint8_t> colour(const std::vector<float>& values,
                                                   const std::uint8_t* flags = nullptr) const;
    [[nodiscard]] const ToneWindow& window() const { return window_; }

  private:
    std::unique_ptr<Queue> queue_;
    std::unique_ptr<Keeper> keep_;
    ToneMap::Coefficients coefficients_;
    ToneWindow window_;
    std::string made_of_;
};

// All that decides colours, for keys of what is kept: "viridis linear 0..120 gamma 1".
[[nodiscard]] std::string words_of(const ToneMap::Params& tone, const ToneWindow& window);

[[nodiscard]] const std::vector<std::string>& colormap_names();

// The window that `tone` makes of these values, without errors: where a log scale has nothing above 0, or the given
// ends are none, the nearest window that is one.
[[nodiscard]] ToneWindow sound_window(const ToneMap::Params& tone, const float* values, const std::uint8_t* flags,
                                      std::int64_t pixels);

}  // namespace firstlight::viewer
