// The cloud of points of an opened file as an image, made anew only as far as something changed: points when the result
// is another, colours when the tone is, the image when the side it is seen from is.
//
//   desk.point_scene.update(document, columns, rows);
//   if (!desk.point_scene.why_not().empty()) say(desk.point_scene.why_not());
//   else texture.set(desk.point_scene.image().rgba.data(), rows, columns, 4);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "viewer/image/value_colours.hpp"
#include "viewer/session/document.hpp"
#include "viewer/volume/point_projection.hpp"

namespace firstlight::viewer {

class PointScene {
  public:
    // Brings all up to date for a screen of this size. False: nothing changed since the last call.
    bool update(const Document& document, std::int64_t columns, std::int64_t rows);

    // The points alone, for why_not() and cloud(). True: they are new.
    bool update_cloud(const Document& document);

    // Why there are no points, in words for the panel; "": there are.
    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] bool needs_pixel_size() const { return needs_pixel_size_; }
    [[nodiscard]] const SurfaceCloud& cloud() const { return cloud_; }
    [[nodiscard]] const PointView& view() const { return view_; }
    [[nodiscard]] const PointImage& image() const { return image_; }
    // What a point is coloured by.
    [[nodiscard]] const std::vector<float>& values() const { return values_; }
    [[nodiscard]] const std::string& unit() const { return unit_; }
    [[nodiscard]] const std::string& coloured_by() const { return coloured_by_; }  // a layer
    [[nodiscard]] const ToneWindow& window() const { return colours_.window(); }
    [[nodiscard]] const ToneMap::Params& tone() const { return tone_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }  // grows with each image

  private:
    void make_cloud(const Document& document);
    void make_colours(const Document& document);

    std::shared_ptr<const void> of_;  // kept, so that its address is that of nothing else
    std::string cloud_of_, colours_of_, image_of_, why_not_;
    bool needs_pixel_size_ = false;
    SurfaceCloud cloud_;
    PointView view_;
    PointImage image_;
    ValueColours colours_;
    ToneMap::Params tone_;
    std::vector<float> values_;  // [points]
    std::string unit_, coloured_by_;
    std::vector<std::uint8_t> rgb_;  // [points][3]
    std::uint64_t number_ = 0;
};

}  // namespace firstlight::viewer
