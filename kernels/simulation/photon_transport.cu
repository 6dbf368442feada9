// photon_transport on CUDA: one stream of photons per thread; a thread whose photon has ended takes its next one at
// once, so a warp does not wait for its longest photon. The photon's life is the CPU's, number for number.
#include "kernels/support/launch_cuda.cuh"
// The tally's atomics are CUDA's, hence after launch_cuda.cuh.
#include "kernels/simulation/photon_transport_tally.hpp"

namespace firstlight {
namespace {

using namespace transport;

constexpr int threads_per_block = 128;
constexpr std::int64_t most_streams = std::int64_t{1} << 18;

__global__ void follow(TransportTask task, PhotonTransport::Coefficients c, std::int64_t streams) {
    const std::int64_t thread = global_thread();
    if (thread >= streams) return;
    std::int64_t next = task.first + thread;
    const std::int64_t last = task.first + task.photons;
    std::uint64_t number = 0;
    std::uint32_t event = 0;
    Photon p{};
    bool flying = false;
    for (;;) {
        if (!flying) {
            if (next >= last) return;
            number = static_cast<std::uint64_t>(next);
            next += streams;
            event = 0;
            const Fate fate = launch(p, c, number);
            flying = fate == Fate::flying;
            if (!flying) finish(task, c, p, fate);
            continue;
        }
        const Random4 random = numbers(c, number, event, flight);
        const int met = advance(p, c, random.a);
        Fate fate = Fate::flying;
        if (met == medium) {
            const Collision collision = collide(p, c, unit_float(random.d));
            if (collision == Collision::absorbs) {
                fate = Fate::absorbed;
            } else if (collision == Collision::scatters) {
                if (task.image != nullptr) look_from_scattering(task, c, p, number, event);
                scatter(p, c.g[p.layer], random.b, random.c);
            }
        } else {
            fate = met == interface ? cross(p, c, random) : Fate::sideways;
            if (fate == Fate::reflected_by_target) {
                if (task.image != nullptr) look_from_target(task, c, p, number, event);
                fate = Fate::flying;
            }
        }
        ++event;
        if (fate != Fate::flying || event >= max_events) {
            finish(task, c, p, fate);
            flying = false;
        }
    }
}

void transport_on_cuda(const TransportTask& task, const PhotonTransport::Coefficients& c, cudaStream_t stream) {
    if (task.photons <= 0) return;
    const std::int64_t streams = task.photons < most_streams ? task.photons : most_streams;
    launch(follow, {.blocks = blocks_for(streams, threads_per_block), .threads = threads_per_block, .stream = stream},
           task, c, streams);
}

FL_CUDA_STAGE(PhotonTransport, TransportTask, transport_on_cuda);

}  // namespace
}  // namespace firstlight
