#include "host/io/identity.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>

namespace firstlight {

std::string make_uuid() {
    std::random_device random;
    std::array<std::uint32_t, 4> r{};
    for (std::uint32_t& word : r) word = random();
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", r[0], r[1] >> 16, (r[1] & 0x0FFFU) | 0x4000U,
                       (r[2] >> 16 & 0x3FFFU) | 0x8000U, r[2] & 0xFFFFU, r[3]);
}

std::string now_utc() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace firstlight
