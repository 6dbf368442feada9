#include "kernels/rendering/colormaps.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace firstlight {
namespace {

constexpr int points = 25;
using ControlPoints = std::array<std::array<std::int16_t, 3>, points>;  // in 1/1000

// clang-format off
constexpr ControlPoints viridis{{
    {267, 3, 330}, {279, 65, 390}, {283, 122, 442}, {279, 175, 483}, {267, 226, 513}, {250, 275, 533}, {230, 321, 545},
    {210, 365, 552}, {191, 407, 556}, {173, 447, 558}, {157, 487, 558}, {142, 526, 556}, {128, 565, 551}, {120, 604, 541},
    {126, 643, 526}, {155, 682, 503}, {208, 719, 473}, {279, 754, 434}, {363, 787, 387}, {458, 816, 330}, {560, 841, 266},
    {669, 862, 196}, {781, 879, 127}, {890, 893, 94}, {994, 906, 141}}};
constexpr ControlPoints magma{{
    {0, 0, 10}, {20, 17, 89}, {62, 45, 178}, {112, 66, 275}, {175, 67, 375}, {247, 59, 450}, {315, 71, 485},
    {380, 96, 500}, {445, 123, 507}, {510, 147, 508}, {577, 170, 503}, {645, 192, 493}, {713, 214, 476}, {781, 239, 452},
    {845, 272, 422}, {901, 316, 390}, {944, 378, 365}, {971, 452, 361}, {986, 530, 380}, {994, 609, 418}, {997, 686, 469},
    {997, 763, 530}, {995, 840, 597}, {991, 916, 671}, {987, 991, 749}}};
constexpr ControlPoints inferno{{
    {0, 0, 10}, {21, 16, 93}, {68, 39, 189}, {128, 48, 290}, {201, 38, 371}, {272, 41, 412}, {340, 62, 429},
    {406, 86, 433}, {472, 111, 428}, {539, 134, 416}, {605, 158, 395}, {670, 184, 367}, {733, 214, 332}, {792, 251, 291},
    {846, 296, 245}, {892, 350, 197}, {930, 411, 145}, {958, 480, 92}, {977, 553, 38}, {987, 630, 30}, {986, 709, 100},
    {976, 791, 198}, {958, 872, 320}, {946, 946, 482}, {985, 999, 648}}};
constexpr ControlPoints turbo{{
    {191, 72, 236}, {235, 193, 516}, {263, 309, 734}, {276, 420, 889}, {274, 525, 982}, {233, 630, 992}, {160, 733, 925},
    {102, 825, 819}, {103, 896, 715}, {192, 947, 600}, {339, 983, 460}, {503, 999, 328}, {639, 991, 236}, {747, 955, 204},
    {848, 895, 210}, {929, 817, 226}, {980, 730, 222}, {997, 626, 184}, {985, 502, 132}, {950, 378, 79}, {896, 274, 41},
    {823, 191, 20}, {729, 120, 7}, {615, 62, 4}, {481, 15, 10}}};
// clang-format on

double channel(const ControlPoints& map, int left, double f, std::size_t c) {
    const auto at = [&](int k) {  // beyond the ends the map goes on as a straight line
        if (k < 0) return 2.0 * map[0][c] - map[1][c];
        if (k >= points) return 2.0 * map[points - 1][c] - map[points - 2][c];
        return static_cast<double>(map[static_cast<std::size_t>(k)][c]);
    };
    const double p0 = at(left - 1), p1 = at(left), p2 = at(left + 1), p3 = at(left + 2);
    const double value = p1 + 0.5 * f * (p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0)));
    return std::clamp(value / 1000, 0.0, 1.0);
}

}  // namespace

Rgb colormap(Colormap map, double position) {
    const double t = position > 0 ? std::min(position, 1.0) : 0.0;
    if (map == Colormap::gray) return {t, t, t};
    const ControlPoints& chosen = map == Colormap::viridis   ? viridis
                                  : map == Colormap::magma   ? magma
                                  : map == Colormap::inferno ? inferno
                                                             : turbo;
    const double along = t * (points - 1);
    const int left = std::min(static_cast<int>(along), points - 2);
    const double f = along - left;
    return {channel(chosen, left, f, 0), channel(chosen, left, f, 1), channel(chosen, left, f, 2)};
}

}  // namespace firstlight
