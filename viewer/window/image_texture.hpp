// An image of any size on the graphics card, as tiles of at most 2,048 x 2,048 pixels. Enlarged, its pixels are squares
// with sharp edges; made smaller, they are averaged. Tiles meet without a seam.
//
//   ImageTexture texture;
//   texture.set(rgb.data(), rows, columns);           // whenever the image changed: only what differs is sent
//   texture.draw(ImGui::GetWindowDrawList(), top_left, bottom_right, clip_top_left, clip_bottom_right);
//
// With 4 channels (RGBA, not premultiplied) it is an overlay. set() and the destructor need no frame, but the window's
// thread. Where the window is gone, so are the textures, and set() makes them anew. Errors (ExitCode::bad_input): no
// pixels; (ExitCode::device): the graphics card has no memory left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <imgui.h>

namespace firstlight::viewer {

class ImageTexture {
  public:
    explicit ImageTexture(std::int64_t largest_tile = 2048) : largest_tile_(largest_tile) {}
    ~ImageTexture();
    ImageTexture(ImageTexture&& other) noexcept;
    ImageTexture& operator=(ImageTexture&& other) noexcept;
    ImageTexture(const ImageTexture&) = delete;
    ImageTexture& operator=(const ImageTexture&) = delete;

    // pixels: [rows][columns][channels], sRGB; channels 3 or 4. Returns how many pixels were sent to the card.
    std::int64_t set(const std::uint8_t* pixels, std::int64_t rows, std::int64_t columns, int channels = 3);
    void clear();

    // The image fills the rectangle from `top_left` to `bottom_right` (outer edges of the corner pixels); only what
    // lies within the clip is drawn. `tint` multiplies: its alpha fades an overlay.
    void draw(ImDrawList* list, ImVec2 top_left, ImVec2 bottom_right, ImVec2 clip_top_left, ImVec2 clip_bottom_right,
              ImU32 tint = IM_COL32_WHITE) const;
    void draw(ImDrawList* list, ImVec2 top_left, ImVec2 bottom_right, ImU32 tint = IM_COL32_WHITE) const {
        draw(list, top_left, bottom_right, top_left, bottom_right, tint);
    }

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::int64_t columns() const { return columns_; }
    [[nodiscard]] bool empty() const { return rows_ == 0; }
    [[nodiscard]] std::size_t tiles() const { return tiles_.size(); }

  private:
    struct Tile {
        std::int64_t row = 0, column = 0, rows = 0, columns = 0;
        std::uint32_t texture = 0;
        std::vector<std::size_t> bands;  // a hash for each band of rows: what is on the card
    };
    void make_tiles(std::int64_t rows, std::int64_t columns, int channels);
    std::int64_t send(Tile& tile, const std::uint8_t* pixels, bool whole);
    void send_smaller(const Tile& tile, const std::uint8_t* pixels) const;

    std::int64_t largest_tile_, rows_ = 0, columns_ = 0;
    int channels_ = 0;
    std::uint64_t graphics_ = 0;  // graphics_number() of the textures
    std::vector<Tile> tiles_;
};

}  // namespace firstlight::viewer
