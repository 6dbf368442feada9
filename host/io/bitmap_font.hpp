// The lettering of figures: a font of 5 x 9 dots, drawn for this program, held as one can see it. ASCII and a few signs
// that physics needs (µ σ ° × · – and superscript digits); any other letter is drawn as a box.
#pragma once

#include <string_view>
#include <vector>

namespace firstlight {

struct Glyph {
    static constexpr int columns = 5, rows = 9;  // rows 0..6 stand on the line, 7 and 8 hang below it
    static constexpr int advance = columns + 1;
    int index = 0;

    [[nodiscard]] bool dot(int row, int column) const;
};

// The glyphs of UTF-8 text, one per character.
[[nodiscard]] std::vector<Glyph> glyphs_of(std::string_view text);

}  // namespace firstlight
