#include "host/pipeline/volume_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/pipeline/view_images.hpp"
#include "kernels/support/layers.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t slices_together = 16;  // that stages work on side by side
constexpr std::int64_t most_band_rows = 64;   // so that progress and cancelling come often

Axis axis_of(const VolumeAxis& axis, const char* name, const char* what) {
    return uniform_axis(name, "m", what, axis.size, axis.origin_m, axis.step_m);
}

Volume empty_volume(const VolumeBox& box) {
    Volume volume;
    volume.name = box.name;
    volume.unit = box.unit;
    volume.long_name = box.long_name;
    volume.z = axis_of(box.z, "z", "position along z");
    volume.y = axis_of(box.y, "y", "position along y");
    volume.x = axis_of(box.x, "x", "position along x");
    volume.values.assign(static_cast<std::size_t>(box.voxels()), std::numeric_limits<float>::quiet_NaN());
    return volume;
}

// Arrays of one task in the queue's memory: the host's own on the CPU, copies elsewhere.
class OnQueue {
  public:
    explicit OnQueue(Queue& queue) : queue_(queue) {}
    template <class T>
    const T* in(const T* host, std::size_t size) {
        if (queue_.is_host() || host == nullptr) return host;
        memory_.emplace_back(queue_, size * sizeof(T));
        queue_.upload(memory_.back().as(), host, size * sizeof(T), 0);
        return memory_.back().as<T>();
    }
    float* out(float* host, std::size_t size) {
        if (queue_.is_host() || host == nullptr) return host;
        memory_.emplace_back(queue_, size * sizeof(float));
        outputs_.push_back({host, memory_.back().as<float>(), size});
        return outputs_.back().there;
    }
    void bring_back() {
        for (const Output& o : outputs_) queue_.download(o.host, o.there, o.size * sizeof(float), 0);
        queue_.synchronize(0);
    }

  private:
    struct Output {
        float *host, *there;
        std::size_t size;
    };
    Queue& queue_;
    std::vector<QueueMemory> memory_;
    std::vector<Output> outputs_;
};

// Rows [first, first + rows) of every view, views side by side.
template <class T>
std::vector<T> band_of(const std::vector<T>& values, const GatedImages& images, std::int64_t first, std::int64_t rows) {
    std::vector<T> band;
    band.reserve(static_cast<std::size_t>(images.views * rows * images.columns));
    for (std::int64_t view = 0; view < images.views; ++view) {
        const auto from = values.begin() + (view * images.rows + first) * images.columns;
        band.insert(band.end(), from, from + rows * images.columns);
    }
    return band;
}

void run_on_queue(const VolumeRun& run, VolumeTask task, std::int64_t voxels, const void* coefficients) {
    OnQueue there(run.queue);
    const auto rays = static_cast<std::size_t>(task.rays());
    const auto pixels = static_cast<std::size_t>(task.rows * task.columns);
    for (const float*& layer : task.layers) layer = there.in(layer, rays);
    task.flags = there.in(task.flags, rays);
    task.light = there.in(task.light, pixels * static_cast<std::size_t>(task.bins));
    task.dark = there.in(task.dark, pixels);
    task.volume = there.out(task.volume, static_cast<std::size_t>(voxels));
    for (float*& image : task.images) image = there.out(image, pixels);
    // Stages share out their work themselves, among as many threads as the run may use.
    if (run.queue.is_host())
        with_threads(run.queue.lanes(), [&] { run.stage.stage->run_volume(run.queue, task, coefficients, 0); });
    else run.stage.stage->run_volume(run.queue, task, coefficients, 0);
    there.bring_back();
}

// The whole scan, in host memory.
VolumeTask input_of(const VolumeRun& run) {
    VolumeTask task;
    task.views = run.images.views;
    task.rows = run.images.rows;
    task.columns = run.images.columns;
    task.bins = run.scan.bins;
    for (const ImageLayer& layer : run.images.layers)
        if (const LayerInfo* info = find_layer(layer.name))
            task.layers[static_cast<int>(info->layer)] = layer.values.data();
    task.flags = run.images.mask.data();
    if (!run.light.empty()) {
        task.light = run.light.data();
        task.dark = run.dark.data();
    }
    return task;
}

}  // namespace

VolumeNeeds volume_needs(const Scan& scan, const RecipeStage& stage, std::size_t memory_bytes,
                         std::size_t taken_bytes) {
    const void* params = stage.params.get();
    const VolumeBox box = stage.stage->box(params, scan);
    VolumeNeeds needs;
    needs.volume_bytes = static_cast<std::size_t>(box.voxels()) * 4;
    if (stage.stage->uses_light)
        needs.volume_bytes += static_cast<std::size_t>(scan.pixels()) * static_cast<std::size_t>(scan.bins + 1) * 4;
    const auto bytes_of = [&](std::int64_t rows) {
        Scan band = scan;
        band.rows = rows;
        const std::size_t copies =
            stage.stage->uses_light
                ? 0
                : static_cast<std::size_t>(scan.views * rows * scan.columns) * (layer_count * 4 + 1);
        return stage.stage->work_bytes(params, band) + copies;
    };
    needs.band_rows = stage.stage->uses_light ? scan.rows : std::min(scan.rows, most_band_rows);
    while (!stage.stage->uses_light && needs.band_rows > slices_together &&
           taken_bytes + needs.volume_bytes + bytes_of(needs.band_rows) > memory_bytes)
        needs.band_rows = std::max(slices_together, needs.band_rows / 2 / slices_together * slices_together);
    needs.band_bytes = bytes_of(needs.band_rows);
    const std::size_t all = taken_bytes + needs.volume_bytes + needs.band_bytes;
    if (all > memory_bytes)
        throw Error(
            ExitCode::bad_input, fmt::format("{}: {} MiB of memory are not enough", scan.name, memory_bytes >> 20),
            fmt::format(
                "a volume of {} x {} x {} voxels takes {} MiB, {} works in {} MiB beside it, and all else takes {} MiB",
                box.z.size, box.y.size, box.x.size, needs.volume_bytes >> 20, stage.stage->info.name,
                needs.band_bytes >> 20, taken_bytes >> 20),
            fmt::format("give --memory {}M or more", (all >> 20) + 1));
    return needs;
}

Volume run_volume(const VolumeRun& run) {
    const StageEntry& stage = *run.stage.stage;
    const VolumeTask whole = input_of(run);
    run.context.volume_input = &whole;
    const VolumeBox box = stage.box(run.stage.params.get(), run.scan);
    Volume volume = empty_volume(box);
    const std::int64_t slice = box.y.size * box.x.size;

    const std::function<void(double)> proceed = run.context.proceed;
    double begin = 0, share = 1;  // of the run: this band's
    run.context.proceed = [&](double done) {
        if (proceed) proceed(begin + share * done);
    };
    const std::shared_ptr<void> coefficients = stage.prepare(run.stage.params.get(), run.context);
    const auto write_images = [&](VolumeTask& task, std::int64_t first) {
        for (const Layer which : stage.layers(run.stage.params.get()))
            task.images[static_cast<int>(which)] = layer_values(run.images, which).data() + first * run.images.columns;
    };
    if (stage.uses_light) {
        VolumeTask task = whole;
        task.volume = volume.values.data();
        write_images(task, 0);
        run_on_queue(run, task, box.voxels(), coefficients.get());
        return volume;
    }
    for (std::int64_t first = 0; first < run.images.rows; first += run.band_rows) {
        VolumeTask task = whole;
        task.first_row = first;
        task.rows = std::min(run.band_rows, run.images.rows - first);
        begin = static_cast<double>(first) / static_cast<double>(run.images.rows);
        share = static_cast<double>(task.rows) / static_cast<double>(run.images.rows);
        std::vector<std::vector<float>> layers;
        layers.reserve(run.images.layers.size());
        for (const ImageLayer& layer : run.images.layers)
            if (const LayerInfo* info = find_layer(layer.name)) {
                layers.push_back(band_of(layer.values, run.images, first, task.rows));
                task.layers[static_cast<int>(info->layer)] = layers.back().data();
            }
        const std::vector<std::uint8_t> flags = band_of(run.images.mask, run.images, first, task.rows);
        task.flags = flags.data();
        task.volume = volume.values.data() + first * slice;
        write_images(task, first);
        run_on_queue(run, task, task.rows * slice, coefficients.get());
        run.context.proceed(1);
    }
    return volume;
}

}  // namespace firstlight
