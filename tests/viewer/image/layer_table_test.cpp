#include "viewer/image/layer_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "host/pipeline/stage_list.hpp"
#include "kernels/support/layers.hpp"
#include "viewer/image/image_words.hpp"

namespace firstlight::viewer {
namespace {

GatedImages two_views() {
    GatedImages images;
    images.views = 2;
    images.rows = 2;
    images.columns = 3;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    images.layers = {{"arrival_sigma",
                      "s",
                      "standard deviation of arrival",
                      {1e-12F, 2e-12F, 3e-12F, 4e-12F, nan, nan, nan, nan, nan, nan, nan, nan}}};
    images.mask = {1, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 16};
    return images;
}

TEST(LayerTable, ranges_are_over_pixels_with_a_value_in_a_readable_unit) {
    const GatedImages images = two_views();
    const LayerSummary first = summary_of(images, images.layers[0], 0);
    EXPECT_EQ(first.words, "arrival sigma");
    EXPECT_EQ(first.unit, "ps");
    ASSERT_TRUE(first.spread);
    EXPECT_NEAR(first.spread->low, 1, 1e-6);
    EXPECT_NEAR(first.spread->median, 3, 1e-6);
    EXPECT_NEAR(first.spread->high, 4, 1e-6);
    EXPECT_EQ(first.without_value, 2);
    const LayerSummary second = summary_of(images, images.layers[0], 1);
    EXPECT_FALSE(second.spread);
    EXPECT_EQ(second.without_value, 6);
}

TEST(LayerTable, flags_are_counted_one_by_one) {
    const std::vector<FlagSummary> flags = flags_of(two_views(), 0);
    ASSERT_EQ(flags.size(), mask_flags.size());
    EXPECT_EQ(flags[0].words, "hot");
    EXPECT_EQ(flags[0].pixels, 2);
    EXPECT_EQ(flags[4].words, "low counts");
    EXPECT_EQ(flags[4].pixels, 1);
    EXPECT_EQ(flags_of(two_views(), 1)[0].pixels, 0);
    GatedImages bare = two_views();
    bare.mask.clear();
    EXPECT_TRUE(flags_of(bare, 0).empty());
}

TEST(LayerTable, small_pictures_are_means_of_blocks_in_the_tone_s_colours) {
    GatedImages images;
    images.rows = 4;
    images.columns = 8;
    images.layers = {{"counts", "counts", "", std::vector<float>(32)}};
    for (std::size_t i = 0; i < 32; ++i) images.layers[0].values[i] = i % 8 < 4 ? 0.0F : 10.0F;
    images.layers[0].values[5] = std::numeric_limits<float>::quiet_NaN();  // its block has other pixels
    ToneMap::Params tone;
    tone.colormap = Colormap::gray;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = 0;
    tone.high = 10;
    const SmallPicture picture = small_picture(images, images.layers[0], 0, tone, false, 4);
    ASSERT_EQ(picture.rows, 2);
    ASSERT_EQ(picture.columns, 4);
    ASSERT_EQ(picture.rgb.size(), 24U);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(picture.rgb[3 * i], i % 4 < 2 ? 0 : 255) << i;
    images.mask.assign(32, 0);
    images.mask[31] = images.mask[30] = images.mask[22] = images.mask[23] = hot;  // a whole block
    const SmallPicture masked = small_picture(images, images.layers[0], 0, tone, false, 4);
    EXPECT_NE(masked.rgb[21], 255);
    EXPECT_EQ(masked.rgb[18], 255);
    const SmallPicture flags = small_flag_picture(images, hot, 0, 4);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(flags.rgb[3 * i] > 128, i == 7) << i;
    tone.scale = ToneMap::Scale::log;
    tone.window = ToneMap::WindowFrom::percentiles;
    images.layers[0].values.assign(32, -1.0F);
    EXPECT_TRUE(small_picture(images, images.layers[0], 0, tone, false, 4).rgb.empty()) << "nothing to take a log of";
}

TEST(Flags, what_sets_them_are_parameters_that_there_are) {
    for (const FlagInfo& flag : mask_flag_table) {
        std::istringstream parameters(flag.parameters);
        int number = 0;
        for (std::string name; parameters >> name; ++number) {
            const std::size_t dot = name.find('.');
            const StageEntry* stage = find_stage(name.substr(0, dot));
            ASSERT_NE(stage, nullptr) << name;
            EXPECT_NE(find_param(*stage, name.substr(dot + 1)), nullptr) << name;
        }
        EXPECT_GT(number, 0) << flag.name;
    }
    EXPECT_EQ(flags_text(hot | low_counts), "hot, low counts");
    EXPECT_EQ(mask_flag_meanings(), "hot dead noisy saturated low_counts fit_did_not_converge");
    EXPECT_EQ(flag_explanation(mask_flag_table[1]),
              "dead: never counts, or has no sensitivity; masked\nset by pixel_mask.source, flat_field.apply");
}

}  // namespace
}  // namespace firstlight::viewer
