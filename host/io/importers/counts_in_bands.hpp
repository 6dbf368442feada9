// Counts that lie in any order of axes, in any type of number, written as an acquisition band by band. A band is some
// rows (or columns, where those are the slower axis) with all views and bins, as many as the budget holds: a source
// larger than memory streams through it.
//
//   ArrayOfCounts array{{1, 64, 48, 200}, {axis_t, axis_y, axis_x, axis_view}, type};   // [t, y, x], one view
//   BandRequest bands{request, "scan.npy"};
//   const double counts = write_in_bands(writer, array, bands, [&](auto first, auto n, std::byte* band) { … });
//
// `read` fills `band` with the elements [first, first + n) of the cut axis and all of the others, in the order of the
// array and in its type. Kept types: u1, u2, u4, f4 as they are (big-endian is swapped), i1 -> u1, i2 -> u2,
// i4/i8/u8 -> u4, f8 -> f4. Errors (bad_input), naming the place: negative counts, counts beyond 2^32 - 1 or beyond
// `largest`, NaN, infinite, a whole f8 that f4 cannot hold; a band of one chunk that is more than memory allows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "host/io/acquisition_writer.hpp"
#include "host/io/h5.hpp"
#include "host/io/importers/importer.hpp"

namespace firstlight {

enum CountAxis : int { axis_view = 0, axis_y = 1, axis_x = 2, axis_t = 3 };

struct ArrayOfCounts {
    std::array<std::int64_t, 4> size{1, 1, 1, 1};                 // by CountAxis
    std::array<int, 4> order{axis_view, axis_y, axis_x, axis_t};  // CountAxis, slowest first
    h5::ElementType type;

    [[nodiscard]] int cut_axis() const;        // axis_y or axis_x, the slower
    [[nodiscard]] std::int64_t outer() const;  // elements of all axes slower than the cut axis
    [[nodiscard]] std::int64_t inner() const;  // and of those faster
    [[nodiscard]] std::int64_t cut_size() const { return size[static_cast<std::size_t>(cut_axis())]; }
};

// Errors (bad_input): numbers that are no counts, such as complex ones.
[[nodiscard]] CountType kept_count_type(const h5::ElementType& type, const std::string& name);

struct BandRequest {
    const ImportRequest& request;
    std::string name;               // of the source, for messages
    double budget = 128 << 20;      // bytes of a band
    double largest = 0;             // no count may be larger; 0: as the type allows
    double from = 0.05, to = 0.95;  // the share of all work, for progress
    bool reference = false;         // of the acquisition, in place of its counts
};

using ReadBand = std::function<void(std::int64_t first, std::int64_t n, std::byte* band)>;

// The sum of all counts.
double write_in_bands(AcquisitionWriter& writer, const ArrayOfCounts& array, const BandRequest& bands,
                      const ReadBand& read);

}  // namespace firstlight
