#include "host/pipeline/compare_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace firstlight::merits {

double count(const Selected& selected) { return static_cast<double>(std::count(selected.begin(), selected.end(), 1)); }

Selected both(const Selected& a, const Selected& b) {
    Selected out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] != 0 && b[i] != 0 ? 1 : 0;
    return out;
}

std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

namespace {

double range_of(const ImageView& image, const Selected& selected) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::int64_t p = 0; p < image.pixels(); ++p) {
        const double v = static_cast<double>(image.values[p]);
        if (selected[static_cast<std::size_t>(p)] == 0 || !std::isfinite(v)) continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    return high - low;
}

}  // namespace

void add_similarity(Figures& out, const std::string& layer, const std::string& unit, const ImageView& image,
                    const ImageView& expected, const Selected& selected) {
    const double range = range_of(expected, selected);
    const std::string name = in_words(layer);
    out.push_back({layer + "_rmse", name + " RMSE", unit, rmse(image, expected, selected.data())});
    out.push_back({layer + "_psnr_db", name + " PSNR", "dB", psnr(image, expected, range, selected.data())});
    out.push_back({layer + "_ssim", name + " SSIM", "", ssim(image, expected, range, selected.data())});
    out.push_back({layer + "_ncc", name + " NCC", "", ncc(image, expected, selected.data())});
}

void add_pulls(Figures& out, const std::string& layer, const ImageView& image, const ImageView& sigma,
               const ImageView& truth, const Selected& selected) {
    const Pulls p = pulls(image, sigma, truth, selected.data());
    const std::string name = in_words(layer);
    out.push_back({layer + "_pull_pixels", name + " pulls, pixels", "", static_cast<double>(p.pixels)});
    out.push_back({layer + "_pull_mean", name + " pulls, mean", "", p.mean});
    out.push_back({layer + "_pull_sd", name + " pulls, standard deviation", "", p.standard_deviation});
    out.push_back({layer + "_coverage_68", name + " pulls, within 1 sigma", "", p.coverage_68});
    out.push_back({layer + "_coverage_95", name + " pulls, within 1.96 sigma", "", p.coverage_95});
}

}  // namespace firstlight::merits
