#include "kernels/acquisition/tag_windows.hpp"

#include "tests/kernels/acquisition/random_tags.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class TagWindowsTest : public StageTest {
  protected:
    // Runs the stage over the tags in `blocks` parts.
    std::vector<std::uint32_t> count(const RandomTags& tags, const std::vector<PixelEdges>& records,
                                     std::int64_t pixels, std::int64_t bins, bool wide, int blocks = 1) {
        const std::size_t cells = records.size() * PixelEdges::size;
        TagWindowsTask task;
        task.pixels = pixels;
        task.bins = bins;
        task.groups = pixels == 0 ? 1 : static_cast<std::int64_t>(records.size()) / pixels;
        Keeper keep(queue());
        const TagBlock all = tags.block(wide);
        const auto* pixel_of = keep.keep(tags.pixels);
        const auto* wide_bins = keep.keep(tags.wide_bins);
        const auto* narrow_bins = keep.keep(tags.bins);
        const QueueMemory there(queue(), records.size() * sizeof(PixelEdges)), sums(queue(), cells * 4);
        queue().upload(there.as(), records.data(), there.bytes(), 0);
        std::vector<std::uint32_t> counts(cells, 0);
        queue().upload(sums.as(), counts.data(), sums.bytes(), 0);
        task.records = there.as<PixelEdges>();
        task.counts = sums.as<std::uint32_t>();
        for (int b = 0; b < blocks; ++b) {
            const std::int64_t from = all.tags * b / blocks, to = all.tags * (b + 1) / blocks;
            task.tags = {
                pixel_of + from,
                wide ? static_cast<const void*>(wide_bins + from) : static_cast<const void*>(narrow_bins + from), wide,
                to - from};
            run<TagWindows>(queue(), task, {}, 0);
        }
        queue().synchronize(0);
        if (queue().is_host()) TagWindows::flush(task);
        queue().download(counts.data(), sums.as(), sums.bytes(), 0);
        queue().synchronize(0);
        return counts;
    }

    static std::vector<PixelEdges> random_edges(std::int64_t pixels, std::int64_t groups, std::int64_t bins) {
        std::mt19937 random(9);
        std::uniform_int_distribution<int> edge(0, static_cast<int>(bins));
        std::vector<PixelEdges> records(static_cast<std::size_t>(pixels * groups));
        for (std::int64_t p = 0; p < pixels; ++p) {
            std::vector<std::uint16_t> edges;
            for (std::int64_t k = 0; k < groups * PixelEdges::size - 2; ++k)  // two stay unused
                edges.push_back(static_cast<std::uint16_t>(edge(random)));
            std::sort(edges.begin(), edges.end());
            for (std::size_t k = 0; k < edges.size(); ++k)
                records[static_cast<std::size_t>(p * groups) + k / PixelEdges::size].edges[k % PixelEdges::size] =
                    edges[k];
        }
        return records;
    }

    static std::vector<std::uint32_t> truth_of(const RandomTags& tags, const std::vector<PixelEdges>& records,
                                               std::int64_t pixels, std::int64_t bins) {
        std::vector<std::uint32_t> truth(records.size() * PixelEdges::size, 0);
        const std::size_t groups = pixels == 0 ? 1 : records.size() / static_cast<std::size_t>(pixels);
        for (std::size_t i = 0; i < tags.pixels.size(); ++i) {
            if (tags.pixels[i] >= pixels || tags.bins[i] >= bins) continue;
            for (std::size_t at = tags.pixels[i] * groups; at < (tags.pixels[i] + 1) * groups; ++at)
                for (std::size_t k = 0; k < PixelEdges::size; ++k)
                    truth[at * PixelEdges::size + k] += tags.bins[i] >= records[at].edges[k] ? 1U : 0U;
        }
        return truth;
    }
};
INSTANTIATE_TEST_SUITE_P(, TagWindowsTest, all_backends(), backend_name);

TEST_P(TagWindowsTest, counts_the_example_of_its_header) {
    RandomTags tags(0, 1, 1, 1);
    tags.pixels = {0, 0, 0};
    tags.bins = {3, 5, 9};
    tags.wide_bins = {3, 5, 9};
    std::vector<PixelEdges> records(1);
    records[0].edges[0] = 0;
    records[0].edges[1] = 4;
    records[0].edges[2] = 6;
    EXPECT_EQ(count(tags, records, 1, 10, false), (std::vector<std::uint32_t>{3, 2, 1, 0, 0, 0, 0, 0}));
}

TEST_P(TagWindowsTest, equals_plain_counting_for_every_type_and_size) {
    for (const std::int64_t n : {0, 1, 31, 257, 3000})
        for (const std::int64_t groups : {1, 2, 3})
            for (const bool wide : {false, true}) {
                const RandomTags tags(n, 35, 257, 21);
                const auto records = random_edges(35, groups, 257);
                EXPECT_EQ(count(tags, records, 35, 257, wide), truth_of(tags, records, 35, 257))
                    << n << " tags, " << groups << " groups, wide " << wide;
            }
}

TEST_P(TagWindowsTest, blocks_add_up) {
    const RandomTags tags(2000, 13, 64, 4);
    const auto records = random_edges(13, 1, 64);
    EXPECT_EQ(count(tags, records, 13, 64, false, 7), count(tags, records, 13, 64, false, 1));
}

// More tags in one pixel than the record's own counts can hold.
TEST_P(TagWindowsTest, counts_beyond_16_bits) {
    if (queue().backend() == "cuda-emulated") GTEST_SKIP() << "one emulated thread per tag; its counts are of 32 bits";
    RandomTags tags(0, 1, 1, 1);
    for (int i = 0; i < 200'001; ++i) {
        tags.pixels.push_back(1);
        tags.bins.push_back(static_cast<std::uint16_t>(i % 4));
        tags.wide_bins.push_back(static_cast<std::uint32_t>(i % 4));
    }
    std::vector<PixelEdges> records(2);
    records[1].edges[0] = 0;
    records[1].edges[1] = 1;
    records[1].edges[2] = 3;
    const auto counts = count(tags, records, 2, 4, false);
    EXPECT_EQ(counts[8], 200'001U);
    EXPECT_EQ(counts[9], 150'000U);
    EXPECT_EQ(counts[10], 50'000U);
    EXPECT_EQ(counts[11], 0U);
}

}  // namespace
}  // namespace firstlight
