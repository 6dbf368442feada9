#include "host/pipeline/batch_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

BatchJournal::BatchJournal(const std::filesystem::path& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw Error(ExitCode::output, path.string() + ": cannot be written", std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;  // some shares have no locks
    ::close(descriptor_);
    throw Error(ExitCode::output, path.string() + ": another batch is writing it", "",
                "wait until it ends, or write elsewhere with -o");
}

BatchJournal::~BatchJournal() { ::close(descriptor_); }

void BatchJournal::append(const BatchJson& record) {
    const NoFileSizeSignal guard;
    const off_t before = ::lseek(descriptor_, 0, SEEK_END);
    std::string line = record.dump(-1, ' ', false, BatchJson::error_handler_t::replace) + "\n";
    char last = '\n';
    if (before > 0 && ::pread(descriptor_, &last, 1, before - 1) == 1 && last != '\n') line.insert(0, "\n");
    std::size_t done = 0;
    while (done < line.size()) {
        const ssize_t put = ::write(descriptor_, line.data() + done, line.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) break;
        done += static_cast<std::size_t>(put);
    }
    if (done == line.size() && ::fsync(descriptor_) == 0) return;
    const int error = errno;
    (void)!::ftruncate(descriptor_, before);
    throw Error(ExitCode::output, path_.string() + ": writing failed", std::strerror(error),
                "make room, then run it again with --resume");
}

std::map<std::string, BatchJson> read_journal(const std::filesystem::path& path) {
    std::map<std::string, BatchJson> records;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        BatchJson record = BatchJson::parse(line, nullptr, false);
        if (!record.is_object() || !record.contains("name") || !record["name"].is_string()) continue;
        std::string name = record["name"];
        records[name] = std::move(record);
    }
    return records;
}

}  // namespace firstlight
