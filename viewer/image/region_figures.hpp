// What regions and lines say of the image on the screen, measured again only when the image or the region changed.
//
//   RegionFigures figures;                                    // kept from frame to frame
//   figures.begin();                                          // once a frame: what nobody asked for is forgotten
//   figures.statistics(document, "ballistic", region).mean;
//   figures.profile(document, "ballistic", line).position_mm;
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "host/figures_of_merit/region_statistics.hpp"
#include "host/io/table_file.hpp"
#include "viewer/image/shown_image.hpp"

namespace firstlight::viewer {

class RegionFigures {
  public:
    void begin();
    // Of the view that is shown. The layer must be there; the region is a rectangle or an ellipse.
    [[nodiscard]] const RegionStatistics& statistics(const Document& document, const std::string& layer,
                                                     const Region& region);
    // The region is a line.
    [[nodiscard]] const LineProfile& profile(const Document& document, const std::string& layer, const Region& line);
    [[nodiscard]] std::int64_t measured() const { return measured_; }  // how often anything was measured

  private:
    template <class T>
    struct Entry {
        NumbersKey of;
        Region region;
        T figures;
        bool asked = true;
    };
    std::deque<Entry<RegionStatistics>> statistics_;
    std::deque<Entry<LineProfile>> profiles_;
    std::int64_t measured_ = 0;
};

// Pixel widths and heights of the images on the screen, m; 0 where not known.
struct PixelPitch {
    double x = 0, y = 0;
};
[[nodiscard]] PixelPitch pitch_of(const Document& document);

// Every region of every named layer, a row each: for export and the clipboard, in the layers' own units.
[[nodiscard]] Table statistics_table(const Document& document, const std::vector<std::string>& layers,
                                     RegionFigures& figures);
[[nodiscard]] Table profile_table(const Document& document, const std::string& layer, const Region& line,
                                  RegionFigures& figures);
// With a line of names; for spreadsheets.
[[nodiscard]] std::string tab_separated(const Table& table);
[[nodiscard]] const char* shape_name(RegionShape shape);

}  // namespace firstlight::viewer
