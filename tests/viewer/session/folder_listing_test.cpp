#include "viewer/session/folder_listing.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

void make_file(const std::filesystem::path& path, std::size_t bytes = 1) {
    std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
}

std::vector<std::string> names(const FolderListing& listing, const ListingFilter& filter) {
    std::vector<std::string> shown;
    for (const std::size_t i : shown_entries(listing, filter)) shown.push_back(listing.entries[i].name);
    return shown;
}

using Names = std::vector<std::string>;

TEST(FolderListing, folders_come_first_and_numbers_count_by_value) {
    const TestFolder folder;
    for (const char* name : {"scan 10.h5", "scan 9.h5", "Scan 09.h5", "b.H5", "a.txt", ".hidden.h5"})
        make_file(folder / name);
    std::filesystem::create_directory(folder / "zoo");
    const FolderListing listing = list_folder(folder.path);
    EXPECT_EQ(listing.why_not, "");
    EXPECT_EQ(names(listing, {.endings = {".h5"}}), (Names{"zoo", "b.H5", "Scan 09.h5", "scan 9.h5", "scan 10.h5"}));
    EXPECT_EQ(names(listing, {.endings = {".h5"}, .hidden = true}).size(), 6U);
    EXPECT_EQ(names(listing, {.only_folders = true}), Names{"zoo"});
    EXPECT_EQ(names(listing, {.endings = {".txt"}, .descending = true}), (Names{"zoo", "a.txt"}));
}

TEST(FolderListing, sorts_by_size_and_by_date) {
    const TestFolder folder;
    make_file(folder / "small", 1);
    make_file(folder / "large", 5000);
    make_file(folder / "middle", 60);
    const auto now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(folder / "large", now - std::chrono::hours(2));
    std::filesystem::last_write_time(folder / "small", now - std::chrono::hours(1));
    const FolderListing listing = list_folder(folder.path);
    EXPECT_EQ(names(listing, {.by = SortBy::size, .descending = true}), (Names{"large", "middle", "small"}));
    EXPECT_EQ(names(listing, {.by = SortBy::date}), (Names{"large", "small", "middle"}));
}

TEST(FolderListing, a_folder_that_cannot_be_read_says_why) {
    const TestFolder folder;
    EXPECT_NE(list_folder(folder / "missing").why_not.find("No such file"), std::string::npos);
    make_file(folder / "file");
    EXPECT_NE(list_folder(folder / "file").why_not.find("Not a directory"), std::string::npos);
    if (::geteuid() == 0) GTEST_SKIP() << "root may read every folder";
    std::filesystem::create_directory(folder / "closed");
    std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
    EXPECT_NE(list_folder(folder / "closed").why_not.find("Permission denied"), std::string::npos);
    std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
}

TEST(FolderListing, names_of_any_bytes_become_text) {
    EXPECT_EQ(readable_name("mu µ 光.h5"), "mu µ 光.h5");
    EXPECT_EQ(readable_name("bad\xFF name"), "bad\uFFFD name");
    EXPECT_EQ(readable_name("cut \xE5\x85"), "cut \uFFFD\uFFFD");
    EXPECT_EQ(readable_name("tab\tline\n"), "tab\uFFFDline\uFFFD");
    EXPECT_EQ(readable_name("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
    EXPECT_EQ(readable_name("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // half of a pair
    const TestFolder folder;
    make_file(folder / "bad\xFF.h5");
    EXPECT_EQ(names(list_folder(folder.path), {.endings = {".h5"}}), Names{"bad\xFF.h5"});
}

TEST(FolderListing, completes_what_was_typed) {
    const TestFolder folder;
    make_file(folder / "star_1.h5");
    make_file(folder / "star_2.h5");
    make_file(folder / ".secret");
    std::filesystem::create_directory(folder / "data");
    make_file(folder / "data" / "one.h5");
    EXPECT_EQ(completed_path("st", folder.path), "star_");
    EXPECT_EQ(completed_path("star_2", folder.path), "star_2.h5");
    EXPECT_EQ(completed_path("da", folder.path), "data/");
    EXPECT_EQ(completed_path("data/", folder.path), "data/one.h5");
    EXPECT_EQ(completed_path("nothing", folder.path), "nothing");
    EXPECT_EQ(completed_path(".s", folder.path), ".secret");
    const std::string whole = (folder / "da").string();
    EXPECT_EQ(completed_path(whole, "/"), whole + "ta/");
}

TEST(FolderListing, sizes_and_dates_are_for_people) {
    EXPECT_EQ(size_text(0), "0 B");
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(1234), "1.2 kB");
    EXPECT_EQ(size_text(999'600), "1.0 MB");
    EXPECT_EQ(size_text(52'000'000), "52 MB");
    EXPECT_EQ(date_text(0), "");
    EXPECT_EQ(date_text(1'700'000'000).size(), std::string("2023-11-14 22:13").size());
}

}  // namespace
}  // namespace firstlight::viewer
