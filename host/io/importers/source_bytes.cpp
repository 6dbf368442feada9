#include "host/io/importers/source_bytes.hpp"

#include <fmt/format.h>

#include "kernels/support/error.hpp"

namespace firstlight {

SourceBytes::SourceBytes(const std::filesystem::path& path) : file_(path) {}

void SourceBytes::need(std::uint64_t position, std::uint64_t bytes, const std::string& what) const {
    if (position <= size() && bytes <= size() - position) return;
    throw Error(ExitCode::bad_input, fmt::format("{}: ends within {}", name(), what),
                fmt::format("{} bytes from byte {} on were expected, the file has {} bytes", bytes, position, size()),
                "copy the file again");
}

void SourceBytes::read(std::uint64_t position, std::span<std::byte> out, const std::string& what) const {
    need(position, out.size(), what);
    file_.read(position, out.data(), out.size());
}

std::string SourceBytes::text(std::uint64_t position, std::size_t bytes, const std::string& what) const {
    std::string found(bytes, '\0');
    read(position, std::as_writable_bytes(std::span(found.data(), found.size())), what);
    found.resize(std::min(found.find('\0'), found.size()));
    for (char& c : found)
        if (c < ' ' || c > '~') c = '?';
    return found;
}

}  // namespace firstlight
