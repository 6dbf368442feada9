// Counts in a GPU's memory: the same bits as from the host, and the cube is not copied, neither way. On the emulated
// device, which refuses every pointer that is not into its own memory.
#include "host/pipeline/device_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "host/pipeline/pipeline.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

// Another queue, with what is copied counted.
class WatchedQueue final : public Queue {
  public:
    explicit WatchedQueue(Queue& queue) : queue_(queue) {}
    std::string backend() const override { return queue_.backend(); }
    std::string device() const override { return queue_.device(); }
    bool is_host() const override { return queue_.is_host(); }
    int lanes() const override { return queue_.lanes(); }
    std::size_t free_bytes() const override { return queue_.free_bytes(); }
    void* allocate(std::size_t bytes) override { return queue_.allocate(bytes); }
    void release(void* memory) noexcept override { queue_.release(memory); }
    void* allocate_staging(std::size_t bytes) override { return queue_.allocate_staging(bytes); }
    void release_staging(void* memory) noexcept override { queue_.release_staging(memory); }
    void upload(void* to, const void* from, std::size_t bytes, int lane) override {
        largest_upload = std::max<std::size_t>(largest_upload, bytes);
        queue_.upload(to, from, bytes, lane);
    }
    void download(void* to, const void* from, std::size_t bytes, int lane) override {
        queue_.download(to, from, bytes, lane);
    }
    void synchronize(int lane) override { queue_.synchronize(lane); }
    void launch(const char* stage, const void* work, const void* coefficients, int lane) override {
        queue_.launch(stage, work, coefficients, lane);
    }
    std::size_t largest_upload = 0;

  private:
    Queue& queue_;
};

void expect_same_bits(const Reconstruction& a, const Reconstruction& b) {
    ASSERT_EQ(a.images.layers.size(), b.images.layers.size());
    for (std::size_t l = 0; l < a.images.layers.size(); ++l)
        EXPECT_EQ(0, std::memcmp(a.images.layers[l].values.data(), b.images.layers[l].values.data(),
                                 a.images.layers[l].values.size() * 4))
            << a.images.layers[l].name;
    EXPECT_EQ(a.images.mask, b.images.mask);
}

class DeviceCounts : public testing::Test {
  protected:
    void SetUp() override {
        std::string why_not;
        cuda = test_queue("cuda_emulated", why_not);
        ASSERT_NE(cuda, nullptr) << why_not;
        on_device = QueueMemory(*cuda, s.cube.counts.size());
        cuda->upload(on_device.as(), s.cube.counts.data(), s.cube.counts.size(), 0);
        cuda->synchronize(0);
        counts = {s.cube.type, s.cube.views, s.cube.rows, s.cube.columns, s.cube.bins, on_device.as<const std::byte>()};
    }
    Queue* cuda = nullptr;
    SyntheticScan s{12, 20, 256};  // 120 KiB of u2
    QueueMemory on_device;
    BorrowedCounts counts;
};

TEST_F(DeviceCounts, give_the_same_bits_as_counts_of_the_host_without_a_copy_of_the_cube) {
    const std::size_t cube = s.cube.counts.size();
    for (const char* name : {"transmission", "arrival"}) {
        const Recipe recipe = load_recipe(name);
        WatchedQueue watched(*cuda), usual(*cuda);
        RunOptions options;
        options.tile_traces = 20;
        const Reconstruction host = reconstruct(s.scan, source_of(s.cube), nullptr, recipe, usual, options);
        const Reconstruction device =
            reconstruct(s.scan, source_on_device(counts, watched), nullptr, recipe, watched, options);
        expect_same_bits(host, device);
        EXPECT_GE(usual.largest_upload, cube / 16) << name;
        EXPECT_LT(watched.largest_upload, cube / 16) << name;  // no block of counts; the host's are uploaded:
    }
}

TEST_F(DeviceCounts, windows_that_are_not_side_by_side_are_read_row_by_row) {
    const TileWindow window{0, 3, 5, 4, 7, s.scan.columns};
    const std::size_t bytes = static_cast<std::size_t>(window.traces()) * counts.trace_bytes();
    std::vector<std::byte> found(bytes), wanted(bytes);
    const CountSource source = source_on_device(counts, *cuda);
    EXPECT_EQ(source.on_device(window), nullptr);
    source.reader()(window, found.data());
    s.cube.copy_window(window, wanted.data());
    EXPECT_EQ(found, wanted);
    const TileWindow rows{0, 3, 0, 4, s.scan.columns, s.scan.columns};
    EXPECT_EQ(source.on_device(rows), counts.trace(0, 3, 0));
}

}  // namespace
}  // namespace firstlight
