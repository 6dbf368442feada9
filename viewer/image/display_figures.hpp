// What the display panel shows of an image's numbers: how they are distributed, counted again only when the numbers
// changed.
//
//   DisplayFigures figures;                      // kept from frame to frame
//   figures.set(image, log);
//   plot.steps("pixels", Samples(figures.edges()), Samples(figures.histogram().pixels), ...);
#pragma once

#include <vector>

#include "host/figures_of_merit/value_histogram.hpp"
#include "viewer/image/coloured_image.hpp"

namespace firstlight::viewer {

class DisplayFigures {
  public:
    // The histogram covers what nearly all pixels have (all but 0.05 % at each end), so that a few bright ones do not
    // press the rest together. log: of values above 0. True when it was counted again.
    bool set(const ShownImage& image, bool log);
    [[nodiscard]] const ValueHistogram& histogram() const { return histogram_; }
    // Of the bins, in the image's unit; of log10 of it where log.
    [[nodiscard]] const std::vector<double>& edges() const { return edges_; }
    [[nodiscard]] bool any() const { return any_; }                   // pixels with a value (above 0 where log)
    [[nodiscard]] bool any_positive() const { return highest_ > 0; }  // a logarithmic scale is possible
    [[nodiscard]] double lowest() const { return lowest_; }           // of all pixels that count
    [[nodiscard]] double highest() const { return highest_; }

    ShownTone tone;  // where the image panel shows something else

  private:
    NumbersKey of_;
    bool made_ = false, log_ = false, any_ = false;
    double lowest_ = 0, highest_ = 0, lowest_positive_ = 0;
    ValueHistogram histogram_;
    std::vector<double> edges_;

    void find_ends(const ShownImage& image);
};

}  // namespace firstlight::viewer
