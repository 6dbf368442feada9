#include "viewer/image/coloured_image.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "kernels/rendering/tone_map_pixel.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::int64_t pixels_at_once = std::int64_t{1} << 16;

bool same_window(const ToneMap::Params& a, const ToneMap::Params& b) {
    if (a.window != b.window || a.scale != b.scale) return false;
    if (a.window == ToneMap::WindowFrom::fixed) return a.low == b.low && a.high == b.high;
    return a.low_percentile == b.low_percentile && a.high_percentile == b.high_percentile;
}

}  // namespace

bool same_tone(const ToneMap::Params& a, const ToneMap::Params& b) {
    return same_window(a, b) && a.colormap == b.colormap && a.invert == b.invert && a.gamma == b.gamma;
}

ToneMap::Params tone_like(const ToneMap::Params& tone, const std::string& unit, const ImageLayer& other) {
    ToneMap::Params like = tone;
    if (other.unit != unit) {
        like.window = ToneMap::WindowFrom::percentiles;
        like.scale = ToneMap::Scale::linear;
    }
    return like;
}

bool ShownTone::is_of(const ShownImage& image, const ToneMap::Params& asked) const {
    return any_ && of_ == image.key() && same_tone(asked_, asked);
}

void ShownTone::set(const ShownImage& image, const ToneMap::Params& asked) {
    const bool found = any_ && of_ == image.key() && same_window(asked_, asked);
    asked_ = used_ = asked;
    used_.bits = ToneMap::Bits::eight;
    const auto give_way = [this] {
        used_.scale = ToneMap::Scale::linear;
        used_.window = ToneMap::WindowFrom::percentiles;
        used_.low_percentile = ToneMap::Params{}.low_percentile;
        used_.high_percentile = ToneMap::Params{}.high_percentile;
    };
    if (found) {
        if (gave_way_) give_way();
        return;
    }
    of_ = image.key();
    any_ = true;
    gave_way_ = false;
    try {
        window_ = ToneMap::window(used_, image.values, image.flags, image.pixels());
    } catch (const Error&) {
        gave_way_ = true;
        give_way();
        window_ = ToneMap::window(used_, image.values, image.flags, image.pixels());
    }
}

// ToneMap::on_cpu for 8 bits alone: large images are coloured anew in every frame of a drag.
void ColouredImage::paint(const ShownImage& image, const ToneMap::Coefficients& c) {
    const auto& table = table_;
    const std::uint8_t* flags = image.masked_are_shown ? nullptr : image.flags;
    parallel_for(image.pixels(), pixels_at_once, [&](std::int64_t begin, std::int64_t end) {
        const auto paint_all = [&](auto flag_of) {
            for (std::int64_t i = begin; i < end; ++i) {
                const auto row = static_cast<std::size_t>(tone_map_row(image.values[i], flag_of(i), c));
                std::memcpy(rgb_.data() + 3 * i, table[row].data(), 3);
            }
        };
        if (flags == nullptr) paint_all([](std::int64_t) { return std::uint8_t{0}; });
        else paint_all([&](std::int64_t i) { return flags[i]; });
    });
}

void ColouredImage::make_table() {
    const std::unique_ptr<Queue> queue = open_cpu_queue(1);
    Keeper keep(*queue);
    const ToneMap::Coefficients c = ToneMap::prepare(shown_.tone(), shown_.window(), keep);
    table_.resize(static_cast<std::size_t>(c.last) + 2);
    for (std::size_t row = 0; row < table_.size(); ++row)
        for (std::size_t k = 0; k < 3; ++k) table_[row][k] = static_cast<std::uint8_t>(c.colours[3 * row + k]);
    table_of_ = shown_.tone();
}

bool ColouredImage::set(const ShownImage& image, const ToneMap::Params& tone) {
    if (shown_.is_of(image, tone) && masked_are_shown_ == image.masked_are_shown) return false;
    shown_.set(image, tone);
    masked_are_shown_ = image.masked_are_shown;
    rgb_.resize(3 * static_cast<std::size_t>(image.pixels()));
    const ToneMap::Params& now = shown_.tone();
    const bool same_colours = !table_.empty() && now.scale == ToneMap::Scale::linear && now.scale == table_of_.scale &&
                              now.colormap == table_of_.colormap && now.invert == table_of_.invert &&
                              now.gamma == table_of_.gamma;
    if (!same_colours) make_table();
    paint(image, ToneMap::places(now, shown_.window()));
    return true;
}

std::array<std::uint8_t, 3> ColouredImage::at(std::int64_t pixel) const {
    const auto i = 3 * static_cast<std::size_t>(pixel);
    return {rgb_[i], rgb_[i + 1], rgb_[i + 2]};
}

bool FlagOverlay::set(const ShownImage& image, const std::array<Colour, mask_flags.size()>& colours) {
    if (made_ && of_ == image.flags_key() && colours_ == colours) return false;
    of_ = image.flags_key();
    colours_ = colours;
    made_ = true;
    counts_ = {};
    rgba_.clear();
    if (image.flags == nullptr) return true;
    std::array<Colour, 64> table{};  // by the flags of a pixel
    for (std::size_t flags = 1; flags < table.size(); ++flags)
        for (std::size_t k = mask_flags.size(); k-- > 0;)
            if ((flags & static_cast<std::size_t>(mask_flags[k])) != 0) table[flags] = colours[k];
    std::array<std::atomic<std::int64_t>, 64> histogram{};
    parallel_for(image.pixels(), pixels_at_once, [&](std::int64_t begin, std::int64_t end) {
        std::array<std::int64_t, 64> part{};
        for (std::int64_t i = begin; i < end; ++i) ++part[image.flags[i] & 63U];
        for (std::size_t k = 0; k < part.size(); ++k) histogram[k] += part[k];
    });
    for (std::size_t flags = 1; flags < table.size(); ++flags)
        for (std::size_t k = 0; k < mask_flags.size(); ++k)
            if ((flags & static_cast<std::size_t>(mask_flags[k])) != 0) counts_[k] += histogram[flags];
    if (histogram[0] == image.pixels()) return true;
    rgba_.resize(4 * static_cast<std::size_t>(image.pixels()));
    parallel_for(image.pixels(), pixels_at_once, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            std::copy_n(table[image.flags[i] & 63U].data(), 4, rgba_.data() + 4 * i);
    });
    return true;
}

}  // namespace firstlight::viewer
