#include "host/io/file_kind.hpp"

#include "host/io/probe.hpp"

namespace firstlight {

FileKind kind_of(const std::filesystem::path& path, std::size_t memory_limit) {
    const std::string format = probe(path, ProbeKind::any, memory_limit);
    if (format == "result") return FileKind::result;
    return format == "calibration" ? FileKind::calibration : FileKind::acquisition;
}

}  // namespace firstlight
