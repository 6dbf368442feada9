#include "host/pipeline/image_stages.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "host/pipeline/tile_needs.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {
namespace {

void run_on_queue(Queue& queue, const RecipeStage& stage, ViewImages& images, const ImageTile& host_tile,
                  const void* coefficients) {
    if (queue.is_host()) {
        stage.stage->run_images(queue, host_tile, coefficients, 0);
        return;
    }
    ImageTile tile = host_tile;
    std::vector<QueueMemory> memory;
    const auto put = [&](const void* from, std::size_t bytes) {
        memory.emplace_back(queue, bytes);
        queue.upload(memory.back().as(), from, bytes, 0);
        return memory.back().as();
    };
    for (std::size_t l = 0; l < images.layers.size(); ++l)
        tile.layers[static_cast<int>(images.layers[l])] =
            static_cast<float*>(put(images.values[l].data(), images.values[l].size() * 4));
    tile.flags = static_cast<std::uint8_t*>(put(images.flags.data(), images.flags.size()));
    stage.stage->run_images(queue, tile, coefficients, 0);
    for (std::size_t l = 0; l < images.layers.size(); ++l)
        queue.download(images.values[l].data(), tile.layers[static_cast<int>(images.layers[l])],
                       images.values[l].size() * 4, 0);
    queue.download(images.flags.data(), tile.flags, images.flags.size(), 0);
    queue.synchronize(0);
}

}  // namespace

bool uses_reference(const Recipe& recipe) {
    return recipe.find(Attenuation::info.name) != nullptr || recipe.find(ExpectedArrival::info.name) != nullptr;
}

void mask_as_reference(const std::vector<std::uint8_t>& reference, ViewImages& images) {
    if (reference.empty()) return;
    for (std::size_t p = 0; p < images.flags.size(); ++p)
        images.flags[p] = static_cast<std::uint8_t>(images.flags[p] | (reference[p] & masked_flags));
}

void run_image_stages(const ImageStagesTask& task, const Scan& scan, ViewImages& images, ViewImages& reference) {
    for (const Layer layer : layers_of(task.recipe, StageKind::images, task.wanted)) {
        if (images.layer(layer) != nullptr) continue;
        images.layers.push_back(layer);
        images.values.emplace_back(images.flags.size(), std::numeric_limits<float>::quiet_NaN());
    }
    const ImageTile host_tile = images.tile(scan.rows, scan.columns);
    ImageTile reference_tile;
    if (!reference.flags.empty()) reference_tile = reference.tile(scan.rows, scan.columns);
    for (const RecipeStage& stage : task.recipe.stages) {
        if (stage.stage->kind != StageKind::images || (task.wanted && !task.wanted(stage))) continue;
        const auto start = std::chrono::steady_clock::now();
        StageContext c = task.context();
        if (!reference.flags.empty()) c.reference_images = &reference_tile;
        const std::shared_ptr<void> coefficients = stage.stage->prepare(stage.params.get(), c);
        run_on_queue(task.queue, stage, images, host_tile, coefficients.get());
        if (!task.done) continue;
        const std::string remark = stage.stage->remark != nullptr ? stage.stage->remark(host_tile) : std::string();
        task.done(stage, remark, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
}

void name_signal(GatedImages& images) {
    if (images.layer("ballistic") == nullptr && !images.layers.empty()) images.signal = images.layers.front().name;
}

}  // namespace firstlight
