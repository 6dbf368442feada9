#include "host/io/importers/hdf5_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "host/io/importers/photon_hdf5_file.hpp"
#include "host/io/importers/swissspad_stack.hpp"
#include "host/io/importers/tal_capture.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

std::string name_of(MetadataReader& reader) {
    if (is_photon_hdf5(reader)) return "photon-hdf5";
    if (is_tal_capture(reader)) return "tal";
    if (is_swissspad_stack(reader)) return "swissspad";
    return "";
}

bool is_hdf5(std::span<const std::byte> head) {
    constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
    for (const std::size_t at : {0, 512, 1024, 2048})  // after a user block
        if (at + signature.size() <= head.size() &&
            std::memcmp(head.data() + at, signature.data(), signature.size()) == 0)
            return true;
    return false;
}

const std::filesystem::path& probed(const ImportRequest& request) {
    if (request.probe) (void)probe(request.source, ProbeKind::source, OpenOptions{}.memory_limit);
    return request.source;
}

}  // namespace

std::string read_hdf5_source_tables(const std::filesystem::path& source, const OpenOptions& options) {
    Findings findings(/*gather=*/false);
    MetadataReader reader(source, options.memory_limit, findings);
    const std::string name = name_of(reader);
    if (name == "photon-hdf5") (void)read_photon_hdf5(reader);
    if (name == "tal") read_tal_tables(reader);
    if (name == "swissspad") read_swissspad_tables(reader);
    return name;
}

bool is_hdf5_source(const std::filesystem::path& source, std::span<const std::byte> head, const std::string& name) {
    return is_hdf5(head) && probe(source, ProbeKind::source, OpenOptions{}.memory_limit) == name;
}

Hdf5Source::Hdf5Source(const ImportRequest& request, const std::string& name, const std::string& what)
    : reader(probed(request), OpenOptions{}.memory_limit, findings) {
    if (name_of(reader) != name)
        throw Error(ExitCode::bad_input, fmt::format("{}: is no {}", request.source.string(), what),
                    fmt::format("it holds [{}]", fmt::join(reader.file().children("/", 10), ", ")),
                    "leave out --format, or see `firstlight import --list`");
}

}  // namespace firstlight
