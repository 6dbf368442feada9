#include "viewer/window/image_texture.hpp"

#define GL_GLEXT_PROTOTYPES
#include <GL/gl.h>
#include <GL/glext.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "kernels/support/error.hpp"
#include "viewer/window/window.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::int64_t band_rows = 64;                              // what is compared, and sent if it differs
constexpr std::int64_t most_averaged_here = std::int64_t{1} << 20;  // pixels

// ImGui knows textures as pointers.
ImTextureID as_id(std::uint32_t texture) { return reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(texture)); }

// The greatest power of two that card and caller allow: averages over 2 x 2 pixels then never mix tiles.
std::int64_t tile_side(std::int64_t largest) {
    GLint most = 0;
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    std::int64_t side = 1;
    while (2 * side <= std::min<std::int64_t>(largest, most)) side *= 2;
    return side;
}

}  // namespace

ImageTexture::~ImageTexture() { clear(); }

ImageTexture::ImageTexture(ImageTexture&& other) noexcept : largest_tile_(other.largest_tile_) {
    *this = std::move(other);
}

ImageTexture& ImageTexture::operator=(ImageTexture&& other) noexcept {
    if (this == &other) return *this;
    clear();
    largest_tile_ = other.largest_tile_;
    rows_ = std::exchange(other.rows_, 0);
    columns_ = std::exchange(other.columns_, 0);
    channels_ = std::exchange(other.channels_, 0);
    graphics_ = other.graphics_;
    tiles_ = std::exchange(other.tiles_, {});
    return *this;
}

void ImageTexture::clear() {
    if (graphics_ != 0 && graphics_ == graphics_number())
        for (const Tile& tile : tiles_) glDeleteTextures(1, &tile.texture);
    tiles_.clear();
    rows_ = columns_ = 0;
    channels_ = 0;
}

void ImageTexture::make_tiles(std::int64_t rows, std::int64_t columns, int channels) {
    clear();
    graphics_ = graphics_number();
    const std::int64_t side = tile_side(largest_tile_);
    for (std::int64_t row = 0; row < rows; row += side)
        for (std::int64_t column = 0; column < columns; column += side) {
            Tile& tile = tiles_.emplace_back();
            tile.row = row, tile.column = column;
            tile.rows = std::min(side, rows - row), tile.columns = std::min(side, columns - column);
            tile.bands.assign(static_cast<std::size_t>((tile.rows + band_rows - 1) / band_rows), 0);
            glGenTextures(1, &tile.texture);
            glBindTexture(GL_TEXTURE_2D, tile.texture);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
            for (GLint level = 0; level == 0 || ((tile.rows | tile.columns) >> level) > 0; ++level)
                glTexImage2D(GL_TEXTURE_2D, level, channels == 4 ? GL_RGBA8 : GL_RGB8,
                             static_cast<GLsizei>(std::max<std::int64_t>(1, tile.columns >> level)),
                             static_cast<GLsizei>(std::max<std::int64_t>(1, tile.rows >> level)), 0,
                             channels == 4 ? GL_RGBA : GL_RGB, GL_UNSIGNED_BYTE, nullptr);
        }
    rows_ = rows, columns_ = columns, channels_ = channels;
}

// The tile at half its size, a quarter and so on, each pixel the mean of four. Small ones are averaged here, because a
// driver that draws on the CPU draws each level by itself and waits for it: twice the time of a new image.
void ImageTexture::send_smaller(const Tile& tile, const std::uint8_t* pixels) const {
    if (tile.rows * tile.columns > most_averaged_here) {
        glGenerateMipmap(GL_TEXTURE_2D);
        return;
    }
    const auto channels = static_cast<std::int64_t>(channels_);
    const std::uint8_t* from = pixels + (tile.row * columns_ + tile.column) * channels;
    std::int64_t rows = tile.rows, columns = tile.columns, stride = columns_ * channels;
    std::vector<std::uint8_t> level, above;
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    for (GLint number = 1; rows > 1 || columns > 1; ++number) {
        const std::int64_t new_rows = std::max<std::int64_t>(1, rows / 2),
                           new_columns = std::max<std::int64_t>(1, columns / 2);
        level.resize(static_cast<std::size_t>(new_rows * new_columns * channels));
        const std::int64_t right = columns > 1 ? channels : 0, down = rows > 1 ? stride : 0;
        for (std::int64_t y = 0; y < new_rows; ++y) {
            const std::uint8_t* row = from + (rows > 1 ? 2 * y : 0) * stride;
            std::uint8_t* out = level.data() + y * new_columns * channels;
            for (std::int64_t x = 0; x < new_columns; ++x, row += 2 * channels, out += channels)
                for (std::int64_t c = 0; c < channels; ++c)
                    out[c] = static_cast<std::uint8_t>(
                        (row[c] + row[c + right] + row[c + down] + row[c + right + down] + 2) / 4);
        }
        glTexSubImage2D(GL_TEXTURE_2D, number, 0, 0, static_cast<GLsizei>(new_columns), static_cast<GLsizei>(new_rows),
                        channels_ == 4 ? GL_RGBA : GL_RGB, GL_UNSIGNED_BYTE, level.data());
        above.swap(level);
        from = above.data();
        rows = new_rows, columns = new_columns, stride = new_columns * channels;
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, static_cast<GLint>(columns_));
}

std::int64_t ImageTexture::send(Tile& tile, const std::uint8_t* pixels, bool whole) {
    const auto row_bytes = static_cast<std::size_t>(tile.columns * channels_);
    std::int64_t sent = 0;
    for (std::size_t band = 0; band < tile.bands.size(); ++band) {
        const std::int64_t from = static_cast<std::int64_t>(band) * band_rows;
        const std::int64_t rows = std::min(band_rows, tile.rows - from);
        const std::uint8_t* first = pixels + ((tile.row + from) * columns_ + tile.column) * channels_;
        std::size_t hash = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::string_view row(reinterpret_cast<const char*>(first + r * columns_ * channels_), row_bytes);
            hash = (hash ^ std::hash<std::string_view>{}(row)) * 0x9E3779B97F4A7C15U + 1;
        }
        if (!whole && hash == tile.bands[band]) continue;
        tile.bands[band] = hash;
        if (sent == 0) glBindTexture(GL_TEXTURE_2D, tile.texture);
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, static_cast<GLint>(from), static_cast<GLsizei>(tile.columns),
                        static_cast<GLsizei>(rows), channels_ == 4 ? GL_RGBA : GL_RGB, GL_UNSIGNED_BYTE, first);
        sent += rows * tile.columns;
    }
    if (sent > 0) send_smaller(tile, pixels);
    return sent;
}

std::int64_t ImageTexture::set(const std::uint8_t* pixels, std::int64_t rows, std::int64_t columns, int channels) {
    if (pixels == nullptr || rows < 1 || columns < 1 || (channels != 3 && channels != 4))
        throw Error(ExitCode::bad_input,
                    fmt::format("an image of {} x {} pixels, {} channels", rows, columns, channels),
                    "there is nothing to show", "give at least one pixel of 3 (RGB) or 4 (RGBA) channels");
    if (graphics_number() == 0) throw Error(ExitCode::internal, "an image was sent to a window that is not open");
    while (glGetError() != GL_NO_ERROR) {
    }
    const bool whole = rows != rows_ || columns != columns_ || channels != channels_ || graphics_ != graphics_number();
    if (whole) make_tiles(rows, columns, channels);
    GLint alignment = 4, row_length = 0;
    glGetIntegerv(GL_UNPACK_ALIGNMENT, &alignment);
    glGetIntegerv(GL_UNPACK_ROW_LENGTH, &row_length);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, static_cast<GLint>(columns));
    std::int64_t sent = 0;
    for (Tile& tile : tiles_) sent += send(tile, pixels, whole);
    glPixelStorei(GL_UNPACK_ALIGNMENT, alignment);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, row_length);
    if (glGetError() == GL_OUT_OF_MEMORY) {
        clear();
        throw Error(ExitCode::device, fmt::format("an image of {} x {} pixels does not fit", rows, columns),
                    "the graphics card has no memory left", "close other images or programs");
    }
    return sent;
}

void ImageTexture::draw(ImDrawList* list, ImVec2 top_left, ImVec2 bottom_right, ImVec2 clip_top_left,
                        ImVec2 clip_bottom_right, ImU32 tint) const {
    if (empty() || graphics_ != graphics_number()) return;
    const double x_step = (static_cast<double>(bottom_right.x) - top_left.x) / static_cast<double>(columns_);
    const double y_step = (static_cast<double>(bottom_right.y) - top_left.y) / static_cast<double>(rows_);
    const auto x_of = [&](double column) { return top_left.x + column * x_step; };
    const auto y_of = [&](double row) { return top_left.y + row * y_step; };
    // What is seen of [first, first + count), in pixels of the image: far edges would lose precision in floats.
    const auto part = [](double first, double count, double origin, double step, double low, double high) {
        const double a = (low - origin) / step, b = (high - origin) / step;
        return std::pair(std::max(first, std::floor(std::min(a, b))),
                         std::min(first + count, std::ceil(std::max(a, b))));
    };
    if (x_step == 0 || y_step == 0) return;
    list->PushClipRect(clip_top_left, clip_bottom_right, true);
    for (const Tile& tile : tiles_) {
        const auto width = static_cast<double>(tile.columns), height = static_cast<double>(tile.rows);
        const auto column = static_cast<double>(tile.column), row = static_cast<double>(tile.row);
        const auto [left, right] = part(column, width, top_left.x, x_step, clip_top_left.x, clip_bottom_right.x);
        const auto [top, bottom] = part(row, height, top_left.y, y_step, clip_top_left.y, clip_bottom_right.y);
        if (left >= right || top >= bottom) continue;
        const auto point = [](double x, double y) { return ImVec2(static_cast<float>(x), static_cast<float>(y)); };
        list->AddImage(as_id(tile.texture), point(x_of(left), y_of(top)), point(x_of(right), y_of(bottom)),
                       point((left - column) / width, (top - row) / height),
                       point((right - column) / width, (bottom - row) / height), tint);
    }
    list->PopClipRect();
}

}  // namespace firstlight::viewer
