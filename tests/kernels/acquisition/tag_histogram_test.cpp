#include "kernels/acquisition/tag_histogram.hpp"

#include "kernels/support/parallel_for.hpp"
#include "tests/kernels/acquisition/random_tags.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

using Cube = std::vector<std::uint64_t>;

struct Shape {
    std::int64_t first_pixel = 0, pixels = 0, bins = 0;
};

// Counts as the header defines them.
Cube truth_of(const RandomTags& tags, const Shape& shape) {
    Cube cube(static_cast<std::size_t>(shape.pixels * shape.bins), 0);
    for (std::size_t i = 0; i < tags.pixels.size(); ++i) {
        const std::int64_t pixel = tags.pixels[i] - shape.first_pixel;
        if (pixel < 0 || pixel >= shape.pixels || tags.bins[i] >= shape.bins) continue;
        ++cube[static_cast<std::size_t>(pixel * shape.bins + tags.bins[i])];
    }
    return cube;
}

class TagHistogramTest : public StageTest {
  protected:
    // Runs the stage on counts that all hold `before` already.
    Cube count(const RandomTags& tags, const Shape& shape, CountType type, bool wide, bool sorting,
               std::uint32_t before = 0) {
        const auto cells = static_cast<std::size_t>(shape.pixels * shape.bins);
        const std::size_t bytes = (cells * count_size(type) + 3) / 4 * 4;  // CUDA adds to whole words
        std::vector<unsigned char> counts(bytes, 0);
        auto* narrow = reinterpret_cast<std::uint16_t*>(counts.data());
        auto* full = reinterpret_cast<std::uint32_t*>(counts.data());
        for (std::size_t i = 0; i < cells; ++i)
            if (type == CountType::u2) narrow[i] = static_cast<std::uint16_t>(before);
            else full[i] = before;
        Keeper keep(queue());
        TagHistogramTask task;
        task.tags = tags.block(wide);
        task.tags.pixels = keep.keep(tags.pixels);
        if (wide) task.tags.bins = keep.keep(tags.wide_bins);
        else task.tags.bins = keep.keep(tags.bins);
        task.type = type;
        task.first_pixel = shape.first_pixel;
        task.pixels = shape.pixels;
        task.bins = shape.bins;
        const QueueMemory there(queue(), bytes);
        queue().upload(there.as(), counts.data(), bytes, 0);
        task.counts = there.as();
        std::unique_ptr<std::byte, void (*)(void*)> scratch(nullptr, std::free);
        if (sorting) {
            const std::size_t room = (TagHistogram::scratch_bytes(task.tags.tags) + 63) / 64 * 64;
            scratch.reset(static_cast<std::byte*>(std::aligned_alloc(64, room)));
        }
        task.scratch = scratch.get();
        with_threads(3, [&] { run<TagHistogram>(queue(), task, {}, 0); });
        queue().download(counts.data(), there.as(), bytes, 0);
        queue().synchronize(0);
        Cube cube(cells);
        for (std::size_t i = 0; i < cells; ++i) cube[i] = type == CountType::u2 ? narrow[i] : full[i];
        return cube;
    }
};
INSTANTIATE_TEST_SUITE_P(, TagHistogramTest, all_backends(), backend_name);

TEST_P(TagHistogramTest, counts_the_example_of_its_header) {
    RandomTags tags(0, 1, 1, 1);
    tags.pixels = {0, 2, 0};
    tags.bins = {3, 1, 3};
    tags.wide_bins = {3, 1, 3};
    EXPECT_EQ(count(tags, {0, 2, 4}, CountType::u4, false, false), (Cube{0, 0, 0, 2, 0, 0, 0, 0}));
}

TEST_P(TagHistogramTest, equals_plain_counting_for_every_type_and_size) {
    for (const std::int64_t n : {0, 1, 31, 257, 4000})
        for (const Shape& shape : {Shape{0, 1, 1}, Shape{0, 35, 31}, Shape{7, 20, 257}, Shape{0, 3, 7}}) {
            const RandomTags tags(n, shape.first_pixel + shape.pixels, shape.bins, 5);
            const Cube truth = truth_of(tags, shape);
            for (const CountType type : {CountType::u2, CountType::u4})
                for (const bool wide : {false, true})
                    EXPECT_EQ(count(tags, shape, type, wide, true), truth)
                        << n << " tags, " << shape.pixels << " x " << shape.bins << ", wide " << wide;
        }
}

TEST_P(TagHistogramTest, adds_to_what_is_there) {
    const RandomTags tags(500, 10, 20, 3);
    Cube truth = truth_of(tags, {0, 10, 20});
    for (std::uint64_t& n : truth) n += 7;
    for (const CountType type : {CountType::u2, CountType::u4})
        EXPECT_EQ(count(tags, {0, 10, 20}, type, false, false, 7), truth);
}

// Enough tags that the CPU sorts them, over more pixels than one tile holds, and over tiles that fill unevenly.
TEST_P(TagHistogramTest, sorting_changes_no_count) {
    const bool emulated = queue().backend() == "cuda-emulated";
    const std::int64_t n = emulated ? 20'000 : 300'000;
    for (const Shape& shape : {Shape{0, 301, 700}, Shape{50, 150, 700}, Shape{0, 3, 40'000}, Shape{0, 9001, 11}}) {
        RandomTags tags(n, shape.first_pixel + shape.pixels, shape.bins, 11);
        for (std::size_t i = 0; i < tags.pixels.size(); i += 3) tags.pixels[i] = tags.pixels[i] % 5 + 50;
        const Cube truth = truth_of(tags, shape);
        for (const CountType type : {CountType::u2, CountType::u4})
            for (const bool sorting : {false, true}) EXPECT_EQ(count(tags, shape, type, false, sorting), truth);
        EXPECT_EQ(count(tags, shape, CountType::u4, true, true), truth);
    }
}

TEST_P(TagHistogramTest, order_of_tags_plays_no_part) {
    const Shape shape{0, 64, 50};
    RandomTags tags(5000, 64, 50, 17, /*with_strays=*/false);
    const Cube as_made = count(tags, shape, CountType::u2, false, true);
    tags.sort_by_pixel();
    EXPECT_EQ(count(tags, shape, CountType::u2, false, false), as_made);
    std::uint64_t all = 0;
    for (const std::uint64_t n : as_made) all += n;
    EXPECT_EQ(all, 5000U);  // no tag is lost
}

}  // namespace
}  // namespace firstlight
