#include "viewer/session/folder_listing.hpp"

#include <fmt/format.h>
#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <ctime>

namespace firstlight::viewer {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// As people order names: letters without regard to case, runs of digits by value.
bool comes_before(const std::string& a, const std::string& b) {
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (is_digit(a[i]) && is_digit(b[j])) {
            while (i < a.size() && a[i] == '0') ++i;
            while (j < b.size() && b[j] == '0') ++j;
            const std::size_t first_a = i, first_b = j;
            while (i < a.size() && is_digit(a[i])) ++i;
            while (j < b.size() && is_digit(b[j])) ++j;
            if (i - first_a != j - first_b) return i - first_a < j - first_b;
            const int order = a.compare(first_a, i - first_a, b, first_b, j - first_b);
            if (order != 0) return order < 0;
            continue;
        }
        if (lower(a[i]) != lower(b[j])) return lower(a[i]) < lower(b[j]);
        ++i, ++j;
    }
    if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
    return a < b;
}

// How many bytes from `at` on are one letter of UTF-8; 0: none.
std::size_t letter_bytes(const std::string& text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = byte(at);
    if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
    const std::size_t bytes = first >= 0xC2 && first < 0xE0   ? 2
                              : first >= 0xE0 && first < 0xF0 ? 3
                              : first >= 0xF0 && first < 0xF5 ? 4
                                                              : 0;
    for (std::size_t i = 1; i < bytes; ++i)
        if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    if (first == 0xE0 && byte(at + 1) < 0xA0) return 0;
    if (first == 0xED && byte(at + 1) >= 0xA0) return 0;
    if (first == 0xF0 && byte(at + 1) < 0x90) return 0;
    if (first == 0xF4 && byte(at + 1) >= 0x90) return 0;
    return bytes;
}

std::filesystem::path home_folder() {
    const char* home = std::getenv("HOME");
    return home != nullptr && *home == '/' ? home : "/";
}

}  // namespace

FolderListing list_folder(const std::filesystem::path& folder) {
    FolderListing listing;
    listing.folder = folder;
    std::error_code failed;
    auto it = std::filesystem::directory_iterator(folder, failed);
    for (; !failed && it != std::filesystem::directory_iterator(); it.increment(failed)) {
        FolderEntry entry;
        entry.name = it->path().filename().string();
        struct stat facts {};
        if (::stat(it->path().c_str(), &facts) == 0) {  // of what a link points to
            entry.is_folder = S_ISDIR(facts.st_mode);
            entry.bytes = static_cast<std::uintmax_t>(facts.st_size);
            entry.changed = facts.st_mtime;
        }
        listing.entries.push_back(std::move(entry));
    }
    if (failed)
        listing.why_not = fmt::format("{}: cannot be read ({}): choose another folder", readable_name(folder.string()),
                                      failed.message());
    return listing;
}

bool has_ending(const std::string& name, const std::vector<std::string>& endings) {
    return endings.empty() || std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) {
               return name.size() > ending.size() &&
                      ::strcasecmp(name.c_str() + name.size() - ending.size(), ending.c_str()) == 0;
           });
}

std::vector<std::size_t> shown_entries(const FolderListing& listing, const ListingFilter& filter) {
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < listing.entries.size(); ++i) {
        const FolderEntry& entry = listing.entries[i];
        if (!filter.hidden && entry.name.front() == '.') continue;
        if (!entry.is_folder && (filter.only_folders || !has_ending(entry.name, filter.endings))) continue;
        shown.push_back(i);
    }
    std::sort(shown.begin(), shown.end(), [&](std::size_t i, std::size_t j) {
        const FolderEntry &a = listing.entries[i], &b = listing.entries[j];
        if (a.is_folder != b.is_folder) return a.is_folder;
        if (filter.by == SortBy::date && a.changed != b.changed) return (a.changed < b.changed) != filter.descending;
        if (filter.by == SortBy::size && !a.is_folder && a.bytes != b.bytes)
            return (a.bytes < b.bytes) != filter.descending;
        return filter.by == SortBy::name && filter.descending ? comes_before(b.name, a.name)
                                                              : comes_before(a.name, b.name);
    });
    return shown;
}

std::string readable_name(const std::string& bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t letter = letter_bytes(bytes, at);
        text += letter > 0 ? bytes.substr(at, letter) : "\xEF\xBF\xBD";
        at += std::max<std::size_t>(1, letter);
    }
    return text;
}

std::filesystem::path typed_path(const std::string& typed, const std::filesystem::path& folder) {
    if (typed == "~") return home_folder();
    if (typed.rfind("~/", 0) == 0) return home_folder() / typed.substr(2);
    return folder / typed;  // an absolute one replaces the folder
}

std::string completed_path(const std::string& typed, const std::filesystem::path& folder) {
    const std::size_t slash = typed.rfind('/');
    const std::string before = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
    const std::string begun = slash == std::string::npos ? typed : typed.substr(slash + 1);
    const FolderListing listing = list_folder(typed_path(before, folder));
    std::string longest;
    const FolderEntry* only = nullptr;
    int fitting = 0;
    for (const FolderEntry& entry : listing.entries) {
        if (entry.name.compare(0, begun.size(), begun) != 0 || (begun.empty() && entry.name.front() == '.')) continue;
        only = &entry;
        if (++fitting == 1) {
            longest = entry.name;
        } else {
            const auto differ = std::mismatch(longest.begin(), longest.end(), entry.name.begin(), entry.name.end());
            longest.erase(differ.first, longest.end());
        }
    }
    if (fitting == 0) return typed;
    return before + longest + (fitting == 1 && only->is_folder ? "/" : "");
}

std::string size_text(std::uintmax_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    const char* unit = "B";
    for (const char* next : {"kB", "MB", "GB", "TB", "PB"}) {
        if (value < 999.5) break;
        value /= 1000;
        unit = next;
    }
    return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, unit);
}

std::string date_text(std::int64_t seconds) {
    if (seconds == 0) return "";
    const std::time_t time = seconds;
    std::tm parts{};
    std::array<char, 32> text{};
    if (::localtime_r(&time, &parts) == nullptr) return "";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

}  // namespace firstlight::viewer
