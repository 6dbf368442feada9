#include "viewer/volume/volume_slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/pipeline/layer_figure.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::int64_t most_voxels_for_percentiles = 1 << 24;

std::string name_of(VolumeSlices::Along along, VolumeSlices::What what) {
    return fmt::format("{} {}", static_cast<int>(along), static_cast<int>(what));
}

// An odd step, so that it falls on all columns of images with an even number of them.
std::vector<float> even_part(const std::vector<float>& values) {
    const auto n = static_cast<std::int64_t>(values.size());
    const std::int64_t step = (n / most_voxels_for_percentiles + 1) | 1;
    std::vector<float> part;
    part.reserve(static_cast<std::size_t>(n / step + 1));
    for (std::int64_t i = 0; i < n; i += step) part.push_back(values[static_cast<std::size_t>(i)]);
    return part;
}

ToneWindow voxel_window(const ToneMap::Params& tone, const Volume& volume) {
    const auto n = static_cast<std::int64_t>(volume.values.size());
    if (n <= most_voxels_for_percentiles) return sound_window(tone, volume.values.data(), nullptr, n);
    const std::vector<float> part = even_part(volume.values);
    ToneWindow window = sound_window(tone, part.data(), nullptr, static_cast<std::int64_t>(part.size()));
    if (tone.window == ToneMap::WindowFrom::percentiles && tone.high_percentile == 100)  // small bright things count
        for (const float v : volume.values)
            if (std::isfinite(v) && static_cast<double>(v) > window.high) window.high = static_cast<double>(v);
    return window;
}

// Where the planes along each axis that hold the most cross: single bright voxels may be noise at an edge.
std::optional<VoxelAt> fullest_planes(const Volume& v) {
    std::vector<double> z(static_cast<std::size_t>(v.z.size)), y(static_cast<std::size_t>(v.y.size)),
        x(static_cast<std::size_t>(v.x.size));
    bool any = false;
    std::size_t i = 0;
    for (double& in_z : z)
        for (double& in_y : y)
            for (double& in_x : x) {
                const auto value = static_cast<double>(v.values[i++]);
                if (!(value > 0)) continue;
                any = true;
                in_z += value;
                in_y += value;
                in_x += value;
            }
    if (!any) return std::nullopt;
    const auto fullest = [](const std::vector<double>& sums) {
        return static_cast<std::int64_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
    };
    return VoxelAt{fullest(z), fullest(y), fullest(x)};
}

ToneWindow sum_window(const ToneMap::Params& tone, const Volume& volume) {
    std::vector<float> all;
    if (tone.window == ToneMap::WindowFrom::percentiles)
        for (const auto along : {Projection::Axis::z, Projection::Axis::y, Projection::Axis::x}) {
            const VolumeImage image = image_of(volume, {"", {along, Projection::What::sum, 0}});
            all.insert(all.end(), image.values.begin(), image.values.end());
        }
    return sound_window(tone, all.data(), nullptr, static_cast<std::int64_t>(all.size()));
}

}  // namespace

VolumeSlices::VolumeSlices(std::function<void()> wake, std::int64_t voxels_at_once)
    : at_once_(voxels_at_once), worker_(std::move(wake), Worker::Order::all_in_turn) {}

VolumeSlices::~VolumeSlices() { worker_.cancel(); }

void VolumeSlices::show(std::shared_ptr<const Result> result) {
    if (result == result_) return;
    worker_.cancel();
    {
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        ++number_;
        projections_.clear();
        windows_.clear();
        fullest_.reset();
        being_made_.clear();
        last_windows_ = {};
    }
    if (volume() == nullptr) return;
    make("fullest planes", [this, of = result_, number = number_] {
        const std::optional<VoxelAt> found = fullest_planes(*of->volume);
        const std::lock_guard lock(mutex_);
        if (number == number_) fullest_ = found;
    });
}

void VolumeSlices::make(const std::string& name, std::function<void()> how) {
    if (static_cast<std::int64_t>(volume()->values.size()) <= at_once_) return how();
    {
        const std::lock_guard lock(mutex_);
        if (!being_made_.insert(name).second) return;
    }
    worker_.request("volume", [how = std::move(how)](const Worker::Control&) { how(); });
}

std::shared_ptr<const VolumeImage> VolumeSlices::projection(Along along, What what) {
    const std::string name = name_of(along, what);
    const auto found = [&]() -> std::shared_ptr<const VolumeImage> {
        const std::lock_guard lock(mutex_);
        const auto at = projections_.find(name);
        return at == projections_.end() ? nullptr : at->second;
    };
    if (auto image = found()) return image;
    if (volume() == nullptr) return nullptr;
    make(name, [this, result = result_, number = number_, along, what, name] {
        auto image = std::make_shared<const VolumeImage>(image_of(*result->volume, {"", {along, what, 0}}));
        const std::lock_guard lock(mutex_);
        if (number == number_) projections_[name] = std::move(image);
    });
    return found();
}

std::string VolumeSlices::window_name(const ToneMap::Params& tone, What what) const {
    return fmt::format("{} {} {} {}", what == What::sum, tone.scale == ToneMap::Scale::log, tone.low_percentile,
                       tone.high_percentile);
}

std::optional<ToneWindow> VolumeSlices::window(const ToneMap::Params& tone, What what) {
    if (volume() == nullptr) return std::nullopt;
    std::optional<ToneWindow>& last = last_windows_[what == What::sum ? 1 : 0];
    if (tone.window == ToneMap::WindowFrom::fixed) return last = sound_window(tone, nullptr, nullptr, 0);
    const std::string name = window_name(tone, what);
    const auto found = [&]() -> std::optional<ToneWindow> {
        const std::lock_guard lock(mutex_);
        const auto at = windows_.find(name);
        return at == windows_.end() ? std::nullopt : std::optional(at->second);
    };
    std::optional<ToneWindow> window = found();
    if (!window) {
        make(name, [this, result = result_, number = number_, tone, what, name] {
            const ToneWindow made =
                what == What::sum ? sum_window(tone, *result->volume) : voxel_window(tone, *result->volume);
            const std::lock_guard lock(mutex_);
            if (number == number_) windows_[name] = made;
        });
        window = found();
    }
    if (window) last = window;
    return last;
}

std::vector<std::uint8_t> VolumeSlices::colours(const Projection::Settings& settings, const ToneMap::Params& tone,
                                                const ToneWindow& window) {
    if (volume() == nullptr) return {};
    colours_.set(tone, window);
    if (settings.what == What::slice) return colours_.colour(image_of(*volume(), {"", settings}).values);
    const std::shared_ptr<const VolumeImage> image = projection(settings.axis, settings.what);
    return image ? colours_.colour(image->values) : std::vector<std::uint8_t>();
}

float VolumeSlices::value(const VoxelAt& at) const {
    const Volume& v = *volume();
    return v.values[static_cast<std::size_t>((at.z * v.y.size + at.y) * v.x.size + at.x)];
}

VoxelAt VolumeSlices::brightest(Along along, const VoxelAt& at) const {
    VoxelAt here = at, best = at;
    std::int64_t& moving = along == Along::z ? here.z : along == Along::y ? here.y : here.x;
    const std::int64_t n = along == Along::z   ? volume()->z.size
                           : along == Along::y ? volume()->y.size
                                               : volume()->x.size;
    float most = std::numeric_limits<float>::quiet_NaN();
    for (moving = 0; moving < n; ++moving)
        if (const float v = value(here); v > most || (std::isnan(most) && !std::isnan(v))) {
            most = v;
            best = here;
        }
    return best;
}

ToneMap::Params plain_volume_tone(const Recipe& recipe, const Volume& volume) {
    ToneMap::Params tone = tone_of(recipe, {volume.name, volume.unit, "", {}});
    const ToneMap::Params plain;
    if (tone.low_percentile == plain.low_percentile && tone.high_percentile == plain.high_percentile)
        tone.high_percentile = 100;
    return tone;
}

ToneMap::Params volume_tone_of(const Edits& edits, const Volume& volume, Projection::What what) {
    const auto found = edits.tones.find(tone_name(volume, what));
    return found != edits.tones.end() ? found->second : plain_volume_tone(edits.recipe, volume);
}

VoxelAt VolumeSlices::cursor(const VolumeLook& look) const {
    const Volume& v = *volume();
    VoxelAt plain{v.z.size / 2, v.y.size / 2, v.x.size / 2};
    {
        const std::lock_guard lock(mutex_);
        plain = fullest_.value_or(plain);
    }
    const auto within = [](std::int64_t i, std::int64_t unset, std::int64_t n) {
        return i < 0 ? unset : std::min(i, n - 1);
    };
    return {within(look.z, plain.z, v.z.size), within(look.y, plain.y, v.y.size), within(look.x, plain.x, v.x.size)};
}

std::string unit_words(const Volume& volume) { return volume.unit == "1" ? "arbitrary units" : volume.unit; }

std::string tone_name(const Volume& volume, Projection::What what) {
    return what == Projection::What::sum ? volume.name + " sum" : volume.name;
}

std::string place_of(const Axis& axis, std::int64_t index) {
    if (axis.unit != "m") return fmt::format("voxel {}", index);
    return fmt::format("{:.4g} mm", axis.at(index) * 1e3);
}

}  // namespace firstlight::viewer
