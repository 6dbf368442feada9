// The numbers that the image panel shows, wherever they come from: one view of a layer, a frame of the light.
//
//   ShownImage image = shown_layer(document);
//   if (image) colours.set(image, document.tone(*document.layer()));
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/data/axis.hpp"
#include "viewer/image/image_geometry.hpp"
#include "viewer/session/document.hpp"
#include "viewer/trace/light_frames.hpp"

namespace firstlight::viewer {

// Tells numbers apart without looking at them: other numbers live in another object. It does not keep them alive.
class NumbersKey {
  public:
    NumbersKey() = default;
    NumbersKey(const std::shared_ptr<const void>& owner, const void* values) : owner_(owner), values_(values) {}
    bool operator==(const NumbersKey& other) const {
        return values_ == other.values_ && !owner_.owner_before(other.owner_) && !other.owner_.owner_before(owner_);
    }

  private:
    std::weak_ptr<const void> owner_;
    const void* values_ = nullptr;
};

struct ShownImage {
    std::shared_ptr<const void> owner;    // keeps what the pointers point to; another object for other numbers
    const float* values = nullptr;        // [rows][columns]
    const float* sigma = nullptr;         // standard deviations, or null
    const std::uint8_t* flags = nullptr;  // Flag bits, or null
    std::int64_t rows = 0, columns = 0;
    std::string name, unit, long_name;      // "ballistic", "counts"; unit "1": a pure number
    const Axis *x = nullptr, *y = nullptr;  // positions of pixels, or null
    bool masked_are_shown = false;          // masked pixels have been filled in: colour them as others

    explicit operator bool() const { return values != nullptr; }
    [[nodiscard]] std::int64_t pixels() const { return rows * columns; }
    [[nodiscard]] NumbersKey key() const { return {owner, values}; }
    [[nodiscard]] NumbersKey flags_key() const { return {owner, flags}; }
    [[nodiscard]] ImageExtent extent() const;  // pitches in m, 0 where not known
    [[nodiscard]] double value(PixelAt at) const { return values[at.y * columns + at.x]; }
    [[nodiscard]] std::uint8_t flag(PixelAt at) const {
        return flags == nullptr ? std::uint8_t{0} : flags[at.y * columns + at.x];
    }
    [[nodiscard]] bool contains(PixelAt at) const { return at.y >= 0 && at.x >= 0 && at.y < rows && at.x < columns; }
};

// The chosen layer of the chosen view; nothing where there are no images yet.
[[nodiscard]] ShownImage shown_layer(const Document& document);
// Another layer of the same view, called `name`.
[[nodiscard]] ShownImage shown_layer(const Document& document, const std::string& name);

// A frame of the light in the place of a layer.
[[nodiscard]] ShownImage shown_light(const Document& document, const LightFrame& frame);

}  // namespace firstlight::viewer
