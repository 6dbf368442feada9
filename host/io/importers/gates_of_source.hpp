// The gate axis of a stack of frames, from what its file says and what the request gives.
#pragma once

#include <string>
#include <vector>

#include "host/io/importers/imagej_ome_text.hpp"
#include "host/io/importers/importer.hpp"

namespace firstlight {

struct GatesOfStack {
    GateAxis axis;
    bool backwards = false;  // the last page is the earliest gate
    bool timed = false;      // exposures are known
};

// What is given wins over `text`; each assumption is added to the list. `frames`: as many as the stack has.
// Errors: usage (asks for --gate-step-ps, --gate-width-ps; a step of 0), those of check_gates().
[[nodiscard]] GatesOfStack gates_of(const ImportRequest& request, const StackText& text, std::int64_t frames,
                                    std::vector<std::string>& assumptions);

// The bit depth that the request gives, as the largest count; 0: none is given.
// Errors (usage): more bits than the type of the counts has.
[[nodiscard]] double largest_count_given(const ImportRequest& request, CountType type,
                                         std::vector<std::string>& assumptions);

}  // namespace firstlight
