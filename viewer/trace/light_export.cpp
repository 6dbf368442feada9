#include "viewer/trace/light_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/io/images.hpp"
#include "host/io/volume_files.hpp"
#include "host/pipeline/plan.hpp"
#include "kernels/support/queue.hpp"
#include "viewer/session/counted.hpp"
#include "viewer/session/session.hpp"

namespace firstlight::viewer {
namespace {

std::shared_ptr<const Held> held_of(const LightMovie& movie) {
    std::shared_ptr<const Held> held = movie.held.lock();
    if (!held || movie.pictures() == 0)
        throw Error(ExitCode::usage, "the light was not saved", "its traces are not in memory any more",
                    "save it again when they are");
    return held;
}

void fill(const Held& held, const LightMovie& movie, std::size_t picture, float* out) {
    const auto alone = held.alone();
    held.scan.frame(movie.view, movie.edge_bins[picture], movie.edge_bins[picture + 1], movie.aligned, out);
}

Axis place_axis(const char* name, const std::vector<double>& places_m, std::int64_t size) {
    return static_cast<std::int64_t>(places_m.size()) == size ? listed_axis(name, "m", "", places_m)
                                                              : index_axis(name, "", size);
}

}  // namespace

LightMovie light_movie(const Document& document, LightFrames& frames) {
    LightMovie movie;
    const LightFrame* frame = frames.frame(document);
    const std::optional<LightAxis> axis = light_axis(document);
    if (frame == nullptr || !axis) return movie;
    const Scan& scan = document.held->scan.scan();
    movie.held = document.held;
    movie.view = light_view(document);
    movie.aligned = document.looks.light.aligned;
    movie.tone = frame->tone;
    const double width = std::max(1.0, std::round(light_width_ps(document, axis->bin_ps) / axis->bin_ps)) *
                         axis->bin_ps / (scan.bin_width_s * 1e12);
    const double start = movie.aligned ? axis->from_ps / (scan.bin_width_s * 1e12) : 0;
    for (double bin = 0; bin < static_cast<double>(scan.bins); bin += width) movie.edge_bins.push_back(start + bin);
    movie.edge_bins.push_back(start + static_cast<double>(scan.bins));
    return movie;
}

std::vector<float> movie_counts(const LightMovie& movie) {
    const std::shared_ptr<const Held> held = held_of(movie);
    const auto pixels = static_cast<std::size_t>(held->scan.scan().pixels());
    if (movie.pictures() * pixels * sizeof(float) > machine_memory() / 2)
        throw Error(ExitCode::usage, "the light was not saved",
                    fmt::format("{} pictures take {} MiB of memory", movie.pictures(),
                                (movie.pictures() * pixels * sizeof(float)) >> 20),
                    "make each picture span more time");
    std::vector<float> counts(movie.pictures() * pixels);
    for (std::size_t k = 0; k < movie.pictures(); ++k) fill(*held, movie, k, counts.data() + k * pixels);
    return counts;
}

void export_light_stack(Session& session, const LightMovie& movie, const std::filesystem::path& path, bool force) {
    session.write("light", [movie, path, force] {
        const std::shared_ptr<const Held> held = held_of(movie);
        const Scan& scan = held->scan.scan();
        Volume volume;
        volume.name = "light";
        volume.unit = "counts";
        volume.values = movie_counts(movie);
        const double middle = (movie.edge_bins[0] + movie.edge_bins[1]) / 2;
        volume.z = uniform_axis("t", "s", movie.aligned ? "time after the arrival" : "time",
                                static_cast<std::int64_t>(movie.pictures()),
                                movie.aligned ? middle * scan.bin_width_s : scan.time_of(middle),
                                (movie.edge_bins[1] - movie.edge_bins[0]) * scan.bin_width_s);
        volume.y = place_axis("y", scan.y_m, scan.rows);
        volume.x = place_axis("x", scan.x_m, scan.columns);
        write_volume_tiff(path, volume, force);
        return fmt::format("light written: {}, {}", path.string(), counted(movie.pictures(), "picture"));
    });
}

void export_light_pngs(Session& session, const LightMovie& movie, const std::filesystem::path& folder, bool force) {
    session.write("light", [movie, folder, force] {
        const std::shared_ptr<const Held> held = held_of(movie);
        const Scan& scan = held->scan.scan();
        const std::unique_ptr<Queue> queue = open_cpu_queue(1);
        Keeper keep(*queue);
        const ToneMap::Coefficients colours = ToneMap::prepare(movie.tone, {movie.tone.low, movie.tone.high}, keep);
        std::vector<float> counts(static_cast<std::size_t>(scan.pixels()));
        std::vector<std::uint8_t> rgb(3 * counts.size());
        for (std::size_t k = 0; k < movie.pictures(); ++k) {
            fill(*held, movie, k, counts.data());
            ToneMap::on_cpu({counts.data(), nullptr, scan.pixels(), rgb.data()}, colours);
            write_png(folder / fmt::format("light_{:04}.png", k), rgb.data(), scan.rows, scan.columns, force);
        }
        return fmt::format("light written: {}, {}", folder.string(), counted(movie.pictures(), "picture"));
    });
}

}  // namespace firstlight::viewer
