#include "viewer/actions/palette_entries.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/session/folder_listing.hpp"
#include "viewer/session/fuzzy_match.hpp"
#include "viewer/session/stage_edits.hpp"

namespace firstlight::viewer {
namespace {

struct Scored {
    double score = 0;
    PaletteEntry entry;
};

class Finder {
  public:
    explicit Finder(std::string typed) : typed_(std::move(typed)) {}

    // `worth`: of its kind, where the letters fit equally well.
    void offer(PaletteEntry entry, double worth, const std::string& also = {}) {
        auto score = fuzzy_match(typed_, entry.name);
        if (!also.empty())
            if (const auto other = fuzzy_match(typed_, also); other && (!score || *other - 1 > *score))
                score = *other - 1;
        if (score) found_.push_back({*score + worth, std::move(entry)});
    }
    [[nodiscard]] std::vector<PaletteEntry> best(std::size_t most) {
        std::stable_sort(found_.begin(), found_.end(),
                         [](const Scored& a, const Scored& b) { return a.score > b.score; });
        if (found_.size() > most) found_.resize(most);
        std::vector<PaletteEntry> entries;
        for (Scored& one : found_) entries.push_back(std::move(one.entry));
        return entries;
    }

  private:
    std::string typed_;
    std::vector<Scored> found_;
};

void offer_actions(Desk& desk, Finder& finder) {
    for (const Action& action : actions()) {
        const std::string why = action.why_not == nullptr ? "" : action.why_not(desk);
        finder.offer({name_of(desk, action), action.about, all_keys_text(action), why,
                      [id = action.id](Desk& at) {
                          run_action(at, id);
                          return std::string();
                      }},
                     why.empty() ? 1 : 0);
    }
}

void offer_layers(const Document& document, Finder& finder) {
    const GatedImages* images = document.images();
    if (images == nullptr) return;
    for (const ImageLayer& layer : images->layers)
        finder.offer({"Layer " + layer.name, layer.long_name, "", "",
                      [name = layer.name](Desk& at) {
                          if (Document* shown = at.session.current()) {
                              shown->looks.layer = name;
                              shown->looks.light.shown = false;
                          }
                          return std::string();
                      }},
                     0.5, layer.name);
}

void offer_recipes(const Document& document, Finder& finder) {
    for (const BuiltInRecipe& recipe : built_in_recipes())
        finder.offer({std::string("Recipe ") + recipe.name, "Uses this recipe", "",
                      why_not(load_recipe(recipe.name), document.scan ? &*document.scan : nullptr),
                      [name = std::string(recipe.name)](Desk& at) {
                          if (Document* shown = at.session.current()) at.session.use_recipe(*shown, name);
                          return std::string();
                      }},
                     0, recipe.name);
}

void offer_parameters(const Document& document, const std::string& typed, Finder& names,
                      std::vector<PaletteEntry>& set) {
    for (const RecipeStage& stage : document.recipe().stages)
        for (const Param& param : *stage.stage->params) {
            if (!has_effect(param, *stage.stage->params, stage.params.get())) continue;
            const std::string key = fmt::format("{}.{}", stage.stage->info.name, param.name);
            const std::string now = to_display(param, stage.params.get());
            if (typed.size() > key.size() && typed.compare(0, key.size(), key) == 0 &&
                (typed[key.size()] == ' ' || typed[key.size()] == '=')) {
                const std::size_t from = typed.find_first_not_of(" =", key.size());
                const std::string value =
                    from == std::string::npos ? "" : typed.substr(from, typed.find_last_not_of(' ') + 1 - from);
                set.push_back({value.empty() ? fmt::format("{} = …", key) : fmt::format("{} = {}", key, value),
                               fmt::format("{}; now {}", param.meaning, now), "", value.empty() ? "type its value" : "",
                               [key, value](Desk& at) {
                                   Document* shown = at.session.current();
                                   const bool taken = shown != nullptr && at.session.set_parameter(*shown, key, value);
                                   return taken ? std::string() : key + " ";
                               }});
            }
            names.offer({key, fmt::format("{}; now {}", param.meaning, now), "", "",
                         [key](Desk& at) {
                             at.show_side(SidePanel::parameters);
                             return key + " ";
                         }},
                        0);
        }
}

void offer_recent(Desk& desk, Finder& finder) {
    for (const std::filesystem::path& file : desk.session.recent_files())
        finder.offer(
            {"Recent " + readable_name(file.filename().string()), readable_name(file.parent_path().string()), "", "",
             [file](Desk& at) {
                 at.session.open(file);
                 return std::string();
             }},
            -0.5, readable_name(file.filename().string()));
}

}  // namespace

std::vector<PaletteEntry> palette_entries(Desk& desk, const std::string& typed, std::size_t most) {
    Finder finder(typed);
    std::vector<PaletteEntry> first;
    offer_actions(desk, finder);
    if (const Document* document = desk.session.current()) {
        offer_layers(*document, finder);
        offer_recipes(*document, finder);
        offer_parameters(*document, typed, finder, first);
    }
    offer_recent(desk, finder);
    for (PaletteEntry& entry : finder.best(most)) first.push_back(std::move(entry));
    return first;
}

}  // namespace firstlight::viewer
