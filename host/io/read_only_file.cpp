#include "host/io/read_only_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernels/support/error.hpp"

namespace firstlight {

ReadOnlyFile::ReadOnlyFile(const std::filesystem::path& path) : name_(path.string()) {
    // O_NONBLOCK: opening a named pipe would wait for ever.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            throw Error(ExitCode::bad_input, name_ + ": there is no such file", "", "check the path");
        throw Error(ExitCode::bad_input, name_ + ": cannot be opened", std::strerror(errno));
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor_);
        throw Error(ExitCode::bad_input, name_ + ": is not a file",
                    S_ISDIR(status.st_mode) ? "it is a folder" : "it is a device, pipe or socket",
                    S_ISDIR(status.st_mode) ? "name one of the files in it" : "copy what it holds into a file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
}

ReadOnlyFile::~ReadOnlyFile() { ::close(descriptor_); }

void ReadOnlyFile::read(std::uint64_t position, void* out, std::size_t bytes) const {
    auto* to = static_cast<char*>(out);
    while (bytes > 0) {
        const ssize_t got = ::pread(descriptor_, to, bytes, static_cast<off_t>(position));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            throw Error(ExitCode::bad_input, fmt::format("{}: cannot be read at byte {}", name_, position),
                        std::strerror(errno));
        if (got == 0)
            throw Error(ExitCode::bad_input, fmt::format("{}: ends at byte {}", name_, position),
                        "it is truncated, or was cut short while being read", "copy or record it again");
        to += got;
        position += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::size_t>(got);
    }
}

}  // namespace firstlight
