// The movie of the light, one picture at a time: counts of each pixel between two times, as Document::looks.light says,
// on one scale of brightness for the whole movie. It keeps the last picture and what the scale needs, of one file.
//
//   if (const LightFrame* frame = desk.light.frame(document))
//       draw(frame->values, frame->rows, frame->columns, frame->tone);   // again only when frame->number is another
//
// Scale: `high` is what 0.5 % of the pixels exceed in the frame in which they are brightest, so it depends on neither
// the time shown nor on whether times are aligned; `low` is 0, on a logarithmic scale high / 1000 but at least half a
// count. With more than 1,024 pixels it is found from that many, spread over the image.
//
// Times snap to whole bins on the time axis (a frame of one bin holds that bin's counts), not after arrivals, which lie
// anywhere within bins.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/session/document.hpp"

namespace firstlight::viewer {

struct LightFrame {
    std::int64_t rows = 0, columns = 0;
    std::shared_ptr<const std::vector<float>> owner;  // of the values; another object for another picture
    const float* values = nullptr;                    // [rows][columns]; NaN: no arrival to count from
    std::string title;                                // "−10 ps to 0 ps after the arrival"
    std::string name = "light", unit = "counts";
    ToneMap::Params tone;      // window fixed, the same for all frames; colours as the chosen layer's
    std::uint64_t number = 0;  // another one whenever values, title or tone are
};

// When the movie starts and ends, ps (on the time axis, or after the arrival), and its least step.
struct LightAxis {
    double from_ps = 0, to_ps = 0, bin_ps = 0;
    [[nodiscard]] double clamp(double at_ps, double width_ps) const;  // so that a frame around it lies on the axis
};
[[nodiscard]] std::optional<LightAxis> light_axis(const Document& document);  // none while no traces are held
[[nodiscard]] std::int64_t light_view(const Document& document);              // of a scan of several

class LightFrames {
  public:
    // Null, with a sentence in `why_not`, when the file's traces are not in memory.
    [[nodiscard]] const LightFrame* frame(const Document& document, std::string* why_not = nullptr);
    // Mean counts per pixel and bin over the axis, for the time slider; null as above.
    [[nodiscard]] const std::vector<float>* mean_trace(const Document& document);
    // A little before the first light (2 % of the most in a bin): where a movie that is over begins again.
    [[nodiscard]] double begins_ps(const Document& document, const LightAxis& axis);

  private:
    void look_at(const Document& document, const std::shared_ptr<const Held>& held);
    void find_scale(std::int64_t width_steps);

    std::weak_ptr<const Held> of_;
    std::int64_t view_ = 0;
    std::vector<std::vector<double>> sample_;  // prefix sums of some traces
    std::vector<double> edge_s_;               // [steps + 1] true edges
    std::vector<float> mean_, aligned_mean_;
    std::int64_t scale_width_ = 0;  // that `high_` is of
    double high_ = 1;

    LightFrame frame_;
    double from_bin_ = 0, to_bin_ = 0;  // of frame_; equal: none
    bool aligned_ = false;
};

// Why traces and the light cannot be shown, a sentence for people.
[[nodiscard]] std::string why_no_traces(const Document& document);

// What the light bar and its keys do to the look; nothing while no traces are held.
[[nodiscard]] double light_width_ps(const Document& document, double bin_ps);  // of one frame
void step_light(Document& document, int frames);                               // back or forth
// So much later; at the end it begins again at `again_ps` (NaN: at the start of the axis).
void play_light(Document& document, double seconds, double again_ps = std::numeric_limits<double>::quiet_NaN());
void show_light(Document& document, bool shown);     // at the arrival, where no time was chosen yet
void toggle_playing(Document& document);             // and shows the light
void align_light(Document& document, bool aligned);  // the same time on the other axis

}  // namespace firstlight::viewer
