#include "viewer/session/message_list.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>

namespace firstlight::viewer {

bool MessageFilter::passes(const Message& message) const {
    const bool kind = message.kind == MessageKind::information ? information
                      : message.kind == MessageKind::warning   ? warnings
                                                               : errors;
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    if (!kind || text.empty()) return kind;
    return std::search(message.text.begin(), message.text.end(), text.begin(), text.end(), same) != message.text.end();
}

std::vector<const Message*> filtered(const Messages& messages, const MessageFilter& filter) {
    std::vector<const Message*> passed;
    for (const Message& message : messages.all())
        if (filter.passes(message)) passed.push_back(&message);
    return passed;
}

const char* word_of(MessageKind kind) {
    switch (kind) {
        case MessageKind::information: return "info";
        case MessageKind::warning: return "warning";
        default: return "error";
    }
}

std::string clock_text(const Message& message) {
    const std::time_t time = std::chrono::system_clock::to_time_t(message.time);
    return fmt::format("{:%H:%M:%S}", fmt::localtime(time));
}

std::string as_text(const std::vector<const Message*>& messages) {
    std::string text;
    for (const Message* message : messages)
        text += fmt::format("{} {}: {}{}\n", clock_text(*message), word_of(message->kind), message->text,
                            message->times > 1 ? fmt::format(" ({} times)", message->times) : "");
    return text;
}

}  // namespace firstlight::viewer
