// The header of a NumPy .npy file, versions 1.0, 2.0 and 3.0: what its numbers are and where they begin. The Python
// literal in it is read by a parser for that one dictionary; nothing in it is run, and pickled objects are refused.
//
//   const NpyHeader header = read_npy_header(file);
//   header.shape         ->  {64, 64, 512}, the slowest axis first unless `fortran_order`
//   header.type.name     ->  "u2"
//
// Errors (bad_input), naming the file: another magic or version, a dictionary that is not as NumPy writes it, types
// that are no plain numbers (named), negative or empty axes, fewer bytes than the shape needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/io/h5.hpp"
#include "host/io/read_only_file.hpp"

namespace firstlight {

struct NpyHeader {
    h5::ElementType type;
    bool fortran_order = false;
    std::vector<std::int64_t> shape;
    std::uint64_t data = 0;  // byte of the first number
    std::int64_t elements = 1;
    std::uint64_t bytes_behind = 0;  // of the file, after the last number
};

[[nodiscard]] NpyHeader read_npy_header(const ReadOnlyFile& file);

}  // namespace firstlight
