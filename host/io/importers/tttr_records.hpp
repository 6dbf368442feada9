// PicoQuant's time tags: 32-bit records of a photon, a sync, a marker or an overflow of the macro time.
//
//   const TttrType& type = tttr_type(0x00010307, "scan.ptu");    // "MultiHarp and PicoHarp 330 T3"
//   std::uint64_t overflow = 0;
//   for_each_tttr_record(type.layout, records, overflow, [](const TttrRecord& r) { … });
//
// `time` of a record counts syncs (T3) or units of the global resolution (T2) since the start. Channels are counted
// from 0 as the inputs of the device are. A record of T2 that came from the sync input is a sync and no photon; the
// PicoHarp records its sync as input 0, so its photons have channels from 1 on.
// Records of reserved kinds and of inputs that a device does not have are `other`. Overflows are not visited.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace firstlight {

enum class TttrLayout : std::uint8_t { picoharp_t2, picoharp_t3, hydraharp_t2, hydraharp_t3, generic_t2, generic_t3 };

struct TttrType {
    std::uint32_t code = 0;
    const char* name = "";
    TttrLayout layout = TttrLayout::generic_t3;
    bool t3 = true;
};

[[nodiscard]] const std::vector<TttrType>& tttr_types();
// Errors (bad_input): a code that is not in the list; the message has the list.
[[nodiscard]] const TttrType& tttr_type(std::int64_t code, const std::string& file);

struct TttrRecord {
    enum class Kind : std::uint8_t { photon, sync, marker, other };
    Kind kind = Kind::other;
    std::uint8_t markers = 0;  // bits: marker n is bit n - 1
    std::uint32_t channel = 0;
    std::uint32_t nanotime = 0;  // T3
    std::uint64_t time = 0;
};

// Throws Error (bad_input): a damaged file's macro time runs beyond what a time stamp can hold.
[[noreturn]] void refuse_tttr_time();

namespace tttr {

// False: an overflow, which was added to `overflow`.
template <TttrLayout layout>
inline bool decode(std::uint32_t word, std::uint64_t& overflow, TttrRecord& out) {
    using Kind = TttrRecord::Kind;
    constexpr bool t3 =
        layout == TttrLayout::picoharp_t3 || layout == TttrLayout::hydraharp_t3 || layout == TttrLayout::generic_t3;
    constexpr std::uint64_t latest = std::uint64_t{1} << 62;
    const auto add = [&](std::uint64_t time) {
        overflow += time;  // at most 2^50, so that it cannot wrap before it is seen
        if (overflow > latest) refuse_tttr_time();
        return false;
    };
    if constexpr (layout == TttrLayout::picoharp_t3) {
        const std::uint32_t input = word >> 28;
        out.time = overflow + (word & 0xffff);
        out.nanotime = (word >> 16) & 0xfff;
        out.channel = input - 1;
        out.kind = input >= 1 && input <= 4 ? Kind::photon : Kind::other;
        if (input != 15) return true;
        if (out.nanotime == 0) return add(65536);
        out.kind = Kind::marker;
        out.markers = static_cast<std::uint8_t>(out.nanotime);
        return true;
    } else if constexpr (layout == TttrLayout::picoharp_t2) {
        const std::uint32_t input = word >> 28;
        out.time = overflow + (word & 0xfffffff);
        out.channel = input;
        out.kind = input == 0 ? Kind::sync : input <= 4 ? Kind::photon : Kind::other;
        if (input != 15) return true;
        if ((word & 15) == 0) return add(210698240);
        out.kind = Kind::marker;
        out.markers = static_cast<std::uint8_t>(word & 15);
        return true;
    } else {
        constexpr int time_bits = t3 ? 10 : 25;
        const std::uint32_t time = word & ((1U << time_bits) - 1), input = (word >> 25) & 63;
        out.time = overflow + time;
        out.channel = input;
        if constexpr (t3) out.nanotime = (word >> 10) & 0x7fff;
        out.kind = Kind::photon;
        if ((word >> 31) == 0) return true;
        if (input == 63) {
            // The first HydraHarp's T2 counter is shorter than its bits, and it writes a record for each overflow.
            if constexpr (layout == TttrLayout::hydraharp_t2) return add(33552000);
            else if constexpr (layout == TttrLayout::hydraharp_t3) return add(1024);
            else return add(std::uint64_t{time == 0 ? 1 : time} << time_bits);
        }
        out.markers = static_cast<std::uint8_t>(input);
        out.kind = input == 0 ? (t3 ? Kind::other : Kind::sync) : input < 16 ? Kind::marker : Kind::other;
        return true;
    }
}

template <TttrLayout layout, class Visit>
inline void each(std::span<const std::uint32_t> words, std::uint64_t& overflow, Visit& visit) {
    TttrRecord record;
    for (const std::uint32_t word : words)
        if (decode<layout>(word, overflow, record)) visit(record);
}

}  // namespace tttr

// In file order; `overflow` carries over to the next block.
template <class Visit>
void for_each_tttr_record(TttrLayout layout, std::span<const std::uint32_t> words, std::uint64_t& overflow,
                          Visit&& visit) {
    switch (layout) {
        case TttrLayout::picoharp_t2: return tttr::each<TttrLayout::picoharp_t2>(words, overflow, visit);
        case TttrLayout::picoharp_t3: return tttr::each<TttrLayout::picoharp_t3>(words, overflow, visit);
        case TttrLayout::hydraharp_t2: return tttr::each<TttrLayout::hydraharp_t2>(words, overflow, visit);
        case TttrLayout::hydraharp_t3: return tttr::each<TttrLayout::hydraharp_t3>(words, overflow, visit);
        case TttrLayout::generic_t2: return tttr::each<TttrLayout::generic_t2>(words, overflow, visit);
        case TttrLayout::generic_t3: return tttr::each<TttrLayout::generic_t3>(words, overflow, visit);
    }
}

}  // namespace firstlight
