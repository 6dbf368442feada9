#include "viewer/volume/point_scene.hpp"

#include <fmt/format.h>

#include <optional>

#include "kernels/support/error.hpp"

namespace firstlight::viewer {
namespace {

bool has_lengths(const GatedImages& images) { return images.x.unit == "m" && images.y.unit == "m"; }

}  // namespace

void PointScene::make_cloud(const Document& document) {
    cloud_ = {};
    why_not_.clear();
    needs_pixel_size_ = false;
    const GatedImages* images = document.images();
    if (images == nullptr) {
        why_not_ = "no image yet";
        return;
    }
    if (images->layer("depth") == nullptr) {
        why_not_ = "no depth layer: recipe depth makes one, from a scan seen in reflection";
        return;
    }
    const double pixel_mm = document.looks.points.pixel_mm;
    needs_pixel_size_ = !has_lengths(*images);
    if (needs_pixel_size_ && !(pixel_mm > 0)) {
        why_not_ = "the scan does not say how far apart its pixels are: give it here";
        return;
    }
    const std::optional<double> pixel_m = needs_pixel_size_ ? std::optional(pixel_mm * 1e-3) : std::nullopt;
    const Volume* volume = document.result && document.result->volume ? &*document.result->volume : nullptr;
    try {
        cloud_ = surface_cloud(*images, document.view_of_images(), document.title(), pixel_m, volume);
    } catch (const Error& e) {
        why_not_ = e.what();
    }
}

void PointScene::make_colours(const Document& document) {
    const GatedImages& images = *document.images();
    const std::string& wanted = document.looks.points.colour;
    const ImageLayer* layer = images.layer(wanted.empty() ? "depth" : wanted);
    if (layer == nullptr) layer = images.layer("depth");
    tone_ = document.tone(*layer);
    coloured_by_ = layer->name;
    unit_ = layer->unit == "1" ? "" : layer->unit;
    const std::int64_t pixels = images.rows * images.columns, from = document.view_of_images() * pixels;
    colours_.set(tone_, sound_window(tone_, layer->values.data() + from, document.flags(), pixels));
    values_.clear();
    for (std::size_t i = 0; i < cloud_.places.size(); ++i)
        values_.push_back(layer->name == "depth" ? cloud_.places[i][2] * 1e-3F  // a last surface has its own
                                                 : layer->values[static_cast<std::size_t>(cloud_.pixels[i])]);
    rgb_ = colours_.colour(values_);
}

bool PointScene::update_cloud(const Document& document) {
    const PointsLook& look = document.looks.points;
    std::shared_ptr<const void> of = document.result;
    if (document.preview && document.images() == document.preview.get()) of = document.preview;
    const std::string cloud_of = fmt::format("{} {} {}", fmt::ptr(of.get()), document.looks.view, look.pixel_mm);
    if (cloud_of == cloud_of_) return false;
    make_cloud(document);
    of_ = std::move(of);
    cloud_of_ = cloud_of;
    colours_of_.clear();
    return true;
}

bool PointScene::update(const Document& document, std::int64_t columns, std::int64_t rows) {
    const PointsLook& look = document.looks.points;
    const bool changed = update_cloud(document);
    if (!why_not_.empty()) return changed;
    const std::string colours_of = fmt::format("{} {}", document.revision, look.colour);
    if (colours_of != colours_of_) {
        make_colours(document);
        colours_of_ = colours_of;
        image_of_.clear();
    }
    const std::string image_of =
        fmt::format("{} {} {} {} {} {} {} {} {} {}", columns, rows, look.turn, look.tilt, look.zoom, look.shift_x,
                    look.shift_y, look.stretch, look.point_size, look.perspective);
    if (image_of == image_of_) return changed;
    view_ = point_view(cloud_, look, columns, rows);
    paint_points(cloud_, view_, rgb_, view_.point_size(cloud_, look), image_);
    image_of_ = image_of;
    ++number_;
    return true;
}

}  // namespace firstlight::viewer
