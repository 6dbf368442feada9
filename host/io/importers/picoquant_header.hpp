// The header of PicoQuant's unified files (.ptu, .phu): tags, each a name, an index and a typed value.
//
//   const PicoQuantHeader header = read_picoquant_header(bytes, "PQTTTR");
//   header.integer("TTResult_NumberOfRecords")   ->  12345, or nothing where there is no such tag
//   header.data_begin                            ->  where the records begin
//
// Tags with an index are arrays in the order of the file: index 0 begins one, some programs begin at 1. A tag without
// one that comes again replaces the earlier one. Blobs are stepped over, texts are cut at 4,096 bytes.
// Errors (bad_input): another magic, a type of tag that is not known, sizes beyond the file, more than 65,536 tags, no
// end of the header.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/io/importers/source_bytes.hpp"

namespace firstlight {

struct PicoQuantHeader {
    std::string version;
    std::uint64_t data_begin = 0;
    std::map<std::string, std::vector<std::int64_t>> integers;
    std::map<std::string, std::vector<double>> numbers;  // of integers, too
    std::map<std::string, std::string> texts;

    [[nodiscard]] std::optional<std::int64_t> integer(const std::string& tag) const;
    [[nodiscard]] std::optional<double> number(const std::string& tag) const;  // finite
    [[nodiscard]] std::string text(const std::string& tag) const;              // "" where there is none
};

// `magic`: what the file begins with, up to 8 bytes.
[[nodiscard]] PicoQuantHeader read_picoquant_header(const SourceBytes& bytes, const std::string& magic);

}  // namespace firstlight
