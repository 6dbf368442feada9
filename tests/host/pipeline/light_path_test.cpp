#include "host/pipeline/light_path.hpp"

#include <gtest/gtest.h>

namespace firstlight {
namespace {

TEST(LightPath, one_arrival_for_a_reflection_scan_is_remarked_upon) {
    Scan scan;
    scan.name = "fog.h5";
    EXPECT_EQ(light_path_remark(scan, load_recipe("transmission")), "");
    scan.path = LightPath::reflection;
    EXPECT_EQ(
        light_path_remark(scan, load_recipe("transmission")),
        "fog.h5: its light path is reflection, and recipe \"transmission\" gates every pixel at one arrival (what "
        "is nearer or farther reflects at another time and is left out): --recipe depth finds the gate and the "
        "distance "
        "of each pixel");
    EXPECT_EQ(light_path_remark(scan, load_recipe("depth")), "");
    EXPECT_EQ(light_path_remark(scan, load_recipe("arrival")), "");
    scan.path = LightPath::confocal;
    EXPECT_NE(light_path_remark(scan, load_recipe("transmission")).find("is confocal"), std::string::npos);
    scan.kind = ScanKind::gated;  // for whose frames there is one recipe
    EXPECT_EQ(light_path_remark(scan, load_recipe("kerr")), "");
    scan.kind = ScanKind::histogram;
    // A gate at the arrival that was found in each pixel is right for any depth; one at the pooled arrival is not.
    EXPECT_EQ(light_path_remark(scan, parse_recipe("stages = [\"matched_arrival\", \"time_gate\"]\n"
                                                   "[matched_arrival]\nmode = \"per_pixel\"\n",
                                                   "test")),
              "");
    EXPECT_NE(light_path_remark(scan, parse_recipe("stages = [\"matched_arrival\", \"time_gate\"]\n", "test")), "");
    scan.path = LightPath::confocal;
    EXPECT_EQ(light_path_remark(scan, load_recipe("depth")), "");
    scan.medium.thickness_m = 0.0254;
    EXPECT_NE(light_path_remark(scan, load_recipe("depth")).find("--recipe diffuse"), std::string::npos);
}

}  // namespace
}  // namespace firstlight
