#include "host/pipeline/batch_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "host/io/file_kind.hpp"
#include "host/pipeline/batch_manifest.hpp"
#include "host/pipeline/recipe.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 200;

bool is_hdf5(const fs::path& path) {
    constexpr std::array<char, 8> magic{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    std::array<char, 8> first{};
    std::ifstream file(path, std::ios::binary);
    return file.read(first.data(), first.size()) && first == magic;
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Why a file in a folder is no item; empty: it is one.
std::string why_not(const fs::path& path) {
    const std::string extension = path.extension().string();
    const bool named_so = extension == ".h5" || extension == ".hdf5" || extension == ".nxs";
    if (ends_with(path.filename().string(), ".result.h5")) return "a result";
    if (!is_hdf5(path)) return named_so ? "" : "not HDF5";  // .h5 without HDF5 in it is damaged
    try {
        const FileKind kind = kind_of(path);
        return kind == FileKind::acquisition ? "" : kind == FileKind::result ? "a result" : "a calibration";
    } catch (const Error&) {
        return "";
    }
}

class Lister {
  public:
    explicit Lister(const BatchRequest& request) : request_(request) {}

    BatchList list() {
        for (const fs::path& source : request_.sources) add_source(source);
        for (BatchItem& item : list_.items) {
            if (!request_.recipe.empty()) item.recipe = request_.recipe;
            if (!request_.calibration.empty()) item.calibration = fs::absolute(request_.calibration);
            item.parameters = over(item.parameters, request_.parameters);
        }
        std::stable_sort(list_.items.begin(), list_.items.end(),
                         [](const BatchItem& a, const BatchItem& b) { return a.name < b.name; });
        check_scans();
        check_names();
        check_recipes();
        if (list_.items.empty() && list_.problems.empty())
            problem(ExitCode::bad_input, "there is no acquisition among what was given");
        return std::move(list_);
    }

  private:
    void problem(ExitCode code, const std::string& text) {
        const auto same = [&](const BatchProblem& p) { return p.text == text; };
        if (std::none_of(list_.problems.begin(), list_.problems.end(), same)) list_.problems.push_back({code, text});
    }

    void add_source(const fs::path& source) {
        std::error_code ignored;
        const fs::file_status status = fs::status(source, ignored);
        if (!fs::exists(status)) problem(ExitCode::bad_input, source.string() + ": is not there");
        else if (fs::is_directory(status)) add_folder(source);
        else if (source.extension() == ".toml") add_manifest(source);
        else list_.items.push_back({fs::absolute(source).lexically_normal(), source.stem().string(), {}, {}, {}});
    }

    void add_manifest(const fs::path& path) {
        try {
            for (BatchItem& item : read_manifest(path)) list_.items.push_back(std::move(item));
        } catch (const Error& e) {
            problem(e.code(), e.what());
        }
    }

    void add_folder(const fs::path& folder) {
        std::vector<fs::path> files;
        std::error_code failed, ignored;
        const auto visit = [&](const fs::directory_entry& entry) {
            const std::string name = entry.path().filename().string();
            if (entry.is_regular_file(ignored) && name.front() != '.') files.push_back(entry.path());
        };
        if (request_.recursive) {
            for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
                if (at->is_directory(ignored) && fs::equivalent(at->path(), request_.output, ignored))
                    at.disable_recursion_pending();
                visit(*at);
            }
        } else {
            for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) visit(*at);
        }
        if (failed)
            problem(ExitCode::bad_input, fmt::format("{}: cannot be read ({})", folder.string(), failed.message()));
        std::sort(files.begin(), files.end());
        std::vector<std::string> why(files.size());
        parallel_for(static_cast<std::int64_t>(files.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
                why[i] = why_not(files[i]);
        });
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (!why[i].empty()) {
                list_.skipped.push_back({files[i], why[i]});
                continue;
            }
            std::string name = fs::relative(files[i], folder, ignored).replace_extension().string();
            std::replace(name.begin(), name.end(), '/', '_');
            list_.items.push_back({fs::absolute(files[i]).lexically_normal(), name, {}, {}, {}});
        }
    }

    void check_scans() {
        std::map<fs::path, int> seen;
        std::error_code failed;
        for (const BatchItem& item : list_.items) {
            if (!fs::exists(item.scan, failed)) problem(ExitCode::bad_input, item.scan.string() + ": is not there");
            else if (!fs::is_regular_file(item.scan, failed))
                problem(ExitCode::bad_input, item.scan.string() + ": is not a file");
            else if (++seen[fs::canonical(item.scan, failed)] == 2)
                problem(ExitCode::usage, item.scan.string() + ": is listed twice");
            if (!item.calibration.empty() && !fs::is_regular_file(item.calibration, failed))
                problem(ExitCode::bad_input, item.calibration.string() + ": the calibration is not there");
        }
    }

    void check_names() {
        for (const BatchItem& item : list_.items)
            if (item.name.empty() || item.name.front() == '.' || item.name.size() > longest_name ||
                item.name.find('/') != std::string::npos)
                problem(ExitCode::usage,
                        fmt::format("{}: \"{}\" cannot name its outputs (1 to {} characters, no /, no dot in front): "
                                    "name them by output in a manifest",
                                    item.scan.string(), item.name, longest_name));
        for (std::size_t i = 1; i < list_.items.size(); ++i) {
            const BatchItem &a = list_.items[i - 1], &b = list_.items[i];
            if (a.name == b.name && a.scan != b.scan)
                problem(ExitCode::usage,
                        fmt::format("{} and {}: both would be written to {}.result.h5: name one of them "
                                    "by output in a manifest",
                                    a.scan.string(), b.scan.string(), a.name));
        }
    }

    // Without a recipe, which depends on the scan, only what holds of any: that there is such a parameter.
    void check_recipes() {
        for (const BatchItem& item : list_.items) {
            try {
                Recipe recipe;
                if (!item.recipe.empty()) recipe = load_recipe(item.recipe);
                for (const auto& [key, value] : item.parameters) {
                    const StageEntry* stage = find_stage(key.substr(0, key.find('.')));
                    if (item.recipe.empty() && stage != nullptr && recipe.find(stage->info.name) == nullptr)
                        recipe.stages.push_back({stage, stage->make_params(), {}});
                    set_parameter(recipe, key, value);
                }
                if (!item.recipe.empty()) check_recipe(recipe);
            } catch (const Error& e) {
                problem(e.code(), e.what());
            }
        }
    }

    const BatchRequest& request_;
    BatchList list_;
};

}  // namespace

BatchList list_batch(const BatchRequest& request) { return Lister(request).list(); }

std::vector<BatchItem> items_of_shard(const std::vector<BatchItem>& items, int shard, int shards) {
    std::vector<BatchItem> mine;
    for (std::size_t i = 0; i < items.size(); ++i)
        if (i % static_cast<std::size_t>(shards) + 1 == static_cast<std::size_t>(shard)) mine.push_back(items[i]);
    return mine;
}

void refuse_problems(const std::vector<BatchProblem>& problems) {
    if (problems.empty()) return;
    if (problems.size() == 1) throw Error(problems.front().code, problems.front().text);
    std::string text = fmt::format("{} problems, nothing was run:", problems.size());
    for (const BatchProblem& p : problems) text += "\n  " + p.text;
    throw Error(problems.front().code, text);
}

}  // namespace firstlight
