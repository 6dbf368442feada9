#include "host/cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/cli/console.hpp"

namespace firstlight::cli {

ProgressBar::ProgressBar(bool wanted) : start_(std::chrono::steady_clock::now()) {
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
    visible_ = wanted && !dumb && isatty(STDERR_FILENO) != 0;
}

ProgressBar::~ProgressBar() { wipe(); }

void ProgressBar::show(const char* what, std::int64_t done, std::int64_t total) {
    if (!visible_) return;
    const auto now = std::chrono::steady_clock::now();
    if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    const std::string line = progress_line(what, done, total, std::chrono::duration<double>(now - start_).count());
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
}

void ProgressBar::wipe() {
    if (!drawn_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    drawn_ = false;
}

std::string progress_line(const char* what, std::int64_t done, std::int64_t total, double seconds) {
    constexpr int cells = 30;
    const double share = total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0.0;
    const int full = static_cast<int>(share * cells);
    std::string line = fmt::format("{:<10} [{}{}] {:3.0f} %", what, std::string(static_cast<std::size_t>(full), '#'),
                                   std::string(static_cast<std::size_t>(cells - full), '-'), share * 100);
    // The first moments say little about the rest.
    if (share > 0 && share < 1 && seconds > 0.5)
        line += fmt::format("  {} left", readable_seconds(seconds / share - seconds));
    return line;
}

}  // namespace firstlight::cli
