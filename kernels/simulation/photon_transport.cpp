#include "kernels/simulation/photon_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/simulation/photon_transport_tally.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

using namespace transport;

constexpr int lanes = 32;
constexpr std::int64_t photons_per_batch = 65536;

// Photons side by side, one per lane, so that loops over lanes are vector instructions.
struct alignas(64) Lanes {
    float x[lanes], y[lanes], z[lanes], ux[lanes], uy[lanes], uz[lanes], path[lanes];
    int layer[lanes], order[lanes], reflections[lanes], met[lanes];
    std::uint32_t photon_low[lanes], photon_high[lanes], event[lanes];
    std::uint32_t a[lanes], b[lanes], c[lanes], d[lanes];

    [[nodiscard]] Photon photon(int i) const {
        return {x[i], y[i], z[i], ux[i], uy[i], uz[i], path[i], layer[i], order[i], reflections[i]};
    }
    void put(int i, const Photon& p) {
        x[i] = p.x;
        y[i] = p.y;
        z[i] = p.z;
        ux[i] = p.ux;
        uy[i] = p.uy;
        uz[i] = p.uz;
        path[i] = p.path;
        layer[i] = p.layer;
        order[i] = p.order;
        reflections[i] = p.reflections;
    }
    [[nodiscard]] std::uint64_t number(int i) const { return std::uint64_t{photon_high[i]} << 32 | photon_low[i]; }
};

FL_SIMD void draw(Lanes& l, const Scene& scene) {
#pragma GCC ivdep
    for (int i = 0; i < lanes; ++i) {
        const Random4 random =
            philox({l.photon_low[i], l.photon_high[i], l.event[i], flight}, scene.key_low, scene.key_high);
        l.a[i] = random.a;
        l.b[i] = random.b;
        l.c[i] = random.c;
        l.d[i] = random.d;
    }
}

FL_SIMD void advance_all(Lanes& l, const Scene& scene) {
#pragma GCC ivdep
    for (int i = 0; i < lanes; ++i) {
        Photon p = l.photon(i);
        l.met[i] = advance(p, scene, l.a[i]);
        l.x[i] = p.x;
        l.y[i] = p.y;
        l.z[i] = p.z;
        l.path[i] = p.path;
        l.event[i] = l.event[i] + 1;
    }
}

FL_SIMD void scatter_all(Lanes& l, const Scene& scene) {
#pragma GCC ivdep
    for (int i = 0; i < lanes; ++i) {
        Photon p = l.photon(i);
        scatter(p, scene.g[l.layer[i]], l.b[i], l.c[i]);
        const bool in_medium = l.met[i] == medium;
        l.ux[i] = in_medium ? p.ux : l.ux[i];
        l.uy[i] = in_medium ? p.uy : l.uy[i];
        l.uz[i] = in_medium ? p.uz : l.uz[i];
        l.order[i] = in_medium ? p.order : l.order[i];
    }
}

// Follows photons [first, last). A lane whose photon has ended takes the next one, so lanes stay full.
class Batch {
  public:
    Batch(const TransportTask& task, const Scene& scene, std::int64_t first, std::int64_t last)
        : task_(task),
          scene_(scene),
          next_(first),
          last_(last),
          may_interact_(task.image != nullptr || scene.objects > 0) {}

    void run() {
        // Counters of this batch alone: one addition to shared memory per batch instead of one per photon.
        std::vector<std::int64_t> ends(static_cast<std::size_t>(scene_.ends_size()));
        TransportTask own = task_;
        own.ends = ends.data();
        ends_ = ends.data();
        flying_ = lanes;
        for (int i = 0; i < lanes; ++i) refill(i);
        while (flying_ > 0) {
            draw(lanes_, scene_);
            advance_all(lanes_, scene_);
            for (int i = 0; i < lanes; ++i) {
                if (lanes_.met[i] != medium) leave_medium(own, i);
                else if (may_interact_ || scene_.absorbed_share[lanes_.layer[i]] > 0.0f) interact(own, i);
            }
            scatter_all(lanes_, scene_);
        }
        for (std::size_t i = 0; i < ends.size(); ++i)
            if (ends[i] != 0) add(task_.ends + i, ends[i]);
    }

  private:
    void refill(int i) {
        while (next_ < last_) {
            const auto photon = static_cast<std::uint64_t>(next_++);
            Photon p{};
            const Fate fate = launch(p, scene_, photon);
            lanes_.put(i, p);
            lanes_.photon_low[i] = static_cast<std::uint32_t>(photon);
            lanes_.photon_high[i] = static_cast<std::uint32_t>(photon >> 32);
            lanes_.event[i] = 0;
            lanes_.met[i] = interface;  // not to be scattered in this round
            if (fate == Fate::flying) {
                idle_[i] = false;
                return;
            }
            end(p, fate);
        }
        lanes_.put(i, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0, 0, 0});
        idle_[i] = true;
        --flying_;
    }
    void end(const Photon& p, Fate fate) {
        TransportTask own = task_;
        own.ends = ends_;
        finish(own, scene_, p, fate);
    }
    void leave_medium(const TransportTask& own, int i) {
        if (idle_[i]) {
            lanes_.put(i, {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0, 0, 0});
            return;
        }
        Photon p = lanes_.photon(i);
        Fate fate = Fate::sideways;
        if (lanes_.met[i] == interface) fate = cross(p, scene_, {0, lanes_.b[i], lanes_.c[i], lanes_.d[i]});
        if (fate == Fate::reflected_by_target) {
            if (own.image != nullptr) look_from_target(own, scene_, p, lanes_.number(i), lanes_.event[i] - 1);
            fate = Fate::flying;
        }
        settle(own, i, p, fate);
    }
    void interact(const TransportTask& own, int i) {
        if (idle_[i]) {
            lanes_.met[i] = interface;
            return;
        }
        const Photon p = lanes_.photon(i);
        const Collision collision = collide(p, scene_, unit_float(lanes_.d[i]));
        if (collision == Collision::absorbs) {
            settle(own, i, p, Fate::absorbed);
            return;
        }
        if (collision == Collision::none) {
            lanes_.met[i] = interface;  // not to be scattered in this round
            return;
        }
        if (own.image != nullptr) look_from_scattering(own, scene_, p, lanes_.number(i), lanes_.event[i] - 1);
    }
    void settle(const TransportTask& own, int i, const Photon& p, Fate fate) {
        if (fate == Fate::flying && lanes_.event[i] < max_events) {
            lanes_.put(i, p);
            return;
        }
        finish(own, scene_, p, fate);
        refill(i);
    }

    const TransportTask& task_;
    const Scene& scene_;
    std::int64_t next_, last_;
    bool may_interact_;  // more than scatter, also where nothing is absorbed
    std::int64_t* ends_ = nullptr;
    int flying_ = 0;
    bool idle_[lanes] = {};
    Lanes lanes_{};
};

}  // namespace

void PhotonTransport::on_cpu(const TransportTask& task, const Coefficients& c) {
    const std::int64_t batches = (task.photons + photons_per_batch - 1) / photons_per_batch;
    parallel_for(batches, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t batch = begin; batch < end; ++batch) {
            const std::int64_t first = task.first + batch * photons_per_batch;
            Batch(task, c, first, std::min(first + photons_per_batch, task.first + task.photons)).run();
        }
    });
}

}  // namespace firstlight
