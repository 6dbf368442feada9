#include "host/data/gated_images.hpp"

#include <fmt/format.h>

#include <set>

#include "kernels/support/error.hpp"

namespace firstlight {

void GatedImages::check() const {
    const auto fail = [](const std::string& what) { throw Error(ExitCode::internal, "gated images: " + what); };
    if (views < 1 || rows < 1 || columns < 1) fail(fmt::format("shape {} x {} x {}", views, rows, columns));
    if (!has_views_axis && views != 1) fail("several views without an axis for them");
    if (y.size != rows || x.size != columns || (has_views_axis && view.size != views))
        fail("an axis differs in length from the images");
    std::set<std::string> names;
    for (const ImageLayer& l : layers) {
        if (static_cast<std::int64_t>(l.values.size()) != pixels())
            fail(fmt::format("layer {} has {} values (expected {})", l.name, l.values.size(), pixels()));
        if (l.name == "mask" || l.name == "view" || l.name == "y" || l.name == "x" || l.name.empty() ||
            l.name.find_first_of("/.") != std::string::npos || !names.insert(l.name).second)
            fail(fmt::format("layer name \"{}\" is used twice or not allowed", l.name));
    }
    if (!mask.empty() && static_cast<std::int64_t>(mask.size()) != pixels()) fail("mask of another shape");
}

}  // namespace firstlight
