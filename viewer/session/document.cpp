#include "viewer/session/document.hpp"

#include <algorithm>
#include <utility>

#include "host/pipeline/layer_figure.hpp"

namespace firstlight::viewer {

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
    std::error_code failed;
    FileStamp stamp;
    stamp.bytes = std::filesystem::file_size(path, failed);
    if (failed) return std::nullopt;
    stamp.changed = std::filesystem::last_write_time(path, failed);
    if (failed) return std::nullopt;
    return stamp;
}

Document::Document(std::filesystem::path file, const std::function<void()>& wake)
    : path(std::move(file)), history(Edits{}), pipeline(wake), gating(wake, Worker::Order::latest_waits) {}

const GatedImages* Document::images() const {
    if (preview && preview_view == looks.view) return preview.get();
    return result ? &result->images : nullptr;
}

std::int64_t Document::views() const { return result ? result->images.views : scan ? scan->views : 1; }

const ImageLayer* Document::layer() const {
    const GatedImages* now = images();
    if (now == nullptr || now->layers.empty()) return nullptr;
    for (const std::string& name : {looks.layer, now->signal})
        if (const ImageLayer* found = now->layer(name)) return found;
    return &now->layers.front();
}

const float* Document::layer_values() const {
    const ImageLayer* shown = layer();
    if (shown == nullptr) return nullptr;
    const GatedImages& now = *images();
    return shown->values.data() + view_of_images() * now.rows * now.columns;
}

const std::uint8_t* Document::flags() const {
    const GatedImages* now = images();
    if (now == nullptr || now->mask.empty()) return nullptr;
    return now->mask.data() + view_of_images() * now->rows * now->columns;
}

ToneMap::Params Document::tone(const ImageLayer& layer) const {
    const auto found = edits().tones.find(layer.name);
    return found != edits().tones.end() ? found->second : tone_of(recipe(), layer);
}

bool Document::is_settled() const {
    return result && result_of == wanted() && !pipeline.busy() && !gating.busy() && !has_posts() && !settle_at;
}

void Document::post(Post post) {
    const std::lock_guard lock(mutex_);
    posts_.push_back(std::move(post));
}

std::vector<Document::Post> Document::take_posts() {
    const std::lock_guard lock(mutex_);
    return std::exchange(posts_, {});
}

bool Document::has_posts() const {
    const std::lock_guard lock(mutex_);
    return !posts_.empty();
}

}  // namespace firstlight::viewer
