// The comparison that a session asks for, ready to be drawn: both images and their difference in colours, figures, and
// where there is none, why. Made anew only when an image, the tone or what is asked for changed.
//
//   desk.compared.update(session);
//   if (desk.compared.why_not().empty()) draw(desk.compared.colours(0), ...);
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/pipeline/compare_figures.hpp"
#include "viewer/image/image_comparison.hpp"
#include "viewer/image/value_colours.hpp"
#include "viewer/session/session.hpp"

namespace firstlight::viewer {

class ComparisonView {
  public:
    void update(Session& session);

    [[nodiscard]] bool is_on() const { return on_; }                                  // something is asked for
    [[nodiscard]] const std::string& why_not() const { return why_not_; }             // "": there is a comparison
    [[nodiscard]] const std::vector<std::string>& layers() const { return layers_; }  // that both have
    [[nodiscard]] const std::string& first_name() const { return names_[0]; }
    [[nodiscard]] const std::string& second_name() const { return names_[1]; }
    [[nodiscard]] const ComparedLayer& both() const { return both_; }
    [[nodiscard]] const DifferenceFigures& figures() const { return figures_; }
    // As `firstlight compare` gives them, when the second is the truth.
    [[nodiscard]] const merits::Comparison& truth_figures() const { return truth_figures_; }
    // Of the first (0), the second (1), their difference (2): [rows][columns][3].
    [[nodiscard]] const std::vector<std::uint8_t>& colours(std::size_t which) const { return rgb_[which]; }
    [[nodiscard]] const std::vector<float>& difference() const { return difference_; }
    [[nodiscard]] double difference_limit() const { return limit_; }
    [[nodiscard]] const ToneMap::Params& tone() const { return tone_; }
    [[nodiscard]] const ToneWindow& window() const { return colours_.window(); }
    [[nodiscard]] std::uint64_t number() const { return number_; }  // grows with each set of images

  private:
    struct Side {
        std::shared_ptr<const void> owner;  // of the images
        const GatedImages* images = nullptr;
        std::string name;
    };
    [[nodiscard]] Side side_of(Session& session, int number) const;
    [[nodiscard]] Side truth_of(const Document& document);
    void forget();
    void make(const Side& first, const Side& second, const Document& document, bool relative);

    bool on_ = false;
    std::string made_of_, why_not_;
    std::array<std::string, 2> names_;
    std::array<std::shared_ptr<const void>, 2> owners_;  // keep what both_ points into
    std::shared_ptr<const GatedImages> truth_;
    std::shared_ptr<const Result> truth_of_;
    std::shared_ptr<const Truth> truth_from_;
    std::vector<std::string> layers_;
    ComparedLayer both_;
    DifferenceFigures figures_;
    merits::Comparison truth_figures_;
    std::string truth_figures_of_;
    std::vector<float> difference_;
    double limit_ = 1;
    ToneMap::Params tone_;
    ValueColours colours_;
    std::array<std::vector<std::uint8_t>, 3> rgb_;
    std::uint64_t number_ = 0;
};

// The document whose layer and view decide what is compared: the current one where it takes part, else the first. Null:
// none.
[[nodiscard]] Document* compared_document(Session& session);

}  // namespace firstlight::viewer
