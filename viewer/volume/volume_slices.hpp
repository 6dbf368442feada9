// The images of a volume that a window shows: slices across its three axes, or its maximum, mean or sum along them,
// with their colours. Slices and small volumes are made at once; projections and windows of large ones in a thread,
// which wakes the window when they are there. Nothing is made twice.
//
//   VolumeSlices slices([&] { window.wake(); });
//   slices.show(document.result);                                        // does nothing while it is the same
//   const ToneWindow window = slices.window(tone, Shown{});
//   const std::vector<std::uint8_t> rgb = slices.colours({Along::z, What::slice, 12}, tone, window);   // [y][x][3]
//
// Percentiles are over all voxels that have a value, of volumes of more than 16 million voxels over an even part of
// them; sums have other values than voxels, so their window is over their three images.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"
#include "host/pipeline/volume_figure.hpp"
#include "viewer/image/value_colours.hpp"
#include "viewer/session/edits.hpp"
#include "viewer/session/worker.hpp"
#include "viewer/volume/volume_layout.hpp"

namespace firstlight::viewer {

class VolumeSlices {
  public:
    using Along = Projection::Axis;
    using What = Projection::What;

    explicit VolumeSlices(std::function<void()> wake, std::int64_t voxels_at_once = 1 << 20);
    ~VolumeSlices();

    // From now on everything is of this result's volume. A result without one: nothing is.
    void show(std::shared_ptr<const Result> result);
    [[nodiscard]] const Volume* volume() const { return result_ && result_->volume ? &*result_->volume : nullptr; }
    [[nodiscard]] std::uint64_t number() const { return number_; }  // another one for each volume, for keys

    // The projection along an axis; null: it is being made.
    [[nodiscard]] std::shared_ptr<const VolumeImage> projection(Along along, What what);
    // The window of a tone over the voxels, or (`what` sum) over the three sums. While it is being found, the last one
    // there was, or none.
    [[nodiscard]] std::optional<ToneWindow> window(const ToneMap::Params& tone, What what);
    // Colours of a slice or a projection, [rows][columns][3]; empty: it is being made.
    [[nodiscard]] std::vector<std::uint8_t> colours(const Projection::Settings& settings, const ToneMap::Params& tone,
                                                    const ToneWindow& window);
    [[nodiscard]] float value(const VoxelAt& at) const;
    // Where the linked planes cross, within the volume: an index that nobody chose is that of the plane which
    // holds the most, or the middle where that is not known (yet).
    [[nodiscard]] VoxelAt cursor(const VolumeLook& look) const;
    // The voxel of the maximum along an axis through `at`; `at` itself where no voxel has a value.
    [[nodiscard]] VoxelAt brightest(Along along, const VoxelAt& at) const;
    [[nodiscard]] bool busy() const { return worker_.busy(); }
    void wait() { worker_.wait_until_idle(); }

  private:
    void make(const std::string& name, std::function<void()> how);
    [[nodiscard]] std::string window_name(const ToneMap::Params& tone, What what) const;

    std::int64_t at_once_;
    std::shared_ptr<const Result> result_;
    std::uint64_t number_ = 0;
    ValueColours colours_;
    std::array<std::optional<ToneWindow>, 2> last_windows_;  // of voxels, of sums
    mutable std::mutex mutex_;                               // of what follows
    std::map<std::string, std::shared_ptr<const VolumeImage>> projections_;
    std::map<std::string, ToneWindow> windows_;
    std::optional<VoxelAt> fullest_;  // the planes that hold the most; nothing: not found yet, or there is nothing
    std::set<std::string> being_made_;
    Worker worker_;  // last, so that it ends first
};

// How a volume is shown where nobody set a tone: as the recipe says, but from the 1st percentile to the largest value,
// because what is looked for is small and bright.
[[nodiscard]] ToneMap::Params plain_volume_tone(const Recipe& recipe, const Volume& volume);
// The tone that the volume is shown with: what was set, or the plain one.
[[nodiscard]] ToneMap::Params volume_tone_of(const Edits& edits, const Volume& volume, Projection::What what);
// The unit of its values: "1/m"; "arbitrary units" where they have none, as those of an albedo.
[[nodiscard]] std::string unit_words(const Volume& volume);
// The name that a volume's tone is kept under: its own, or for sums "mu sum".
[[nodiscard]] std::string tone_name(const Volume& volume, Projection::What what);
// "12.5 mm" for the position of a voxel along an axis, or "voxel 3".
[[nodiscard]] std::string place_of(const Axis& axis, std::int64_t index);

}  // namespace firstlight::viewer
