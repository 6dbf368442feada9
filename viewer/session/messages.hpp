// What the program has to say, in the same words as the command line. Kept for the log panel.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <string>

#include "kernels/support/error.hpp"

namespace firstlight::viewer {

enum class MessageKind : std::uint8_t { information, warning, error };

struct Message {
    MessageKind kind = MessageKind::information;
    std::string text;
    std::chrono::system_clock::time_point time;
    int times = 1;                        // the same text, one after the other
    ExitCode code = ExitCode::bad_input;  // of an error: what a program would end with
};

// What a program would end with.
[[nodiscard]] inline ExitCode code_of(const std::exception& e) {
    const auto* ours = dynamic_cast<const Error*>(&e);
    return ours != nullptr ? ours->code() : ExitCode::internal;
}

class Messages {
  public:
    void say(const std::string& text) { add(MessageKind::information, text); }
    void warn(const std::string& text) { add(MessageKind::warning, text); }
    void fail(const std::string& text, ExitCode code = ExitCode::bad_input) {
        add(MessageKind::error, text, code);
        unread_error_ = text;
    }
    void fail(const std::exception& e) { fail(e.what(), code_of(e)); }

    [[nodiscard]] const std::deque<Message>& all() const { return all_; }
    // The last error until somebody has seen it; "" when there is none.
    [[nodiscard]] const std::string& unread_error() const { return unread_error_; }
    void read_error() { unread_error_.clear(); }
    // What this error was about is mended.
    void settle(const std::string& text) {
        if (!text.empty() && unread_error_ == text) read_error();
    }
    void clear() { all_.clear(); }

  private:
    void add(MessageKind kind, const std::string& text, ExitCode code = ExitCode::ok) {
        const auto now = std::chrono::system_clock::now();
        if (!all_.empty() && all_.back().kind == kind && all_.back().text == text) {
            all_.back().time = now;
            ++all_.back().times;
            return;
        }
        all_.push_back({kind, text, now, 1, code});
        if (all_.size() > most_messages) all_.pop_front();
    }

    static constexpr std::size_t most_messages = 2000;
    std::deque<Message> all_;
    std::string unread_error_;
};

}  // namespace firstlight::viewer
