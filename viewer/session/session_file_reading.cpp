// Reading of sessions; session_file.cpp writes them.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "viewer/session/session_file.hpp"
#include "viewer/session/session_members.hpp"

namespace firstlight::viewer {
namespace {

// Where we are in a session file, for messages.
struct Place {
    std::string source;                  // "monday.session.toml"
    std::vector<std::string>* warnings;  // unknown keys
};

[[noreturn]] void refuse(const Place& place, const toml::node& node, const std::string& key, const std::string& why) {
    throw Error(ExitCode::bad_input, fmt::format("{}:{}: {}: {}", place.source, node.source().begin.line, key, why), "",
                "mend the line, or save the session anew");
}

// A table of which every key is read once; what nobody asked for is a warning.
class Keys {
  public:
    Keys(const toml::table& table, std::string name, const Place& place)
        : table_(table), name_(std::move(name)), place_(place) {}

    // The value stays as it is where the key is not there.
    template <class T>
    void take(const std::string& key, T& value) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        read(*node, whole(key), value);
    }
    const toml::node* find(const std::string& key) {
        known_.insert(key);
        return table_.get(key);
    }
    const toml::table* find_table(const std::string& key) {
        const toml::node* node = find(key);
        if (node != nullptr && !node->is_table()) refuse(place_, *node, whole(key), "expected a section");
        return node == nullptr ? nullptr : node->as_table();
    }
    // The tables of [[key]].
    std::vector<const toml::table*> find_tables(const std::string& key) {
        std::vector<const toml::table*> tables;
        const toml::node* node = find(key);
        if (node == nullptr) return tables;
        if (!node->is_array()) refuse(place_, *node, whole(key), "expected sections in double brackets");
        for (const toml::node& one : *node->as_array()) {
            if (!one.is_table()) refuse(place_, one, whole(key), "expected sections in double brackets");
            tables.push_back(one.as_table());
        }
        return tables;
    }
    template <class Names>
    void take_choice(const std::string& key, const Names& names, std::size_t& value) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const auto text = node->value<std::string>();
        const auto found = std::find(names.begin(), names.end(), text.value_or(""));
        if (found == names.end())
            refuse(place_, *node, whole(key), fmt::format("expected one of {}", fmt::join(names, ", ")));
        value = static_cast<std::size_t>(found - names.begin());
    }
    [[nodiscard]] std::string whole(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }
    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] const toml::table& table() const { return table_; }

    void warn_of_the_rest() const {
        for (const auto& [key, node] : table_)
            if (const std::string name(key.str()); known_.count(name) == 0)
                place_.warnings->push_back(fmt::format("{}:{}: unknown key {}: it is left out", place_.source,
                                                       node.source().begin.line, whole(name)));
    }

  private:
    void read(const toml::node& node, const std::string& key, std::string& value) const {
        if (!node.is_string()) refuse(place_, node, key, "expected text in quotes");
        value = node.as_string()->get();
    }
    void read(const toml::node& node, const std::string& key, bool& value) const {
        if (!node.is_boolean()) refuse(place_, node, key, "expected true or false");
        value = node.as_boolean()->get();
    }
    void read(const toml::node& node, const std::string& key, double& value) const {
        if (!node.is_number()) refuse(place_, node, key, "expected a number");
        value = node.value<double>().value_or(0);
        if (!std::isfinite(value)) refuse(place_, node, key, "expected a finite number");
    }
    void read(const toml::node& node, const std::string& key, std::int64_t& value) const {
        if (!node.is_integer()) refuse(place_, node, key, "expected a whole number");
        value = node.as_integer()->get();
    }
    void read(const toml::node& node, const std::string& key, int& value) const {
        std::int64_t number = 0;
        read(node, key, number);
        if (number < -1 || number > 1'000'000) refuse(place_, node, key, "expected a number from -1 on");
        value = static_cast<int>(number);
    }
    void read(const toml::node& node, const std::string& key, Projection::What& value) const {
        const auto text = node.value<std::string>().value_or("");
        const auto found = std::find(projection_names.begin(), projection_names.end(), text);
        if (found == projection_names.end())
            refuse(place_, node, key, fmt::format("expected one of {}", fmt::join(projection_names, ", ")));
        value = static_cast<Projection::What>(found - projection_names.begin());
    }

    const toml::table& table_;
    std::string name_;
    const Place& place_;
    std::set<std::string> known_;
};

Looks read_looks(const toml::table& table, const std::string& name, const Place& place) {
    Looks looks;
    Keys keys(table, name, place);
    keys.take("layer", looks.layer);
    keys.take("view", looks.view);
    if (const toml::node* node = keys.find("pixel")) {
        const toml::array* pair = node->as_array();
        if (pair == nullptr || pair->size() != 2 || !pair->is_homogeneous(toml::node_type::integer))
            refuse(place, *node, keys.whole("pixel"), "expected two whole numbers, y and x");
        looks.pixel =
            PixelAt{pair->get(0)->value<std::int64_t>().value_or(0), pair->get(1)->value<std::int64_t>().value_or(0)};
    }
    keys.take("region", looks.region);
    keys.take("second_region", looks.second_region);
    looks_sections(looks, [&](const char* section, auto& look, auto members) {
        const toml::table* part = keys.find_table(section);
        if (part == nullptr) return;
        Keys inner(*part, keys.whole(section), place);
        members(look, [&](const char* key, auto& value) { inner.take(key, value); });
        inner.warn_of_the_rest();
    });
    keys.warn_of_the_rest();
    return looks;
}

Region read_region(const toml::table& table, const std::string& name, const Place& place) {
    Region region;
    Keys keys(table, name, place);
    keys.take("name", region.name);
    std::size_t shape = 0;
    keys.take_choice("shape", region_shape_names, shape);
    region.shape = static_cast<RegionShape>(shape);
    keys.take("x0", region.x0);
    keys.take("y0", region.y0);
    keys.take("x1", region.x1);
    keys.take("y1", region.y1);
    keys.warn_of_the_rest();
    return region;
}

ToneMap::Params read_tone(const toml::table& table, const std::string& name, const Place& place) {
    ToneMap::Params tone;
    Keys keys(table, name, place);
    for (const Param& param : ToneMap::Params::table()) {
        const toml::node* node = keys.find(param.name);
        if (node == nullptr) continue;
        ParamValue value;
        if (const auto* text = node->as_string()) value = text->get();
        else if (const auto* on = node->as_boolean()) value = on->get();
        else if (const auto* whole = node->as_integer()) value = whole->get();
        else if (const auto* real = node->as_floating_point()) value = real->get();
        else refuse(place, *node, keys.whole(param.name), "expected a value");
        try {
            assign(param, &tone, value, keys.whole(param.name));
        } catch (const Error& e) {
            refuse(place, *node, keys.whole(param.name), e.what());
        }
    }
    keys.warn_of_the_rest();
    return tone;
}

std::filesystem::path whole_path(const std::string& text, const std::filesystem::path& folder) {
    return text.empty() ? std::filesystem::path() : folder / text;
}

OpenRequest read_document(const toml::table& table, const std::filesystem::path& folder, const Place& place) {
    OpenRequest request;
    Keys keys(table, "file", place);
    std::string path, calibration, recipe;
    keys.take("path", path);
    keys.take("calibration", calibration);
    keys.take("follows", request.follows);
    keys.take("recipe", recipe);
    if (path.empty()) refuse(place, table, "file.path", "it must name a file");
    request.path = whole_path(path, folder);
    request.calibration = whole_path(calibration, folder);
    if (!recipe.empty()) {
        try {
            request.recipe = parse_recipe(recipe, fmt::format("the recipe of {}", path));
        } catch (const Error& e) {
            refuse(place, *table.get("recipe"), "file.recipe", e.what());
        }
    }
    if (const toml::table* looks = keys.find_table("looks")) request.looks = read_looks(*looks, "file.looks", place);
    for (const toml::table* region : keys.find_tables("region"))
        request.regions.push_back(read_region(*region, "file.region", place));
    if (const toml::table* tones = keys.find_table("tone"))
        for (const auto& [layer, node] : *tones) {
            const std::string name(layer.str());
            if (!node.is_table()) refuse(place, node, "file.tone." + name, "expected a section");
            request.tones[name] = read_tone(*node.as_table(), "file.tone." + name, place);
        }
    keys.warn_of_the_rest();
    if (request.looks) {
        const auto regions = static_cast<int>(request.regions.size());
        if (request.looks->region >= regions) request.looks->region = -1;
        if (request.looks->second_region >= regions) request.looks->second_region = -1;
        request.looks->view = std::max<std::int64_t>(0, request.looks->view);
    }
    return request;
}

toml::table parse_session(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::error_code failed;
    if (!in || std::filesystem::is_directory(path, failed))
        throw Error(ExitCode::bad_input, path.string() + ": cannot be read",
                    "there is no such file, or it may not be read", "check the name");
    try {
        return toml::parse(text.str());
    } catch (const toml::parse_error& e) {
        throw Error(ExitCode::bad_input, fmt::format("{}:{}: is no session", path.string(), e.source().begin.line),
                    std::string(e.description()), "a session is what the viewer saves with Ctrl+Shift+S");
    }
}

// The document that stands for each file of the session; files that are open already keep theirs.
std::vector<const Document*> open_all(Session& session, std::vector<OpenRequest> requests) {
    std::vector<const Document*> opened;
    for (OpenRequest& request : requests) {
        session.open(std::move(request));
        opened.push_back(session.current());
    }
    return opened;
}

}  // namespace

bool is_session(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    for (std::string line; std::getline(in, line);)
        if (line.rfind("format", 0) == 0 && line.find(session_format) != std::string::npos) return true;
    return false;
}

void open_session(Session& session, const std::filesystem::path& path) {
    const toml::table table = parse_session(path);
    std::vector<std::string> warnings;
    const Place place{path.filename().string(), &warnings};
    Keys keys(table, "", place);
    std::string format;
    keys.take("format", format);
    if (format != session_format)
        throw Error(ExitCode::bad_input, path.string() + ": is no session",
                    fmt::format("it has no format = \"{}\"", session_format),
                    "a session is what the viewer saves with Ctrl+Shift+S");
    int version = 0, shown = 0;
    keys.take("version", version);
    if (version != session_version)
        refuse(place, *table.get("format"), "version",
               fmt::format("{} is not known, only {}", version, session_version));
    keys.take("shown", shown);
    Comparison comparison;
    if (const toml::table* section = keys.find_table("comparison")) {
        Keys inner(*section, "comparison", place);
        inner.take("first", comparison.first);
        inner.take("second", comparison.second);
        inner.take("with_truth", comparison.with_truth);
        inner.take("relative", comparison.relative);
        std::size_t how = 0;
        inner.take_choice("how", comparison_names, how);
        comparison.how = static_cast<Comparison::How>(how);
        inner.take("split", comparison.split);
        inner.warn_of_the_rest();
    }
    std::vector<OpenRequest> requests;
    std::error_code failed;
    const std::filesystem::path folder = std::filesystem::absolute(path, failed).parent_path();
    for (const toml::table* file : keys.find_tables("file")) requests.push_back(read_document(*file, folder, place));
    keys.warn_of_the_rest();
    for (const std::string& warning : warnings) session.messages().warn(warning);

    const std::vector<const Document*> opened = open_all(session, std::move(requests));
    const auto number_of = [&](int of_session) {
        if (of_session < 0 || of_session >= static_cast<int>(opened.size())) return -1;
        for (std::size_t i = 0; i < session.documents().size(); ++i)
            if (session.documents()[i].get() == opened[static_cast<std::size_t>(of_session)])
                return static_cast<int>(i);
        return -1;
    };
    comparison.first = number_of(comparison.first);
    comparison.second = number_of(comparison.second);
    if (comparison.is_on()) session.comparison() = comparison;
    session.show(number_of(shown));
}

}  // namespace firstlight::viewer
