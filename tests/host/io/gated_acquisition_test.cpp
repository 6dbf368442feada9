// Gated scans: what is written comes back, frames become traces from any storage, and bad axes get one clear line each.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <span>

#include "host/io/acquisition_file.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/filters.hpp"
#include "host/io/gated_layout.hpp"
#include "host/io/h5.hpp"
#include "host/io/transpose.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

using Shape = std::vector<std::int64_t>;

Scan gated_scan() {
    Scan s;
    s.kind = ScanKind::gated;
    s.views = 2;
    s.rows = 19;
    s.columns = 21;
    s.bins = 5;
    s.has_views_axis = true;
    s.type = CountType::u2;
    s.gates.delay_s = {0, 1e-12, 2e-12, 4e-12, 7e-12};
    s.gates.width_s = {1e-12, 1e-12, 1e-12, 1e-12, 2e-12};
    s.gates.exposure_s = {0.1, 0.1, 0.2, 0.1, 0.1};
    s.gates.bit_depth = 12;
    s.gates.saturation_count = 4000;
    set_time_axis(s);
    s.irf.values = {0, 1, 2, 1, 0};
    s.irf.time_s = {-2e-12, -1e-12, 0, 1e-12, 2e-12};
    s.pulses = {1000};
    s.reference_pulses = {500};
    s.has_reference = true;
    return s;
}

PhotonCube random_cube(const Scan& s, std::int64_t views, unsigned seed) {
    PhotonCube cube(s.type, views, s.rows, s.columns, s.bins);
    std::mt19937 random(seed);
    auto* to = reinterpret_cast<std::uint16_t*>(cube.counts.data());
    for (std::size_t i = 0; i < cube.counts.size() / 2; ++i) to[i] = static_cast<std::uint16_t>(random() % 4096);
    return cube;
}

void expect_same(const CountDataset& counts, const PhotonCube& cube) {
    CountDataset::Scratch scratch;
    for (std::int64_t view = 0; view < cube.views; ++view)
        for (const TileWindow& w : {TileWindow{view, 0, 0, cube.rows, cube.columns, cube.columns},
                                    TileWindow{view, 3, 5, 15, 14, cube.columns}}) {
            std::vector<std::byte> found(static_cast<std::size_t>(w.traces()) * cube.trace_bytes());
            std::vector<std::byte> wanted(found.size());
            counts.read(w, found.data(), scratch);
            cube.copy_window(w, wanted.data());
            EXPECT_EQ(found, wanted) << "view " << view;
        }
}

TEST(GatedAcquisition, round_trip_keeps_everything) {
    const ScratchFolder folder("gated");
    const Scan s = gated_scan();
    const PhotonCube cube = random_cube(s, 2, 1), reference = random_cube(s, 1, 2);
    for (const Packing packing : {Packing::deflate, Packing::plain}) {
        WriteOptions how;
        how.force = true;
        how.packing = packing;
        AcquisitionWriter writer(folder.path / "a.h5", s, {}, how);
        writer.write_all(cube);
        writer.write_all_reference(reference);
        writer.commit();
        const AcquisitionFile file = AcquisitionFile::open(folder.path / "a.h5", {});
        EXPECT_TRUE(file.warnings().empty());
        const Scan& found = file.scan();
        EXPECT_EQ(found.kind, ScanKind::gated);
        EXPECT_EQ(found.gates.delay_s, s.gates.delay_s);
        EXPECT_EQ(found.gates.width_s, s.gates.width_s);
        EXPECT_EQ(found.gates.exposure_s, s.gates.exposure_s);
        EXPECT_EQ(found.gates.bit_depth, 12);
        EXPECT_EQ(found.gates.saturation_count, 4000);
        EXPECT_DOUBLE_EQ(found.bin_width_s, 9e-12 / 5);  // edges from -0.5 to 8.5 ps
        EXPECT_EQ(found.irf.time_s, s.irf.time_s);
        EXPECT_EQ(found.views, 2);
        EXPECT_EQ(found.bins, 5);
        expect_same(file.counts(), cube);
        expect_same(*file.reference(), reference);
    }
}

// A file as another program writes it: frames as `shape` says, stored as `how` says.
struct Foreign {
    Shape shape{6, 13, 9};  // gate, y, x
    std::string type = "u2", axes_first = "gate_delay";
    std::vector<double> delay{0, 1e-12, 2e-12, 3e-12, 5e-12, 8e-12};
    std::vector<double> width = std::vector<double>(6, 1e-12);
    std::vector<double> exposure = std::vector<double>(6, 0.5);
    std::string delay_units = "s", kind = "gated";
    bool chunk_per_frame = false, has_exposure = true, irf_without_t = false;
    double bit_depth = 12;

    static std::uint16_t value(std::int64_t gate, std::int64_t pixel) {
        return static_cast<std::uint16_t>(100 * gate + pixel);
    }
    void write(const std::filesystem::path& path) const {
        h5::WriteFile file;
        file.group("/", "NXroot");
        file.attribute("/", "firstlight_format", std::string("acquisition"));
        file.attribute("/", "firstlight_version", std::string("1.0.0"));
        file.group("/entry", "NXentry");
        file.attribute("/entry", "kind", kind);
        file.attribute("/entry", "path", std::string("transmission"));
        file.group("/entry/data", "NXdata");
        file.attribute("/entry/data", "axes", std::vector<std::string>{axes_first, "y", "x"});
        std::int64_t n = 1;
        for (const std::int64_t k : shape) n *= k;
        const std::int64_t pixels = shape.size() < 3 ? n : shape[1] * shape[2];
        std::vector<std::uint16_t> u2;
        std::vector<double> f8;
        for (std::int64_t i = 0; i < n; ++i) {
            u2.push_back(value(i / pixels, i % pixels));
            f8.push_back(u2.back());
        }
        const std::string frames = "/entry/data/frames";
        h5::WriteFile::DatasetOptions options;
        if (chunk_per_frame) {
            options.chunk = {1, shape[1], shape[2]};
            options.packed = true;
            file.dataset(frames, "u2", shape, nullptr, options);
            for (std::int64_t g = 0; g < shape[0]; ++g) {
                const auto packed =
                    encode_chunk(std::as_bytes(std::span(u2).subspan(static_cast<std::size_t>(g * pixels),
                                                                     static_cast<std::size_t>(pixels))),
                                 2);
                file.write_chunk(frames, {g, 0, 0}, packed.data(), packed.size());
            }
        } else {
            file.dataset(frames, type, shape, type == "f8" ? static_cast<const void*>(f8.data()) : u2.data(), options);
        }
        file.attribute(frames, "bit_depth", bit_depth);
        const auto axis = [&](const char* name, const std::vector<double>& values, const std::string& units) {
            file.dataset(std::string("/entry/data/") + name, "f8", {static_cast<std::int64_t>(values.size())},
                         values.data(), {{}, false, units, {}});
        };
        axis("gate_delay", delay, delay_units);
        axis("gate_width", width, "s");
        if (has_exposure) axis("exposure", exposure, "s");
        if (irf_without_t) {
            file.group("/entry/calibration", "NXcollection");
            file.dataset("/entry/calibration/irf", "f8", {6}, exposure.data(), {{}, false, "1", {}});
        }
        const std::vector<std::byte> image = file.finish_image();
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
    }
};

TEST(GatedAcquisition, frames_become_traces_from_any_storage) {
    const ScratchFolder folder("gated_storage");
    for (const bool per_frame : {false, true})
        for (const char* type : {"u2", "f8"}) {
            Foreign foreign;
            foreign.chunk_per_frame = per_frame;
            foreign.type = per_frame ? "u2" : type;
            foreign.axes_first = "gate";
            foreign.write(folder.path / "f.h5");
            const AcquisitionFile file = AcquisitionFile::open(folder.path / "f.h5", {});
            EXPECT_EQ(file.counts().grid().columns, 9);
            const TileWindow w{0, 2, 1, 7, 5, 9};
            CountDataset::Scratch scratch;
            std::vector<float> floats(35 * 6);
            std::vector<std::uint16_t> whole(35 * 6);
            const bool real = foreign.type == "f8";
            file.counts().read(w, real ? static_cast<void*>(floats.data()) : whole.data(), scratch);
            for (std::int64_t i = 0; i < 35; ++i)
                for (std::int64_t g = 0; g < 6; ++g) {
                    const auto at = static_cast<std::size_t>(i * 6 + g);
                    EXPECT_EQ(real ? floats[at] : static_cast<float>(whole[at]), Foreign::value(g, w.pixel(i)));
                }
        }
}

TEST(GatedAcquisition, transpose_turns_any_size) {
    for (const auto& [rows, columns] : {std::pair{0, 3}, std::pair{1, 1}, std::pair{31, 257}, std::pair{130, 65}}) {
        const auto n = static_cast<std::size_t>(rows * columns);
        for (const std::size_t element : {1, 2, 4, 8}) {
            std::vector<std::byte> from(n * element), to(n * element), back(n * element);
            for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::byte>(i * 31 + i / 251);
            transpose(from.data(), rows, columns, element, to.data());
            if (n > 3)
                EXPECT_EQ(std::memcmp(&to[element], &from[static_cast<std::size_t>(rows > 1 ? columns : 1) * element],
                                      element),
                          0);
            transpose(to.data(), columns, rows, element, back.data());
            EXPECT_EQ(from, back);
        }
    }
}

TEST(GatedAcquisition, each_bad_axis_gets_its_own_clear_line) {
    const ScratchFolder folder("gated_bad");
    const auto expect = [&](const std::function<void(Foreign&)>& spoil, const std::string& text) {
        Foreign foreign;
        spoil(foreign);
        foreign.write(folder.path / "bad.h5");
        try {
            (void)AcquisitionFile::open(folder.path / "bad.h5", {});
            ADD_FAILURE() << "accepted, expected: " << text;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
            EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
        }
    };
    expect([](Foreign& f) { std::swap(f.delay[2], f.delay[4]); }, "gate_delay does not increase at gate 3");
    expect([](Foreign& f) { f.shape = {1, 13, 9}; }, "frames has 1 gate");
    expect([](Foreign& f) { f.exposure[4] = 0; }, "exposure is 0 at gate 4");
    expect([](Foreign& f) { f.width[0] = -1e-12; }, "gate_width is -1e-12 at gate 0");
    expect([](Foreign& f) { f.delay.pop_back(); }, "gate_delay has 5 values (there are 6 frames)");
    expect([](Foreign& f) { f.exposure.push_back(1); }, "exposure has 7 values (there are 6 frames)");
    expect([](Foreign& f) { f.has_exposure = false; }, "/entry/data/exposure is missing");
    expect([](Foreign& f) { f.delay_units = "ps"; }, "gate_delay is in \"ps\" (expected units \"s\")");
    expect([](Foreign& f) { f.shape = {13, 9}; }, "has 2 axes (found shape [13, 9], expected frames[gate, y, x]");
    expect([](Foreign& f) { f.axes_first = "t"; }, "the axes of /entry/data/frames are [t, y, x]");
    expect([](Foreign& f) { f.bit_depth = 12.5; }, "bit_depth is no number of bits");
    expect([](Foreign& f) { f.irf_without_t = true; }, "irf_t is missing");
    expect([](Foreign& f) { f.kind = "histogram"; }, "/entry/data/counts is missing");
    // validate lists what open stops at.
    Foreign foreign;
    foreign.exposure[1] = 0;
    foreign.irf_without_t = true;
    foreign.write(folder.path / "bad.h5");
    EXPECT_EQ(AcquisitionFile::validate(folder.path / "bad.h5", {}).size(), 2U);
}

}  // namespace
}  // namespace firstlight
