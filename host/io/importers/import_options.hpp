// What a file of another program may not say and the user knows: one table for `firstlight import`'s flags, Python's
// keywords and the docs. Each importer lists the options that mean something to it; another one that is given is an
// error, because an option without effect is worse than none.
//
//   ImportOptions options;
//   set_import_option(options, "bin_width_ps", "16");
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "kernels/support/param.hpp"

namespace firstlight {

struct ImportOptions {
    static constexpr double as_file = std::numeric_limits<double>::quiet_NaN();  // "auto"
    enum class Path : std::uint8_t { as_file, transmission, reflection, confocal };
    enum class Record : std::uint8_t { as_file, events, histogram };

    double bin_width_ps = as_file;
    double first_bin_ps = as_file;
    std::string scan_size_m;  // "0.7" or "0.7,0.5" (height, width)
    Path path = Path::as_file;
    Record record = Record::as_file;
    double exposure_s = as_file;
    double repetition_rate_hz = as_file;
    std::string response;
    double response_bin_width_ps = 8;
    std::int64_t rows = 0, columns = 0;
    std::int64_t channel = -1;
    std::int64_t line_start_marker = 0, line_stop_marker = 0, frame_marker = 0;
    bool bidirectional = false;
    double gate_step_ps = as_file;
    double first_gate_ps = as_file;
    double gate_width_ps = as_file;
    std::int64_t bit_depth = 0;
    std::string axes;

    std::set<std::string> given;  // names of options that were set

    static const ParamTable& table();
};

// Errors: ExitCode::usage, naming the option as `where` says ("--bin-width-ps", "bin_width_ps").
void set_import_option(ImportOptions& options, const std::string& name, const ParamValue& value,
                       const std::string& where);
void set_import_option(ImportOptions& options, const std::string& name, const std::string& text);

// scan_size_m as {height, width}; {0, 0} when it is not given. Errors: usage, where it is not one or two lengths.
[[nodiscard]] std::pair<double, double> scan_size(const ImportOptions& options);

}  // namespace firstlight
