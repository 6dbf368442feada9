// Messages as a list to look through: which of them pass a filter, and as text.
#pragma once

#include <string>
#include <vector>

#include "viewer/session/messages.hpp"

namespace firstlight::viewer {

struct MessageFilter {
    bool information = true, warnings = true, errors = true;
    std::string text;  // somewhere in the message, whatever the case
    [[nodiscard]] bool passes(const Message& message) const;
};

[[nodiscard]] std::vector<const Message*> filtered(const Messages& messages, const MessageFilter& filter);
[[nodiscard]] const char* word_of(MessageKind kind);           // "error"
[[nodiscard]] std::string clock_text(const Message& message);  // "14:03:07", local time
// "14:03:07 error: …", a line per message.
[[nodiscard]] std::string as_text(const std::vector<const Message*>& messages);

}  // namespace firstlight::viewer
