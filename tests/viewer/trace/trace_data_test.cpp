#include "viewer/trace/trace_data.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/viewer/file_counts.hpp"
#include "tests/viewer/session_driver.hpp"
#include "viewer/session/fixed_gate.hpp"
#include "viewer/trace/trace_export.hpp"

namespace firstlight::viewer {
namespace {

struct Opened {
    Session session{{}, [] {}};
    TraceData data{[] {}};
    explicit Opened(const std::string& name, const std::string& recipe = {}) {
        OpenRequest request;
        request.path = sample(name);
        if (!recipe.empty()) request.recipe = load_recipe(recipe);
        session.open(std::move(request));
        settle(session);
    }
    Document& document() { return *session.current(); }
    TraceTarget target() { return trace_target(document(), {}); }
    std::shared_ptr<const TraceCurve> curve() {
        std::shared_ptr<const TraceCurve> found;
        poll_until(session, [&] { return (found = data.curve(document(), target())) != nullptr; });
        return found;
    }
    std::shared_ptr<const TraceDetail> detail(std::string* why_not = nullptr) {
        (void)curve();
        std::shared_ptr<const TraceDetail> found = data.detail(document(), target(), why_not);
        poll_until(session, [&] { return !data.busy(); });
        return found ? found : data.detail(document(), target(), why_not);
    }
    void draw_region(RegionShape shape, double x0, double y0, double x1, double y1) {
        session.edit(document(), "region", [&](Edits& edits) { edits.regions = {{shape, x0, y0, x1, y1, "A"}}; });
        document().looks.region = 0;
        document().looks.trace.of_region = true;
    }
};

TEST(TraceData, a_pixels_trace_is_what_the_file_holds) {
    Opened star("star.h5");
    const FileCounts counts = file_counts(sample("star.h5"));
    star.document().looks.pixel = PixelAt{31, 40};
    EXPECT_EQ(star.target().name, "pixel x 40, y 31");
    const auto curve = star.curve();
    ASSERT_EQ(curve->held.counts.size(), static_cast<std::size_t>(counts.bins));
    for (std::int64_t t = 0; t < counts.bins; ++t)
        ASSERT_EQ(curve->held.counts[static_cast<std::size_t>(t)], counts.at(31 * 96 + 40, t)) << t;
    EXPECT_EQ(curve->arrival_s, star.document().held->scan.model(0, 31 * 96 + 40).arrival_s);
    EXPECT_EQ(star.data.curve(star.document(), star.target()), curve);              // not made again
    EXPECT_EQ(trace_target(star.document(), PixelAt{2, 3}).pixels[0], 2 * 96 + 3);  // under the mouse
    star.document().looks.trace.follow = false;
    EXPECT_EQ(trace_target(star.document(), PixelAt{2, 3}).pixels[0], 31 * 96 + 40);
    EXPECT_EQ(trace_target(star.document(), PixelAt{2, 300}).pixels[0], 31 * 96 + 40);
}

TEST(TraceData, sums_leave_masked_pixels_out) {
    Opened star("star.h5");
    const FileCounts counts = file_counts(sample("star.h5"));
    star.document().looks.trace.aligned = false;
    star.draw_region(RegionShape::rectangle, 20, 10, 44, 34);
    const auto curve = star.curve();
    ASSERT_EQ(curve->pixels + curve->masked, 24 * 24);
    std::vector<double> sum(static_cast<std::size_t>(counts.bins));
    std::int64_t masked = 0;
    for (std::int64_t y = 10; y < 34; ++y)
        for (std::int64_t x = 20; x < 44; ++x) {
            if ((star.document().held->scan.model(0, y * 96 + x).flags & masked_flags) != 0) {
                ++masked;
                continue;
            }
            for (std::int64_t t = 0; t < counts.bins; ++t) sum[static_cast<std::size_t>(t)] += counts.at(y * 96 + x, t);
        }
    EXPECT_EQ(curve->masked, masked);
    for (std::size_t t = 0; t < sum.size(); ++t) ASSERT_EQ(curve->held.counts[t], sum[t]) << t;

    star.document().looks.trace.of_region = false;  // no pixel picked: all, made by a thread
    const auto all = star.curve();
    ASSERT_NE(all, nullptr);
    EXPECT_EQ(all->pixels + all->masked, 96 * 96);
    EXPECT_EQ(star.target().name, "all 9216 pixels");
    EXPECT_TRUE(std::isfinite(all->arrival_s));
    star.document().looks.trace.aligned = true;
    const auto aligned = star.curve();
    EXPECT_NE(aligned, all);
    EXPECT_EQ(aligned->arrival_s, star.document().held->scan.median_arrival_s(0));
}

TEST(TraceTarget, lines_take_the_pixels_that_they_cross) {
    const Region across{RegionShape::line, 0.5, 2.5, 5.5, 2.5, "A"};
    EXPECT_EQ(pixels_of(across, 10, 10), (std::vector<std::int64_t>{20, 21, 22, 23, 24, 25}));
    EXPECT_EQ(pixels_of({RegionShape::line, 8.5, 0.5, 12, 0.5, "A"}, 10, 10), (std::vector<std::int64_t>{8, 9}));
}

TEST(TraceCurve, counts_between_are_shared_out_within_bins) {
    TraceCurve curve;
    curve.held.edge_s = {0, 1, 2, 3, 4};
    curve.held.time_s = {0.5, 1.5, 2.5, 3.5};
    curve.held.counts = {4, 8, 2, 6};
    EXPECT_DOUBLE_EQ(curve.counts_between(0.5, 2.25), 2 + 8 + 0.5);
    EXPECT_DOUBLE_EQ(curve.counts_between(-5, 50), 20);
    EXPECT_DOUBLE_EQ(curve.counts_between(1.5, 10, 2), 0.5 * 8 + 2 + 6 + 4 * (0.5 - 0.5 * std::cos(0)));
}

TEST(TraceData, shows_what_a_fit_took_a_trace_for) {
    Opened star("star.h5", "transmission-fit");
    star.document().looks.pixel = PixelAt{48, 20};
    const auto detail = star.detail();
    ASSERT_NE(detail, nullptr);
    ASSERT_EQ(detail->residual.size(), 176U);
    ASSERT_FALSE(detail->components.empty());
    for (std::size_t t = 0; t < detail->total.size(); ++t) {
        double sum = 0;
        for (const TraceComponent& part : detail->components) sum += part.counts[t];
        ASSERT_NEAR(sum, detail->total[t], 1e-9 + 1e-6 * std::abs(detail->total[t]));
    }
    const std::int64_t pixel = 48 * 96 + 20;
    EXPECT_EQ(detail->counts, star.curve()->held.counts);
    const float ballistic = star.document().images()->layer("ballistic")->values[static_cast<std::size_t>(pixel)];
    EXPECT_NEAR(detail->layers.at("ballistic"), static_cast<double>(ballistic), 1e-3 * std::abs(ballistic) + 1e-3);
    const TraceReadOut& out = star.data.read_out(star.document(), star.target());
    EXPECT_EQ(out.ballistic, static_cast<double>(ballistic));
    star.draw_region(RegionShape::rectangle, 0, 0, 96, 96);
    std::string why;
    EXPECT_EQ(star.detail(&why), nullptr);
    EXPECT_NE(why.find("2000 pixels"), std::string::npos);
}

TEST(TraceData, of_a_gated_camera_its_figures_are_those_of_the_run) {
    Opened kerr("kerr.h5");
    const Result& run = *kerr.document().result;
    const auto curve = kerr.curve();
    EXPECT_NEAR(curve->arrival_s * 1e12, run.quality.at("arrival_median_ps"), 1e-3);
    EXPECT_NEAR(curve->arrival_s * 1e12, 44.36, 0.01) << "10 mm of an index of 1.33";
    const TraceReadOut& all = kerr.data.read_out(kerr.document(), kerr.target());
    EXPECT_NEAR(*all.ballistic, run.quality.at("counts_kept"), 1e-4 * run.quality.at("counts_kept"));
    kerr.document().looks.pixel = PixelAt{40, 50};
    const TraceReadOut& one = kerr.data.read_out(kerr.document(), kerr.target());
    EXPECT_EQ(*one.ballistic, static_cast<double>(run.images.layer("ballistic")->values[40 * 72 + 50]));
}

TEST(TraceData, shows_the_windows_of_a_gate) {
    Opened star("star.h5");
    star.document().looks.pixel = PixelAt{48, 20};
    const auto detail = star.detail();
    ASSERT_NE(detail, nullptr);
    const auto gate = star.session.gate_ps(star.document()).value();
    ASSERT_TRUE(detail->gate && detail->arrival_ps);
    EXPECT_NEAR(detail->gate->from_ps - *detail->arrival_ps, gate.first, 0.05);
    EXPECT_NEAR(detail->gate->to_ps - *detail->arrival_ps, gate.second, 0.05);
    EXPECT_FALSE(detail->response.empty());
    EXPECT_TRUE(detail->residual.empty());
}

TEST(TraceExport, tables_read_back) {
    const TestFolder folder;
    Opened star("star.h5", "transmission-fit");
    star.document().looks.pixel = PixelAt{48, 20};
    const auto detail = star.detail();
    const Table table = trace_table(star.document(), star.target(), *star.curve(), detail.get(), {});
    export_trace(star.session, folder / "trace.csv", table, false);
    settle(star.session);
    const Table again = read_table(folder / "trace.csv");
    ASSERT_EQ(again.columns.size(), table.columns.size());
    EXPECT_EQ(again.columns[3].values, star.curve()->held.counts);
    EXPECT_EQ(again.columns.back().name, "residual");
    const std::string text = with_tabs(table);
    EXPECT_EQ(text.substr(0, 10), "time (ps)\t");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 177);
}

TEST(FixedGate, takes_the_place_of_a_fit_and_can_be_undone) {
    Opened star("star.h5", "transmission-fit");
    Document& document = star.document();
    ASSERT_TRUE(finds_its_gates(document.recipe()));
    ASSERT_TRUE(star.session.edit(document, "fixed gate", [&](Edits& edits) {
        use_fixed_gate(edits.recipe, *document.scan, std::nan(""), std::nan(""));
    }));
    settle(star.session);
    ASSERT_TRUE(document.is_settled());
    EXPECT_TRUE(star.session.gate_ps(document));
    EXPECT_NE(document.images()->layer("purity"), nullptr);
    const Recipe usual = load_recipe("transmission");
    ASSERT_EQ(document.recipe().stages.size(), usual.stages.size());
    for (std::size_t i = 0; i < usual.stages.size(); ++i)
        EXPECT_EQ(document.recipe().stages[i].stage, usual.stages[i].stage);
    star.session.undo(document);
    EXPECT_TRUE(finds_its_gates(document.recipe()));
    settle(star.session);
}

TEST(FixedGate, finds_the_arrival_where_no_stage_says_it) {
    Opened fog("fog.h5");
    Document& document = fog.document();
    ASSERT_TRUE(finds_its_gates(document.recipe()));
    ASSERT_TRUE(fog.session.edit(document, "fixed gate",
                                 [&](Edits& edits) { use_fixed_gate(edits.recipe, *document.scan, -100, 100); }));
    settle(fog.session);
    EXPECT_TRUE(document.is_settled()) << document.failed_run;
    EXPECT_EQ(fog.session.gate_ps(document), std::pair(-100.0, 100.0));
    EXPECT_NE(document.recipe().find("matched_arrival"), nullptr);
    Recipe plain = load_recipe("arrival");
    EXPECT_THROW(use_fixed_gate(plain, *document.scan, -1, 1), Error);
}

}  // namespace
}  // namespace firstlight::viewer
