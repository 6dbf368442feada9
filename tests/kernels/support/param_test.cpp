#include "kernels/support/param.hpp"

#include <gtest/gtest.h>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

enum class Shape { hard, soft };
struct Params {
    double width_ps = 60;
    double open_ps = std::numeric_limits<double>::quiet_NaN();
    std::int64_t order = 3;
    Shape shape = Shape::hard;
    double rise_ps = 10;
    static const ParamTable& table() {
        static const ParamTable t{
            real(&Params::width_ps, "width_ps", "ps", "width", 0.1, 1e5),
            real(&Params::open_ps, "open_ps", "ps", "edge", -1e5, 1e5).auto_is("-1 FWHM"),
            integer(&Params::order, "order", "", "order", 1, 9),
            choice(&Params::shape, "shape", "edge shape", {"hard", "soft"}),
            real(&Params::rise_ps, "rise_ps", "ps", "rise", 0, 100).only_if("shape", "soft"),
        };
        return t;
    }
};

std::string message_of(const Param& p, const ParamValue& v) {
    Params params;
    try {
        assign(p, &params, v, "--time_gate." + p.name);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::usage);
        return e.what();
    }
    return "";
}

TEST(Param, assigns_checks_and_names_what_is_wrong) {
    const ParamTable& t = Params::table();
    Params params;
    assign(t[0], &params, std::int64_t{5}, "here");
    EXPECT_EQ(params.width_ps, 5.0);
    assign(t[1], &params, std::string("auto"), "here");
    EXPECT_TRUE(std::isnan(params.open_ps));
    assign(t[3], &params, std::string("soft"), "here");
    EXPECT_EQ(params.shape, Shape::soft);
    EXPECT_EQ(message_of(t[0], -1.0), "--time_gate.width_ps: cannot take -1 (expected a number from 0.1 to 100000 ps)");
    EXPECT_EQ(message_of(t[0], std::string("auto")),
              "--time_gate.width_ps: cannot take \"auto\" (expected a number from 0.1 to 100000 ps)");
    EXPECT_EQ(message_of(t[3], std::string("sotf")),
              "--time_gate.shape: cannot take \"sotf\" (expected one of hard, soft): did you mean \"soft\"?");
    EXPECT_NE(message_of(t[2], 2.5), "");
}

TEST(Param, text_round_trips) {
    const ParamTable& t = Params::table();
    Params params;
    EXPECT_EQ(to_toml(t[0], &params), "60.0");
    EXPECT_EQ(to_toml(t[1], &params), "\"auto\"");
    EXPECT_EQ(to_display(t[1], &params), "auto (-1 FWHM)");
    EXPECT_EQ(to_display(t[0], &params), "60 ps");
    EXPECT_EQ(std::get<double>(parse_param(t[0], "1e-2", "x")), 0.01);
    EXPECT_THROW(parse_param(t[0], "1.5ps", "x"), Error);
    EXPECT_THROW(parse_param(t[0], "nan", "x"), Error);
    EXPECT_THROW(parse_param(t[2], "3.0", "x"), Error);
}

TEST(Param, condition_decides_effect) {
    Params params;
    EXPECT_FALSE(has_effect(Params::table()[4], Params::table(), &params));
    params.shape = Shape::soft;
    EXPECT_TRUE(has_effect(Params::table()[4], Params::table(), &params));
}

TEST(Param, nearest_name_finds_typing_errors_only) {
    EXPECT_EQ(nearest_name("time_gaet", {"time_gate", "pile_up"}), "time_gate");
    EXPECT_EQ(nearest_name("zzzzzzzz", {"time_gate", "pile_up"}), "");
}

}  // namespace
}  // namespace firstlight
