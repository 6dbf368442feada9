// One look at all events of a scan before they are counted: how many each pixel has, whether they come in scan order,
// whether macro time runs forwards.
//
// Scan order: detector numbers never decrease, so the events of a pixel lie side by side and their place follows from
// the numbers alone. Macro time that falls from just below a power of two to just above 0 is a counter that has wrapped
// and is unwrapped; in a file sorted by pixel it may start anew with each pixel. Another fall is a warning: images
// depend on no macro time, but the file may be damaged or joined of several.
//
// Errors (bad_input): those of reading; more than 4294967295 events in one pixel; too little memory for the pixels.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/io/event_dataset.hpp"

namespace firstlight {

struct EventSurvey {
    std::vector<std::uint32_t> pixel_tags;  // [pixels]
    std::uint32_t most_tags = 0;            // of a pixel
    bool in_order = true;
    std::int64_t wraps = 0;               // of macro time
    double duration_s = 0;                // from the first to the last event
    std::optional<std::string> disorder;  // what is wrong with macro time
};

struct EventSurveyOptions {
    int threads = 1;
    std::size_t memory_bytes = std::size_t{1} << 30;
    bool bins_too = false;  // read and check nanotimes, which is otherwise left to whoever counts
    std::function<void()> check_cancelled;
};

// "… wraps 3 times": for people, where survey.wraps > 0.
[[nodiscard]] std::string wrap_remark(const EventDataset& events, const EventSurvey& survey);

[[nodiscard]] EventSurvey survey_events(const EventDataset& events, const EventSurveyOptions& options);

}  // namespace firstlight
