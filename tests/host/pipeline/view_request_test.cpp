#include "host/pipeline/view_request.hpp"

#include <gtest/gtest.h>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

TEST(ViewRequest, comes_back_from_its_text) {
    ViewRequest request;
    request.files = {"a scan.h5", "/data/\"quoted\".h5"};
    request.session = "s.toml";
    request.recipe = "depth";
    request.parameters = {{"time_gate.open_ps", "-40"}, {"time_gate.edges", "fixed"}};
    request.calibration = "c.h5";
    request.backend = "cpu";
    request.threads = 3;
    request.memory_bytes = std::size_t{5} << 30;
    request.follow = request.force = request.light = true;
    request.state = false;
    request.screenshot = "out.png";
    request.panel = "log";
    request.layer = "snr";
    request.width = 3840;
    request.height = 2160;
    request.scale = 1.5;
    const ViewRequest again = view_request_of(to_json(request));
    EXPECT_EQ(again.files, request.files);
    EXPECT_EQ(again.session, request.session);
    EXPECT_EQ(again.recipe, request.recipe);
    EXPECT_EQ(again.parameters, request.parameters);
    EXPECT_EQ(again.calibration, request.calibration);
    EXPECT_EQ(again.backend, request.backend);
    EXPECT_EQ(again.threads, request.threads);
    EXPECT_EQ(again.memory_bytes, request.memory_bytes);
    EXPECT_EQ(again.follow, request.follow);
    EXPECT_EQ(again.force, request.force);
    EXPECT_EQ(again.light, request.light);
    EXPECT_EQ(again.state, request.state);
    EXPECT_EQ(again.screenshot, request.screenshot);
    EXPECT_EQ(again.panel, request.panel);
    EXPECT_EQ(again.layer, request.layer);
    EXPECT_EQ(again.width, request.width);
    EXPECT_EQ(again.height, request.height);
    EXPECT_EQ(again.scale, request.scale);
}

TEST(ViewRequest, other_texts_are_refused_with_a_way_out) {
    for (const char* text : {"", "star.h5", "{}", "[1]", R"({"files": "star.h5"})"}) {
        try {
            (void)view_request_of(text);
            FAIL() << text;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::usage);
            EXPECT_NE(std::string(e.what()).find("firstlight view FILE"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace firstlight
