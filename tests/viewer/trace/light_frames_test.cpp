#include "viewer/trace/light_frames.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/io/images.hpp"
#include "host/io/volume_files.hpp"
#include "tests/viewer/file_counts.hpp"
#include "tests/viewer/session_driver.hpp"
#include "viewer/trace/light_export.hpp"

namespace firstlight::viewer {
namespace {

struct Opened {
    Session session{{}, [] {}};
    Document* document = nullptr;
    LightFrames light;
    explicit Opened(const std::string& name) {
        session.open(sample(name));
        settle(session);
        document = session.current();
    }
    LightLook& look() { return document->looks.light; }
    [[nodiscard]] HeldCurve axis() const { return document->held->scan.trace(0, 0); }
};

TEST(LightFrames, a_frame_of_one_bin_holds_that_bins_counts) {
    Opened star("star.h5");
    const FileCounts counts = file_counts(sample("star.h5"));
    star.look().aligned = false;
    for (const std::int64_t bin : {0L, 60L, 93L, 175L}) {
        star.look().at_ps = star.axis().time_s[static_cast<std::size_t>(bin)] * 1e12;
        const LightFrame* frame = star.light.frame(*star.document);
        ASSERT_NE(frame, nullptr);
        ASSERT_EQ(frame->rows * frame->columns, 96 * 96);
        double off = 0;
        for (std::int64_t p = 0; p < 96 * 96; ++p)
            off = std::max(off, std::abs(static_cast<double>(frame->values[p]) - counts.at(p, bin)));
        EXPECT_LT(off, 1e-4) << "bin " << bin;
    }
}

TEST(LightFrames, all_frames_add_up_to_all_counts) {
    Opened star("star.h5");
    const GatedImages& images = star.document->result->images;
    const ImageLayer* all = images.layer("counts");
    ASSERT_NE(all, nullptr);
    star.look().aligned = false;
    std::vector<double> sum(all->values.size());
    for (const double time_s : star.axis().time_s) {
        star.look().at_ps = time_s * 1e12;
        const LightFrame* frame = star.light.frame(*star.document);
        for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += static_cast<double>(frame->values[p]);
    }
    for (std::size_t p = 0; p < sum.size(); ++p)  // of masked pixels the layer is filled in
        if ((images.mask[p] & masked_flags) == 0)
            ASSERT_NEAR(sum[p], static_cast<double>(all->values[p]), 1e-5 * sum[p] + 1e-3) << p;
}

TEST(LightFrames, the_scale_is_the_same_for_the_whole_movie_and_follows_the_width) {
    Opened star("star.h5");
    const ToneMap::Params first = star.light.frame(*star.document)->tone;
    const std::uint64_t number = star.light.frame(*star.document)->number;
    EXPECT_EQ(star.light.frame(*star.document)->number, number);  // nothing changed
    star.look().at_ps = 60;
    const LightFrame* later = star.light.frame(*star.document);
    EXPECT_NE(later->number, number);
    EXPECT_EQ(later->tone.high, first.high);
    EXPECT_EQ(later->tone.low, 0);
    star.look().aligned = false;
    EXPECT_EQ(star.light.frame(*star.document)->tone.high, first.high);
    star.look().width_ps = 4 * star.document->scan->bin_width_s * 1e12;
    const double wide = star.light.frame(*star.document)->tone.high;
    EXPECT_GT(wide, first.high);
    EXPECT_LE(wide, 4 * first.high);
    star.look().log = true;
    const ToneMap::Params log = star.light.frame(*star.document)->tone;
    EXPECT_EQ(log.scale, ToneMap::Scale::log);
    EXPECT_GT(log.low, 0);
    EXPECT_LT(log.low, log.high);
}

TEST(LightFrames, aligned_frames_start_at_each_pixels_arrival) {
    Opened star("star.h5");
    const HeldScan& held = star.document->held->scan;
    const double bin_s = held.scan().bin_width_s;
    star.look().width_ps = 6 * bin_s * 1e12;
    star.look().at_ps = star.look().width_ps / 2;  // the first six bins of light
    const LightFrame* frame = star.light.frame(*star.document);
    for (const std::int64_t pixel : {100L, 4000L, 9000L}) {
        const double arrival_s = held.model(0, pixel).arrival_s;
        const HeldCurve trace = held.trace(0, pixel);
        double expected = 0;
        for (std::size_t k = 0; k < trace.counts.size(); ++k) {
            const double inside =
                std::min(trace.edge_s[k + 1], arrival_s + 6 * bin_s) - std::max(trace.edge_s[k], arrival_s);
            if (inside > 0) expected += trace.counts[k] * inside / (trace.edge_s[k + 1] - trace.edge_s[k]);
        }
        EXPECT_NEAR(static_cast<double>(frame->values[pixel]), expected, 2e-3 * expected + 0.02) << pixel;
    }
}

TEST(LightFrames, steps_and_plays_within_the_axis) {
    Opened star("star.h5");
    show_light(*star.document, true);
    EXPECT_EQ(star.look().at_ps, 0);  // at the arrival
    const LightAxis axis = light_axis(*star.document).value();
    step_light(*star.document, 3);
    EXPECT_NEAR(star.look().at_ps, 3 * axis.bin_ps, 1e-9);
    play_light(*star.document, 0.1);
    EXPECT_NEAR(star.look().at_ps, 6 * axis.bin_ps, 1e-9);
    step_light(*star.document, 100000);
    EXPECT_NEAR(star.look().at_ps, axis.to_ps - axis.bin_ps / 2, 1e-6);
    play_light(*star.document, 1);
    EXPECT_NEAR(star.look().at_ps, axis.from_ps + axis.bin_ps / 2, 1e-6);  // from the start
    star.look().at_ps = 20;
    align_light(*star.document, false);
    EXPECT_NEAR(star.look().at_ps, 20 + star.document->held->scan.median_arrival_s(0) * 1e12, 1e-6);
    align_light(*star.document, true);
    EXPECT_NEAR(star.look().at_ps, 20, 1e-6);
    toggle_playing(*star.document);
    EXPECT_TRUE(star.look().playing && star.look().shown);
    show_light(*star.document, false);
    EXPECT_FALSE(star.look().playing || star.look().shown);
}

TEST(LightFrames, a_movie_that_is_over_begins_again_just_before_the_light) {
    Opened star("star.h5");
    star.look().aligned = false;
    const LightAxis axis = light_axis(*star.document).value();
    const double begins = star.light.begins_ps(*star.document, axis);
    const double arrival = star.document->held->scan.median_arrival_s(0) * 1e12;
    EXPECT_GT(begins, axis.from_ps);
    EXPECT_LT(begins, arrival);
    EXPECT_GT(begins, arrival - 300);
    star.look().at_ps = axis.to_ps;
    play_light(*star.document, 1, begins);
    EXPECT_NEAR(star.look().at_ps, begins, axis.bin_ps);
}

TEST(LightFrames, says_why_there_is_nothing) {
    Session session({}, [] {});
    session.open(sample("star.h5"));
    LightFrames light;
    std::string why;
    EXPECT_EQ(light.frame(*session.current(), &why), nullptr);
    EXPECT_NE(why.find("read"), std::string::npos);
    EXPECT_EQ(light.mean_trace(*session.current()), nullptr);
    step_light(*session.current(), 1);  // nothing to step through
    EXPECT_EQ(session.current()->looks.light.at_ps, 0);
    settle(session);
}

TEST(LightExport, a_stack_holds_every_count_once_and_pictures_are_numbered) {
    const TestFolder folder;
    Opened star("star.h5");
    star.look().aligned = false;
    star.look().width_ps = 16 * star.document->scan->bin_width_s * 1e12;
    const LightMovie movie = light_movie(*star.document, star.light);
    ASSERT_EQ(movie.pictures(), 11U);
    export_light_stack(star.session, movie, folder / "light.tif", false);
    export_light_pngs(star.session, movie, folder.path, false);
    settle(star.session);
    const Volume stack = read_volume_tiff(folder / "light.tif");
    ASSERT_EQ(stack.z.size, 11);
    double sum = 0, all = 0;
    for (const float counts : stack.values) sum += static_cast<double>(counts);
    for (const std::uint16_t counts : file_counts(sample("star.h5")).values) all += counts;
    EXPECT_NEAR(sum, all, 1e-5 * all);
    const PngImage picture = read_png(folder / "light_0005.png");
    EXPECT_EQ(picture.rows, 96);
    EXPECT_FALSE(std::filesystem::exists(folder / "light_0011.png"));
    export_light_pngs(star.session, movie, folder.path, false);
    settle(star.session);
    EXPECT_TRUE(has_message(star.session, MessageKind::error, "light_0000.png"));  // not replaced unasked
}

}  // namespace
}  // namespace firstlight::viewer
