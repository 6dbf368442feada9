// Tone map: an image of numbers becomes an image of colours.
//
// A window [low, high] is found once on the host, from percentiles of the pixels that have a value or as given. Within
// it a value v stands at
//     s = (v - low) / (high - low)              scale linear
//     s = log(v / low) / log(high / low)        scale log
// and gets the colour  colormap(s^(1/gamma));  beyond the window it gets the colour of the nearer end. Pixels that are
// masked or NaN are drawn in `no_value_colour`, which no colormap contains.
// Inpainted pixels keep their flags: leave `flags` null to show them; what could not be filled is NaN and stays pale.
//
// Powers and logarithms differ between mathematics libraries, so they are taken on the host only, into a table of up
// to 65,536 colours. A kernel only finds its entry: linear, by one subtraction and one product; log, by the bits of the
// float, whose order is that of the values and whose steps are nearly equal in log v. So CPU and CUDA give the same
// bytes.
//
//   ToneMap::Params p;                                             // viridis, percentiles 1 and 99.5, 8 bits
//   const ToneWindow w = ToneMap::window(p, values, flags, n);     // host pointers
//   const auto c = ToneMap::prepare(p, w, keeper);
//   run<ToneMap>(queue, ToneMapWork{values, flags, n, rgb}, c, 0);  // the queue's pointers
#pragma once

#include <cstdint>

#include "kernels/rendering/colormaps.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct ToneMapWork {
    const float* values = nullptr;        // [pixels]
    const std::uint8_t* flags = nullptr;  // [pixels] Flag bits, or null
    std::int64_t pixels = 0;
    void* rgb = nullptr;  // out: [pixels][3], std::uint8_t or std::uint16_t as Params::bits says
};

struct ToneWindow {
    double low = 0;
    double high = 1;
};

struct ToneMap {
    static constexpr StageInfo info{"tone_map", "rendering", "colours for the values of an image layer"};

    enum class Scale : std::uint8_t { linear, log };
    enum class WindowFrom : std::uint8_t { percentiles, fixed };
    enum class Bits : std::uint8_t { eight, sixteen };

    struct Params {
        Layer layer = Layer::ballistic;
        Colormap colormap = Colormap::viridis;
        bool invert = false;
        Scale scale = Scale::linear;
        double gamma = 1;
        WindowFrom window = WindowFrom::percentiles;
        double low_percentile = 1;
        double high_percentile = 99.5;
        double low = 0;
        double high = 1;
        Bits bits = Bits::eight;
        static const ParamTable& table();
    };

    struct Coefficients {
        float low = 0;
        float entries_per_unit = 0;  // linear
        std::uint32_t low_bits = 0;  // log: the bits of `low`
        std::int32_t shift = 0;      // log: bits of a float that make no difference to its entry
        std::int32_t last = 0;       // the last entry
        bool log = false;
        bool sixteen_bits = false;
        const std::uint16_t* colours = nullptr;  // [last + 2][3]; the last row is the colour for "no value"
    };

    // The window as the parameters and the pixels say; [0, 1] (log: [0.1, 1]) when no pixel has a value. Percentiles
    // are interpolated linearly between order statistics, over positive values only when the scale is log. An image
    // of one value gets a window with that value in the middle.
    // Errors: usage when low is not below high; bad_input when the scale is log and no value is positive.
    static ToneWindow window(const Params& params, const float* values, const std::uint8_t* flags, std::int64_t pixels);
    static Coefficients prepare(const Params& params, const ToneWindow& window, Keeper& keep);
    // The same without colours: which entry a value takes. On a linear scale the colours are those of any window.
    static Coefficients places(const Params& params, const ToneWindow& window);
    static void on_cpu(const ToneMapWork& work, const Coefficients& c);

    // The colour at share s of the window, for a colour bar.
    static Rgb colour(const Params& params, double s);
};

}  // namespace firstlight
