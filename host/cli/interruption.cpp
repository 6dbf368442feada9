#include "host/cli/interruption.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

namespace firstlight::cli {
namespace {

std::atomic<bool> requested{false};
std::atomic<int> signal_number{0};
std::atomic<int> writers{0};
int wake_up = -1;  // write end of the pipe the watching thread sleeps on

extern "C" void on_signal(int number) {
    const int saved = errno;
    signal_number = number;
    requested = true;
    const char byte = 0;
    [[maybe_unused]] const auto written = write(wake_up, &byte, 1);
    errno = saved;
}

void end_when_stuck(int pipe_end) {
    char byte = 0;
    while (read(pipe_end, &byte, 1) < 0 && errno == EINTR) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
    while (writers != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    constexpr char text[] = "\nfirstlight: interrupted: nothing was written\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text, sizeof text - 1);
    _exit(static_cast<int>(interruption_code()));
}

}  // namespace

void watch_for_interruption() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return;  // then Ctrl-C ends the program at once, as without this
    wake_up = ends[1];
    std::thread(end_when_stuck, ends[0]).detach();
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& interruption_requested() { return requested; }

ExitCode interruption_code() { return signal_number == SIGTERM ? ExitCode::terminated : ExitCode::interrupted; }

WritingFiles::WritingFiles() : stop_(requested) { ++writers; }
WritingFiles::~WritingFiles() { --writers; }

}  // namespace firstlight::cli
