#include "host/simulation/recorder.hpp"

#include "kernels/support/run.hpp"

namespace firstlight {

Recorder::Recorder(const SimulationScene& scene, Scan& scan, Queue& queue)
    : gates_(scene.gates),
      queue_(queue),
      keep_(queue),
      response_(DetectorResponse::prepare(scene.response, scan, keep_)) {
    open_ = scan;
    if (gates_.empty()) return;
    // The camera's dark counts come with the exposure, not with the light's time axis.
    response_.dark = keep_.keep(std::vector<double>(static_cast<std::size_t>(scan.pixels()), 0.0));
    gated_ = scan = gated_scan(open_, gates_, scene.pulses);
}

std::vector<std::uint32_t> Recorder::counts(const Direct& direct, const std::vector<double>& scattered, double pulses,
                                            RecordingNumber number) const {
    Keeper keep(queue_);
    ResponseTask task;
    task.pixels = open_.pixels();
    task.unscattered = direct.components;
    task.share = keep.keep(direct.share);
    task.position = keep.keep(direct.position);
    task.scattered = keep.keep(scattered);
    const auto cells = static_cast<std::size_t>(open_.pixels() * open_.bins);
    const bool count = gates_.empty();
    const QueueMemory expected(queue_, cells * sizeof(double));
    const QueueMemory counts_there(queue_, count ? cells * sizeof(std::uint32_t) : 0);
    task.expected = expected.as<double>();
    task.counts = counts_there.as<std::uint32_t>();
    task.pulses = pulses;
    task.recording = number.recording;
    task.first = static_cast<std::uint32_t>(number.view * open_.pixels());
    run<DetectorResponse>(queue_, task, response_, 0);
    if (count) {
        std::vector<std::uint32_t> made(cells);
        queue_.download(made.data(), counts_there.as(), counts_there.bytes(), 0);
        queue_.synchronize(0);
        return made;
    }
    std::vector<double> light(cells);
    queue_.download(light.data(), expected.as(), expected.bytes(), 0);
    queue_.synchronize(0);
    return expose(light, open_, gated_, gates_, pulses,
                  {response_.key_low, response_.key_high, number.recording, task.first});
}

}  // namespace firstlight
