#include "viewer/window/fonts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <system_error>

namespace firstlight::viewer {
namespace {

Fonts current;

// Letters of what people write, and the signs that panels use.
constexpr std::array<ImWchar, 25> all_glyphs{0x0020, 0x017F,      // Latin
                                             0x0370, 0x03FF,      // Greek
                                             0x0400, 0x045F,      // Cyrillic, in names of files
                                             0x2010, 0x203A,      // dashes, quotes, dots, primes
                                             0x2070, 0x209C,      // raised and lowered digits
                                             0x2190, 0x21FF,      // arrows
                                             0x2200, 0x22FF,      // minus, root, infinity, at most
                                             0x25A0, 0x25FF,      // triangles, squares, circles
                                             0x2600, 0x269C,      // warning sign and the like
                                             0x26A0, 0x26A1,      //
                                             0x2701, 0x2718,      // ticks and crosses
                                             0x27F0, 0x27FF, 0};  // long arrows
// Headings, numbers and captions need no symbols.
constexpr std::array<ImWchar, 13> written_glyphs{0x0020, 0x017F, 0x0370, 0x03FF, 0x2010, 0x203A, 0x2070,
                                                 0x209C, 0x2190, 0x2193, 0x2200, 0x22A5, 0};

constexpr ImWchar pause_sign = 0x23F8, stop_sign = 0x23F9;

// DejaVu has no ⏸ and ⏹: they are drawn into the atlas.
struct DrawnSign {
    ImWchar sign = 0;
    int rectangle = 0;
};

// With an empty pixel around it, so that its neighbours in the atlas do not shine through.
DrawnSign reserve_sign(ImFontAtlas& atlas, ImFont* font, ImWchar sign, float size) {
    const int side = std::max(5, static_cast<int>(std::lround(size * 0.62F)));
    const float advance = std::round(size * 0.8F), free = advance - static_cast<float>(side + 2);
    const ImVec2 offset(std::floor(free / 2), std::round((size * 1.16F - static_cast<float>(side + 2)) / 2));
    return {sign, atlas.AddCustomRectFontGlyph(font, sign, side + 2, side + 2, advance, offset)};
}

void draw_sign(ImFontAtlas& atlas, const DrawnSign& drawn) {
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    atlas.GetTexDataAsAlpha8(&pixels, &width, &height);
    const ImFontAtlasCustomRect* at = atlas.GetCustomRectByIndex(drawn.rectangle);
    const int side = at->Width - 2, bar = (side * 3 + 4) / 8;
    for (int y = 0; y < at->Height; ++y)
        for (int x = 0; x < at->Width; ++x) {
            const bool inside = x >= 1 && x <= side && y >= 1 && y <= side;
            const bool inked = inside && (drawn.sign == stop_sign || x <= bar || x > side - bar);
            pixels[(at->Y + y) * width + at->X + x] = inked ? 255 : 0;
        }
}

ImFont* load(ImFontAtlas& atlas, const std::filesystem::path& file, float pixels, const ImWchar* glyphs) {
    ImFontConfig config;
    config.OversampleH = pixels < 24 ? 2 : 1;
    config.OversampleV = 1;
    config.PixelSnapH = true;
    if (!file.empty())
        if (ImFont* font = atlas.AddFontFromFileTTF(file.c_str(), pixels, &config, glyphs)) return font;
    ImFontConfig plain;
    plain.SizePixels = std::max(13.0F, std::round(pixels * 13 / 15));
    return atlas.AddFontDefault(&plain);
}

}  // namespace

const Fonts& fonts() { return current; }

std::vector<std::filesystem::path> font_folders() {
    std::vector<std::filesystem::path> folders;
    const auto from_environment = [&](const char* name, const char* below) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') folders.push_back(std::filesystem::path(value) / below);
    };
    from_environment("FIRSTLIGHT_FONTS", "");
    from_environment("XDG_DATA_HOME", "fonts");
    from_environment("HOME", ".local/share/fonts");
    from_environment("HOME", ".fonts");
    for (const char* usual : {"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF",
                              "/usr/share/fonts/dejavu-sans-fonts", "/usr/local/share/fonts", "/usr/share/fonts"})
        folders.emplace_back(usual);
    return folders;
}

std::filesystem::path find_font(const std::string& name, const std::vector<std::filesystem::path>& folders) {
    namespace fs = std::filesystem;
    constexpr auto quietly = fs::directory_options::skip_permission_denied;
    for (const fs::path& folder : folders) {
        std::error_code error;
        if (fs::is_regular_file(folder / name, error)) return folder / name;
        for (auto file = fs::recursive_directory_iterator(folder, quietly, error);
             !error && file != fs::recursive_directory_iterator(); file.increment(error))
            if (file->path().filename() == name) return file->path();
    }
    return {};
}

void load_fonts(float scale, float density) {
    ImGuiIO& io = ImGui::GetIO();
    ImFontAtlas& atlas = *io.Fonts;
    atlas.Clear();
    atlas.TexDesiredWidth = 2048;
    atlas.Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight;
    const auto folders = font_folders();
    const auto sans = find_font("DejaVuSans.ttf", folders), bold = find_font("DejaVuSans-Bold.ttf", folders),
               mono = find_font("DejaVuSansMono.ttf", folders);
    const auto pixels = [&](float points) { return std::round(points * scale * density); };
    current = {};
    current.own = sans.empty();
    current.text = load(atlas, sans, pixels(15), all_glyphs.data());
    const std::array<DrawnSign, 2> drawn{reserve_sign(atlas, current.text, pause_sign, pixels(15)),
                                         reserve_sign(atlas, current.text, stop_sign, pixels(15))};
    current.bold = load(atlas, bold.empty() ? sans : bold, pixels(15), written_glyphs.data());
    current.numbers = load(atlas, mono.empty() ? sans : mono, pixels(14), written_glyphs.data());
    current.small = load(atlas, sans, pixels(12), written_glyphs.data());
    atlas.Build();
    for (const DrawnSign& sign : drawn) draw_sign(atlas, sign);
    io.FontGlobalScale = 1 / density;
}

}  // namespace firstlight::viewer
