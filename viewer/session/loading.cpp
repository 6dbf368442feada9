#include "viewer/session/loading.hpp"

#include <fmt/format.h>

#include "host/io/file_kind.hpp"
#include "host/pipeline/scan_kind.hpp"

namespace firstlight::viewer {
namespace {

std::filesystem::path beside(const std::filesystem::path& wanted, const std::filesystem::path& result_path) {
    std::error_code ignored;
    if (std::filesystem::exists(wanted, ignored)) return wanted;
    const std::filesystem::path near = result_path.parent_path() / wanted.filename();
    return std::filesystem::exists(near, ignored) ? near : std::filesystem::path();
}

LoadedFile load_result(const std::filesystem::path& path, const OpenOptions& options) {
    LoadedFile loaded;
    loaded.kind = DocumentKind::result;
    loaded.result = read_result(path, options);
    const Result& result = *loaded.result;
    loaded.recipe = result.process.recipe.empty() ? load_recipe("transmission")
                                                  : parse_recipe(result.process.recipe, path.string() + ": recipe");
    std::string why_not;
    loaded.scan_path = find_input(result, path, why_not);
    if (!why_not.empty()) loaded.remarks.push_back(why_not);
    const auto calibration = result.process.facts.find("calibration");
    if (calibration != result.process.facts.end() && !calibration->second.empty()) {
        loaded.calibration = beside(calibration->second, path);
        if (loaded.calibration.empty())
            loaded.remarks.push_back(fmt::format("{}: its calibration {} is not there any more: new runs go without it",
                                                 path.string(), calibration->second));
    }
    return loaded;
}

}  // namespace

std::filesystem::path find_input(const Result& result, const std::filesystem::path& result_path, std::string& why_not) {
    if (result.process.inputs.empty()) {
        why_not =
            fmt::format("{}: it does not say which acquisition it was made from: it can be looked at, not changed",
                        result_path.string());
        return {};
    }
    const std::string& named = result.process.inputs.front().path;
    if (named.rfind(memory_input_path, 0) == 0) {
        why_not = fmt::format("{}: it was made of an array in memory: it can be looked at, not changed",
                              result_path.string());
        return {};
    }
    const std::filesystem::path found = beside(named, result_path);
    if (found.empty())
        why_not = fmt::format(
            "{}: its acquisition {} is not there any more: put it back, or beside the result, to see "
            "traces and to change parameters",
            result_path.string(), named);
    return found;
}

LoadedFile load_file(const std::filesystem::path& path, const OpenOptions& options) {
    LoadedFile loaded;
    loaded.opened.stamp = stamp_of(path);
    OpenOptions tried = options;
    tried.probe = false;  // kind_of has had the file tried, the same way
    switch (kind_of(path, options.memory_limit)) {
        case FileKind::result: return load_result(path, tried);
        case FileKind::calibration:
            throw Error(ExitCode::bad_input, path.string() + ": is a calibration", "it holds no image",
                        "open a scan, and this file as its calibration");
        default: break;
    }
    loaded.scan_path = path;
    loaded.opened.file = std::make_shared<const AcquisitionFile>(AcquisitionFile::open(path, tried));
    const AcquisitionFile& file = *loaded.opened.file;
    loaded.recipe = load_recipe(default_recipe(file.scan()));
    if (const std::string reason = default_recipe_reason(file.scan()); !reason.empty())
        loaded.remarks.push_back(fmt::format("{} {}: recipe {}", path.string(), reason, loaded.recipe.name));
    return loaded;
}

OpenedScan current_scan(const OpenedScan& opened, const std::filesystem::path& path, const OpenOptions& options) {
    const std::optional<FileStamp> stamp = stamp_of(path);
    if (opened.file && opened.file->path() == path && stamp && opened.stamp == stamp) return opened;
    return {std::make_shared<const AcquisitionFile>(AcquisitionFile::open(path, options)), stamp};
}

LoadedScan load_scan(const OpenedScan& opened, const std::filesystem::path& path,
                     const std::filesystem::path& calibration, const OpenOptions& options) {
    LoadedScan loaded;
    loaded.opened = current_scan(opened, path, options);
    const AcquisitionFile& file = *loaded.opened.file;
    loaded.scan = calibrated_scan(file.scan(), calibration, &loaded.warnings);
    loaded.info = file.info();
    loaded.stored_as = file.describe();
    if (file.has_truth()) loaded.truth = std::make_shared<const Truth>(file.read_truth());
    loaded.warnings.insert(loaded.warnings.end(), file.warnings().begin(), file.warnings().end());
    return loaded;
}

}  // namespace firstlight::viewer
