// Projections of a volume larger than the caches, against reading it once.
#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "kernels/rendering/projection.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/portable.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

using Axis = Projection::Axis;
using What = Projection::What;

FL_SIMD std::uint64_t read_words(const std::uint64_t* words, std::int64_t n) {
    std::uint64_t all = 0;
    for (std::int64_t i = 0; i < n; ++i) all ^= words[i];
    return all;
}

class Volume {
  public:
    Volume(std::int64_t side, int threads)
        : threads_(threads),
          values_(static_cast<std::size_t>(side * side * side)),
          view_{values_.data(), side, side, side} {
        std::uint64_t state = 1;
        for (float& v : values_) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            v = static_cast<float>(state >> 40U);  // whole numbers below 2^24: sums are exact
        }
        image_.resize(static_cast<std::size_t>(side * side));
        position_.resize(image_.size());
        check();
    }
    void project(Axis axis, What what) {
        with_threads(threads_, [&] {
            Projection::on_cpu({view_, image_.data(), what == What::maximum ? position_.data() : nullptr},
                               Projection::prepare({axis, what, 0}, view_));
        });
    }
    void read() {
        with_threads(threads_, [&] {
            std::atomic<std::uint64_t> all{0};
            const auto words = static_cast<std::int64_t>(values_.size() / 2);
            parallel_for(words, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
                all ^= read_words(reinterpret_cast<const std::uint64_t*>(values_.data()) + begin, end - begin);
            });
            image_[0] = static_cast<float>(all & 1U);
        });
    }

  private:
    // One line along each axis, in double precision.
    void check() {
        const std::int64_t n = view_.planes;
        for (const auto& [axis, step] :
             {std::pair{Axis::z, n * n}, std::pair{Axis::y, n}, std::pair{Axis::x, std::int64_t{1}}}) {
            double sum = 0;
            float top = -1;
            for (std::int64_t i = 0; i < n; ++i) {
                const float v = values_[static_cast<std::size_t>(i * step)];
                sum += static_cast<double>(v);
                top = std::max(top, v);
            }
            project(axis, What::sum);
            const float found = image_[0];
            project(axis, What::maximum);
            if (found != static_cast<float>(sum) || image_[0] != top)
                throw std::runtime_error(
                    fmt::format("projection: expected {} and {}, found {} and {}", sum, top, found, image_[0]));
        }
    }

    int threads_;
    std::vector<float> values_;
    VolumeView view_;
    std::vector<float> image_;
    std::vector<std::int32_t> position_;
};

}  // namespace

void add_projection_rows(Session& session) {
    const std::int64_t side = session.options().quick ? 64 : 384;
    const char* base = "projection";
    std::vector<std::tuple<std::string, Axis, What>> cases;
    for (const auto& [name, axis] : {std::pair{"z", Axis::z}, std::pair{"y", Axis::y}, std::pair{"x", Axis::x}}) {
        cases.emplace_back(fmt::format("{}: maximum along {}", base, name), axis, What::maximum);
        cases.emplace_back(fmt::format("{}: mean along {}", base, name), axis, What::mean);
    }
    bool any = false;
    for (const auto& c : cases) any = any || session.wanted(std::get<0>(c));
    if (!any) return;
    auto volume = std::make_shared<Volume>(side, session.options().threads);
    session.time("projection: reading the volume", [volume] { volume->read(); });
    for (const auto& [name, axis, what] : cases) {
        session.time(name, [volume, axis = axis, what = what] { volume->project(axis, what); });
        session.row({name, "x", Goal::at_most, 2, fmt::format("reading the {0} x {0} x {0} floats once", side)},
                    [name = name](const Medians& m) { return m.at(name) / m.at("projection: reading the volume"); });
    }
}

}  // namespace firstlight::bench
