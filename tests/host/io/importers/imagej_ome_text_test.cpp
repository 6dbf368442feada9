// What ImageJ's and OME's descriptions say about a stack of gates, and what they may not.
#include <gtest/gtest.h>

#include "tests/host/io/importers/tiff_fixture.hpp"

namespace firstlight {
namespace {

class StackDescriptions : public TiffGates {};

TEST_F(StackDescriptions, takes_what_imagej_says) {
    TiffBytes stack = stack_of();
    stack.per_unit = 4;
    stack.description = "ImageJ=1.54f\nimages=4\nslices=4\nunit=mm\nspacing=2\nfinterval=25\ntunit=ps\n";
    write(tiff_, stack.bytes());
    expect_formula(import(tiff_, {{"gate_width_ps", "300"}}));
    EXPECT_NEAR(scan_.gates.delay_s[3], 75e-12, 1e-22);
    EXPECT_NEAR(scan_.x_m[1] - scan_.x_m[0], 0.25e-3, 1e-15);
    EXPECT_TRUE(assumed("gate step 25 ps: ImageJ's frame interval"));
    EXPECT_TRUE(assumed("ImageJ's scale"));
    expect_formula(import(tiff_));  // what is given wins
    EXPECT_NEAR(scan_.gates.delay_s[3], 120e-12, 1e-22);
    EXPECT_FALSE(assumed("frame interval"));

    stack.description = "ImageJ=1.54f\nimages=4\nslices=4\nunit=ns\nspacing=0.5\nloop=false\n";
    write(tiff_, stack.bytes());
    expect_formula(import(tiff_, {{"gate_width_ps", "300"}}));
    EXPECT_NEAR(scan_.gates.delay_s[3], 1.5e-9, 1e-20);
    EXPECT_TRUE(scan_.x_m.empty());
    // A camera's frame interval in seconds is no delay between gates.
    stack.description = "ImageJ=1.54f\nimages=4\nframes=4\nfinterval=0.5\n";
    EXPECT_SAYS(refused(stack, {{"gate_width_ps", "300"}}, ExitCode::usage), "give --gate-step-ps");
    stack.description = "ImageJ=1.54f\nimages=4\nchannels=2\nslices=2\nhyperstack=true\n";
    EXPECT_SAYS(refused(stack), "its frames are 2 channels x 2 slices");
}

TEST_F(StackDescriptions, imagej_stacks_of_one_described_page) {
    // The description tells of 23 rows; the pixels of three frames more lie behind them.
    std::string head;
    {
        TiffBytes one = stack_of(1);
        one.rows_per_strip = one.rows;
        one.big_endian = true;
        one.description = "ImageJ=1.54f\nimages=4\nslices=4\n";
        const std::string bytes = one.bytes();
        TiffBytes rest = stack_of();
        rest.big_endian = true;
        head = bytes;
        // Moved to the end, where more can follow: its one strip's place is in tag 273.
        const std::size_t at = head.find(std::string("\x01\x11\x00\x04\x00\x00\x00\x01", 8));
        ASSERT_NE(at, std::string::npos);
        std::uint32_t place = static_cast<std::uint32_t>(head.size());
        for (int i = 0; i < 4; ++i)
            head[at + 8 + static_cast<std::size_t>(i)] = static_cast<char>(place >> (24 - 8 * i));
        for (const auto& page : rest.pages)
            for (const double count : page) {
                head += '\0';
                head += static_cast<char>(count);
            }
    }
    write(tiff_, head);
    expect_formula(import(tiff_));
    EXPECT_EQ(scan_.bins, 4);
    EXPECT_TRUE(assumed("3 frames follow the first one without a page"));
    EXPECT_SAYS(refused(head.substr(0, head.size() - 1)), "tells of 4 images (it has room for 3)");
}

TEST_F(StackDescriptions, takes_what_ome_says) {
    TiffBytes stack = stack_of();
    const std::string begin = "<?xml version=\"1.0\"?><OME><Image><Pixels SizeT=\"4\" SizeZ=\"1\" SizeC=\"1\" ";
    stack.description = begin +
                        "PhysicalSizeX=\"20\" PhysicalSizeY=\"0.5\" PhysicalSizeYUnit=\"mm\">"
                        "<Plane TheT=\"1\" ExposureTime=\"0.2\"/><Plane TheT=\"0\" ExposureTime=\"0.1\"/>"
                        "<Plane TheT=\"2\" ExposureTime=\"300\" ExposureTimeUnit=\"ms\"/>"
                        "<Plane ExposureTime=\"0.4\" TheT=\"3\"/></Pixels></Image><ModuloAlongT Type=\"lifetime\" "
                        "Unit=\"ps\" Start=\"-50\" Step=\"25\" End=\"25\"/></OME>";
    write(tiff_, stack.bytes());
    expect_formula(import(tiff_, {{"gate_width_ps", "300"}, {"repetition_rate_hz", "1000"}}));
    EXPECT_NEAR(scan_.gates.delay_s[0], -50e-12, 1e-22);
    EXPECT_NEAR(scan_.gates.delay_s[3], 25e-12, 1e-22);
    EXPECT_EQ(scan_.gates.exposure_s, (std::vector<double>{0.1, 0.2, 0.3, 0.4}));
    EXPECT_DOUBLE_EQ(scan_.pulses.at(0), 250);
    EXPECT_NEAR(scan_.x_m[1] - scan_.x_m[0], 20e-6, 1e-15);
    EXPECT_NEAR(scan_.y_m[1] - scan_.y_m[0], 0.5e-3, 1e-15);
    EXPECT_TRUE(assumed("OME's ModuloAlongT"));

    stack.description = begin +
                        "/><ModuloAlongT Type=\"lifetime\" Unit=\"ns\"><Label>0</Label><Label>0.1</Label>"
                        "<Label>0.3</Label><Label>0.7</Label></ModuloAlongT></OME>";
    write(tiff_, stack.bytes());
    (void)import(tiff_, {{"gate_width_ps", "300"}});
    EXPECT_NEAR(scan_.gates.delay_s[3], 0.7e-9, 1e-20);
    stack.description = begin + "TimeIncrement=\"30\" TimeIncrementUnit=\"ps\"/></OME>";
    write(tiff_, stack.bytes());
    (void)import(tiff_, {{"gate_width_ps", "300"}});
    EXPECT_NEAR(scan_.gates.delay_s[3], 90e-12, 1e-22);
    std::string planes;
    for (int i = 3; i >= 0; --i)
        planes +=
            "<Plane TheT=\"" + std::to_string(i) + "\" DeltaT=\"" + std::to_string(i * i) + "\" DeltaTUnit=\"ns\"/>";
    stack.description = begin + ">" + planes + "</Pixels></OME>";
    write(tiff_, stack.bytes());
    (void)import(tiff_, {{"gate_width_ps", "300"}});
    EXPECT_NEAR(scan_.gates.delay_s[3], 9e-9, 1e-20);

    const auto modulo = [&](const std::string& text) {
        stack.description = begin + "/>" + text + "</OME>";
        return refused(stack, {{"gate_width_ps", "300"}});
    };
    EXPECT_SAYS(modulo("<ModuloAlongT Type=\"lifetime\" Unit=\"ps\" Start=\"0\" Step=\"25\" End=\"100\"/>"),
                "has 5 delays (there are 4 pages)");
    EXPECT_SAYS(modulo("<ModuloAlongT Type=\"lifetime\" Unit=\"ps\" Start=\"0\" Step=\"1e-300\" End=\"100\"/>"),
                "is not understood");
    EXPECT_SAYS(modulo("<ModuloAlongT Type=\"lifetime\" Unit=\"parsec\" Start=\"0\" Step=\"1\" End=\"3\"/>"),
                "is not understood");
    stack.description = "<OME><Image><Pixels SizeT=\"2\" SizeZ=\"2\" SizeC=\"1\"/></OME>";
    EXPECT_SAYS(refused(stack), "its frames are 2 T x 2 Z");
}

}  // namespace
}  // namespace firstlight
