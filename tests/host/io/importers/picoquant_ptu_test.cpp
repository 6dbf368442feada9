// PTU files whose photons are known by construction: layouts, overflows, markers, images, syncs, damage.
#include <gtest/gtest.h>

#include <random>

#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/importers/picoquant_bytes.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class PicoQuantPtu : public testing::Test {
  protected:
    ScratchFolder folder_{"ptu"};
    const std::filesystem::path ptu_ = folder_.path / "scan.ptu", h5_ = folder_.path / "scan.h5";

    ImportReport import(const PtuFile& file, const Options& options = {}) {
        file.write(ptu_);
        return import_file(import_request(ptu_, h5_, options));
    }
    ReadEvents events(const PtuFile& file, const Options& options = {}) {
        (void)import(file, options);
        return read_events(AcquisitionFile::open(h5_, {}));
    }
    std::string refused(const PtuFile& file, const Options& options = {}, ExitCode code = ExitCode::bad_input) {
        file.write(ptu_);
        return refusal(ptu_, options, code);
    }
};

TEST_F(PicoQuantPtu, t3_of_one_layout_counts_channels_and_overflows) {
    PtuFile file;
    file.words = {t3_photon(5, 100, 2), overflows(1),           t3_photon(1, 0, 7),   overflows(0),
                  overflows(3),         t3_photon(0, 32767, 2), t3_photon(1023, 9, 7)};
    EXPECT_EQ(events(file), (ReadEvents{{0, 1, 0, 1}, {100, 0, 32767, 9}, {5, 1025, 5120, 6143}}));
    const Scan scan = AcquisitionFile::open(h5_, {}).scan();
    EXPECT_EQ(scan.kind, ScanKind::events);
    EXPECT_EQ(scan.columns, 2);
    EXPECT_EQ(scan.bins, 32768);
    EXPECT_DOUBLE_EQ(scan.bin_width_s, 16e-12);
    EXPECT_DOUBLE_EQ(scan.first_bin_centre_s, 8e-12);
    EXPECT_DOUBLE_EQ(*scan.repetition_rate_hz, 4e7);
    EXPECT_EQ(events(file, {{"channel", "7"}}), (ReadEvents{{0, 0}, {0, 9}, {1025, 6143}}));
    EXPECT_EQ(import(file, {{"channel", "7"}}).left_out, 2);
}

TEST_F(PicoQuantPtu, layouts_overflow_as_their_devices_do) {
    // The same words; what an overflow adds and where channel and time lie is the device's.
    PtuFile old_hydraharp;
    old_hydraharp.type = 0x00010304;
    old_hydraharp.words = {overflows(7), t3_photon(2, 3)};
    EXPECT_EQ(events(old_hydraharp).times, (std::vector<std::int64_t>{1026}));

    PtuFile picoharp;
    picoharp.type = 0x00010303;
    picoharp.words = {0xF0000000, 0xF0000000, 0x1FFF0007, 0x40010008, 0xF0020009, 0x60010008};
    EXPECT_EQ(events(picoharp), (ReadEvents{{0, 1}, {4095, 1}, {131079, 131080}}));

    PtuFile picoharp_t2;
    picoharp_t2.type = 0x00010203;
    picoharp_t2.macro_s = 4e-12;
    picoharp_t2.words = {0x00000064, 0x1000006E, 0xF0000000, 0x00000001, 0x2000000A};
    EXPECT_EQ(events(picoharp_t2), (ReadEvents{{0, 1}, {10, 9}, {110, 210698250}}));

    PtuFile hydraharp_t2;
    hydraharp_t2.type = 0x00010204;
    hydraharp_t2.macro_s = 1e-12;
    hydraharp_t2.words = {overflows(5), t2_sync(10), t2_photon(17, 3)};
    EXPECT_EQ(events(hydraharp_t2), (ReadEvents{{0}, {7}, {33552017}}));
    hydraharp_t2.type = 0x01010204;
    EXPECT_EQ(events(hydraharp_t2).times, (std::vector<std::int64_t>{5 * 33554432 + 17}));
}

TEST_F(PicoQuantPtu, t2_photons_are_timed_by_the_sync_before_them) {
    PtuFile file;
    file.type = 0x00010207;
    file.macro_s = 2e-12;
    file.words = {t2_photon(3), t2_sync(10),   t2_photon(14), t2_photon(19, 1),
                  t2_sync(30),  t2_photon(30), t2_sync(50),   t2_photon(400)};
    // The first has no sync before it, the last comes ten intervals of 20 after the last sync.
    EXPECT_EQ(events(file), (ReadEvents{{0, 1, 0}, {4, 9, 0}, {14, 19, 30}}));
    const ImportReport report = import(file);
    EXPECT_EQ(report.left_out, 2);
    EXPECT_EQ(report.scan.bins, 10);
    EXPECT_EQ(events(file, {{"bin_width_ps", "4"}}).bins, (std::vector<std::uint32_t>{2, 4, 0}));
    EXPECT_SAYS(refused(file, {{"bin_width_ps", "3"}}, ExitCode::usage), "units of 2 ps");
}

TEST_F(PicoQuantPtu, t2_without_syncs_asks_for_the_repetition_rate) {
    PtuFile file;
    file.type = 0x00010207;
    file.macro_s = 1e-12;
    file.words = {t2_photon(100), t2_photon(12507), t2_photon(25001)};
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--repetition-rate-hz");
    EXPECT_EQ(events(file, {{"repetition_rate_hz", "8e7"}}).bins, (std::vector<std::uint32_t>{100, 7, 1}));
}

PtuFile small_image() {
    PtuFile file;
    file.image = true;
    file.dwell_ms = 10 * 25e-9 * 1e3;  // ten syncs
    file.words = {t3_photon(0, 1),     // before the first line
                  t3_marker(100, 1), t3_photon(100, 2),  t3_photon(109, 3),  t3_photon(110, 4, 1),
                  t3_photon(129, 5), t3_photon(130, 6),  // after the last pixel
                  t3_marker(131, 2), t3_photon(135, 7),  // fly-back
                  t3_marker(200, 1), t3_photon(205, 8),  t3_photon(225, 9),  t3_marker(230, 2),
                  t3_marker(240, 1), t3_photon(245, 10), t3_marker(270, 2),  // a third line of two
                  t3_marker(300, 4), t3_marker(300, 1),  t3_photon(301, 11), t3_marker(330, 2)};
    return file;
}

TEST_F(PicoQuantPtu, image_from_markers) {
    const ReadEvents forwards = events(small_image());
    EXPECT_EQ(forwards.pixels, (std::vector<std::uint32_t>{0, 0, 1, 2, 3, 5, 0}));
    EXPECT_EQ(forwards.bins, (std::vector<std::uint32_t>{2, 3, 4, 5, 8, 9, 11}));
    const ImportReport report = import(small_image());
    EXPECT_EQ(report.scan.rows, 2);
    EXPECT_EQ(report.scan.columns, 3);
    EXPECT_EQ(report.counts, 7);
    EXPECT_EQ(report.left_out, 4);
    // Line 0 was begun twice, line 1 once: no one exposure is that of all pixels.
    EXPECT_TRUE(report.scan.exposure_s.empty());
    const ReadEvents backwards = events(small_image(), {{"bidirectional", "true"}});
    EXPECT_EQ(backwards.pixels, (std::vector<std::uint32_t>{0, 0, 1, 2, 5, 3, 0}));
    EXPECT_EQ(events(small_image(), {{"channel", "1"}}).pixels, (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(import(small_image(), {{"rows", "3"}}).counts, 8);
    EXPECT_EQ(import(small_image(), {{"rows", "1"}, {"columns", "1"}}).counts, 11);
}

TEST_F(PicoQuantPtu, events_and_histogram_hold_the_same) {
    const ReadEvents tags = events(small_image());
    (void)import(small_image(), {{"record", "histogram"}});
    const AcquisitionFile file = AcquisitionFile::open(h5_, {});
    EXPECT_EQ(file.scan().kind, ScanKind::histogram);
    std::vector<std::uint32_t> expected(static_cast<std::size_t>(file.scan().pixels() * file.scan().bins), 0);
    for (std::size_t i = 0; i < tags.pixels.size(); ++i)
        ++expected[static_cast<std::size_t>(tags.pixels[i] * file.scan().bins) + tags.bins[i]];
    EXPECT_EQ(read_counts(file), expected);

    ImportRequest request = import_request(ptu_, h5_, {{"record", "histogram"}});
    request.memory_bytes = 100;
    try {
        (void)import_file(request);
        FAIL();
    } catch (const Error& error) {
        EXPECT_SAYS(error.what(), "give --record events");
    }
}

TEST_F(PicoQuantPtu, line_time_is_measured_where_the_file_does_not_say_it) {
    PtuFile file = small_image();
    file.dwell_ms = 0;  // lines of 31, 30, 30 and 30: 30 on average, ten for a pixel
    EXPECT_EQ(events(file), events(small_image()));
    file.line_stop = 0;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--line-stop-marker");
}

TEST_F(PicoQuantPtu, asks_for_markers_that_are_missing) {
    PtuFile file = small_image();
    file.line_start = 0;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--line-start-marker");
    EXPECT_EQ(events(file, {{"line_start_marker", "1"}}), events(small_image()));
    file.line_start = 4;  // never seen
    EXPECT_SAYS(refused(file), "its image has no lines");
    file.line_start = 9;
    EXPECT_SAYS(refused(file), "markers have numbers 1 to 8");
    file.line_start = 2;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "one marker cannot both start a line and end");
}

TEST_F(PicoQuantPtu, refuses_what_is_absurd) {
    PtuFile file = small_image();
    file.said = -2;
    EXPECT_SAYS(refused(file), "TTResult_NumberOfRecords is -2 (it cannot be negative)");
    file.said = 1'000'000'000'000;
    EXPECT_SAYS(refused(file), "ends within its records: it holds 20 of 1000000000000");
    file = small_image();
    file.type = 0x00010308;
    EXPECT_SAYS(refused(file), "type 0x00010308, which is not known (read are PicoHarp 300 T2");
    file = small_image();
    file.columns = -4;
    EXPECT_SAYS(refused(file), "ImgHdr_PixX is -4");
    file.columns = file.rows = 1 << 20;
    EXPECT_SAYS(refused(file), "1048576 x 1048576 pixels");
    file = small_image();
    file.bin_s = -1;
    EXPECT_SAYS(refused(file), "MeasDesc_Resolution is -1 s");
    file.bin_s = 0;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--bin-width-ps");
    file = {};
    file.type = 0x00010207;
    file.words.assign(10000, overflows(0x1ffffff));
    EXPECT_SAYS(refused(file), "runs beyond 2^62 units");
    file.words.clear();
    EXPECT_SAYS(refused(file), "holds no photons that can be used");
}

TEST_F(PicoQuantPtu, unclosed_recordings_are_read_to_their_end) {
    PtuFile file = small_image();
    file.said = 0;
    const ImportReport report = import(file);
    EXPECT_EQ(report.counts, 7);
    EXPECT_SAYS(report.assumptions.at(0), "the header tells of no records");
}

TEST_F(PicoQuantPtu, refuses_damaged_headers) {
    const auto refused_bytes = [&](const std::string& bytes) {
        std::ofstream(ptu_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return refusal(ptu_, {});
    };
    const std::string good = small_image().bytes();
    EXPECT_SAYS(refused_bytes(good.substr(0, 500)), "ends within the header, which has no Header_End");
    EXPECT_SAYS(refused_bytes(good.substr(0, good.size() - 5)), "ends within its records: it holds 18 of 20");
    EXPECT_SAYS(refused_bytes("PQTTTX" + good.substr(6)), "is of no format that can be imported");
    std::string text = good;  // the size of the text of the first tag
    text[16 + 40 + 7] = '\x80';
    EXPECT_SAYS(refused_bytes(text), "a size cannot be negative");
    text[16 + 40 + 7] = '\x10';
    EXPECT_SAYS(refused_bytes(text), "ends within tag HW_Type");
    std::string type = good;
    type[16 + 36] = '\x77';
    EXPECT_SAYS(refused_bytes(type), "no such type of tag is known");
    PicoQuantBytes many;
    for (int i = 0; i < 70000; ++i) many.integer("Tag", i);
    many.end();
    EXPECT_SAYS(refused_bytes(many.bytes), "has more than 65536 tags");
}

// Whatever bytes a file has: it is imported or refused with a message, in bounded memory and time.
TEST_F(PicoQuantPtu, random_damage_is_survived) {
    std::vector<std::string> seeds{small_image().bytes()};
    for (const std::int64_t type : {0x00010303, 0x00010203, 0x00010204, 0x00010207, 0x00010304}) {
        PtuFile file = small_image();
        file.type = type;
        file.image = (type & 0x100) != 0;
        file.words.insert(file.words.begin(), t2_sync(1));
        seeds.push_back(file.bytes());
    }
    survive_damage("ptu", ptu_, seeds, 2000, {{{"record", "histogram"}}, {{"record", "events"}}});
}

// ptufile (PyPI) writes and reads the same files: counts, times and pixels are equal.
TEST_F(PicoQuantPtu, agrees_with_ptufile) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const std::string where = "'" + folder_.path.string() + "'";
    const int wrote = run_python("importers/write_ptu.py", where);
    if (WEXITSTATUS(wrote) == 77) GTEST_SKIP() << "the Python of the tests has no ptufile";
    ASSERT_EQ(wrote, 0);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path)) {
        if (entry.path().extension() != ".ptu") continue;
        ++files;
        const bool image = says(entry.path().stem().string(), "image");
        for (const char* record : {"events", "histogram"}) {
            std::filesystem::path target = entry.path();
            target.replace_extension(std::string(record) + ".h5");
            const ImportReport report = import_file(import_request(entry.path(), target, {{"record", record}}));
            EXPECT_EQ(report.scan.rows > 1, image);
        }
    }
    EXPECT_GT(files, 16);
    EXPECT_EQ(run_python("importers/check_ptu.py", where), 0);
}

}  // namespace
}  // namespace firstlight
