#include "viewer/window/fonts.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/viewer/offscreen.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

class FontDrawing : public OffscreenTest {};

float text_width(const char* text) { return fonts().text->CalcTextSizeA(fonts().text->FontSize, 1e6F, 0, text).x; }

TEST_F(FontDrawing, TwiceAsLargeAtScaleTwo) {
    float one = 0, two = 0, wide_one = 0, wide_two = 0;
    frames([&] { one = ImGui::GetFontSize(), wide_one = text_width("ballistic photons"); });
    window->set_scale(2);
    frames([&] { two = ImGui::GetFontSize(), wide_two = text_width("ballistic photons"); });
    EXPECT_EQ(two, 2 * one);
    EXPECT_NEAR(wide_two, 2 * wide_one, 0.04 * wide_two);
    EXPECT_EQ(fonts().text->FontSize, two) << "made at that size, not enlarged";
    EXPECT_EQ(scaled(10), 20);
}

TEST_F(FontDrawing, KnowsThePanelsSigns) {
    frames([] {
        if (fonts().own) return;
        for (const ImWchar sign :
             {u'σ',   u'µ', u'μ', u'×', u'±', u'°', u'²', u'⁶', u'⁻', u'−', u'→', u'↑', u'▶', u'⏸',
              u'⏹', u'✓', u'✗', u'⚠', u'≤', u'√', u'∞', u'…', u'–', u'●', u'■', u'ä', u'ż'})
            EXPECT_NE(fonts().text->FindGlyphNoFallback(sign), nullptr) << "U+" << std::hex << static_cast<int>(sign);
        for (const ImWchar sign : {u'σ', u'µ', u'×', u'±', u'°', u'²', u'⁶', u'⁻', u'−', u'–'})
            for (const ImFont* font : {fonts().bold, fonts().numbers, fonts().small})
                EXPECT_NE(font->FindGlyphNoFallback(sign), nullptr) << "U+" << std::hex << static_cast<int>(sign);
    });
    if (fonts().own) GTEST_SKIP() << "DejaVu Sans is not installed (fonts-dejavu-core)";
}

TEST_F(FontDrawing, NumbersHaveOneWidth) {
    frames([] {
        for (char digit = '1'; digit <= '9'; ++digit)
            EXPECT_EQ(fonts().numbers->GetCharAdvance(static_cast<ImWchar>(digit)),
                      fonts().numbers->GetCharAdvance('0'));
    });
}

TEST(FindFont, LooksBelowFolders) {
    const auto root = std::filesystem::temp_directory_path() / "firstlight_fonts_test";
    std::filesystem::create_directories(root / "a/b");
    std::ofstream(root / "a/b/Some.ttf") << "x";
    EXPECT_EQ(find_font("Some.ttf", {root / "missing", root}), root / "a/b/Some.ttf");
    EXPECT_TRUE(find_font("Other.ttf", {root}).empty());
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace firstlight::viewer
