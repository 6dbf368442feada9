#include "host/simulation/scene_recording.hpp"

namespace firstlight {

constexpr double ps = 1e-12;

void read_laser(TomlTable& source, SimulationScene& scene) {
    scene.photons_per_pulse = source.number("photons_per_pulse", 1, 0, 1e30);
    scene.repetition_rate_hz = source.number("repetition_rate_mhz", 0, 0, 1e6) * 1e6;
    scene.wavelength_m = source.number("wavelength_nm", 0, 0, 1e6) * 1e-9;
    scene.pulse_fwhm_s = source.number("pulse_fwhm_ps", 0, 0, 1e6) * ps;
}

void read_recording(TomlTable& detector, SimulationScene& scene) {
    SceneDetector& d = scene.transport.detector;
    d.rows = detector.whole("rows");
    d.columns = detector.whole("columns");
    d.bins = detector.whole("bins");
    d.bin_width_s = detector.number("bin_width_ps") * ps;
    d.first_edge_s = detector.number("first_edge_ps", 0) * ps;
    scene.efficiency = detector.number("efficiency", 1, 0, 1);
    scene.pulses = detector.number("pulses", 0, 1, 1e15);
    const std::string counts = detector.one_of("counts", {"u1", "u2", "u4"}, "u2");
    scene.count_type = counts == "u4" ? CountType::u4 : counts == "u1" ? CountType::u1 : CountType::u2;
}

void read_response(TomlTable& root, SimulationScene& scene) {
    TomlTable response = root.table("detector_response");
    response.parameters(DetectorResponse::Params::table(), &scene.response);
    response.refuse_unknown();
}

}  // namespace firstlight
