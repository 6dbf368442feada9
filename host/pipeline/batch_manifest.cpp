#include "host/pipeline/batch_manifest.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "host/pipeline/stage_list.hpp"

namespace firstlight {
namespace {

namespace fs = std::filesystem;

struct Choice {  // what both the manifest and each of its scans may say
    std::string recipe;
    fs::path calibration;
    BatchParameters parameters;
};

class Reader {
  public:
    Reader(const fs::path& path, std::vector<BatchProblem>& problems)
        : path_(path), folder_(fs::absolute(path).parent_path()), problems_(problems) {}

    Choice choice_of(const toml::table& table, const std::string& where, const std::vector<std::string>& others) {
        Choice choice;
        for (const auto& [key, node] : table) {
            const std::string name(key.str());
            if (std::find(others.begin(), others.end(), name) != others.end()) continue;
            if (name == "recipe") choice.recipe = recipe_at(text_of(node, where + "recipe"));
            else if (name == "calibration") choice.calibration = at(text_of(node, where + "calibration"));
            else if (node.is_table() && find_stage(name) != nullptr)
                for (const auto& [parameter, value] : *node.as_table())
                    add_parameter(choice, fmt::format("{}.{}", name, std::string(parameter.str())), value, where);
            else unknown(name, where, others);
        }
        return choice;
    }

    std::string text_of(const toml::node& node, const std::string& what) {
        const auto text = node.value_exact<std::string>();
        if (!text || text->empty()) problem(what + ": expected text in quotes");
        return text.value_or("");
    }
    fs::path at(const std::string& name) const {
        return name.empty() ? fs::path() : (folder_ / name).lexically_normal();
    }
    void problem(const std::string& text) {
        problems_.push_back({ExitCode::usage, fmt::format("{}: {}", path_.string(), text)});
    }

  private:
    std::string recipe_at(const std::string& name) const {
        std::error_code ignored;
        const bool file = name.find('/') != std::string::npos || fs::path(name).extension() == ".toml";
        return file || fs::is_regular_file(folder_ / name, ignored) ? at(name).string() : name;
    }

    void add_parameter(Choice& choice, const std::string& key, const toml::node& node, const std::string& where) {
        std::string text;
        if (const auto* b = node.as_boolean()) text = b->get() ? "true" : "false";
        else if (const auto* i = node.as_integer()) text = fmt::format("{}", i->get());
        else if (const auto* f = node.as_floating_point()) text = fmt::format("{}", f->get());
        else if (const auto* s = node.as_string()) text = s->get();
        else return problem(fmt::format("{}{}: expected a number, true or false, or text", where, key));
        choice.parameters.emplace_back(key, text);
    }

    void unknown(const std::string& name, const std::string& where, const std::vector<std::string>& others) {
        std::vector<std::string> known{"recipe", "calibration"};
        known.insert(known.end(), others.begin(), others.end());
        const std::vector<std::string> stages = stage_names();
        known.insert(known.end(), stages.begin(), stages.end());
        const std::string near = nearest_name(name, known);
        problem(fmt::format("{}unknown key \"{}\"{}", where, name,
                            near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near)));
    }

    const fs::path& path_;
    fs::path folder_;
    std::vector<BatchProblem>& problems_;
};

toml::table parse(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw Error(ExitCode::bad_input, path.string() + ": cannot be read");
    try {
        return toml::parse(text.str());
    } catch (const toml::parse_error& e) {
        throw Error(ExitCode::usage, fmt::format("{}:{}: not TOML", path.string(), e.source().begin.line),
                    std::string(e.description()));
    }
}

}  // namespace

BatchParameters over(const BatchParameters& first, const BatchParameters& second) {
    BatchParameters all = first;
    for (const auto& [key, value] : second) {
        const auto same = [&k = key](const auto& p) { return p.first == k; };
        const auto found = std::find_if(all.begin(), all.end(), same);
        if (found != all.end()) found->second = value;
        else all.emplace_back(key, value);
    }
    return all;
}

std::vector<BatchItem> read_manifest(const fs::path& path) {
    const toml::table table = parse(path);
    std::vector<BatchProblem> problems;
    Reader reader(path, problems);
    const Choice for_all = reader.choice_of(table, "", {"scan"});
    std::vector<BatchItem> items;
    const toml::array* scans = table["scan"].as_array();
    if (scans == nullptr || scans->empty()) reader.problem("there is no [[scan]]");
    else
        for (std::size_t i = 0; i < scans->size(); ++i) {
            const std::string where = fmt::format("scan {}: ", i + 1);
            const toml::table* entry = (*scans)[i].as_table();
            if (entry == nullptr) {
                reader.problem(where + "expected [[scan]] with a path");
                continue;
            }
            const Choice own = reader.choice_of(*entry, where, {"path", "output"});
            BatchItem item;
            if (const toml::node* node = entry->get("path"))
                item.scan = reader.at(reader.text_of(*node, where + "path"));
            else reader.problem(where + "there is no path");
            item.name = item.scan.stem().string();
            if (const toml::node* node = entry->get("output")) item.name = reader.text_of(*node, where + "output");
            item.recipe = own.recipe.empty() ? for_all.recipe : own.recipe;
            item.calibration = own.calibration.empty() ? for_all.calibration : own.calibration;
            item.parameters = over(for_all.parameters, own.parameters);
            items.push_back(std::move(item));
        }
    refuse_problems(problems);
    return items;
}

}  // namespace firstlight
