// Frames of a gated camera to traces, against copying the same bytes.
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "host/io/transpose.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {

void add_gate_sweep_rows(Session& session) {
    const std::string name = "frames to traces";
    if (!session.wanted(name)) return;
    const std::int64_t gates = 100;
    const std::int64_t pixels = session.options().quick ? 1 << 12 : 1 << 18;
    const auto n = static_cast<std::size_t>(gates * pixels);
    struct Buffers {
        std::vector<std::uint16_t> frames, traces;
    };
    auto buffers = std::make_shared<Buffers>();
    std::mt19937 random(3);
    std::poisson_distribution<int> counts(30);
    for (std::size_t i = 0; i < n; ++i) buffers->frames.push_back(static_cast<std::uint16_t>(counts(random)));
    buffers->traces.resize(n);
    const auto turn = [buffers, gates, pixels] {
        transpose(reinterpret_cast<const std::byte*>(buffers->frames.data()), gates, pixels, 2,
                  reinterpret_cast<std::byte*>(buffers->traces.data()));
    };
    turn();
    for (std::int64_t p = 0; p < pixels; ++p)
        for (std::int64_t g = 0; g < gates; ++g)
            if (buffers->traces[static_cast<std::size_t>(p * gates + g)] !=
                buffers->frames[static_cast<std::size_t>(g * pixels + p)])
                throw std::runtime_error("frames to traces: a count went to the wrong place");
    session.time("copy of the frames",
                 [buffers, n] { std::memcpy(buffers->traces.data(), buffers->frames.data(), n * 2); });
    session.time(name, turn);
    session.row({name, "x", Goal::at_most, 5, "copying the frames (one thread, 100 gates of u2)"},
                [name](const Medians& m) { return m.at(name) / m.at("copy of the frames"); });
}

}  // namespace firstlight::bench
