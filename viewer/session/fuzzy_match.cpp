#include "viewer/session/fuzzy_match.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace firstlight::viewer {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_word(std::string_view text, std::size_t at) {
    if (at == 0) return true;
    const char before = text[at - 1];
    return std::string_view(" _./-:(").find(before) != std::string_view::npos ||
           (text[at] >= 'A' && text[at] <= 'Z' && before >= 'a' && before <= 'z');
}

constexpr double none = -std::numeric_limits<double>::infinity();

}  // namespace

std::optional<double> fuzzy_match(std::string_view wanted, std::string_view text) {
    std::string letters;
    for (const char c : wanted)
        if (c != ' ') letters += lower(c);
    if (letters.empty()) return 0.0;
    // best[j]: of all ways to find the letters so far with the last one at j.
    std::vector<double> best(text.size(), none), next(text.size(), none);
    for (std::size_t i = 0; i < letters.size(); ++i) {
        double before = i == 0 ? 0 : none;  // the best that ends before j - 1
        for (std::size_t j = 0; j < text.size(); ++j) {
            const double follows = i > 0 && j > 0 ? best[j - 1] : none;
            next[j] = none;
            if (lower(text[j]) == letters[i]) {
                const double worth = begins_word(text, j) ? 3 : 1;
                next[j] = std::max(before + worth, follows + 3.5);
            }
            if (i > 0) before = std::max(before, follows);
        }
        best.swap(next);
    }
    const double found = best.empty() ? none : *std::max_element(best.begin(), best.end());
    if (found == none) return std::nullopt;
    return found - 0.02 * static_cast<double>(text.size());
}

}  // namespace firstlight::viewer
