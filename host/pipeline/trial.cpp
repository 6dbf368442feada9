#include "host/pipeline/trial.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "host/pipeline/volume_trial.hpp"
#include "kernels/acquisition/tag_histogram.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t trial_side = 32;

double seconds_of(const std::function<void()>& work) {
    double least = std::numeric_limits<double>::infinity();  // what else the machine does only adds
    for (int repeat = 0; repeat < 2; ++repeat) {
        const auto start = std::chrono::steady_clock::now();
        work();
        least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return least;
}

// The rectangle `part` of a scan as a scan of its own.
Scan cut(const Scan& whole, const TileWindow& part) {
    Scan scan = whole;
    scan.views = 1;
    scan.has_views_axis = false;
    scan.rows = part.rows;
    scan.columns = part.columns;
    scan.x_m.clear();
    scan.y_m.clear();
    scan.view_angle_rad.clear();
    const auto keep = [&](auto& values, std::size_t samples) {
        if (values.size() != static_cast<std::size_t>(whole.pixels()) * samples || whole.pixels() == 1) return;
        std::decay_t<decltype(values)> kept;
        for (std::int64_t i = 0; i < part.traces(); ++i) {
            const auto from = values.begin() + static_cast<std::ptrdiff_t>(samples) * part.pixel(i);
            kept.insert(kept.end(), from, from + static_cast<std::ptrdiff_t>(samples));
        }
        values = kept;
    };
    keep(scan.pulses, 1);
    keep(scan.exposure_s, 1);
    keep(scan.reference_pulses, 1);
    keep(scan.t0_map_s, 1);
    keep(scan.dark_rate_hz, 1);
    keep(scan.flat, 1);
    keep(scan.pixel_mask, 1);
    if (scan.irf.per_pixel) keep(scan.irf.values, whole.irf.values.size() / static_cast<std::size_t>(whole.pixels()));
    const auto first = [](std::vector<double>& values, std::int64_t views) {
        if (views > 1 && static_cast<std::int64_t>(values.size()) == views) values.resize(1);
    };
    first(scan.pulses, whole.views);
    first(scan.exposure_s, whole.views);
    return scan;
}

PhotonCube read_part(const CountDataset& counts, const TileWindow& part) {
    PhotonCube cube(counts.type(), 1, part.rows, part.columns, counts.bins());
    CountDataset::Scratch scratch;
    counts.read(part, cube.counts.data(), scratch);
    return cube;
}

constexpr std::int64_t tried_blocks = 16;

// Traces of photon events from blocks spread over the file: pixels are folded onto the part, whose traces then hold as
// many tags as those of the scan would, whatever the order of the file. Sets the seconds that all of them would take.
PhotonCube count_part(const EventDataset& events, const TileWindow& part, double& seconds) {
    PhotonCube cube(CountType::u4, 1, part.rows, part.columns, events.shape().bins);
    const std::int64_t blocks = (events.tags() - 1) / events.block_tags() + 1;
    const std::int64_t tried = std::min(blocks, tried_blocks);
    std::vector<std::uint32_t> pixels(static_cast<std::size_t>(events.block_tags()));
    std::vector<std::byte> bins(pixels.size() * events.bin_size());
    EventDataset::Scratch scratch;
    std::int64_t read = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t b = 0; b < tried; ++b) {
        const std::int64_t begin = blocks * b / tried * events.block_tags();
        const std::int64_t n = std::min(events.block_tags(), events.tags() - begin);
        events.read_pixels(begin, n, pixels.data(), scratch);
        events.read_bins(begin, n, bins.data(), scratch);
        for (std::int64_t i = 0; i < n; ++i)
            pixels[static_cast<std::size_t>(i)] %= static_cast<std::uint32_t>(part.traces());
        TagHistogramTask task;
        task.tags = {pixels.data(), bins.data(), events.wide(), n};
        task.counts = cube.counts.data();
        task.pixels = part.traces();
        task.bins = events.shape().bins;
        TagHistogram::on_cpu(task, {});
        read += n;
    }
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    seconds += took * static_cast<double>(events.tags()) / static_cast<double>(read);
    return cube;
}

}  // namespace

double Trial::expected_seconds(const Scan& scan, int lanes) const {
    const double share = static_cast<double>(scan.pixels() * scan.views) / static_cast<double>(traces);
    return (read_seconds + compute_seconds) * share / std::max(1, lanes) + volume_seconds;
}

Trial try_part(const AcquisitionFile& file, const Scan& whole, const Recipe& recipe) {
    TileWindow part;  // from the middle, where objects are
    part.rows = std::min(whole.rows, trial_side);
    part.columns = std::min(whole.columns, trial_side);
    part.y0 = (whole.rows - part.rows) / 2;
    part.x0 = (whole.columns - part.columns) / 2;
    part.scan_columns = whole.columns;

    Trial trial;
    trial.traces = part.traces();
    PhotonCube cube, reference;
    double events_seconds = 0;
    trial.read_seconds = seconds_of([&] {
        events_seconds = 0;
        if (file.events() != nullptr) cube = count_part(*file.events(), part, events_seconds);
        else cube = read_part(file.counts(), part);
        if (file.reference_events() != nullptr) reference = count_part(*file.reference_events(), part, events_seconds);
        else if (file.reference() != nullptr) reference = read_part(*file.reference(), part);
    });
    if (file.events() != nullptr)  // the part's share of all events
        trial.read_seconds = events_seconds * static_cast<double>(part.traces()) / static_cast<double>(whole.pixels());
    Scan scan = cut(whole, part);
    scan.type = cube.type;
    CountSource reference_source;
    if (whole.has_reference) reference_source = source_of(reference);
    const auto queue = open_cpu_queue(1);
    trial.volume_seconds = expected_volume_seconds(whole, recipe);
    Recipe images_only = recipe;
    std::erase_if(images_only.stages, [](const RecipeStage& s) { return s.stage->kind == StageKind::volumes; });
    if (const RecipeStage* light = images_only.find(CorrectedLight::info.name);
        light != nullptr && images_only.find(TimeGate::info.name) == nullptr)
        return trial;  // its traces are only collected
    trial.compute_seconds = seconds_of([&] {
        (void)reconstruct(scan, source_of(cube), whole.has_reference ? &reference_source : nullptr, images_only, *queue,
                          {});
    });
    return trial;
}

}  // namespace firstlight
