// Bad photon events are refused, or warned of, with one clear line.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <optional>
#include <random>

#include "host/io/h5.hpp"
#include "host/pipeline/job.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

// A scan of 2 x 3 pixels and 64 bins as a recorder would write it, in parts that a test may change or leave out.
struct RawEvents {
    std::vector<std::int64_t> timestamps;
    std::vector<std::uint16_t> nanotimes;
    std::vector<std::uint32_t> detectors;
    std::optional<double> timestamp_unit = 1e-7, tcspc_unit = 1e-11, tcspc_bins = 64;
    std::vector<double> shape{2, 3};
    std::optional<std::vector<double>> t;
    std::vector<std::uint64_t> event_index;
    std::vector<double> event_time_zero;
    std::string detectors_type = "u4";

    RawEvents() {
        for (std::uint32_t i = 0; i < 1200; ++i) {
            timestamps.push_back(5 * i);
            nanotimes.push_back(static_cast<std::uint16_t>(i % 5 == 0 ? 32 + i % 3 : i * 7 % 64));
            detectors.push_back(i * 5 % 6);
        }
    }
    void sort_by_pixel() {  // each pixel's time stamps still rise
        const RawEvents before = *this;
        timestamps.clear(), nanotimes.clear(), detectors.clear();
        for (std::uint32_t pixel = 0; pixel < 6; ++pixel)
            for (std::size_t i = 0; i < before.detectors.size(); ++i)
                if (before.detectors[i] == pixel) {
                    timestamps.push_back(before.timestamps[i]);
                    nanotimes.push_back(before.nanotimes[i]);
                    detectors.push_back(pixel);
                }
    }

    void write(const std::filesystem::path& path) const {
        std::filesystem::remove(path);
        h5::WriteFile file(path);
        file.group("/", "NXroot");
        file.attribute("/", "firstlight_format", std::string("acquisition"));
        file.attribute("/", "firstlight_version", std::string("1.0.0"));
        file.group("/entry", "NXentry");
        file.attribute("/entry", "kind", std::string("events"));
        file.attribute("/entry", "path", std::string("transmission"));
        file.group("/entry/data", "NXdata");
        const auto column = [&](const std::string& name, const std::string& type, const auto& values) {
            if (!values.empty())
                file.dataset("/entry/data/" + name, type, {static_cast<std::int64_t>(values.size())}, values.data(),
                             {{}, false, "1", {}});
        };
        column("timestamps", "i8", timestamps);
        column("nanotimes", "u2", nanotimes);
        if (detectors_type == "f4") column("detectors", "f4", std::vector<float>(detectors.size(), 1.0F));
        else column("detectors", "u4", detectors);
        if (timestamp_unit && !timestamps.empty()) file.attribute("/entry/data/timestamps", "unit_s", *timestamp_unit);
        if (tcspc_unit && !nanotimes.empty()) file.attribute("/entry/data/nanotimes", "tcspc_unit_s", *tcspc_unit);
        if (tcspc_bins && !nanotimes.empty()) file.attribute("/entry/data/nanotimes", "tcspc_num_bins", *tcspc_bins);
        if (!shape.empty() && !detectors.empty()) file.attribute("/entry/data/detectors", "shape", shape);
        if (t)
            file.dataset("/entry/data/t", "f8", {static_cast<std::int64_t>(t->size())}, t->data(),
                         {{}, false, "s", {}});
        column("event_index", "u8", event_index);
        if (!event_time_zero.empty())
            file.dataset("/entry/data/event_time_zero", "f8", {static_cast<std::int64_t>(event_time_zero.size())},
                         event_time_zero.data(), {{}, false, "s", {}});
        file.finish_file();
    }
};

class EventsHostile : public testing::Test {
  protected:
    [[nodiscard]] Job job() const {
        Job job;
        job.scan_path = path_;
        job.recipe = parse_recipe(
            "stages = [\"expected_arrival\", \"time_gate\"]\n[expected_arrival]\nsource = \"given\"\n"
            "given_ps = 325\n[time_gate]\nopen_ps = -20\nclose_ps = 30\nbackground = \"none\"\n",
            "test");
        job.backend = "cpu";
        job.threads = 2;
        return job;
    }
    // What `reconstruct` says of the file, and that `validate` says the same; "" when nothing is wrong.
    std::string complaint(const std::function<void(RawEvents&)>& change, bool strict = false) {
        RawEvents events;
        change(events);
        events.write(path_);
        std::string said;
        try {
            Job strictly = job();
            strictly.strict = strict;
            warnings_ = run_job(strictly, {}).process.warnings;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ExitCode::bad_input) << error.what();
            said = error.what();
            EXPECT_EQ(said.find('\n'), std::string::npos) << said;
        }
        bool found = said.empty() || strict;
        for (const Finding& finding : AcquisitionFile::validate(path_, {})) found = found || finding.message == said;
        EXPECT_TRUE(found) << "validate does not say: " << said;
        return said;
    }
    void expect(const std::function<void(RawEvents&)>& change, const std::string& line) {
        const std::string name = path_.string() + ": ";
        EXPECT_EQ(complaint(change), name + line);
    }

    ScratchFolder folder_{"events_hostile"};
    std::filesystem::path path_ = folder_.path / "scan.h5";
    std::vector<std::string> warnings_;
};

TEST_F(EventsHostile, good_ones_are_counted) {
    EXPECT_EQ(complaint([](RawEvents&) {}), "");
    EXPECT_TRUE(warnings_.empty()) << warnings_.front();
    const Result result = run_job(job(), {});
    EXPECT_EQ(result.quality.at("counts_total"), 1200);
}

TEST_F(EventsHostile, tags_outside_the_detector) {
    expect([](RawEvents& e) { e.detectors[700] = 6; },
           "/entry/data/detectors holds 6 at tag 700 (the detector has 2 x 3 pixels, numbered y * 3 + x): correct the "
           "numbers, or the attribute shape");
}

TEST_F(EventsHostile, nanotimes_beyond_the_period) {
    expect(
        [](RawEvents& e) { e.nanotimes[33] = 64; },
        "/entry/data/nanotimes holds 64 at tag 33 (the period has 64 units (tcspc_num_bins)): correct the attribute, "
        "or leave out tags that were not timed");
    expect(
        [](RawEvents& e) {
            e.sort_by_pixel();
            e.nanotimes[1199] = 65535;
        },
        "/entry/data/nanotimes holds 65535 at tag 1199 (the period has 64 units (tcspc_num_bins)): correct the "
        "attribute, or leave out tags that were not timed");
}

TEST_F(EventsHostile, negative_timestamps) {
    expect([](RawEvents& e) { e.timestamps[5] = -3; },
           "/entry/data/timestamps holds -3 at tag 5 (macro time runs from 0 on): record or convert the file again; a "
           "signed counter that has wrapped is stored unsigned");
}

TEST_F(EventsHostile, unsorted_timestamps) {
    const auto swap = [](RawEvents& e) { std::swap(e.timestamps[100], e.timestamps[900]); };
    EXPECT_EQ(complaint(swap), "");
    const std::string line =
        path_.string() +
        ": /entry/data/timestamps falls from 4500 to 505 at tag 101: the tags are not in the order "
        "of macro time (no image depends on it, but the file may be damaged or joined of several)";
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(warnings_[0], line);
    EXPECT_EQ(complaint(swap, /*strict=*/true), line + " (refused because of --strict)");
    // Sorted by pixel, each pixel's stamps start anew: nothing is wrong.
    EXPECT_EQ(complaint([](RawEvents& e) { e.sort_by_pixel(); }), "");
    EXPECT_TRUE(warnings_.empty());
    EXPECT_EQ(complaint([](RawEvents& e) {
                  e.sort_by_pixel();
                  std::swap(e.timestamps[10], e.timestamps[20]);
              }),
              "");
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(EventsHostile, timestamps_that_wrap) {
    // A counter of 12 bits that has gone round once: 6000 units in all.
    const auto wrap = [](RawEvents& e) {
        for (std::int64_t& stamp : e.timestamps) stamp %= 4096;
    };
    EXPECT_EQ(complaint(wrap), "");
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(warnings_[0], path_.string() +
                                ": /entry/data/timestamps wraps 1 times, as a counter does at a power of two: "
                                "unwrapped, the recording lasts 0.0005995 s");
    EXPECT_EQ(complaint(wrap, /*strict=*/true), "");  // nothing is doubtful
}

TEST_F(EventsHostile, columns_of_different_lengths) {
    expect([](RawEvents& e) { e.nanotimes.pop_back(); },
           "/entry/data/nanotimes has 1199 values (there are 1200 detectors, and each tag has one of each): record or "
           "convert the file again");
    expect([](RawEvents& e) { e.timestamps.push_back(9000); },
           "/entry/data/timestamps has 1201 values (there are 1200 detectors, and each tag has one of each): record or "
           "convert the file again");
}

TEST_F(EventsHostile, missing_parts) {
    const std::string all = " is missing (each photon event has a detector, a nanotime and a time stamp)";
    expect([](RawEvents& e) { e.timestamps.clear(); }, "/entry/data/timestamps" + all);
    expect([](RawEvents& e) { e.nanotimes.clear(); }, "/entry/data/nanotimes" + all);
    expect([](RawEvents& e) { e.detectors.clear(); }, "/entry/data/detectors" + all);
    expect([](RawEvents& e) { e.shape.clear(); },
           "/entry/data/detectors@shape is missing (detector numbers are y * X + x of a detector [Y, X]): store the "
           "attribute shape=[Y, X]");
    expect(
        [](RawEvents& e) { e.tcspc_bins.reset(); },
        "/entry/data/nanotimes@tcspc_num_bins is missing (the number of time bins in a period is needed): store it as "
        "an attribute");
    expect(
        [](RawEvents& e) { e.tcspc_unit.reset(); },
        "/entry/data/nanotimes@tcspc_unit_s is missing (the width of a time bin is needed): store it as an attribute");
    expect(
        [](RawEvents& e) { e.timestamp_unit.reset(); },
        "/entry/data/timestamps@unit_s is missing (time stamps are counted in units of so many seconds): store it as "
        "an attribute");
}

TEST_F(EventsHostile, impossible_parts) {
    expect(
        [](RawEvents& e) {
            e.shape = {2, 3, 1};
        },
        "/entry/data/detectors@shape is [2, 3, 1] (expected [Y, X], two positive whole numbers)");
    expect(
        [](RawEvents& e) {
            e.shape = {1e9, 1e9};
        },
        "/entry/data/detectors@shape is [1000000000, 1000000000] (expected [Y, X], two positive whole numbers)");
    expect([](RawEvents& e) { e.tcspc_bins = 0; },
           "/entry/data/nanotimes@tcspc_num_bins is [0] (expected one positive number)");
    expect([](RawEvents& e) { e.tcspc_bins = 10.5; },
           "/entry/data/nanotimes@tcspc_num_bins is 10.5 (expected a whole number from 1 to 16777216)");
    expect([](RawEvents& e) { e.tcspc_unit = -1e-12; },
           "/entry/data/nanotimes@tcspc_unit_s is [-1e-12] (expected one positive number)");
    expect(
        [](RawEvents& e) { e.t = std::vector<double>(64, 0), e.t->back() = 64e-10; },
        "/entry/data/t is not uniform at bin 1 (found 0 s, expected 1.0158730158730159e-10 s): rebin the histograms; "
        "uneven bins of a converter belong into /entry/calibration/bin_width_correction");
    expect(
        [](RawEvents& e) {
            e.t.emplace();
            for (int i = 0; i < 64; ++i) e.t->push_back(i * 2e-11);
        },
        "/entry/data/t has steps of 2e-11 s (/entry/data/nanotimes@tcspc_unit_s is 1e-11 s): correct one of them");
    expect(
        [](RawEvents& e) {
            e.event_index = {0, 500, 400}, e.event_time_zero = {0, 1, 2};
        },
        "/entry/data/event_index is 400 at frame 2 (frames start at increasing tags, of which there are 1200)");
    expect(
        [](RawEvents& e) {
            e.event_index = {0, 1201}, e.event_time_zero = {0, 1};
        },
        "/entry/data/event_index is 1201 at frame 1 (frames start at increasing tags, of which there are 1200)");
    expect(
        [](RawEvents& e) {
            e.event_index = {0, 500};
        },
        "/entry/data/event_index has no event_time_zero (each frame start has a time)");
    expect([](RawEvents& e) { e.detectors_type = "f4"; },
           "/entry/data/detectors is of type f4 (photon events are whole numbers): store it as u2, u4 or i8");
}

TEST_F(EventsHostile, a_detector_larger_than_memory) {
    RawEvents events;
    events.shape = {65536, 65536};
    events.write(path_);
    Job small = job();
    small.memory_bytes = std::size_t{256} << 20;
    try {
        (void)run_job(small, {});
        FAIL() << "a detector of 4 Gpixel was taken";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()),
                  path_.string() +
                      ": /entry/data/timestamps: a detector of 65536 x 65536 pixels (256 MiB of memory do not hold its "
                      "images): correct the attribute shape of detectors, or give more --memory");
    }
}

TEST_F(EventsHostile, cut_short) {
    RawEvents().write(path_);
    const auto whole = std::filesystem::file_size(path_);
    for (const std::uintmax_t size : {whole / 2, whole - 100}) {
        RawEvents().write(path_);
        std::filesystem::resize_file(path_, size);
        EXPECT_THROW((void)run_job(job(), {}), Error);
    }
}

// Every damaged file is either read or refused as bad input; nothing crashes and nothing takes more than its memory.
TEST_F(EventsHostile, random_damage) {
    RawEvents().write(path_);
    std::vector<char> whole(std::filesystem::file_size(path_));
    std::ifstream(path_, std::ios::binary).read(whole.data(), static_cast<std::streamsize>(whole.size()));
    std::mt19937 random(20240611);
    Job small = job();
    small.memory_bytes = std::size_t{256} << 20;
    int refused = 0;
    const auto start = std::chrono::steady_clock::now();
    int rounds = 0;
    for (; rounds < 300 && std::chrono::steady_clock::now() - start < std::chrono::seconds(8); ++rounds) {
        std::vector<char> bytes = whole;
        for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
            const std::size_t at = random() % (random() % 2 == 0 ? bytes.size() : std::size_t{4096});
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        }
        std::ofstream(path_, std::ios::binary | std::ios::trunc)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        try {
            (void)run_job(small, {});
        } catch (const Error& error) {
            ++refused;
            EXPECT_EQ(error.code(), ExitCode::bad_input) << error.what();
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        }
        (void)AcquisitionFile::validate(path_, {});
    }
    std::cout << rounds << " damaged files, " << refused << " refused\n";
    EXPECT_GT(refused, rounds / 20);  // the damage did reach what is read
}

}  // namespace
}  // namespace firstlight
