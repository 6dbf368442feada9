// What is in a folder, for choosing a file: names, kinds, sizes and dates, sorted and filtered. Names are bytes, as the
// file system has them; readable_name() makes text of them.
//
//   const FolderListing listing = list_folder("/data");
//   for (const std::size_t i : shown_entries(listing, {.endings = {".h5"}})) show(listing.entries[i]);
//
// Nothing here throws: what cannot be read says why.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace firstlight::viewer {

struct FolderEntry {
    std::string name;
    bool is_folder = false;
    std::uintmax_t bytes = 0;
    std::int64_t changed = 0;  // seconds since 1970; 0: not known
};

struct FolderListing {
    std::filesystem::path folder;
    std::vector<FolderEntry> entries;
    std::string why_not;  // it could not be read; "" when it could
};

enum class SortBy : std::uint8_t { name, date, size };

struct ListingFilter {
    std::vector<std::string> endings;  // ".h5", in any case; empty: all files. Folders always stay
    bool hidden = false;               // names that begin with a dot, too
    bool only_folders = false;
    SortBy by = SortBy::name;
    bool descending = false;
};

[[nodiscard]] FolderListing list_folder(const std::filesystem::path& folder);

// Indices of entries: folders first, numbers in names by value ("scan 9" before "scan 10").
[[nodiscard]] std::vector<std::size_t> shown_entries(const FolderListing& listing, const ListingFilter& filter);

[[nodiscard]] bool has_ending(const std::string& name, const std::vector<std::string>& endings);

// UTF-8 of any bytes: those that are none of it, and control characters, as U+FFFD.
[[nodiscard]] std::string readable_name(const std::string& bytes);

// What was typed, longer by all that the names in its folder leave no choice about; a single folder with "/".
[[nodiscard]] std::string completed_path(const std::string& typed, const std::filesystem::path& folder);

// The path that was typed: "~" is home, and what is not absolute is in `folder`.
[[nodiscard]] std::filesystem::path typed_path(const std::string& typed, const std::filesystem::path& folder);

// "12.3 MB", "2026-11-26 05:27"; "" when it is not known.
[[nodiscard]] std::string size_text(std::uintmax_t bytes);
[[nodiscard]] std::string date_text(std::int64_t seconds);

}  // namespace firstlight::viewer
