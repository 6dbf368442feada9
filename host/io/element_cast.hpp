// Numbers of any stored type and byte order, one by one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "host/io/h5.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

// The number at `from`, bytes reversed when `swap`.
template <class T>
T load_element(const std::byte* from, bool swap) {
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, from, sizeof(T));
    if (swap) std::reverse(bytes, bytes + sizeof(T));
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

template <class T, class F>
void visit_elements_as(const std::byte* from, std::size_t n, bool swap, const F& f) {
    for (std::size_t i = 0; i < n; ++i) f(i, load_element<T>(from + i * sizeof(T), swap));
}

// Calls f(index, value) for n elements of the stored type. Errors (bad_input): not a number.
template <class F>
void visit_elements(const h5::ElementType& type, const std::byte* from, std::size_t n, const F& f) {
    const bool swap = type.big_endian;
    const bool is_signed = type.kind == h5::Kind::signed_integer;
    if (type.kind == h5::Kind::real && type.bytes == 4) return visit_elements_as<float>(from, n, swap, f);
    if (type.kind == h5::Kind::real && type.bytes == 8) return visit_elements_as<double>(from, n, swap, f);
    if (is_signed || type.kind == h5::Kind::unsigned_integer) {
        switch (type.bytes) {
            case 1:
                return is_signed ? visit_elements_as<std::int8_t>(from, n, swap, f)
                                 : visit_elements_as<std::uint8_t>(from, n, swap, f);
            case 2:
                return is_signed ? visit_elements_as<std::int16_t>(from, n, swap, f)
                                 : visit_elements_as<std::uint16_t>(from, n, swap, f);
            case 4:
                return is_signed ? visit_elements_as<std::int32_t>(from, n, swap, f)
                                 : visit_elements_as<std::uint32_t>(from, n, swap, f);
            case 8:
                return is_signed ? visit_elements_as<std::int64_t>(from, n, swap, f)
                                 : visit_elements_as<std::uint64_t>(from, n, swap, f);
            default: break;
        }
    }
    throw Error(ExitCode::bad_input, "elements of type " + type.name + " are not numbers");
}

}  // namespace firstlight
