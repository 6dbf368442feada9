// Time tags of random pixels: into histograms, against a plain loop and np.bincount; into a gate's sums, against only
// reading the tags.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/acquisition/tag_histogram.hpp"
#include "kernels/acquisition/tag_windows.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/numpy_script.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

class TagRun {
  public:
    TagRun(bool quick, int threads)
        : threads_(threads),
          tags_(quick ? 1 << 18 : 1 << 25),
          pixels_(quick ? 1 << 10 : 1 << 16),
          scratch_(static_cast<std::byte*>(std::aligned_alloc(64, (TagHistogram::scratch_bytes(tags_) + 63) / 64 * 64)),
                   std::free) {
        std::mt19937_64 random(7);
        std::exponential_distribution<double> late(1.0 / 150);
        for (std::int64_t i = 0; i < tags_; ++i) {
            const std::uint64_t bits = random();
            pixel_of_.push_back(static_cast<std::uint32_t>(bits % static_cast<std::uint64_t>(pixels_)));
            const double bin = bits >> 62 == 0 ? static_cast<double>(bits >> 32 & 1023) : 400 + late(random);
            bin_of_.push_back(static_cast<std::uint16_t>(bin < 1023 ? bin : 1023));
        }
        counts_.assign(static_cast<std::size_t>(pixels_ * bins_), 0);
        plain_.assign(counts_.size(), 0);
        records_.resize(static_cast<std::size_t>(threads_));
        sums_.resize(records_.size());
        for (std::size_t t = 0; t < records_.size(); ++t) {
            records_[t].resize(static_cast<std::size_t>(pixels_));
            sums_[t].assign(static_cast<std::size_t>(pixels_ * PixelEdges::size), 0);
            for (std::size_t p = 0; p < records_[t].size(); ++p)
                for (int k = 0; k < PixelEdges::size; ++k)
                    records_[t][p].edges[k] =
                        static_cast<std::uint16_t>(k == 0 ? 0 : 345 + 3 * k + static_cast<int>(p % 5));
        }
        check();
    }

    void count() {
        with_threads(threads_, [&] { TagHistogram::on_cpu(histogram_task(), {}); });
    }
    void count_plainly() {
        for (std::int64_t i = 0; i < tags_; ++i)
            ++plain_[static_cast<std::size_t>(pixel_of_[static_cast<std::size_t>(i)]) * bins_ +
                     bin_of_[static_cast<std::size_t>(i)]];
    }
    void sum_windows() {
        each_thread([&](std::size_t thread, std::int64_t begin, std::int64_t end) {
            TagWindowsTask task;
            task.tags = {pixel_of_.data() + begin, bin_of_.data() + begin, false, end - begin};
            task.records = records_[thread].data();
            task.counts = sums_[thread].data();
            task.pixels = pixels_;
            task.bins = bins_;
            TagWindows::on_cpu(task, {});
            TagWindows::flush(task);
        });
    }
    void read() {
        each_thread([&](std::size_t, std::int64_t begin, std::int64_t end) {
            std::uint64_t all = 0;
            for (std::int64_t i = begin; i < end; ++i)
                all += pixel_of_[static_cast<std::size_t>(i)] + bin_of_[static_cast<std::size_t>(i)];
            volatile std::uint64_t kept = all;
            (void)kept;
        });
    }
    [[nodiscard]] double seconds_of_numpy(const std::string& python) const {
        const ScratchFolder folder;
        const auto write = [&](const char* name, const auto& values) {
            std::ofstream file(folder.path() / name, std::ios::binary);
            file.write(reinterpret_cast<const char*>(values.data()),
                       static_cast<std::streamsize>(values.size() * sizeof values[0]));
            if (!file.flush()) throw std::runtime_error("tags cannot be written");
        };
        write("pixels.u4", pixel_of_);
        write("bins.u2", bin_of_);
        return std::stod(output_of({python, FIRSTLIGHT_BENCH_SOURCES "/numpy_tags.py", folder.path().string(),
                                    std::to_string(pixels_), std::to_string(bins_)}));
    }

  private:
    TagHistogramTask histogram_task() {
        TagHistogramTask task;
        task.tags = {pixel_of_.data(), bin_of_.data(), false, tags_};
        task.counts = counts_.data();
        task.type = CountType::u2;
        task.pixels = pixels_;
        task.bins = bins_;
        task.scratch = scratch_.get();
        return task;
    }
    template <class F>
    void each_thread(const F& work) {
        with_threads(threads_, [&] {
            parallel_for(threads_, 1, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t t = from; t < to; ++t)
                    work(static_cast<std::size_t>(t), tags_ * t / threads_, tags_ * (t + 1) / threads_);
            });
        });
    }
    void check() {
        count();
        count_plainly();
        if (counts_ != plain_) throw std::runtime_error("histograms of time tags differ from a plain loop's");
        sum_windows();
        for (std::size_t p = 0; p < static_cast<std::size_t>(pixels_); p += 97)
            for (std::size_t k = 0; k < PixelEdges::size; ++k) {
                std::uint64_t truth = 0, found = 0;
                for (std::size_t b = records_[0][p].edges[k]; b < static_cast<std::size_t>(bins_); ++b)
                    truth += plain_[p * static_cast<std::size_t>(bins_) + b];
                for (const auto& sums : sums_) found += sums[p * PixelEdges::size + k];
                if (found != truth)
                    throw std::runtime_error(
                        fmt::format("pixel {}, edge {}: expected {}, found {}", p, k, truth, found));
            }
    }

    int threads_;
    std::int64_t tags_, pixels_;
    static constexpr std::int64_t bins_ = 1024;
    std::unique_ptr<std::byte, void (*)(void*)> scratch_;
    std::vector<std::uint32_t> pixel_of_;
    std::vector<std::uint16_t> bin_of_, counts_, plain_;
    std::vector<std::vector<PixelEdges>> records_;
    std::vector<std::vector<std::uint32_t>> sums_;
};

}  // namespace

void add_tag_rows(Session& session) {
    const std::string counted = "time tags to histograms, random pixels", numpy = counted + ", against NumPy";
    const std::string gated = "time tags to a gate's sums, random pixels";
    const bool with_numpy = !session.options().python.empty() && session.wanted(numpy);
    if (!session.wanted(counted) && !with_numpy && !session.wanted(gated)) return;
    auto run = std::make_shared<TagRun>(session.options().quick, session.options().threads);
    session.time("count tags", [run] { run->count(); });
    session.time("count tags plainly", [run] { run->count_plainly(); });
    session.time("sum tags over windows", [run] { run->sum_windows(); });
    session.time("read tags", [run] { run->read(); });
    session.row({counted, "x", Goal::at_least, 4, "a plain loop, one thread"},
                [](const Medians& m) { return m.at("count tags plainly") / m.at("count tags"); });
    session.row({gated, "x", Goal::at_most, 5, "only reading the tags"},
                [](const Medians& m) { return m.at("sum tags over windows") / m.at("read tags"); });
    if (!with_numpy) return;
    session.measured_outside("count tags in NumPy", run->seconds_of_numpy(session.options().python));
    session.row({numpy, "x", Goal::at_least, 12, "np.bincount, one thread"},
                [](const Medians& m) { return m.at("count tags in NumPy") / m.at("count tags"); });
}

}  // namespace firstlight::bench
