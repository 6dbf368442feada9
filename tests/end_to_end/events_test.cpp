// Photon events give the images that the same counts give as histograms, bit for bit, in any order and any memory.
#include <gtest/gtest.h>

#include <cstring>

#include "host/io/event_survey.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/job.hpp"
#include "host/pipeline/window_edges.hpp"
#include "tests/end_to_end/event_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

constexpr const char* all_sums = R"(name = "sums"
stages = ["pixel_mask", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "expected_arrival", "time_gate",
          "attenuation", "inpainting"]
)";
constexpr const char* skew_and_gate = R"(name = "gate"
stages = ["time_skew", "expected_arrival", "time_gate"]
)";
constexpr const char* soft_gate = R"(name = "soft"
stages = ["dark_counts", "time_skew", "expected_arrival", "time_gate"]
[dark_counts]
source = "before_light"
[time_gate]
shape = "soft"
rise_ps = 50
background = "before_light"
guard_ps = 100
)";
constexpr const char* optimal_gate = R"(name = "optimal"
stages = ["time_skew", "expected_arrival", "time_gate"]
[time_gate]
edges = "optimal"
background = "dark"
)";

// Tiles are read with pixels around them.
constexpr const char* with_neighbours = R"(name = "neighbours"
stages = ["dark_counts", "time_skew", "flat_field", "adaptive_gate"]
)";

Result run_on(const std::filesystem::path& path, const Recipe& recipe, int threads, std::size_t memory) {
    Job job;
    job.scan_path = path;
    job.recipe = recipe;
    job.backend = "cpu";
    job.threads = threads;
    job.memory_bytes = memory;
    return run_job(job, {});
}

// NaN equals NaN of the same bits.
void expect_same(const Result& a, const Result& b, const std::string& what) {
    ASSERT_EQ(a.images.layers.size(), b.images.layers.size()) << what;
    for (std::size_t l = 0; l < a.images.layers.size(); ++l) {
        const ImageLayer &x = a.images.layers[l], &y = b.images.layers[l];
        EXPECT_EQ(x.name, y.name) << what;
        ASSERT_EQ(x.values.size(), y.values.size());
        EXPECT_EQ(std::memcmp(x.values.data(), y.values.data(), x.values.size() * 4), 0) << what << ", " << x.name;
    }
    EXPECT_EQ(a.images.mask, b.images.mask) << what;
    EXPECT_EQ(a.quality, b.quality) << what;
    ASSERT_EQ(a.process.stages.size(), b.process.stages.size());
    for (std::size_t s = 0; s < a.process.stages.size(); ++s) {
        EXPECT_EQ(a.process.stages[s].counts_in, b.process.stages[s].counts_in) << what;
        EXPECT_EQ(a.process.stages[s].counts_out, b.process.stages[s].counts_out) << what;
        EXPECT_EQ(a.process.stages[s].survey, b.process.stages[s].survey) << what;
    }
}

TEST(Events, give_the_images_of_histograms_bit_for_bit) {
    const ScratchFolder folder("events");
    const SyntheticScan s(19, 23);
    write_scan(folder.path / "histogram.h5", s);
    write_event_scan(folder.path / "raster.h5", s, TagOrder::raster);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    const std::vector<Recipe> recipes{parse_recipe(all_sums, "test"),       parse_recipe(skew_and_gate, "test"),
                                      parse_recipe(soft_gate, "test"),      parse_recipe(optimal_gate, "test"),
                                      load_recipe("transmission"),          load_recipe("arrival"),
                                      parse_recipe(with_neighbours, "test")};
    for (const Recipe& recipe : recipes) {
        const Result truth = run_on(folder.path / "histogram.h5", recipe, 2, 0);
        for (const char* order : {"raster", "random"})
            for (const int threads : {1, 3})
                expect_same(truth, run_on(folder.path / (std::string(order) + ".h5"), recipe, threads, 0),
                            recipe.name + ", " + order);
    }
}

TEST(Events, of_pixels_that_neighbours_look_at_too) {
    const ScratchFolder folder("events_neighbours");
    const SyntheticScan s(9, 7, 128);
    write_scan(folder.path / "histogram.h5", s);
    write_event_scan(folder.path / "raster.h5", s, TagOrder::raster);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    const Recipe recipe = parse_recipe(with_neighbours, "test");
    const Result truth = run_on(folder.path / "histogram.h5", recipe, 2, 0);
    for (const char* order : {"raster.h5", "random.h5"})
        expect_same(truth, run_on(folder.path / order, recipe, 2, 0), order);
}

// Which path was taken is not seen in a result: so it is asked for here.
TEST(Events, of_random_order_are_summed_over_windows_where_sums_suffice) {
    const ScratchFolder folder("events_windows");
    const SyntheticScan s(9, 7);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    write_event_scan(folder.path / "raster.h5", s, TagOrder::raster);
    const auto queue = open_cpu_queue(2);
    const AcquisitionFile random = AcquisitionFile::open(folder.path / "random.h5", {});
    const AcquisitionFile raster = AcquisitionFile::open(folder.path / "raster.h5", {});
    EXPECT_TRUE(EventSource(*random.events(), *queue, {}).counts().in_windows);
    EXPECT_FALSE(EventSource(*random.events(), *queue, {}).survey().in_order);
    EXPECT_FALSE(EventSource(*raster.events(), *queue, {}).counts().in_windows);  // nothing would be gained
    EXPECT_TRUE(EventSource(*raster.events(), *queue, {}).survey().in_order);
    EXPECT_EQ(EventSource(*raster.events(), *queue, {}).counts().type, CountType::u2);
    for (const char* sums : {all_sums, skew_and_gate, soft_gate, optimal_gate})
        EXPECT_TRUE(sums_suffice(parse_recipe(sums, "test"), random.scan()));
    EXPECT_FALSE(sums_suffice(load_recipe("transmission"), random.scan()));  // pile_up looks at every bin
    EXPECT_FALSE(sums_suffice(load_recipe("arrival"), random.scan()));
    Scan long_traces = random.scan();
    long_traces.bins = 70'000;
    EXPECT_FALSE(sums_suffice(parse_recipe(skew_and_gate, "test"), long_traces));
}

// Histograms larger than the memory: bands of rows, a pass each.
TEST(Events, larger_than_memory_give_the_same_images) {
    const ScratchFolder folder("events_bands");
    const SyntheticScan s(64, 50, 1024);
    write_scan(folder.path / "histogram.h5", s);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    const Recipe recipe = load_recipe("transmission");
    const Result truth = run_on(folder.path / "histogram.h5", recipe, 2, 0);
    const auto queue = open_cpu_queue(2);
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "random.h5", {});
    EventSourceOptions small;
    small.memory_bytes = std::size_t{6} << 20;
    small.threads = 2;
    EventSource events(*file.events(), *queue, small), reference(*file.reference_events(), *queue, small);
    const CountSource counts = events.counts(), of_reference = reference.counts();
    EXPECT_FALSE(counts.resident);
    EXPECT_LT(counts.memory_bytes, small.memory_bytes);
    Scan scan = file.scan();
    scan.type = counts.type;
    const Reconstruction made = reconstruct(scan, counts, &of_reference, recipe, *queue, {});
    ASSERT_EQ(made.images.layers.size(), truth.images.layers.size());
    for (std::size_t l = 0; l < truth.images.layers.size(); ++l)
        EXPECT_EQ(std::memcmp(made.images.layers[l].values.data(), truth.images.layers[l].values.data(),
                              truth.images.layers[l].values.size() * 4),
                  0)
            << truth.images.layers[l].name;
    EXPECT_EQ(made.quality, truth.quality);
}

TEST(Events, on_a_device_give_the_images_of_histograms) {
    setenv("FIRSTLIGHT_CUDA_LIBRARY", FIRSTLIGHT_EMULATED_CUDA_LIBRARY, 1);
    std::string why_not;
    const std::unique_ptr<Queue> queue = open_cuda_queue(0, why_not);
    unsetenv("FIRSTLIGHT_CUDA_LIBRARY");
    ASSERT_NE(queue, nullptr) << why_not;
    const ScratchFolder folder("events_device");
    const SyntheticScan s(6, 5);
    write_scan(folder.path / "histogram.h5", s);
    write_event_scan(folder.path / "random.h5", s, TagOrder::random);
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "random.h5", {});
    const AcquisitionFile histogram = AcquisitionFile::open(folder.path / "histogram.h5", {});
    for (const char* text : {skew_and_gate, "stages = [\"pile_up\", \"expected_arrival\", \"time_gate\"]\n"}) {
        const Recipe recipe = parse_recipe(text, "test");
        EventSource events(*file.events(), *queue, {}), reference(*file.reference_events(), *queue, {});
        const CountSource counts = events.counts(), of_reference = reference.counts();
        Scan scan = file.scan();
        scan.type = counts.type;
        const GatedImages made = reconstruct(scan, counts, &of_reference, recipe, *queue, {}).images;
        const CountSource truth_reference = source_of(*histogram.reference());
        const GatedImages truth =
            reconstruct(histogram.scan(), source_of(histogram.counts()), &truth_reference, recipe, *queue, {}).images;
        for (const char* name : {"counts", "ballistic", "ballistic_sigma", "background"})
            for (std::size_t p = 0; p < 30; ++p)
                EXPECT_NEAR(made.layer(name)->values[p], truth.layer(name)->values[p],
                            1e-5F * std::abs(truth.layer(name)->values[p]) + 1e-6F)
                    << name << " of pixel " << p;
    }
}

TEST(Events, survey_tells_order_numbers_and_duration) {
    const ScratchFolder folder("events_survey");
    const SyntheticScan s(11, 13);
    const std::vector<std::uint32_t> counts = counts_of(s.cube);
    for (const TagOrder order : {TagOrder::raster, TagOrder::random}) {
        write_event_scan(folder.path / "scan.h5", s, order);
        const AcquisitionFile file = AcquisitionFile::open(folder.path / "scan.h5", {});
        for (const int threads : {1, 2, 5}) {
            EventSurveyOptions options;
            options.threads = threads;
            options.bins_too = true;
            const EventSurvey survey = survey_events(*file.events(), options);
            EXPECT_EQ(survey.in_order, order == TagOrder::raster);
            for (std::size_t p = 0; p < survey.pixel_tags.size(); ++p) {
                std::uint32_t tags = 0;
                for (std::size_t i = 0; i < 256; ++i) tags += counts[p * 256 + i];
                EXPECT_EQ(survey.pixel_tags[p], tags);
            }
            EXPECT_FALSE(survey.disorder.has_value()) << *survey.disorder;
            EXPECT_EQ(survey.wraps, 0);
            const double seconds = order == TagOrder::raster ? 143 * 1e6 / 1e7 : 1e6 / 1e7;
            EXPECT_NEAR(survey.duration_s, seconds, 0.02 * seconds);
        }
    }
}

}  // namespace
}  // namespace firstlight
