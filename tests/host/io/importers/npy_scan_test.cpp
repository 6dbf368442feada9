// NumPy files written here, byte by byte, in every order of axes; NumPy itself writes others, and the docs' example.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/importers/npy_bytes.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class NpyScan : public testing::Test {
  protected:
    ScratchFolder folder_{"npy"};
    const std::filesystem::path npy_ = folder_.path / "scan.npy", toml_ = folder_.path / "scan.toml",
                                h5_ = folder_.path / "scan.h5";
    Scan scan_;
    ImportReport report_;

    static void write(const std::filesystem::path& path, const std::string& bytes) {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    static std::string description(const std::vector<std::string>& axes, const std::string& more = "") {
        const bool gated = std::find(axes.begin(), axes.end(), "gate") != axes.end();
        return fmt::format("axes = [\"{}\"]\n{}\n{}", fmt::join(axes, "\", \""),
                           gated ? "gate_step_ps = 40\ngate_width_ps = 300" : "bin_width_ps = 16", more);
    }
    void import(const Options& options = {}, std::size_t memory = 0) {
        ImportRequest request = import_request(npy_, h5_, options);
        request.memory_bytes = memory;
        report_ = import_file(request);
        scan_ = AcquisitionFile::open(h5_, {}).scan();
    }
    // Of view after view, [y][x][t].
    std::vector<double> stored(bool reference = false) const {
        const AcquisitionFile file = AcquisitionFile::open(h5_, {});
        const CountDataset& counts = reference ? *file.reference() : file.counts();
        std::vector<double> out;
        CountDataset::Scratch scratch;
        for (std::int64_t view = 0; view < counts.views(); ++view) {
            const std::int64_t n = counts.rows() * counts.columns() * counts.bins();
            std::vector<std::byte> raw(static_cast<std::size_t>(n) * count_size(counts.type()));
            counts.read({view, 0, 0, counts.rows(), counts.columns(), counts.columns()}, raw.data(), scratch);
            visit_counts({raw.data(), counts.type(), counts.rows() * counts.columns(), counts.bins()},
                         [&](const auto* values) {
                             for (std::int64_t i = 0; i < n; ++i) out.push_back(static_cast<double>(values[i]));
                         });
        }
        return out;
    }
    void expect_formula(const std::vector<double>& counts) const {
        std::size_t i = 0;
        double sum = 0;
        for (std::int64_t view = 0; view < scan_.views; ++view)
            for (std::int64_t y = 0; y < scan_.rows; ++y)
                for (std::int64_t x = 0; x < scan_.columns; ++x)
                    for (std::int64_t t = 0; t < scan_.bins; ++t, ++i) {
                        const double wanted = npy_count({{"view", view}, {"y", y}, {"x", x}, {"t", t}});
                        sum += wanted;
                        ASSERT_EQ(counts.at(i), wanted) << view << " " << y << " " << x << " " << t;
                    }
        EXPECT_EQ(counts.size(), i);
        EXPECT_EQ(static_cast<double>(report_.counts), sum);
    }
    std::string refused(const NpyBytes& npy, const std::string& toml, const Options& options = {},
                        ExitCode code = ExitCode::bad_input) {
        write(npy_, npy.bytes());
        write(toml_, toml);
        return refusal(npy_, options, code);
    }
    std::string refused_bytes(const std::string& bytes) {
        write(npy_, bytes);
        write(toml_, description({"y", "x", "t"}));
        return refusal(npy_);
    }
    std::string refused_key(const std::string& key) { return refused({}, description({"y", "x", "t"}, key)); }
};

TEST_F(NpyScan, every_order_of_axes_c_and_fortran) {
    std::vector<std::vector<std::string>> all;
    for (std::vector<std::string> axes : {std::vector<std::string>{"t", "x", "y"}, {"t", "view", "x", "y"}}) do
            all.push_back(axes);
        while (std::next_permutation(axes.begin(), axes.end()));
    for (const std::vector<std::string>& few : {std::vector<std::string>{"t"}, {"x", "t"}, {"t", "y"}})
        all.push_back(few);
    int files = 0;
    for (const std::vector<std::string>& axes : all)
        for (const bool fortran : {false, true}) {
            if (axes.size() == 4 && fortran != (axes.front() < axes.back())) continue;  // the other is a reversed one
            NpyBytes npy;
            npy.axes = axes;
            npy.fortran = fortran;
            write(npy_, npy.bytes());
            write(toml_, description(axes));
            import({}, ++files % 3 == 0 ? 20'000 : 0);  // in one band, and in two
            expect_formula(stored());
            EXPECT_EQ(scan_.bins, 9);
            EXPECT_EQ(scan_.rows, std::find(axes.begin(), axes.end(), "y") == axes.end() ? 1 : 21);
        }
    EXPECT_GT(files, 40);
}

TEST_F(NpyScan, every_type_of_number_and_version) {
    const std::map<std::string, CountType> types{{"|u1", CountType::u1}, {"<u2", CountType::u2}, {">u2", CountType::u2},
                                                 {"<u4", CountType::u4}, {">u4", CountType::u4}, {"<u8", CountType::u4},
                                                 {"|i1", CountType::u1}, {">i2", CountType::u2}, {"<i4", CountType::u4},
                                                 {">i8", CountType::u4}, {"<f4", CountType::f4}, {">f4", CountType::f4},
                                                 {"<f8", CountType::f4}, {">f8", CountType::f4}};
    for (const auto& [descr, type] : types) {
        NpyBytes npy;
        npy.descr = descr;
        npy.version = 1 + static_cast<int>(type) % 3;
        write(npy_, npy.bytes());
        write(toml_, description(npy.axes));
        import();
        EXPECT_EQ(scan_.type, type) << descr;
        expect_formula(stored());
    }
}

TEST_F(NpyScan, all_keys_arrive) {
    NpyBytes npy;
    npy.axes = {"view", "t", "y", "x"};
    write(npy_, npy.bytes());
    std::vector<double> x_mm(18), y_mm(21);
    for (std::size_t i = 0; i < 18; ++i) x_mm[i] = static_cast<double>(i) * 0.5;
    for (std::size_t i = 0; i < 21; ++i) y_mm[i] = static_cast<double>(i) * -0.25;
    write(toml_,
          description(npy.axes, fmt::format("first_bin_ps = 100\nlight_path = \"reflection\"\ntitle = \"a scan\"\n"
                                            "x_mm = [{}]\ny_mm = [{}]\nview_deg = [0, 60, 120]\n"
                                            "pulses = [1e6, 2e6, 3e6]\narrival_ps = 130\nwavelength_nm = 532\n"
                                            "repetition_rate_hz = 4e7\nstandoff_mm = 12\ndead_time_ns = 80\n"
                                            "irf = \"irf.npy\"\nirf_bin_width_ps = 8\nreference = \"open/ref.npy\"\n"
                                            "reference_pulses = 5e5\nfilter_transmission = 0.01\n[medium]\n"
                                            "thickness_mm = 30\nrefractive_index = 1.33\nmu_s_prime_per_mm = 0.5\n"
                                            "mu_a_per_mm = 0.002\nmu_s_per_mm = 5\ng = 0.9\n",
                                            fmt::join(x_mm, ", "), fmt::join(y_mm, ", "))));
    std::string irf = NpyBytes::around("{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }");
    irf += std::string("\0\2\6\2\0", 5);
    write(folder_.path / "irf.npy", irf);
    std::filesystem::create_directory(folder_.path / "open");
    write(folder_.path / "open/ref.npy",
          [] {
              NpyBytes ref;
              ref.axes = {"t", "y", "x"};
              ref.fortran = true;
              return ref;
          }()
              .bytes());
    import();
    expect_formula(stored());
    EXPECT_EQ(scan_.views, 3);
    EXPECT_NEAR(scan_.first_bin_centre_s, 100e-12, 1e-22);
    EXPECT_NEAR(scan_.bin_width_s, 16e-12, 1e-22);
    EXPECT_EQ(scan_.path, LightPath::reflection);
    EXPECT_NEAR(scan_.x_m[3], 1.5e-3, 1e-15);
    EXPECT_NEAR(scan_.y_m[20], -5e-3, 1e-15);
    EXPECT_NEAR(scan_.view_angle_rad[2], 2.0943951023931953, 1e-12);
    EXPECT_EQ(scan_.pulses, (std::vector<double>{1e6, 2e6, 3e6}));
    EXPECT_NEAR(scan_.arrival_s.value(), 130e-12, 1e-22);
    EXPECT_NEAR(scan_.wavelength_m.value(), 532e-9, 1e-18);
    EXPECT_EQ(scan_.repetition_rate_hz, 4e7);
    EXPECT_NEAR(scan_.standoff_m.value(), 0.012, 1e-15);
    EXPECT_NEAR(scan_.dead_time_s.value(), 80e-9, 1e-18);
    EXPECT_EQ(scan_.irf.values, (std::vector<double>{0, 2, 6, 2, 0}));
    EXPECT_NEAR(scan_.irf.time_s[0], -16e-12, 1e-22);  // 0 at the peak
    EXPECT_NEAR(scan_.irf.time_s[4], 16e-12, 1e-22);
    EXPECT_EQ(scan_.reference_pulses, std::vector<double>{5e5});
    EXPECT_EQ(scan_.filter_transmission, 0.01);
    EXPECT_NEAR(scan_.medium.thickness_m.value(), 0.03, 1e-15);
    EXPECT_NEAR(scan_.medium.mu_s_prime_per_m.value(), 500, 1e-9);
    EXPECT_EQ(AcquisitionFile::open(h5_, {}).info().title, "a scan");
    const std::vector<double> all = stored();
    EXPECT_EQ(stored(true), std::vector<double>(all.begin(), all.begin() + 21 * 18 * 9));  // the formula at view 0
    import({{"bin_width_ps", "20"}, { "light_path", "confocal" }});                        // what is given wins
    EXPECT_NEAR(scan_.bin_width_s, 20e-12, 1e-22);
    EXPECT_EQ(scan_.path, LightPath::confocal);
}

TEST_F(NpyScan, frames_of_gates) {
    NpyBytes npy;
    npy.axes = {"gate", "y", "x"};
    write(npy_, npy.bytes());
    std::filesystem::path elsewhere = folder_.path / "gates.toml";
    write(elsewhere, description(npy.axes,
                                 "first_gate_ps = 120\nexposure_s = 4.5\nrepetition_rate_hz = 1e6\n"
                                 "bit_depth = 12\nscan_size_m = [0.021, 0.036]\n"));
    import({{ "axes", elsewhere.string() }});
    expect_formula(stored());
    EXPECT_EQ(scan_.kind, ScanKind::gated);
    EXPECT_NEAR(scan_.gates.delay_s[8], 440e-12, 1e-21);
    EXPECT_EQ(scan_.gates.exposure_s, std::vector<double>(9, 0.5));
    EXPECT_EQ(scan_.pulses, std::vector<double>{5e5});
    EXPECT_EQ(scan_.gates.bit_depth, 12);
    EXPECT_NEAR(scan_.x_m[1] - scan_.x_m[0], 2e-3, 1e-15);
    write(elsewhere,
          "axes = [\"gate\", \"y\", \"x\"]\ngate_width_ps = 300\ngate_delay_ps = [0, 1, 2, 3, 5, 8, 13, 21, 34]");
    import({{ "axes", elsewhere.string() }});
    EXPECT_NEAR(scan_.gates.delay_s[8], 34e-12, 1e-22);
    const std::string frames = "axes = [\"gate\", \"y\", \"x\"]\ngate_width_ps = 300\n";
    EXPECT_SAYS(refused(npy, frames, {}, ExitCode::usage), "give --gate-step-ps");
    EXPECT_SAYS(refused(npy, frames + "gate_delay_ps = [0, 1]"), "gate_delay has 2 values");
    EXPECT_SAYS(refused(npy, frames + "gate_delay_ps = [0, 1]\ngate_step_ps = 4"), "gate_step_ps has no effect");
    EXPECT_SAYS(refused(npy, frames + "gate_step_ps = -4"), "turn the array round");
    EXPECT_SAYS(refused(npy, frames + "bin_width_ps = 4"), "bin_width_ps has no effect");
}

TEST_F(NpyScan, every_key_is_checked) {
    write(npy_, NpyBytes{}.bytes());
    EXPECT_SAYS(refusal(npy_, {}, ExitCode::usage), "give --axes FILE, or put scan.toml beside it");
    EXPECT_SAYS(refused({}, "bin_width_ps = 16"), "axes is missing");
    EXPECT_SAYS(refused({}, "axes = [\"y\", \"x\", \"t\"]", {}, ExitCode::usage), "bin_width_ps in scan.toml");
    EXPECT_SAYS(refused({}, "axes = [\"y\", \"x\"]"), "an axis t");
    EXPECT_SAYS(refused({}, "axes = [\"y\", \"y\", \"t\"]"), "each of view, y, x, t, gate at most once");
    EXPECT_SAYS(refused({}, "axes = [\"y\", \"t\", \"gate\"]"), "t or gate but not both");
    EXPECT_SAYS(refused({}, "axes = [\"y\", \"z\", \"t\"]"), "each of view, y, x, t, gate");
    EXPECT_SAYS(refused({}, "axes = \"yxt\""), "a list of texts");
    EXPECT_SAYS(refused({}, "axes = [1, 2, 3]"), "a list of texts");
    EXPECT_SAYS(refused({}, description({"view", "y", "x", "t"})), "has the shape (21, 18, 9)");
    EXPECT_SAYS(refused({}, "axes = [\"y\"\nbin"), "line 2 is no TOML");
    EXPECT_SAYS(refused_key("bin_with_ps = 3"), "unknown key \"bin_with_ps\": did you mean \"bin_width_ps\"?");
    EXPECT_SAYS(refused_key("arival_ps = 3"), "did you mean \"arrival_ps\"?");
    EXPECT_SAYS(refused_key("[medium]\nthicknes_mm = 3"), "did you mean \"thickness_mm\"?");
    EXPECT_SAYS(refused_key("rows = 3"), "unknown key \"rows\"");
    EXPECT_SAYS(refused_key("light_path = \"sideways\""), "light_path");
    EXPECT_SAYS(refused_key("first_bin_ps = \"soon\""), "first_bin_ps");
    EXPECT_SAYS(refused_key("exposure_s = -1"), "exposure_s");
    EXPECT_SAYS(refused_key("pulses = 0"), "a number above 0");
    EXPECT_SAYS(refused_key("pulses = [1, 2]"), "pulses has 2 numbers");
    EXPECT_SAYS(refused_key("x_mm = [1, 2]"), "x_mm has 2 numbers");
    EXPECT_SAYS(refused_key("y_mm = [1, nan]"), "numbers that are finite");
    EXPECT_SAYS(refused_key("view_deg = [0]"), "view_deg has no effect");
    EXPECT_SAYS(refused_key("scan_size_m = 0"), "a number above 0, or two of them");
    EXPECT_SAYS(refused_key("irf_first_ps = 1"), "irf_first_ps has no effect (it matters only with irf)");
    EXPECT_SAYS(refused_key("reference_pulses = 1"), "reference_pulses has no effect");
    EXPECT_SAYS(refused_key("wavelength_nm = 0"), "a number from 1 to 1e+06");
    for (const char* away : {"/etc/passwd", "../irf.npy", "sub/../../irf.npy", ""})
        EXPECT_SAYS(refused_key(fmt::format("irf = \"{}\"", away)), "in the folder of the TOML file or below");
    EXPECT_SAYS(refused_key("irf = \"none.npy\""), "there is no such file");
    EXPECT_SAYS(refused_key("irf = \"scan.npy\""), "a response is one curve");
    EXPECT_SAYS(refused_key("irf = \"scan.toml\""), "is no .npy file");
    NpyBytes other;
    other.axes = {"x", "y", "t"};
    write(folder_.path / "other.npy", other.bytes());
    EXPECT_SAYS(refused_key("reference = \"other.npy\""), "a reference is taken with the same pixels and bins");
}

TEST_F(NpyScan, refuses_what_is_damaged_or_no_counts) {
    const std::string whole = NpyBytes{}.bytes();
    EXPECT_SAYS(refused_bytes("\x93NUMPX\1"), "is of no format");
    EXPECT_SAYS(refused_bytes("\x93NUMPY\1"), "is no .npy file (it has 7 bytes)");
    std::string newer = whole;
    newer[6] = 4;
    EXPECT_SAYS(refused_bytes(newer), "is of version 4.0");
    EXPECT_SAYS(refused_bytes(whole.substr(0, 40)), "ends within its header");
    EXPECT_SAYS(refused_bytes(whole.substr(0, whole.size() - 1)), "ends before its numbers do");
    const auto header = [&](const std::string& dictionary) {
        return refused_bytes(NpyBytes::around(dictionary) + std::string(100, '\0'));
    };
    const auto type = [&](const std::string& descr) {
        return header("{'descr': " + descr + ", 'fortran_order': False, 'shape': (2, 2, 2), }");
    };
    EXPECT_SAYS(type("'|O'"), "pickled objects can run programs");
    EXPECT_SAYS(type("'<c8'"), "its numbers are of type \"<c8\" (u1, u2");
    EXPECT_SAYS(type("'<f2'"), "of type \"<f2\"");
    EXPECT_SAYS(type("'|b1'"), "of type \"|b1\"");
    EXPECT_SAYS(type("'<M8[ns]'"), "of type \"<M8[ns]\"");
    EXPECT_SAYS(type("''"), "of type \"\"");
    EXPECT_SAYS(type("[('a', '<u2')]"), "is a structured array");
    EXPECT_SAYS(type("__import__('os')"), "a name in quotes was expected");
    const auto shape = [&](const std::string& text) {
        return header("{'descr': '<u2', 'fortran_order': False, 'shape': " + text + ", }");
    };
    EXPECT_SAYS(shape("(-2, 2, 2)"), "an axis of its shape has -2 elements");
    EXPECT_SAYS(shape("(0, 2, 2)"), "has 0 elements");
    EXPECT_SAYS(shape("(99999999999999999999, 2, 2)"), "longer than any file");
    EXPECT_SAYS(shape("(4294967296, 4294967296, 4294967296)"), "a shape larger than any file");
    EXPECT_SAYS(shape("(4294967296, 2, 2)"), "ends before its numbers do");
    EXPECT_SAYS(shape("(2, x, 2)"), "something in it that is no number");
    EXPECT_SAYS(shape("(2, 2"), "something in it that is no number");
    EXPECT_SAYS(shape("(2 2)"), "a ')' was expected");
    EXPECT_SAYS(shape("()"), "has the shape ()");
    EXPECT_SAYS(header("{'descr': '<u2', 'shape': (2, 2, 2), }"), "lacks descr, fortran_order or shape");
    EXPECT_SAYS(header("{'descr': '<u2', 'descr': '<u2', }"), "a key that NumPy does not write there");
    EXPECT_SAYS(header("{'descr': '<u2', 'fortran_order': Maybe, }"), "neither True nor False");
    EXPECT_SAYS(header("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2, 2), } + 1"), "something after");
    const auto holding = [&](const char* descr, double value) {
        NpyBytes npy;
        npy.descr = descr;
        npy.changed = value;
        npy.changed_at = (2 * 18 + 5) * 9 + 4;
        return refused(npy, description(npy.axes));
    };
    for (const char* descr : {"<i2", ">i8", "|i1", "<f4", ">f8"})
        EXPECT_SAYS(holding(descr, -3), "holds -3 at view 0, y 2, x 5, bin 4 (counts cannot be negative)");
    EXPECT_SAYS(holding("<f4", std::nan("")), "holds nan at view 0, y 2, x 5, bin 4");
    EXPECT_SAYS(holding("<u8", 4294967296), "counts of at most 4294967295 are read");
    EXPECT_SAYS(holding("<f8", 1e300), "past the range of float32");
    EXPECT_SAYS(holding("<f8", 16777217), "store whole counts as uint32");
    write(npy_, whole + "more");
    write(toml_, description({"y", "x", "t"}));
    import();
    EXPECT_TRUE(std::find(report_.assumptions.begin(), report_.assumptions.end(),
                          "4 bytes after the array are left out") != report_.assumptions.end());
}

TEST_F(NpyScan, random_damage_is_survived) {
    std::mt19937 random(8);
    const std::string whole = NpyBytes{}.bytes(), words = description({"y", "x", "t"}, "arrival_ps = 3\npulses = 5\n");
    DamageTally tally;
    for (int round = 0; round < 1000; ++round) {
        std::string bytes = whole, text = words;
        for (unsigned i = 0; i < 1 + random() % 2; ++i) {
            std::string& changed = round % 2 == 0 ? bytes : text;
            changed[random() % std::min<std::size_t>(changed.size(), 90)] = static_cast<char>(random());
        }
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        write(npy_, bytes);
        write(toml_, text);
        ImportRequest request = import_request(npy_, h5_);
        request.format = "npy";
        request.memory_bytes = 1 << 20;
        tally.try_import(request, round % 32 == 0, 0);
    }
    EXPECT_GT(tally.imported, 20);
    EXPECT_GT(tally.refused, 200);
}

TEST_F(NpyScan, agrees_with_numpy_and_the_example_of_the_docs_runs) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const auto arrays = folder_.path / "arrays";
    std::filesystem::create_directory(arrays);
    const std::string where = "'" + arrays.string() + "' '" + std::string(FIRSTLIGHT_SOURCE_DIR) + "/docs/import.md'";
    ASSERT_EQ(run_python("importers/check_npy.py", "write " + where), 0);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(arrays)) {
        if (entry.path().extension() != ".toml") continue;
        std::filesystem::path npy = entry.path(), target = entry.path();
        (void)import_file(import_request(npy.replace_extension(".npy"), target.replace_extension(".h5")));
        ++files;
    }
    EXPECT_GT(files, 20);
    EXPECT_EQ(run_python("importers/check_npy.py", "check " + where + " " + std::to_string(files)), 0);
}

}  // namespace
}  // namespace firstlight
