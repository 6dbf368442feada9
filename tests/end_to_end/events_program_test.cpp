// The program with scans of photon events: simulated, looked at, reconstructed, within its memory.
#include <cstring>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/event_scan.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

class EventsProgram : public ProgramTest {
  protected:
    [[nodiscard]] std::vector<std::int64_t> columns_of(const std::string& name) const {
        const AcquisitionFile file = AcquisitionFile::open(at(name), {});
        const EventDataset& events = *file.events();
        const auto n = static_cast<std::size_t>(events.tags());
        EventDataset::Scratch scratch;
        std::vector<std::int64_t> all(n);
        std::vector<std::uint32_t> pixels(n);
        std::vector<std::uint16_t> bins(n);
        events.read_timestamps(0, events.tags(), all.data(), scratch);
        events.read_pixels(0, events.tags(), pixels.data(), scratch);
        events.read_bins(0, events.tags(), bins.data(), scratch);
        all.insert(all.end(), pixels.begin(), pixels.end());
        all.insert(all.end(), bins.begin(), bins.end());
        return all;
    }
    void expect_same(const std::string& one, const std::string& other) const {
        const Result a = read_result(at(one), {}), b = read_result(at(other), {});
        ASSERT_EQ(a.images.layers.size(), b.images.layers.size());
        for (std::size_t l = 0; l < a.images.layers.size(); ++l)
            EXPECT_EQ(std::memcmp(a.images.layers[l].values.data(), b.images.layers[l].values.data(),
                                  a.images.layers[l].values.size() * 4),
                      0)
                << other << ", " << a.images.layers[l].name;
        EXPECT_EQ(a.images.mask, b.images.mask);
    }
};

TEST_F(EventsProgram, simulates_the_same_scan_as_histograms_and_as_events) {
    std::ofstream(at("scene.toml")) << example_scene;
    const auto simulate = [&](std::vector<std::string> more, const std::string& to) {
        std::vector<std::string> words{"simulate", "scene.toml", "-o", to, "--quiet"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        ASSERT_EQ(outcome.code, 0) << outcome.error;
    };
    simulate({}, "histogram.h5");
    simulate({"--as", "events"}, "raster.h5");
    simulate({"--as", "events", "--order", "random"}, "random.h5");
    for (const char* scan : {"histogram", "raster", "random"})
        for (const auto& [name, flags] : std::vector<std::pair<std::string, std::vector<std::string>>>{
                 {"all", {}}, {"gate", {"--recipe", "gate.toml"}}}) {
            std::ofstream(at("gate.toml")) << "stages = [\"time_skew\", \"expected_arrival\", \"time_gate\"]\n";
            std::vector<std::string> words{"reconstruct", std::string(scan) + ".h5",
                                           "-o",          std::string(scan) + "_" + name + ".h5",
                                           "--backend",   "cpu",
                                           "--quiet"};
            words.insert(words.end(), flags.begin(), flags.end());
            const Outcome outcome = run(words);
            ASSERT_EQ(outcome.code, 0) << outcome.error;
        }
    for (const char* order : {"raster", "random"})
        for (const char* name : {"_all.h5", "_gate.h5"})
            expect_same(std::string("histogram") + name, order + std::string(name));

    const Outcome info = run({"info", "random.h5"});
    EXPECT_NE(info.out.find("photon events"), std::string::npos) << info.out;
    EXPECT_NE(info.out.find(" tags (detectors u4, nanotimes u2, timestamps i8), chunks of 65536, shuffle"),
              std::string::npos)
        << info.out;
    const Outcome valid = run({"validate", "random.h5"});
    EXPECT_EQ(valid.out, "random.h5: valid, 0 errors, 0 warnings\n");
    const Outcome plan = run({"plan", "random.h5"});
    EXPECT_EQ(plan.code, 0) << plan.error;
    EXPECT_NE(plan.out.find("about "), std::string::npos) << plan.out;
    EXPECT_NE(plan.out.find("up to "), std::string::npos) << plan.out;
    const Outcome again = run({"rerun", "random_all.h5"});
    EXPECT_EQ(again.code, 0) << again.error;
    simulate({"--as", "events", "--order", "random"}, "again.h5");  // the same seed gives the same tags
    EXPECT_EQ(columns_of("again.h5"), columns_of("random.h5"));
    EXPECT_NE(columns_of("raster.h5"), columns_of("random.h5"));
}

// Read by h5py, and by phconvert's own validation where it is installed.
TEST_F(EventsProgram, exports_photon_hdf5) {
    SyntheticScan scan(24, 24);
    scan.scan.wavelength_m = 8e-7;
    write_event_scan(at("scan.h5"), scan, TagOrder::random);
    const Outcome made = run({"export", "scan.h5", "-o", "out", "--format", "photon-hdf5"});
    ASSERT_EQ(made.code, 0) << made.error;
    const auto photons = AcquisitionFile::open(at("scan.h5"), {}).events()->tags();
    EXPECT_GT(photons, 2 * 65536);  // several blocks, the last of them not full
    EXPECT_EQ(made.out, std::to_string(photons) + " photons  out/scan.hdf5\n");
    EXPECT_NE(made.error.find("has no place for the "), std::string::npos) << made.error;
    EXPECT_EQ(run({"export", "scan.h5", "-o", "out/scan.hdf5", "--format", "photon-hdf5"}).code, 4);
    EXPECT_EQ(run({"export", "scan.h5", "-o", "scan.h5", "--format", "photon-hdf5", "--force"}).code, 4);
    EXPECT_EQ(run({"export", "scan.h5", "-o", "a.txt", "--format", "photon-hdf5"}).code, 2);
    EXPECT_EQ(run({"export", "scan.h5", "-o", "b.h5", "--format", "photon-hdf5", "--layer", "counts"}).code, 2);
    write_small_scan(at("histogram.h5"));
    const Outcome refused = run({"export", "histogram.h5", "-o", "b.h5", "--format", "photon-hdf5"});
    EXPECT_EQ(refused.code, 3);
    EXPECT_NE(refused.error.find("holds no photon events"), std::string::npos) << refused.error;
    EXPECT_FALSE(std::filesystem::exists(at("b.h5")));
    FIRSTLIGHT_NEEDS_PYTHON();
    EXPECT_EQ(run_python("check_exports.py",
                         "photons '" + at("scan.h5").string() + "' '" + at("out/scan.hdf5").string() + "'"),
              0);
}

// 10 million events, 140 MB in the file, whose histograms would take 256 MiB.
TEST_F(EventsProgram, stays_within_its_memory) {
    Scan scan;
    scan.rows = scan.columns = 256;
    scan.bins = 1024;
    scan.bin_width_s = 1e-11;
    scan.first_bin_centre_s = 5e-12;
    scan.pulses = {1e6};
    constexpr std::int64_t tags = 10'000'000;
    WriteOptions how;
    how.packing = Packing::plain;
    EventWriter writer(at("scan.h5"), scan, {}, how, tags, 0, 1e-7);
    std::uint64_t state = 1;
    for (std::int64_t done = 0; done < tags;) {
        EventTags block;
        for (int i = 0; i < 100'000; ++i, ++done) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            block.timestamps.push_back(done);
            block.detectors.push_back(static_cast<std::uint32_t>(state >> 48));
            block.nanotimes.push_back(static_cast<std::uint32_t>(state >> 20 & (done % 3 == 0 ? 15 : 1023)) +
                                      (done % 3 == 0 ? 500 : 0));
        }
        writer.append(block, false);
    }
    writer.commit();
    std::ofstream(at("gate.toml"))
        << "stages = [\"expected_arrival\", \"time_gate\"]\n[expected_arrival]\n"
           "source = \"given\"\ngiven_ps = 5030\n[time_gate]\nopen_ps = -33\nclose_ps = 77\n";
    std::ofstream(at("every_bin.toml")) << "stages = [\"pile_up\", \"expected_arrival\", \"time_gate\"]\n[pile_up]\n"
                                           "model = \"none\"\n[expected_arrival]\nsource = \"given\"\ngiven_ps = 5030\n"
                                           "[time_gate]\nopen_ps = -33\nclose_ps = 77\n";
    for (const auto& [recipe, memory] :
         std::vector<std::pair<std::string, int>>{{"gate", 256}, {"every_bin", 256}, {"every_bin", 2048}}) {
        const std::string out = recipe + std::to_string(memory) + ".h5";
        const Outcome outcome = run({"reconstruct", "scan.h5", "-o", out, "--recipe", recipe + ".toml", "--backend",
                                     "cpu", "--quiet", "--memory", std::to_string(memory) + "M", "--threads", "2"});
        ASSERT_EQ(outcome.code, 0) << outcome.error;
        std::cout << recipe << ", memory " << memory << " MiB: peak " << outcome.peak_mib << " MiB\n";
        EXPECT_GT(outcome.peak_mib, 10);
        EXPECT_LT(outcome.peak_mib, memory);
        expect_same("gate256.h5", out);
    }
    const Outcome dark = run({"calibrate", "dark", "scan.h5", "-o", "dark.h5", "--memory", "256M"});
    ASSERT_EQ(dark.code, 0) << dark.error;
    std::cout << "calibrate dark, memory 256 MiB: peak " << dark.peak_mib << " MiB\n";
    EXPECT_LT(dark.peak_mib, 256);
}

}  // namespace
}  // namespace firstlight
