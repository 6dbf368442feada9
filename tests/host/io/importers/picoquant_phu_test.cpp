// PHU files written here, whose counts are known; ptufile (PyPI) reads the same ones.
#include <gtest/gtest.h>

#include <random>

#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/importers/picoquant_bytes.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

struct PhuFile {
    std::vector<std::vector<std::uint32_t>> curves{{1, 2, 3, 4}, {50, 60, 70, 4000000000}};
    std::vector<double> widths_s{8e-12, 8e-12};
    std::int64_t said = -1;                   // curves that the header tells; -1: as many as there are
    std::int64_t first_index = 0, shift = 0;  // `shift` of the last curve's place
    std::int64_t last_bins = 0;               // 0: as many as it has
    std::int64_t bits = 32;

    [[nodiscard]] std::string bytes() const {
        // The places of the curves depend on the header's length, which does not depend on them.
        std::string out = with_data_at(0);
        return with_data_at(static_cast<std::int64_t>(out.size()) - bytes_of_curves());
    }
    [[nodiscard]] std::int64_t bytes_of_curves() const {
        std::int64_t sum = 0;
        for (const auto& curve : curves) sum += 4 * static_cast<std::int64_t>(curve.size());
        return sum;
    }
    [[nodiscard]] std::string with_data_at(std::int64_t at) const {
        PicoQuantBytes out("PQHISTO");
        out.integer("Measurement_Mode", 0);
        out.integer("Measurement_SubMode", 1);
        out.real("MeasDesc_Resolution", 4e-12);
        out.text("HW_Type", "PicoHarp 300");
        out.integer("HistoResult_NumberOfCurves", said == -1 ? static_cast<std::int64_t>(curves.size()) : said);
        out.integer("HistoResult_BitsPerBin", bits);
        for (std::size_t i = 0; i < curves.size(); ++i) {
            const auto index = static_cast<std::int32_t>(first_index) + static_cast<std::int32_t>(i);
            const bool last = i + 1 == curves.size();
            const auto bins = static_cast<std::int64_t>(curves[i].size());
            out.integer("HistResDscr_DataOffset", at + (last ? shift : 0), index);
            out.integer("HistResDscr_HistogramBins", last && last_bins != 0 ? last_bins : bins, index);
            if (!widths_s.empty()) out.real("HistResDscr_MDescResolution", widths_s.at(i), index);
            out.integer("HistResDscr_MDescStopAfter", 2000, index);
            out.integer("HistResDscr_SyncRate", 40000000, index);
            at += 4 * bins;
        }
        out.end();
        for (const auto& curve : curves)
            for (const std::uint32_t count : curve) out.put(count);
        return out.bytes;
    }
};

class PicoQuantPhu : public testing::Test {
  protected:
    ScratchFolder folder_{"phu"};
    const std::filesystem::path phu_ = folder_.path / "curves.phu", h5_ = folder_.path / "scan.h5";

    void write(const std::string& bytes) const {
        std::ofstream(phu_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    std::vector<std::uint32_t> counts(const PhuFile& file, const Options& options = {}) {
        write(file.bytes());
        (void)import_file(import_request(phu_, h5_, options));
        const AcquisitionFile read = AcquisitionFile::open(h5_, {});
        scan_ = read.scan();
        return read_counts(read);
    }
    std::string refused(const PhuFile& file, const Options& options = {}, ExitCode code = ExitCode::bad_input) {
        write(file.bytes());
        return refusal(phu_, options, code);
    }
    Scan scan_;
};

TEST_F(PicoQuantPhu, curves_are_pixels_of_a_row) {
    PhuFile file;
    const std::vector<std::uint32_t> both{1, 2, 3, 4, 50, 60, 70, 4000000000};
    EXPECT_EQ(counts(file), both);
    EXPECT_EQ(scan_.rows, 1);
    EXPECT_EQ(scan_.columns, 2);
    EXPECT_DOUBLE_EQ(scan_.bin_width_s, 8e-12);
    EXPECT_EQ(scan_.exposure_s, (std::vector<double>{2}));
    EXPECT_EQ(scan_.pulses, (std::vector<double>{8e7}));
    file.first_index = 1;  // as some programs count
    EXPECT_EQ(counts(file), both);
    file.widths_s.clear();
    EXPECT_EQ(counts(file), both);
    EXPECT_DOUBLE_EQ(scan_.bin_width_s, 4e-12);
}

TEST_F(PicoQuantPhu, curves_that_differ_are_chosen) {
    PhuFile file;
    file.widths_s[1] = 16e-12;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--channel (0 to 1)");
    EXPECT_EQ(counts(file, {{"channel", "1"}}), file.curves[1]);
    EXPECT_DOUBLE_EQ(scan_.bin_width_s, 16e-12);
    EXPECT_SAYS(refused(file, {{"channel", "2"}}, ExitCode::usage), "has no curve 2");
    file.widths_s = {0, 0};
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "--bin-width-ps");
}

TEST_F(PicoQuantPhu, refuses_what_is_absurd) {
    PhuFile file;
    file.said = -7;
    EXPECT_SAYS(refused(file), "HistoResult_NumberOfCurves is -7");
    file.said = 3;
    EXPECT_SAYS(refused(file), "HistResDscr_DataOffset has 2 values (for 3 curves)");
    file = {};
    file.shift = 4;
    EXPECT_SAYS(refused(file), "ends within curve 1");
    file.shift = -100000;
    EXPECT_SAYS(refused(file), "that is before the file");
    file = {};
    file.last_bins = -4;
    EXPECT_SAYS(refused(file), "curve 1 has -4 bins");
    file.last_bins = 1 << 23;
    EXPECT_SAYS(refused(file), "ends within curve 1");
    file = {};
    file.bits = 16;
    EXPECT_SAYS(refused(file), "its bins have 16 bits");
    file = {};
    file.widths_s[1] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_SAYS(refused(file), "the bins of curve 1 are nan s wide");
    PicoQuantBytes empty("PQHISTO");
    empty.end();
    write(empty.bytes);
    EXPECT_SAYS(refusal(phu_), "does not say how many curves it has");
    empty.bytes.resize(20);
    write(empty.bytes);
    EXPECT_SAYS(refusal(phu_), "has no Header_End");
}

TEST_F(PicoQuantPhu, random_damage_is_survived) { survive_damage("phu", phu_, {PhuFile().bytes()}, 1000); }

TEST_F(PicoQuantPhu, agrees_with_ptufile) {
    FIRSTLIGHT_NEEDS_PYTHON();
    PhuFile file;
    file.curves.assign(5, std::vector<std::uint32_t>(300));
    file.widths_s.assign(5, 25e-12);
    std::mt19937 random(2);
    for (auto& curve : file.curves)
        for (std::uint32_t& count : curve) count = static_cast<std::uint32_t>(random());
    (void)counts(file);
    const int status = run_python("importers/check_phu.py", "'" + phu_.string() + "' '" + h5_.string() + "'");
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "the Python of the tests has no ptufile";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace firstlight
