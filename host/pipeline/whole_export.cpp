#include "host/pipeline/whole_export.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "host/io/npz_file.hpp"
#include "host/io/ome_tiff.hpp"
#include "host/pipeline/layer_figure.hpp"

namespace firstlight {
namespace {

constexpr double um = 1e6;  // per m

struct Parts {  // of the result that are asked for
    std::vector<const ImageLayer*> layers;
    bool mask = false;
    const Volume* volume = nullptr;
};

Parts parts_of(const Result& result, const std::string& layer) {
    Parts parts;
    for (const ImageLayer& one : result.images.layers)
        if (layer.empty() || one.name == layer) parts.layers.push_back(&one);
    parts.mask = layer.empty() && !result.images.mask.empty();
    const bool by_name = result.volume && parts.layers.empty() && result.volume->name == layer;
    if (result.volume && (layer.empty() || by_name)) parts.volume = &*result.volume;
    if (parts.layers.empty() && parts.volume == nullptr) throw Error(ExitCode::bad_input, "there is no layer to write");
    return parts;
}

void write_ome(const std::filesystem::path& path, const Result& result, const std::string& name, const Parts& parts,
               bool force) {
    const GatedImages& all = result.images;
    std::vector<float> mask;
    std::vector<OmeImage> images;
    if (!parts.layers.empty()) {
        OmeImage image{name, all.views, 1, all.rows, all.columns, pixel_pitch_m(all.x) * um, pixel_pitch_m(all.y) * um,
                       0,    {},        {}};
        for (const ImageLayer* layer : parts.layers)
            image.channels.push_back({layer->name, layer->unit, layer->long_name, layer->values.data()});
        if (parts.mask) {
            mask.assign(all.mask.begin(), all.mask.end());
            image.channels.push_back({"mask", "1", "why a pixel is not to be trusted", mask.data()});
        }
        if (all.has_views_axis) {
            std::string angles;
            for (const double at : positions(all.view)) angles += fmt::format("{}{}", angles.empty() ? "" : " ", at);
            image.notes = {{"T", all.view.long_name.empty() ? "view" : all.view.long_name},
                           {"T unit", all.view.unit},
                           {"T positions", angles}};
        }
        images.push_back(std::move(image));
    }
    if (parts.volume != nullptr) {
        const Volume& v = *parts.volume;
        images.push_back({v.name,
                          1,
                          v.z.size,
                          v.y.size,
                          v.x.size,
                          pixel_pitch_m(v.x) * um,
                          pixel_pitch_m(v.y) * um,
                          pixel_pitch_m(v.z) * um,
                          {{v.name, v.unit, v.long_name, v.values.data()}},
                          {}});
    }
    write_ome_tiff(path, images, force);
}

class NamedArrays {
  public:
    NpzArrays arrays;
    void note(const std::string& name, const std::string& unit) {
        names_.push_back(name);
        units_.push_back(unit);
    }
    void add(const std::string& name, const Axis& axis) {
        arrays.add(name, positions(axis));
        note(name, axis.unit);
    }
    void finish() {
        arrays.add_words("names", names_);
        arrays.add_words("units", units_);
    }

  private:
    std::vector<std::string> names_, units_;
};

void write_arrays(const std::filesystem::path& path, const Result& result, const Parts& parts, bool force) {
    const GatedImages& images = result.images;
    std::vector<std::int64_t> shape{images.rows, images.columns};
    if (images.has_views_axis) shape.insert(shape.begin(), images.views);
    NamedArrays out;
    for (const ImageLayer* layer : parts.layers) {
        out.arrays.add(layer->name, shape, layer->values);
        out.note(layer->name, layer->unit);
    }
    if (parts.mask) {
        out.arrays.add("mask", shape, images.mask);
        out.note("mask", "1");
    }
    if (!parts.layers.empty()) {
        if (images.has_views_axis) out.add("view", images.view);
        out.add("y", images.y);
        out.add("x", images.x);
    }
    if (parts.volume != nullptr) {
        const Volume& v = *parts.volume;
        out.arrays.add(v.name, {v.z.size, v.y.size, v.x.size}, v.values);
        out.note(v.name, v.unit);
        out.add("volume_z", v.z);
        out.add("volume_y", v.y);
        out.add("volume_x", v.x);
    }
    out.finish();
    write_npz(path, out.arrays, force);
}

}  // namespace

bool is_whole_format(const std::string& format) { return format == "ome-tiff" || format == "npz"; }

void write_whole_result(const std::filesystem::path& path, const Result& result, const std::string& name,
                        const std::string& format, const std::string& layer, bool force) {
    const Parts parts = parts_of(result, layer);
    if (format == "npz") return write_arrays(path, result, parts, force);
    write_ome(path, result, name, parts, force);
}

}  // namespace firstlight
