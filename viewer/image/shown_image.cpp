#include "viewer/image/shown_image.hpp"

#include "host/pipeline/layer_figure.hpp"

namespace firstlight::viewer {

ImageExtent ShownImage::extent() const {
    return {rows, columns, x != nullptr ? pixel_pitch_m(*x) : 0, y != nullptr ? pixel_pitch_m(*y) : 0};
}

ShownImage shown_layer(const Document& document) {
    const ImageLayer* layer = document.layer();
    return layer != nullptr ? shown_layer(document, layer->name) : ShownImage{};
}

ShownImage shown_layer(const Document& document, const std::string& name) {
    ShownImage shown;
    const GatedImages* images = document.images();
    const ImageLayer* layer = images != nullptr ? images->layer(name) : nullptr;
    if (layer == nullptr) return shown;
    if (images == document.preview.get()) shown.owner = document.preview;
    else shown.owner = document.result;
    const std::int64_t first = document.view_of_images() * images->rows * images->columns;
    shown.values = layer->values.data() + first;
    if (const ImageLayer* sigma = images->layer(name + "_sigma")) shown.sigma = sigma->values.data() + first;
    shown.flags = document.flags();
    shown.rows = images->rows;
    shown.columns = images->columns;
    shown.name = layer->name;
    shown.unit = layer->unit;
    shown.long_name = layer->long_name;
    shown.x = &images->x;
    shown.y = &images->y;
    shown.masked_are_shown = document.recipe().find(Inpainting::info.name) != nullptr;
    return shown;
}

ShownImage shown_light(const Document& document, const LightFrame& frame) {
    ShownImage shown;
    shown.owner = frame.owner;
    shown.values = frame.values;
    shown.rows = frame.rows;
    shown.columns = frame.columns;
    shown.name = frame.name;
    shown.unit = frame.unit;
    shown.long_name = frame.title;
    if (document.result) {
        shown.x = &document.result->images.x;
        shown.y = &document.result->images.y;
    }
    return shown;
}

}  // namespace firstlight::viewer
