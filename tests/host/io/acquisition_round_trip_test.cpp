// What is written into an acquisition comes back, all of it.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "host/io/acquisition_file.hpp"
#include "host/io/acquisition_writer.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

Scan full_scan() {
    Scan s;
    s.path = LightPath::reflection;
    s.views = 2;
    s.rows = 19;
    s.columns = 21;
    s.bins = 40;
    s.type = CountType::u2;
    s.has_views_axis = true;
    s.bin_width_s = 16e-12;
    s.first_bin_centre_s = 8e-12;
    const auto ramp = [](std::int64_t n, double from, double step) {
        std::vector<double> v;
        for (std::int64_t i = 0; i < n; ++i) v.push_back(from + static_cast<double>(i) * step);
        return v;
    };
    s.x_m = ramp(21, -0.01, 1e-3);
    s.y_m = ramp(19, -0.02, 2e-3);
    s.view_angle_rad = {0, 1.5};
    s.pulses = ramp(s.pixels(), 1e6, 10);
    s.exposure_s = {0.1, 0.2};
    s.repetition_rate_hz = 1e7;
    s.wavelength_m = 6.7e-7;
    s.pulse_fwhm_s = 3e-11;
    s.dead_time_s = 5e-8;
    s.jitter_fwhm_s = 4e-11;
    s.pde = 0.3;
    s.numerical_aperture = 0.1;
    s.medium = {0.02, 1.33, 500.0, 50.0, 0.5, 0.9};
    s.standoff_m = 0.4;
    s.irf.values = ramp(30, 0, 1);
    s.irf.time_s = ramp(30, -1e-10, 8e-12);
    s.arrival_s = 3e-10;
    s.t0_map_s = ramp(s.pixels(), -1e-11, 1e-13);
    s.dark_rate_hz = ramp(s.pixels(), 10, 1);
    s.flat = ramp(s.pixels(), 0.8, 1e-3);
    s.bin_width_correction = ramp(40, 0.9, 0.005);
    s.pixel_mask.assign(static_cast<std::size_t>(s.pixels()), 0);
    s.pixel_mask[7] = hot | noisy;
    s.has_reference = true;
    s.reference_pulses = {2e6};
    s.filter_transmission = 1e-3;
    return s;
}

PhotonCube random_cube(const Scan& s, std::int64_t views, unsigned seed) {
    PhotonCube cube(s.type, views, s.rows, s.columns, s.bins);
    std::mt19937 random(seed);
    auto* to = reinterpret_cast<std::uint16_t*>(cube.counts.data());
    for (std::size_t i = 0; i < cube.counts.size() / 2; ++i) to[i] = static_cast<std::uint16_t>(random() % 9);
    return cube;
}

void expect_same_counts(const CountDataset& counts, const PhotonCube& cube) {
    CountDataset::Scratch scratch;
    for (std::int64_t view = 0; view < cube.views; ++view) {
        const TileWindow w{view, 0, 0, cube.rows, cube.columns, cube.columns};
        std::vector<std::byte> found(static_cast<std::size_t>(w.traces()) * cube.trace_bytes());
        counts.read(w, found.data(), scratch);
        EXPECT_EQ(std::memcmp(found.data(), cube.trace(view, 0, 0), found.size()), 0) << "view " << view;
    }
}

TEST(Acquisition, round_trip_keeps_everything) {
    const ScratchFolder folder("round_trip");
    const Scan s = full_scan();
    AcquisitionInfo info;
    info.title = "Bars in milk, ../../x";
    info.start_time = "2025-01-31T12:00:00Z";
    info.detector_model = "SPAD µ";
    info.detector_pixel_pitch_m = {1e-5, 2e-5};
    info.scan_size_m = {0.1, 0.2};
    info.world_from_camera.assign(16, 0.5);
    info.provenance.source_file = "a.mat";
    info.provenance.converter = "test";
    info.provenance.assumptions = {"one", "another thing"};
    Truth truth;
    truth.transmission.assign(static_cast<std::size_t>(s.pixels()), 0.25);
    truth.ballistic.assign(static_cast<std::size_t>(s.pixels() * 2), 3.5);
    truth.optical_depth.assign(static_cast<std::size_t>(s.pixels() * 2), 1.25);
    for (std::int64_t i = 0; i < s.pixels() * s.columns; ++i)
        truth.mu_per_m.push_back(0.25 * static_cast<double>(i % 1000) - 3);
    truth.seed = 0xFFFFFFFFFFFFFFF1ULL;
    truth.scene = "[slab]\nmu_s = 500\n";
    for (const Packing packing : {Packing::deflate, Packing::plain}) {
        const std::filesystem::path path = folder.path / "scan.h5";
        WriteOptions options;
        options.force = true;
        options.packing = packing;
        AcquisitionWriter writer(path, s, info, options);
        const PhotonCube cube = random_cube(s, 2, 1), reference = random_cube(s, 1, 2);
        writer.write_all(cube);
        writer.write_all_reference(reference);
        writer.set_truth(truth);
        writer.commit();

        const AcquisitionFile file = AcquisitionFile::open(path, {});
        EXPECT_TRUE(file.warnings().empty());
        EXPECT_TRUE(AcquisitionFile::validate(path, {}).empty());
        const Scan& r = file.scan();
        EXPECT_EQ(r.path, s.path);
        EXPECT_EQ(r.type, s.type);
        EXPECT_TRUE(r.has_views_axis);
        EXPECT_NEAR(r.bin_width_s, s.bin_width_s, 1e-24);
        EXPECT_DOUBLE_EQ(r.first_bin_centre_s, s.first_bin_centre_s);
        EXPECT_EQ(r.x_m, s.x_m);
        EXPECT_EQ(r.y_m, s.y_m);
        EXPECT_EQ(r.view_angle_rad, s.view_angle_rad);
        EXPECT_EQ(r.pulses, s.pulses);
        EXPECT_EQ(r.exposure_s, s.exposure_s);
        EXPECT_EQ(r.repetition_rate_hz, s.repetition_rate_hz);
        EXPECT_EQ(r.wavelength_m, s.wavelength_m);
        EXPECT_EQ(r.pulse_fwhm_s, s.pulse_fwhm_s);
        EXPECT_EQ(r.dead_time_s, s.dead_time_s);
        EXPECT_EQ(r.jitter_fwhm_s, s.jitter_fwhm_s);
        EXPECT_EQ(r.pde, s.pde);
        EXPECT_EQ(r.numerical_aperture, s.numerical_aperture);
        EXPECT_EQ(r.medium.thickness_m, s.medium.thickness_m);
        EXPECT_EQ(r.medium.refractive_index, s.medium.refractive_index);
        EXPECT_EQ(r.medium.mu_s_per_m, s.medium.mu_s_per_m);
        EXPECT_EQ(r.medium.mu_s_prime_per_m, s.medium.mu_s_prime_per_m);
        EXPECT_EQ(r.medium.mu_a_per_m, s.medium.mu_a_per_m);
        EXPECT_EQ(r.medium.g, s.medium.g);
        EXPECT_EQ(r.standoff_m, s.standoff_m);
        EXPECT_EQ(r.irf.values, s.irf.values);
        EXPECT_EQ(r.irf.time_s, s.irf.time_s);
        EXPECT_EQ(r.arrival_s, s.arrival_s);
        EXPECT_EQ(r.t0_map_s, s.t0_map_s);
        EXPECT_EQ(r.dark_rate_hz, s.dark_rate_hz);
        EXPECT_EQ(r.flat, s.flat);
        EXPECT_EQ(r.bin_width_correction, s.bin_width_correction);
        EXPECT_EQ(r.pixel_mask, s.pixel_mask);
        EXPECT_TRUE(r.has_reference);
        EXPECT_EQ(r.reference_pulses, s.reference_pulses);
        EXPECT_EQ(r.filter_transmission, s.filter_transmission);
        EXPECT_EQ(file.info().title, info.title);
        EXPECT_EQ(file.info().start_time, info.start_time);
        EXPECT_EQ(file.info().detector_model, info.detector_model);
        EXPECT_EQ(file.info().detector_pixel_pitch_m, info.detector_pixel_pitch_m);
        EXPECT_EQ(file.info().scan_size_m, info.scan_size_m);
        EXPECT_EQ(file.info().world_from_camera, info.world_from_camera);
        EXPECT_EQ(file.info().provenance.assumptions, info.provenance.assumptions);
        EXPECT_EQ(file.info().uuid.size(), 36U);
        expect_same_counts(file.counts(), cube);
        expect_same_counts(*file.reference(), reference);
        const Truth t = file.read_truth();
        EXPECT_EQ(t.transmission, truth.transmission);
        EXPECT_EQ(t.ballistic, truth.ballistic);
        EXPECT_EQ(t.optical_depth, truth.optical_depth);
        EXPECT_EQ(t.mu_per_m, truth.mu_per_m);
        EXPECT_EQ(t.seed, truth.seed);
        EXPECT_EQ(t.scene, truth.scene);
    }
}

TEST(Acquisition, pixels_are_cells_of_the_scanned_area_where_nothing_else_is_said) {
    const ScratchFolder folder("cells");
    Scan s;
    s.rows = 2;
    s.columns = 4;
    s.bins = 8;
    s.bin_width_s = 1e-12;
    AcquisitionInfo info;
    info.scan_size_m = {0.1, 0.2};
    const auto opened = [&] {
        WriteOptions options;
        options.force = true;
        AcquisitionWriter writer(folder.path / "scan.h5", s, info, options);
        writer.write_all(PhotonCube(s.type, 1, s.rows, s.columns, s.bins));
        writer.commit();
        return AcquisitionFile::open(folder.path / "scan.h5", {}).scan();
    };
    const Scan cells = opened();
    ASSERT_EQ(cells.y_m.size(), 2U);
    EXPECT_NEAR(cells.y_m[0], -0.025, 1e-15);
    ASSERT_EQ(cells.x_m.size(), 4U);
    EXPECT_NEAR(cells.x_m[0], -0.075, 1e-15);
    EXPECT_NEAR(cells.x_m[3], 0.075, 1e-15);
    s.x_m = {0, 1, 2, 3};
    EXPECT_EQ(opened().x_m, s.x_m);
}

TEST(Acquisition, is_written_through_the_disk_when_large) {
    const ScratchFolder folder("large");
    Scan s;
    s.rows = 70;
    s.columns = 64;
    s.bins = 16384;
    s.type = CountType::u2;  // 147 MB
    s.bin_width_s = 1e-12;
    AcquisitionWriter writer(folder.path / "scan.h5", s, {}, {});
    const std::vector<TileWindow> windows = writer.windows();
    std::vector<std::uint16_t> counts;
    for (const TileWindow& w : windows) {
        counts.assign(static_cast<std::size_t>(w.traces() * s.bins), static_cast<std::uint16_t>(w.y0 * 64 + w.x0));
        writer.write(w, counts.data());
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path / "scan.h5"));  // not before it is whole
    writer.commit();
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "scan.h5", {});
    CountDataset::Scratch scratch;
    for (const TileWindow& w : windows) {
        counts.assign(static_cast<std::size_t>(w.traces() * s.bins), 0xFFFF);
        file.counts().read(w, counts.data(), scratch);
        for (const std::uint16_t c : counts) ASSERT_EQ(c, w.y0 * 64 + w.x0);
    }
}

TEST(Acquisition, incomplete_or_existing_is_not_written) {
    const ScratchFolder folder("incomplete");
    Scan s;
    s.rows = 20;
    s.columns = 20;
    s.bins = 8;
    s.bin_width_s = 1e-12;
    {
        AcquisitionWriter writer(folder.path / "scan.h5", s, {}, {});
        EXPECT_THROW(writer.commit(), Error);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path));
    const PhotonCube cube(s.type, 1, 20, 20, 8);
    AcquisitionWriter writer(folder.path / "scan.h5", s, {}, {});
    writer.write_all(cube);
    writer.commit();
    try {
        AcquisitionWriter again(folder.path / "scan.h5", s, {}, {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::output);
        EXPECT_NE(std::string(error.what()).find("--force"), std::string::npos);
    }
}

}  // namespace
}  // namespace firstlight
