// Figures of merit of one view of a result, as `firstlight compare` gathers them: names for people, keys for programs.
#pragma once

#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/figures_of_merit/image_quality.hpp"
#include "kernels/support/views.hpp"

namespace firstlight::merits {

using Selected = std::vector<std::uint8_t>;  // 1 for pixels that take part

struct Figure {
    std::string key, name, unit;
    double value = 0;
};
using Figures = std::vector<Figure>;

// What is known of one view, and what people must know to read it.
struct Comparison {
    Figures figures;
    std::vector<std::string> notes;
};

// Layers of one view of a result, as the figures of merit take them.
class View {
  public:
    View(const GatedImages& images, std::int64_t view)
        : images_(images), offset_(view * images.rows * images.columns) {}
    [[nodiscard]] bool has(const char* layer) const { return images_.layer(layer) != nullptr; }
    [[nodiscard]] ImageView of(const char* layer) const {
        return {images_.layer(layer)->values.data() + offset_, images_.rows, images_.columns};
    }
    [[nodiscard]] ImageView of(const std::vector<float>& values) const {
        return {values.data(), images_.rows, images_.columns};
    }
    [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(images_.rows * images_.columns); }
    // Pixels that were measured, not inpainted.
    [[nodiscard]] Selected unmasked() const {
        Selected selected(pixels(), 1);
        if (!images_.mask.empty())
            for (std::size_t p = 0; p < selected.size(); ++p)
                selected[p] = (images_.mask[static_cast<std::size_t>(offset_) + p] & masked_flags) == 0 ? 1 : 0;
        return selected;
    }

  private:
    const GatedImages& images_;
    std::int64_t offset_;
};

// Pixels in both; pixels in `a` for which `keep` says so; how many there are.
[[nodiscard]] Selected both(const Selected& a, const Selected& b);
template <class F>
[[nodiscard]] Selected where(const Selected& a, const F& keep) {
    Selected out(a.size());
    for (std::size_t p = 0; p < a.size(); ++p) out[p] = a[p] != 0 && keep(p) ? 1 : 0;
    return out;
}
[[nodiscard]] double count(const Selected& selected);

// "optical depth" for "optical_depth".
[[nodiscard]] std::string in_words(std::string name);

// RMSE, PSNR, SSIM and NCC of an image against what is expected.
void add_similarity(Figures& out, const std::string& layer, const std::string& unit, const ImageView& image,
                    const ImageView& expected, const Selected& selected);
// Pixels, mean, standard deviation and coverage of the pulls.
void add_pulls(Figures& out, const std::string& layer, const ImageView& image, const ImageView& sigma,
               const ImageView& truth, const Selected& selected);

}  // namespace firstlight::merits
