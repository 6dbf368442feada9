#include "host/cli/file_kind.hpp"

#include <fmt/format.h>

#include "host/io/h5.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::cli {

FileKind kind_of(const std::filesystem::path& path) {
    probe(path, ProbeKind::acquisition);
    const auto format = h5::ReadFile(path).text("/", "firstlight_format");
    if (format == "result") return FileKind::result;
    if (format == "acquisition") return FileKind::acquisition;
    throw Error(ExitCode::bad_input, path.string() + ": is HDF5, but not a file of firstlight",
                format ? fmt::format("/ has firstlight_format \"{}\"; expected \"acquisition\" or \"result\"", *format)
                       : std::string("/ has no attribute firstlight_format"),
                "import it with `firstlight import`");
}

}  // namespace firstlight::cli
