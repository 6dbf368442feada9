// The movie of the light as files: a TIFF stack of counts, or pictures as on the screen.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "viewer/trace/light_frames.hpp"

namespace firstlight::viewer {

// What is written, fixed when it was asked for: pictures side by side in time, as wide as the one on the screen, over
// the whole axis.
struct LightMovie {
    std::weak_ptr<const Held> held;  // files that are closed meanwhile are not written
    std::int64_t view = 0;
    bool aligned = false;
    ToneMap::Params tone;
    std::vector<double> edge_bins;  // [pictures + 1] on the time axis, or after each pixel's arrival
    [[nodiscard]] std::size_t pictures() const { return edge_bins.empty() ? 0 : edge_bins.size() - 1; }
};
[[nodiscard]] LightMovie light_movie(const Document& document, LightFrames& frames);

// [pictures][rows][columns] counts; NaN where a pixel has no arrival to count from.
// Errors: ExitCode::usage when the file was closed, or the stack takes more memory than half of the machine's.
[[nodiscard]] std::vector<float> movie_counts(const LightMovie& movie);

// Written by the session's file thread; a message says what came of it. PNGs: light_0000.png and on.
void export_light_stack(Session& session, const LightMovie& movie, const std::filesystem::path& path, bool force);
void export_light_pngs(Session& session, const LightMovie& movie, const std::filesystem::path& folder, bool force);

}  // namespace firstlight::viewer
