#pragma once

namespace firstlight {

constexpr double speed_of_light = 299'792'458.0;  // m/s, in vacuum; exact

}  // namespace firstlight
