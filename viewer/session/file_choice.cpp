#include "viewer/session/file_choice.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <utility>

namespace firstlight::viewer {
namespace {

constexpr double letters_belong_together_s = 1.0;

std::filesystem::path absolute_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::path whole = std::filesystem::weakly_canonical(folder.empty() ? "." : folder, failed);
    return failed ? std::filesystem::absolute(folder, failed) : whole;
}

}  // namespace

FileChoice::FileChoice(For what, std::vector<std::string> endings, const std::filesystem::path& start,
                       std::string proposed)
    : name(std::move(proposed)), what_(what), endings_(std::move(endings)) {
    filter_.endings = endings_;
    filter_.only_folders = what == For::folder;
    std::filesystem::path folder = absolute_folder(start);
    for (listing_ = list_folder(folder); !listing_.why_not.empty() && folder.has_relative_path();) {
        folder = folder.parent_path();
        listing_ = list_folder(folder);
    }
    update();
}

void FileChoice::update() {
    const std::string kept =
        chosen_ >= 0 && chosen_ < static_cast<int>(shown_.size()) ? entry(static_cast<std::size_t>(chosen_)).name : "";
    shown_ = shown_entries(listing_, filter_);
    chosen_ = -1;
    for (std::size_t row = 0; row < shown_.size(); ++row)
        if (!kept.empty() && entry(row).name == kept) chosen_ = static_cast<int>(row);
    typed = listing_.folder.string();
    if (typed.back() != '/') typed += '/';
}

void FileChoice::go(const std::filesystem::path& folder) {
    FolderListing listing = list_folder(absolute_folder(folder));
    problem = listing.why_not;
    if (!problem.empty()) return;
    listing_ = std::move(listing);
    chosen_ = -1;
    jumped_.clear();
    update();
    scroll = true;
}

void FileChoice::up() {
    const std::string left = listing_.folder.filename().string();
    go(listing_.folder.parent_path());
    for (std::size_t row = 0; row < shown_.size(); ++row)
        if (entry(row).name == left) chosen_ = static_cast<int>(row);
}

void FileChoice::refresh() {
    FolderListing listing = list_folder(listing_.folder);
    problem = listing.why_not;
    if (!problem.empty()) return;
    const std::vector<std::size_t> before = std::exchange(shown_, {});
    const std::string kept = chosen_ < 0 ? "" : listing_.entries[before[static_cast<std::size_t>(chosen_)]].name;
    listing_ = std::move(listing);
    chosen_ = -1;
    update();
    for (std::size_t row = 0; row < shown_.size(); ++row)
        if (!kept.empty() && entry(row).name == kept) chosen_ = static_cast<int>(row);
}

void FileChoice::choose(int row) {
    chosen_ = shown_.empty() ? -1 : std::clamp(row, 0, static_cast<int>(shown_.size()) - 1);
    problem.clear();
    scroll = true;
    if (what_ == For::save && chosen_ >= 0 && !entry(static_cast<std::size_t>(chosen_)).is_folder)
        name = entry(static_cast<std::size_t>(chosen_)).name;
}

void FileChoice::move(int rows) {
    choose(chosen_ < 0 ? (rows > 0 ? 0 : static_cast<int>(shown_.size()) - 1) : chosen_ + rows);
}

void FileChoice::jump(const std::string& letters, double now) {
    if (now - jumped_at_ > letters_belong_together_s) jumped_.clear();
    jumped_at_ = now;
    jumped_ += letters;
    const auto begins = [&](std::size_t row) {
        return ::strncasecmp(entry(row).name.c_str(), jumped_.c_str(), jumped_.size()) == 0;
    };
    // One letter again and again goes on to the next name; more letters stay where they fit.
    const std::size_t first = chosen_ < 0 ? 0 : static_cast<std::size_t>(chosen_) + (jumped_ == letters ? 1 : 0);
    for (std::size_t i = 0; i < shown_.size(); ++i) {
        const std::size_t row = (first + i) % shown_.size();
        if (!begins(row)) continue;
        choose(static_cast<int>(row));
        return;
    }
}

void FileChoice::sort_by(SortBy by) {
    filter_.descending = filter_.by == by ? !filter_.descending : by != SortBy::name;
    filter_.by = by;
    update();
}

void FileChoice::show_hidden(bool on) {
    filter_.hidden = on;
    update();
}

void FileChoice::show_all(bool on) {
    filter_.endings = on ? std::vector<std::string>{} : endings_;
    update();
}

void FileChoice::make_folder(const std::string& folder) {
    std::error_code failed;
    const std::filesystem::path path = listing_.folder / folder;
    if (folder.empty() || folder.find('/') != std::string::npos) {
        problem = "a new folder needs a name without /";
        return;
    }
    if (!std::filesystem::create_directory(path, failed)) {
        problem = fmt::format("{}: the folder cannot be made ({})", readable_name(path.string()),
                              failed ? failed.message() : "it is there already");
        return;
    }
    go(path);
}

std::filesystem::path FileChoice::with_ending(const std::filesystem::path& path) const {
    if (endings_.empty() || has_ending(path.filename().string(), endings_)) return path;
    std::filesystem::path longer = path;
    longer += endings_.front();
    return longer;
}

void FileChoice::type_path(const std::string& text) {
    typed = text.substr(0, text.find_first_of("\r\n"));
    types_path = begun = true;
}

std::filesystem::path FileChoice::answer() const {
    if (chosen_ < 0 || !entry(static_cast<std::size_t>(chosen_)).is_folder) return listing_.folder;
    return listing_.folder / entry(static_cast<std::size_t>(chosen_)).name;
}

std::optional<std::filesystem::path> FileChoice::take() {
    problem.clear();
    const FolderEntry* at = chosen_ < 0 ? nullptr : &entry(static_cast<std::size_t>(chosen_));
    if (what_ == For::folder) return answer();
    if (what_ == For::save) {
        if (name.empty()) {
            problem = "name the file";
            return std::nullopt;
        }
        const std::filesystem::path path = typed_path(name, listing_.folder);
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) {
            go(path);
            name.clear();
            return std::nullopt;
        }
        if (!std::filesystem::is_directory(path.parent_path(), ignored)) {
            problem = fmt::format("{}: there is no such folder", readable_name(path.parent_path().string()));
            return std::nullopt;
        }
        return with_ending(path);
    }
    if (at == nullptr) {
        problem = "choose a file";
        return std::nullopt;
    }
    if (!at->is_folder) return listing_.folder / at->name;
    go(listing_.folder / at->name);
    return std::nullopt;
}

std::optional<std::filesystem::path> FileChoice::take_typed() {
    problem.clear();
    const std::filesystem::path path = typed_path(typed, listing_.folder);
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        go(path);
        return std::nullopt;
    }
    if (what_ == For::save) {
        go(path.parent_path());
        if (problem.empty()) name = path.filename().string();
        return std::nullopt;
    }
    if (what_ == For::open && std::filesystem::exists(path, ignored)) return path;
    problem = fmt::format("{}: there is no such {}", readable_name(path.string()),
                          what_ == For::folder ? "folder" : "file or folder");
    return std::nullopt;
}

std::vector<std::filesystem::path> folder_bookmarks(const std::vector<std::filesystem::path>& recent) {
    std::vector<std::filesystem::path> folders{typed_path("~", {})};
    const auto add = [&](const std::filesystem::path& folder) {
        if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
    };
    std::error_code ignored;
    add(std::filesystem::current_path(ignored));
    constexpr std::size_t most = 9;
    for (const std::filesystem::path& file : recent)
        if (folders.size() < most) add(file.parent_path());
    add("/");
    return folders;
}

}  // namespace firstlight::viewer
