#include "host/io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 26;  // between looks at whether to stop
thread_local const std::atomic<bool>* stops = nullptr;

void stop_if_asked() {
    if (stops != nullptr && *stops) throw Error(ExitCode::interrupted, "interrupted", "nothing was written");
}

[[noreturn]] void fail(const std::filesystem::path& target, const char* what, int error) {
    throw Error(ExitCode::output, fmt::format("{}: {}", target.string(), what), std::strerror(error),
                error == ENOSPC || error == EDQUOT ? "make room, or write elsewhere"
                : error == ENOENT                  ? "make its folder first, or write elsewhere"
                                                   : "");
}

std::filesystem::path folder_of(const std::filesystem::path& target) {
    return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

std::string part_prefix(const std::filesystem::path& target) {
    return fmt::format(".{}.", target.filename().string().substr(0, 200));
}

// The process that writes `name`, or -1 when it is not a temporary file of the target.
pid_t writer_of(const std::string& name, const std::string& prefix) {
    if (name.rfind(prefix, 0) != 0) return -1;
    int pid = -1, end = 0;
    unsigned number = 0;
    const std::string rest = name.substr(prefix.size());
    if (std::sscanf(rest.c_str(), "%d-%u.part%n", &pid, &number, &end) != 2 || end != static_cast<int>(rest.size()))
        return -1;
    return pid;
}

// A process of that number may live on another machine that shares the folder, or in another container: its lock tells.
void remove_leftover(const std::filesystem::path& part, pid_t writer) {
    if (writer <= 0 || ::kill(writer, 0) == 0 || errno != ESRCH) return;
    const int leftover = ::open(part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (leftover < 0) return;
    if (::flock(leftover, LOCK_EX | LOCK_NB) == 0) ::unlink(part.c_str());
    ::close(leftover);
}

// What earlier writers of the target left when they were killed.
void remove_leftovers(const std::filesystem::path& target) {
    std::error_code ignored;
    const std::string prefix = part_prefix(target);
    for (std::filesystem::directory_iterator at(folder_of(target), ignored), end; at != end; at.increment(ignored))
        remove_leftover(at->path(), writer_of(at->path().filename().string(), prefix));
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target, bool force) : target_(target), force_(force) {
    std::error_code ignored;
    const auto status = std::filesystem::status(target, ignored);
    if (std::filesystem::is_directory(status))
        throw Error(ExitCode::output, target.string() + ": is a folder", "", "name a file");
    if (target.empty()) throw Error(ExitCode::usage, "the output has no name", "", "name a file");
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        throw Error(ExitCode::output, target.string() + ": is a device, pipe or socket",
                    "results are written beside their name and then put in place", "name a file");
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(target, ignored)) &&
        !std::filesystem::exists(status))
        throw Error(ExitCode::output, target.string() + ": is a link to a file that is not there", "",
                    "remove the link, or name another file");
    if (std::filesystem::exists(status)) {
        if (!force)
            throw Error(ExitCode::output, target.string() + ": exists already", "it is not overwritten",
                        "give another name, or --force to replace it");
        // A link is followed, so that it goes on pointing to the file that is replaced.
        const auto real = std::filesystem::canonical(target, ignored);
        if (!ignored) target_ = real;
        // Renaming over a file needs no right to write it; ask, so that a protected result is not replaced.
        if (::access(target_.c_str(), W_OK) != 0) fail(target, "cannot be replaced", errno);
    }
    remove_leftovers(target_);
    static std::atomic<unsigned> serial{0};
    for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
        temporary_ =
            folder_of(target_) / fmt::format("{}{}-{}.part", part_prefix(target_), ::getpid(), serial.fetch_add(1));
        descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0 && errno != EEXIST) fail(target, "cannot be written", errno);
    }
    if (descriptor_ < 0) fail(target, "cannot be written", errno);
    (void)!::flock(descriptor_, LOCK_EX | LOCK_NB);  // where locks are not supported, leftovers stay
}

AtomicFile::~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
    const NoFileSizeSignal guard;
    const auto* from = static_cast<const char*>(data);
    while (bytes > 0) {
        stop_if_asked();
        const ssize_t put = ::write(descriptor_, from, std::min(bytes, piece_bytes));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail(target_, "writing failed", errno);
        from += put;
        bytes -= static_cast<std::size_t>(put);
    }
}

void AtomicFile::commit() {
    const NoFileSizeSignal guard;
    stop_if_asked();
    if (::fsync(descriptor_) != 0) fail(target_, "writing failed", errno);
    stop_if_asked();  // a slow disk takes its time; from here on the file is in its place
    if (force_) {
        // Keep the rights of the file that is replaced.
        struct stat old {};
        if (::stat(target_.c_str(), &old) == 0) (void)!::fchmod(descriptor_, old.st_mode & 07777);
        if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be put in place", errno);
    } else if (::link(temporary_.c_str(), target_.c_str()) == 0) {  // unlike rename: never over a file made meanwhile
        ::unlink(temporary_.c_str());
    } else if (errno == EEXIST) {
        fail(target_, "was made by another program meanwhile", EEXIST);
    } else if (::rename(temporary_.c_str(), target_.c_str()) != 0) {  // file systems without hard links
        fail(target_, "cannot be put in place", errno);
    }
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail(target_, "writing failed", errno);
    const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ::fsync(folder);  // some file systems refuse it for folders; the file itself is safe by now
        ::close(folder);
    }
}

void remove_leftovers_of(const std::filesystem::path& folder, const std::set<std::string>& targets) {
    std::set<std::string> prefixes;
    for (const std::string& target : targets) prefixes.insert(part_prefix(target));
    std::error_code ignored;
    for (std::filesystem::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        const std::size_t tail = name.rfind(".part");
        const std::size_t dot = tail == std::string::npos ? tail : name.rfind('.', tail - 1);
        if (tail == std::string::npos || tail == 0 || dot == std::string::npos) continue;
        if (const auto prefix = prefixes.find(name.substr(0, dot + 1)); prefix != prefixes.end())
            remove_leftover(at->path(), writer_of(name, *prefix));
    }
}

StopWrites::StopWrites(const std::atomic<bool>& stop) : before_(stops) { stops = &stop; }

StopWrites::~StopWrites() { stops = before_; }

NoFileSizeSignal::NoFileSizeSignal() {
    sigset_t wanted, before;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &wanted, &before);
    was_blocked_ = sigismember(&before, SIGXFSZ) == 1;
}

NoFileSizeSignal::~NoFileSizeSignal() {
    if (was_blocked_) return;
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGXFSZ);
    const timespec at_once{};
    while (sigtimedwait(&wanted, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, nullptr);
}

void write_whole(const std::filesystem::path& target, const void* data, std::size_t bytes, bool force) {
    AtomicFile file(target, force);
    file.write(data, bytes);
    file.commit();
}

}  // namespace firstlight
