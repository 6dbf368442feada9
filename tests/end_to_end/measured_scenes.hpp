// Where the measured confocal captures are: FIRSTLIGHT_MEASURED_DATA, or ../shared/data/cdt/scenes beside the source.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace firstlight {

inline std::filesystem::path measured_scenes() {
    const char* given = std::getenv("FIRSTLIGHT_MEASURED_DATA");
    return given != nullptr ? std::filesystem::path(given)
                            : std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "../shared/data/cdt/scenes";
}

}  // namespace firstlight
