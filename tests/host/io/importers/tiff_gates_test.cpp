// Stacks written here without libtiff, whose counts follow a formula; tifffile (PyPI) writes others and reads them.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/io/importers/natural_order.hpp"
#include "host/io/sha256.hpp"
#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/importers/tiff_fixture.hpp"

namespace firstlight {
namespace {

TEST_F(TiffGates, every_type_and_byte_order) {
    struct {
        std::uint16_t bits, format;
        CountType type;
    } const types[] = {{8, 1, CountType::u1},  {16, 1, CountType::u2}, {32, 1, CountType::u4}, {16, 2, CountType::u2},
                       {32, 3, CountType::f4}, {64, 3, CountType::f4}, {16, 4, CountType::u2}};
    for (const auto& type : types)
        for (const bool big_endian : {false, true})
            for (const bool big_tiff : {false, true}) {
                TiffBytes stack = stack_of();
                stack.bits = type.bits;
                stack.format = type.format;
                stack.big_endian = big_endian;
                stack.big_tiff = big_tiff;
                write(tiff_, stack.bytes());
                expect_formula(import(tiff_));
                EXPECT_EQ(scan_.type, type.type);
            }
    EXPECT_EQ(scan_.kind, ScanKind::gated);
    EXPECT_EQ(scan_.gates.delay_s, (std::vector<double>{0, 40e-12, 80e-12, 120e-12}));
    EXPECT_EQ(scan_.gates.width_s, std::vector<double>(4, 300e-12));
    EXPECT_TRUE(assumed("the first gate is at 0 ps"));
    EXPECT_TRUE(assumed("1 s stands for it"));
    EXPECT_TRUE(scan_.pulses.empty());
}

TEST_F(TiffGates, bands_of_any_height_give_the_same) {
    TiffBytes stack = stack_of(300);
    write(tiff_, stack.bytes());
    const auto all = import(tiff_);
    expect_formula(all);
    // 16 rows of all gates take 19 * 300 * 2 bytes each: two bands
    EXPECT_EQ(import(tiff_, timed, 200'000), all);
    ImportRequest request = import_request(tiff_, h5_, timed);
    request.memory_bytes = 100'000;
    try {
        (void)import_file(request);
        ADD_FAILURE() << "was imported";
    } catch (const Error& error) {
        EXPECT_SAYS(std::string(error.what()), "of memory may be used");
    }
}

TEST_F(TiffGates, what_is_given_is_taken) {
    write(tiff_, stack_of().bytes());
    expect_formula(import(tiff_, with(timed, {{"first_gate_ps", "-100"},
                                              {"exposure_s", "2"},
                                              {"repetition_rate_hz", "1e6"},
                                              {"bit_depth", "8"},
                                              {"scan_size_m", "0.23,0.38"},
                                              {"light_path", "reflection"}})));
    EXPECT_NEAR(scan_.gates.delay_s[0], -100e-12, 1e-22);
    EXPECT_NEAR(scan_.gates.delay_s[3], 20e-12, 1e-22);
    EXPECT_EQ(scan_.gates.exposure_s, std::vector<double>(4, 0.5));
    EXPECT_EQ(scan_.pulses, std::vector<double>{5e5});
    EXPECT_EQ(scan_.gates.bit_depth, 8);
    EXPECT_EQ(scan_.path, LightPath::reflection);
    EXPECT_NEAR(scan_.y_m[1] - scan_.y_m[0], 0.01, 1e-15);
    EXPECT_NEAR(scan_.x_m[1] - scan_.x_m[0], 0.02, 1e-15);

    expect_formula(import(tiff_, {{"gate_step_ps", "-40"}, {"gate_width_ps", "300"}}), /*backwards=*/true);
    EXPECT_EQ(scan_.gates.delay_s, (std::vector<double>{0, 40e-12, 80e-12, 120e-12}));
}

TEST_F(TiffGates, asks_for_what_it_cannot_know) {
    EXPECT_SAYS(refused(stack_of(), {}, ExitCode::usage), "give --gate-step-ps and --gate-width-ps");
    EXPECT_SAYS(refused(stack_of(), {{"gate_width_ps", "300"}}, ExitCode::usage), "give --gate-step-ps");
    EXPECT_SAYS(refused(stack_of(), {{"gate_step_ps", "40"}}, ExitCode::usage), "give --gate-width-ps");
    EXPECT_SAYS(refused(stack_of(), {{"gate_step_ps", "0"}, {"gate_width_ps", "300"}}, ExitCode::usage), "is 0");
    EXPECT_SAYS(refused(stack_of(), with(timed, {{"bit_depth", "17"}}), ExitCode::usage), "its numbers have 16 bits");
    EXPECT_SAYS(refused(stack_of(), with(timed, {{"rows", "3"}}), ExitCode::usage), "rows has no effect");
    EXPECT_SAYS(refused(stack_of(), with(timed, {{"bit_depth", "7"}})), "more than the bit depth holds");
}

TEST_F(TiffGates, a_folder_is_read_in_natural_order) {
    const auto frames = folder_.path / "frames";
    std::filesystem::create_directory(frames);
    const TiffBytes stack = stack_of(12);
    std::string all;
    for (std::size_t g = 0; g < 12; ++g) {
        TiffBytes one = stack;
        one.pages = {stack.pages[g]};
        all += one.bytes();
        write(frames / ("gate" + std::to_string(g + 1) + (g % 2 == 0 ? ".tif" : ".TIFF")), one.bytes());
    }
    write(frames / "notes.txt", "not a frame");
    write(frames / ".hidden.tif", "nor this");
    EXPECT_EQ(importer_for(frames, "").name, "tiff-gates");
    // Names that end differently tell nothing about gaps, but their order is natural.
    expect_formula(import(frames));
    EXPECT_EQ(scan_.bins, 12);
    EXPECT_TRUE(assumed("12 files in natural order, gate1.tif to gate12.TIFF"));
    write(folder_.path / "all", all);
    EXPECT_EQ(AcquisitionFile::open(h5_, {}).info().provenance.source_sha256, sha256_of_file(folder_.path / "all"));

    write(frames / "gate5.tif", stack.bytes());
    EXPECT_SAYS(refusal(frames, timed), "12 files have 23 pages");
    std::filesystem::remove_all(frames);
    std::filesystem::create_directory(frames);
    for (const int n : {0, 40, 80, 160}) {
        TiffBytes one = stack;
        one.pages.resize(1);
        write(frames / ("at_" + std::to_string(n) + "ps.tif"), one.bytes());
    }
    EXPECT_SAYS(refusal(frames, timed), "\"at_160ps.tif\" is not the next frame");
    std::filesystem::rename(frames / "at_160ps.tif", frames / "at_120ps.tif");
    EXPECT_EQ(import(frames).size(), 23U * 19 * 4);
    std::filesystem::copy_file(frames / "at_120ps.tif", frames / "dark.tif");
    EXPECT_SAYS(refusal(frames, timed), "\"dark.tif\" is not called as the other frames");
    std::filesystem::remove_all(frames);
    std::filesystem::create_directory(frames);
    write(frames / "a.tif.txt", "");
    EXPECT_SAYS(refusal(frames, timed), "is of no format");
}

TEST(NaturalOrder, numbers_count_as_numbers) {
    EXPECT_TRUE(natural_less("g2.tif", "g10.tif"));
    EXPECT_FALSE(natural_less("g10.tif", "g2.tif"));
    EXPECT_TRUE(natural_less("g02.tif", "g2.tif"));  // the same number: one order all the same
    EXPECT_FALSE(natural_less("g2.tif", "g2.tif"));
    EXPECT_TRUE(natural_less("a1b3", "a1b20"));
    EXPECT_TRUE(natural_less("g", "g1"));
    EXPECT_TRUE(natural_less("g99999999999999999999", "g100000000000000000000"));
    EXPECT_EQ(uneven_name({"a1", "a2", "a3"}), "");
    EXPECT_EQ(uneven_name({"a1", "a2", "a4"}), "a4");
    EXPECT_EQ(uneven_name({"a10", "a20", "a30", "a35"}), "a35");
    EXPECT_EQ(uneven_name({"a1b1", "a2b5", "a9b9"}), "");
    EXPECT_EQ(uneven_name({"red", "tan", "yellow"}), "");
    EXPECT_EQ(odd_name({"dark", "gate1", "gate2"}), "dark");
    EXPECT_EQ(odd_name({"gate1", "gate2", "gate10"}), "");
    EXPECT_EQ(odd_name({"red", "tan", "yellow"}), "");
    EXPECT_EQ(odd_name({"a1", "b1"}), "");
}

TEST_F(TiffGates, refuses_what_is_damaged_or_absurd) {
    EXPECT_SAYS(refused("II*"), "is of no format");
    EXPECT_SAYS(refused(std::string("II*\0\xff\xff\xff\xff", 8)), "cannot be read as TIFF");
    std::vector<std::size_t> directories;
    TiffBytes stack = stack_of();
    const std::string whole = stack.bytes(&directories);
    for (const std::size_t target : {directories[0], directories[2], directories[3]}) {
        stack.next_of_last = target;
        EXPECT_SAYS(refused(stack), target == directories[3] ? "page" : "page 4");
    }
    stack.next_of_last = whole.size() + 100;
    EXPECT_SAYS(refused(stack), "page 4: cannot be read");
    stack = stack_of(1);
    EXPECT_SAYS(refused(stack), "has 1 gate");
    stack = stack_of();
    stack.packing = 12345;
    EXPECT_SAYS(refused(stack), "page 0: is packed by method 12345");
    stack = stack_of();
    stack.channels = 3;
    EXPECT_SAYS(refused(stack), "has 3 numbers for each pixel");
    stack = stack_of();
    stack.bits = 12;
    EXPECT_SAYS(refused(stack), "holds numbers of 12 bits");
    stack = stack_of();
    stack.bits = 16;
    stack.format = 3;
    EXPECT_SAYS(refused(stack), "numbers of 16 bits in TIFF's format 3");

    // Fields of the first page: tag, type, count, value of 2, 2, 4 and 4 bytes.
    const auto changed = [&](std::uint16_t tag, std::uint32_t value, std::size_t page = 0) {
        std::string bytes = whole;
        const std::size_t at =
            bytes.find(std::string(reinterpret_cast<const char*>(&tag), 2) + '\x03' + '\0', directories[page]);
        const std::size_t wide =
            bytes.find(std::string(reinterpret_cast<const char*>(&tag), 2) + '\x04' + '\0', directories[page]);
        const std::uint16_t type = 4;
        const std::size_t field = std::min(at, wide);
        std::memcpy(bytes.data() + field + 2, &type, 2);
        std::memcpy(bytes.data() + field + 8, &value, 4);
        return refused(bytes);
    };
    EXPECT_SAYS(changed(257, 0), "cannot be read as TIFF");
    EXPECT_SAYS(changed(256, 0xffffffff), "page 0");
    EXPECT_SAYS(changed(257, 1 << 20), "page 0");
    EXPECT_SAYS(changed(257, 24, 2), "page 2: is 24 x 19 of u2 (the first page is 23 x 19 of u2)");
    EXPECT_SAYS(changed(273, 0xfffffff0), "cannot be read as TIFF");
    // Cut at every place: no crash, and never a scan of fewer gates.
    for (std::size_t cut = 0; cut < whole.size(); cut += 97) EXPECT_NE(refused(whole.substr(0, cut)), "") << cut;

    for (const double bad : {-1.0, std::nan(""), HUGE_VAL, 1e39, 16777217.0}) {
        TiffBytes floats = stack_of();
        floats.format = 3;
        floats.bits = 64;
        floats.pages[2][20] = bad;
        EXPECT_SAYS(refused(floats), "at view 0, y 1, x 1, bin 2");
    }
    TiffBytes negative = stack_of();
    negative.format = 2;
    negative.pages[1][18] = -3;
    EXPECT_SAYS(refused(negative), "holds -3 at view 0, y 0, x 18, bin 1");
}

TEST_F(TiffGates, random_damage_is_survived) {
    std::mt19937 random(5);
    std::vector<std::string> seeds;
    for (const bool big_tiff : {false, true}) {
        TiffBytes stack = stack_of();
        stack.big_tiff = big_tiff;
        stack.description = "ImageJ=1.54f\nimages=4\nslices=4\nunit=ps\nspacing=40\n";
        seeds.push_back(stack.bytes());
        stack.description =
            "<OME><Image><Pixels SizeT=\"4\"/><ModuloAlongT Type=\"lifetime\" Unit=\"ps\" Start=\"0\" "
            "Step=\"25\" End=\"75\"/></OME>";
        stack.rows_per_strip = stack.rows;
        seeds.push_back(stack.bytes());
    }
    DamageTally tally;
    for (int round = 0; round < 1000; ++round) {
        std::string bytes = seeds[random() % seeds.size()];
        const auto changes = 1 + random() % 3;
        for (unsigned i = 0; i < changes; ++i) {
            // Most of the bytes are pixels: half of the changes near the end of a page, where its tags are.
            const std::size_t at = random() % 2 == 0 ? random() % bytes.size() : bytes.size() - 1 - random() % 300;
            bytes[at] = random() % 3 == 0 ? '\xff' : static_cast<char>(random());
        }
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        write(tiff_, bytes);
        ImportRequest request = import_request(tiff_, h5_, {{"gate_width_ps", "300"}});
        request.format = "tiff-gates";
        request.memory_bytes = 4 << 20;
        tally.try_import(request, round % 32 == 0, 0.05);
    }
    EXPECT_GT(tally.imported, 100);
    EXPECT_GT(tally.refused, 100);
}

TEST_F(TiffGates, agrees_with_tifffile) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const auto stacks = folder_.path / "stacks";
    std::filesystem::create_directory(stacks);
    const int written = run_python("importers/check_tiff.py", "write '" + stacks.string() + "'");
    if (WEXITSTATUS(written) == 77) GTEST_SKIP() << "the Python of the tests has no tifffile";
    ASSERT_EQ(written, 0);
    int imported = 0;
    for (const auto& entry : std::filesystem::directory_iterator(stacks)) {
        const std::string stem = entry.path().filename().string();
        if (stem.find(".npy") != std::string::npos) continue;
        const bool says = stem.find("said") != std::string::npos;  // its description has the step
        (void)import_file(import_request(entry.path(), folder_.path / (stem + ".h5"),
                                         says ? Options{{"gate_width_ps", "300"}} : timed));
        ++imported;
    }
    EXPECT_GT(imported, 15);
    EXPECT_EQ(run_python("importers/check_tiff.py",
                         "check '" + stacks.string() + "' '" + folder_.path.string() + "' " + std::to_string(imported)),
              0);
}

}  // namespace
}  // namespace firstlight
