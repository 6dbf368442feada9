// The layers of the image on the screen as rows of a table: their range, pixels without value, flags, small pictures.
// Made once for each image and view, a little in each frame, and not while something is dragged.
//
//   if (!table.update(document, 0.006)) window.wake();   // more to come
//   for (const LayerSummary& layer : table.layers()) ...
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "kernels/rendering/tone_map.hpp"

namespace firstlight::viewer {

class Document;

struct Spread {  // over finite values
    double low = 0, median = 0, high = 0;
};

struct LayerSummary {
    std::string name, words;  // "ballistic_sigma", "ballistic sigma"
    std::string unit;         // of the numbers below, "ps" for seconds; "" for pure numbers
    double per_unit = 1;      // what values are multiplied by to be in `unit`
    std::string long_name;
    std::optional<Spread> spread;    // in `unit`; nothing where no pixel has a value
    std::int64_t without_value = 0;  // pixels that are NaN or infinite
};

struct FlagSummary {
    int bit = 0;
    std::string words;  // "low counts"
    std::int64_t pixels = 0;
};

[[nodiscard]] LayerSummary summary_of(const GatedImages& images, const ImageLayer& layer, std::int64_t view);
// Of each flag that the format has, whether a pixel has it or not; empty without a mask.
[[nodiscard]] std::vector<FlagSummary> flags_of(const GatedImages& images, std::int64_t view);

// At most `most` rows and columns, each the mean of what has a value in a block of pixels, in the tone's colours.
struct SmallPicture {
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint8_t> rgb;  // [rows][columns][3]; empty where the tone cannot show the layer
};
[[nodiscard]] SmallPicture small_picture(const GatedImages& images, const ImageLayer& layer, std::int64_t view,
                                         const ToneMap::Params& tone, bool inpainted, std::int64_t most);
// Flagged pixels bright on dark.
[[nodiscard]] SmallPicture small_flag_picture(const GatedImages& images, int bit, std::int64_t view, std::int64_t most);

// All of a tone as text: what a picture was made with.
[[nodiscard]] std::string tone_text(const ToneMap::Params& tone);

class LayerTable {
  public:
    // True when all rows are as the document is. Stops after so many seconds; the rest comes with the next calls.
    bool update(const Document& document, double seconds);
    [[nodiscard]] const std::vector<LayerSummary>& layers() const { return layers_; }
    [[nodiscard]] const std::vector<FlagSummary>& flags() const { return flags_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }  // another for each image that was taken up

  private:
    std::weak_ptr<const void> of_;
    std::int64_t view_ = -1;
    std::vector<LayerSummary> layers_;
    std::vector<FlagSummary> flags_;
    std::size_t done_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace firstlight::viewer
