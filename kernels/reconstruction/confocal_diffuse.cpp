#include "kernels/reconstruction/confocal_diffuse.hpp"

#include <fmt/format.h>

#include <complex>
#include <deque>

#include "kernels/reconstruction/confocal_steps.hpp"
#include "kernels/support/fft.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/response.hpp"
#include "kernels/support/slab_kernel.hpp"

namespace firstlight {
namespace {

using Inversion = ConfocalDiffuse::Inversion;

class CpuVolumes {
  public:
    explicit CpuVolumes(const ConfocalShape& s)
        : slab_(s.pad[0], s.pad[1], s.pad[2]), echo_(s.migrate[0], s.migrate[1], s.migrate[2]) {}

    float* floats(std::int64_t n) { return floats_.emplace_back(static_cast<std::size_t>(n)).data(); }
    double* doubles(std::int64_t n) { return doubles_.emplace_back(static_cast<std::size_t>(n)).data(); }
    template <class F>
    void each(std::int64_t rows, std::int64_t length, const F& f) {
        const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, length));
        parallel_for(rows, grain, [f, length](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                for (std::int64_t i = 0; i < length; ++i) f(row, i);
        });
    }
    void slab_forward(const float* values, float* spectrum) { slab_.forward(values, complex(spectrum)); }
    void slab_inverse(float* spectrum, float* values) { slab_.inverse(complex(spectrum), values); }
    void echo_forward(const float* values, float* spectrum) { echo_.forward(values, complex(spectrum)); }
    void echo_planes(float* spectrum) { echo_.inverse_planes(complex(spectrum)); }
    void echo_rows(float* spectra, float* values, std::int64_t rows) {
        echo_.inverse_rows(complex(spectra), values, rows);
    }
    static std::vector<double> fetched(const double* from, std::int64_t n) { return {from, from + n}; }

  private:
    static std::complex<float>* complex(float* values) { return reinterpret_cast<std::complex<float>*>(values); }
    VolumeFft slab_, echo_;
    std::deque<std::vector<float>> floats_;
    std::deque<std::vector<double>> doubles_;
};

// The instrument's response in bins of `together` of the scan's, centred on multiples of that.
std::vector<double> response_in_bins(const Scan& scan, double together, std::int64_t& zero) {
    const CumulativeResponse response = binned_response(scan).cumulative;
    const auto first = static_cast<std::int64_t>(std::floor(response.start() / together + 0.5));
    const auto last = static_cast<std::int64_t>(std::floor(response.end() / together + 0.5));
    std::vector<double> bins;
    for (std::int64_t i = first; i <= last; ++i)
        bins.push_back(
            response.between((static_cast<double>(i) - 0.5) * together, (static_cast<double>(i) + 0.5) * together));
    zero = -first;
    return bins;
}

}  // namespace

const ParamTable& ConfocalDiffuse::Params::table() {
    const char* const with_slab = "poisson_tv|wiener";
    static const ParamTable t{
        choice(&Params::inversion, "inversion",
               "how the slab is taken out: Poisson likelihood with total variation, Wiener filter, or not at all",
               {"poisson_tv", "wiener", "none"}),
        real(&Params::strength, "strength", "", "weight of the total variation, in units of the likelihood's noise", 0,
             1e3)
            .only_if("inversion", "poisson_tv"),
        integer(&Params::iterations, "iterations", "", "splitting steps", 1, 100000).only_if("inversion", "poisson_tv"),
        real(&Params::snr, "snr", "", "power of the light over that of the noise", 1e-3, 1e15)
            .auto_is("where the spectrum of the counts is mostly noise")
            .only_if("inversion", "wiener"),
        choice(&Params::response, "response",
               "instrument response: of the calibration where the file has one, or ideal", {"calibration", "ideal"})
            .only_if("inversion", with_slab),
        real(&Params::thickness_mm, "thickness_mm", "mm", "thickness of the slab", 1e-3, 1e6)
            .auto_is("geometry/medium/thickness of the file")
            .only_if("inversion", with_slab),
        real(&Params::refractive_index, "refractive_index", "", "refractive index of the slab", 1, 5)
            .auto_is("geometry/medium/refractive_index of the file")
            .only_if("inversion", with_slab),
        real(&Params::mu_s_prime_per_m, "mu_s_prime_per_m", "1/m", "reduced scattering coefficient of the slab", 1e-3,
             1e9)
            .auto_is("geometry/medium/mu_s_prime of the file")
            .only_if("inversion", with_slab),
        real(&Params::mu_a_per_m, "mu_a_per_m", "1/m", "absorption coefficient of the slab", 0, 1e9)
            .auto_is("geometry/medium/mu_a of the file")
            .only_if("inversion", with_slab),
        real(&Params::extrapolation_mm, "extrapolation_mm", "mm",
             "how far outside the slab its diffuse light would reach 0", 0, 1e6)
            .auto_is("from the refractive index")
            .only_if("inversion", with_slab),
        real(&Params::time_zero_ps, "time_zero_ps", "ps",
             "when the laser pulse enters the slab's near face, on the time axis of the data", -1e9, 1e9),
        real(&Params::min_depth_mm, "min_depth_mm", "mm", "where the volume begins, behind the slab's far face", 0, 1e9)
            .auto_is("at the far face"),
        real(&Params::max_depth_mm, "max_depth_mm", "mm", "where the volume ends", 0, 1e9)
            .auto_is("as far as light was recorded, less the slab's mean delay"),
        real(&Params::bins_together, "bins_together", "", "time bins that are put together, a whole number", 1, 1e6)
            .auto_is("as many as leave them fine enough for the slab and the pixel pitch"),
        real(&Params::least_albedo, "least_albedo", "", "share of the brightest voxel from which a pixel has a depth",
             0, 1),
    };
    return t;
}

VolumeBox ConfocalDiffuse::box(const Params& params, const Scan& scan) {
    const ConfocalShape s = shape(params, scan);
    const auto axis = [](const std::vector<double>& at, double pitch) {
        const auto n = static_cast<std::int64_t>(at.size());
        return VolumeAxis{n, at.front(), n > 1 ? (at.back() - at.front()) / static_cast<double>(n - 1) : pitch};
    };
    const double first = static_cast<double>(s.first_slice) + s.first_z_bins;
    return {"albedo",
            "1",
            "relative albedo, z behind the slab's far face",
            {s.slices, first * s.slice_m, s.slice_m},
            axis(scan.y_m, s.pitch_m[0]),
            axis(scan.x_m, s.pitch_m[1])};
}

std::size_t ConfocalDiffuse::work_bytes(const Params& params, const Scan& scan) {
    const ConfocalShape s = shape(params, scan);
    std::int64_t floats = s.pixels() * s.bins + 4 * s.migrate_rows() * s.migrate[2] + 5 * s.pixels() * s.migrate[2];
    if (params.inversion == Inversion::poisson_tv) floats += 17 * s.pad_rows() * s.pad[2];
    if (params.inversion == Inversion::wiener) floats += 4 * s.pad_rows() * s.pad[2];
    return static_cast<std::size_t>(floats) * 4;
}

ConfocalDiffuse::Coefficients ConfocalDiffuse::prepare(const Params& params, StageContext& context) {
    Coefficients c;
    c.shape = shape(params, context.scan);
    c.inversion = params.inversion;
    c.scan_bins = context.scan.bins;
    c.strength = params.strength;
    c.iterations = params.iterations;
    c.snr = std::isnan(params.snr) ? -1 : params.snr;
    c.least_albedo = static_cast<float>(params.least_albedo);
    c.stolt = context.keep.keep(stolt_table());
    c.found = context.found;
    c.warn = context.warn;
    c.proceed = context.proceed;
    if (params.inversion == Inversion::none) return c;
    const ConfocalShape& s = c.shape;
    const Slab medium = slab(params, context.scan);
    const double width_s = context.scan.bin_width_s * static_cast<double>(s.together);
    std::vector<double> response;
    std::int64_t zero = 0;
    if (params.response == Instrument::calibration && !context.scan.irf.empty())
        response = response_in_bins(context.scan, static_cast<double>(s.together), zero);
    else if (params.response == Instrument::calibration && c.warn)
        c.warn(
            "confocal_diffuse: there is no /entry/calibration/irf: the instrument is taken as ideal (measure it with "
            "`firstlight calibrate irf`, or say so with --confocal_diffuse.response ideal)");
    const std::vector<float> transfer =
        slab_transfer(medium, {s.pad[0], s.pad[1], s.pad[2]}, {s.pitch_m[0], s.pitch_m[1]}, width_s, response, zero);
    // Parseval: each frequency of the half spectrum stands for two, but the first (and the last of an even length).
    double power = 0;
    const std::int64_t half = s.pad_half();
    for (std::int64_t i = 0; i < s.pad_rows() * half; ++i) {
        const double re = static_cast<double>(transfer[static_cast<std::size_t>(2 * i)]);
        const double im = static_cast<double>(transfer[static_cast<std::size_t>(2 * i + 1)]);
        const bool once = i % half == 0 || (s.pad[2] % 2 == 0 && i % half == half - 1);
        power += (once ? 1 : 2) * (re * re + im * im);
    }
    c.kernel_power = power / static_cast<double>(s.pad_rows() * s.pad[2]);
    c.transfer = context.keep.keep(transfer);
    if (context.found != nullptr) (*context.found)["slab_delay_ps"] = light_delay(medium).mean_s * 1e12;
    return c;
}

void ConfocalDiffuse::on_cpu(const VolumeTask& task, const Coefficients& c) {
    CpuVolumes volumes(c.shape);
    confocal_volume(volumes, task, c);
}

}  // namespace firstlight
