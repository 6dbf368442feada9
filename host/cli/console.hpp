// What commands print (numbers: host/io/readable.hpp), and the checks that every command makes before it starts to
// work (outputs: host/io/output_check.hpp).
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/io/output_check.hpp"
#include "host/io/readable.hpp"

namespace firstlight::cli {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json finite_or_null(double value);  // JSON has no NaN

// "512M", "4G", "1.5 GiB" or a number of bytes; 1K is 1024. Errors: usage, naming `flag`.
[[nodiscard]] std::size_t parse_memory(const std::string& text, const std::string& flag);

// Lines "name   value", values aligned.
using Facts = std::vector<std::pair<std::string, std::string>>;
void print_facts(const Facts& facts);
void print_json(const Json& json);
void print_warning(const std::string& text);  // stderr

}  // namespace firstlight::cli
