#include "host/cli/compare_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

namespace firstlight::cli {
namespace {

double median_of(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
}

std::string range_in_words(const Figure& figure, std::vector<double> values) {
    const auto words = [&](double value) {
        Figure one = figure;
        one.value = value;
        return value_with_unit(one);
    };
    if (values.empty()) return "-";
    std::sort(values.begin(), values.end());
    const std::string middle = words(median_of(values)), low = words(values.front()), high = words(values.back());
    return low == high ? middle : fmt::format("{} ({} to {})", middle, low, high);
}

std::string without_numbers(std::string note) {
    note.erase(std::remove_if(note.begin(), note.end(), [](unsigned char c) { return std::isdigit(c) != 0; }),
               note.end());
    return note;
}

}  // namespace

std::string value_with_unit(const Figure& f) {
    if (std::isnan(f.value)) return "-";
    if (f.unit == "s") return readable_ps(f.value);
    return fmt::format("{:.4g}{}{}", f.value, f.unit.empty() ? "" : " ", f.unit);
}

Facts summary_of(const std::vector<Comparison>& views) {
    std::vector<Figure> figures;
    std::map<std::string, std::vector<double>> values;
    std::vector<std::string> notes;
    std::set<std::string> said;
    for (const Comparison& view : views) {
        for (const Figure& f : view.figures) {
            const auto [of_figure, is_new] = values.try_emplace(f.key);
            if (is_new) figures.push_back(f);
            if (!std::isnan(f.value)) of_figure->second.push_back(f.value);
        }
        for (const std::string& note : view.notes)
            if (said.insert(without_numbers(note)).second) notes.push_back(note);
    }
    Facts facts{{"views", fmt::format("{}: median (lowest to highest); each of them with --json", views.size())}};
    for (const Figure& f : figures) facts.emplace_back(f.name, range_in_words(f, values[f.key]));
    for (const std::string& note : notes) facts.emplace_back("note", note);
    return facts;
}

}  // namespace firstlight::cli
