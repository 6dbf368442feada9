#include "viewer/image/comparison_view.hpp"

#include <fmt/format.h>

#include "host/pipeline/compare_truth.hpp"

namespace firstlight::viewer {
namespace {

Document* document_of(Session& session, int number) {
    const auto& all = session.documents();
    return number >= 0 && number < static_cast<int>(all.size()) ? all[static_cast<std::size_t>(number)].get() : nullptr;
}

// One window for both: over all of their values.
ToneWindow window_of_both(const ToneMap::Params& tone, const ComparedLayer& both) {
    const auto n = static_cast<std::size_t>(both.pixels());
    std::vector<float> values(both.first, both.first + n);
    values.insert(values.end(), both.second, both.second + n);
    std::vector<std::uint8_t> flags(2 * n, 0);
    if (both.first_flags != nullptr) std::copy_n(both.first_flags, n, flags.begin());
    if (both.second_flags != nullptr) std::copy_n(both.second_flags, n, flags.begin() + static_cast<std::ptrdiff_t>(n));
    return sound_window(tone, values.data(), flags.data(), static_cast<std::int64_t>(2 * n));
}

}  // namespace

Document* compared_document(Session& session) {
    const Comparison& asked = session.comparison();
    if (!asked.is_on()) return nullptr;
    if (!asked.with_truth && session.current_number() == asked.second) return document_of(session, asked.second);
    return document_of(session, asked.first);
}

ComparisonView::Side ComparisonView::side_of(Session& session, int number) const {
    const Document* document = document_of(session, number);
    if (document == nullptr) return {};
    Side side{document->result, document->images(), document->title()};
    if (document->preview && side.images == document->preview.get()) side.owner = document->preview;
    return side;
}

ComparisonView::Side ComparisonView::truth_of(const Document& document) {
    if (!document.truth || !document.result) return {};
    if (truth_of_ != document.result || truth_from_ != document.truth) {
        truth_ = std::make_shared<const GatedImages>(truth_images(*document.truth, *document.result));
        truth_of_ = document.result;
        truth_from_ = document.truth;
    }
    return {truth_, truth_.get(), "the truth"};
}

void ComparisonView::make(const Side& first, const Side& second, const Document& document, bool relative) {
    owners_ = {first.owner, second.owner};
    layers_ = common_layers(*first.images, *second.images);
    const ImageLayer* shown = document.layer();
    std::string layer = shown != nullptr ? shown->name : "";
    const std::int64_t view = document.looks.view;
    why_not_ = why_not_compared(*first.images, *second.images, layer, view, first.name, second.name);
    if (!why_not_.empty()) return;
    both_ = compared_layer(*first.images, *second.images, layer, view);
    figures_ = difference_figures(both_);
    difference_ = difference_of(both_, relative);
    limit_ = viewer::difference_limit(difference_);
    tone_ = document.tone(*first.images->layer(layer));
    colours_.set(tone_, window_of_both(tone_, both_));
    const auto n = static_cast<std::size_t>(both_.pixels());
    for (std::size_t side = 0; side < 2; ++side) {
        rgb_[side].resize(n * 3);
        colours_.colour(side == 0 ? both_.first : both_.second, side == 0 ? both_.first_flags : both_.second_flags,
                        both_.pixels(), rgb_[side].data());
    }
    rgb_[2] = difference_colours(difference_, limit_);
    ++number_;
}

void ComparisonView::forget() {
    owners_ = {};
    truth_.reset();
    truth_of_.reset();
    truth_from_.reset();
    made_of_.clear();
    why_not_.clear();
    truth_figures_ = {};
    truth_figures_of_.clear();
    layers_.clear();
    both_ = {};
}

void ComparisonView::update(Session& session) {
    const Comparison& asked = session.comparison();
    Document* document = compared_document(session);
    on_ = document != nullptr;
    if (!on_) return forget();
    const Side first = side_of(session, asked.first);
    const Side second = asked.with_truth ? truth_of(*document) : side_of(session, asked.second);
    names_ = {first.name, second.name};
    const std::string made_of =
        fmt::format("{} {} {} {} {} {}", fmt::ptr(first.images), fmt::ptr(second.images), document->revision,
                    document->looks.layer, document->looks.view, asked.relative);
    if (made_of == made_of_) return;
    made_of_ = made_of;
    if (first.images == nullptr || second.images == nullptr) {
        why_not_ = asked.with_truth && first.images != nullptr
                       ? first.name + ": its scan does not say what is true; only simulated scans do"
                       : (first.images == nullptr ? first.name : second.name) + " has no image yet";
        return;
    }
    make(first, second, *document, asked.relative);
    if (!asked.with_truth) truth_figures_ = {};
    if (!asked.with_truth || !document->scan) return;
    const std::string of = fmt::format("{} {}", fmt::ptr(document->result.get()), document->looks.view);
    const GatedImages& images = document->result->images;
    if (of == truth_figures_of_ || images.rows != document->scan->rows || images.columns != document->scan->columns)
        return;
    truth_figures_of_ = of;
    truth_figures_ = merits::against_truth(*document->result, document->looks.view, *document->truth, *document->scan);
}

}  // namespace firstlight::viewer
