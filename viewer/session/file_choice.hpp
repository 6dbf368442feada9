// Choosing a file by keyboard or mouse, without drawing: the folder, what is chosen in it, what was typed.
//
//   FileChoice choice(FileChoice::For::open, {".h5"}, "/data", "");
//   choice.jump("st", 0.1);          // typing goes to star.h5
//   if (auto path = choice.take()) open(*path);   // Enter: a folder is entered, a file is the answer
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "viewer/session/folder_listing.hpp"

namespace firstlight::viewer {

class FileChoice {
  public:
    enum class For : std::uint8_t { open, save, folder };

    // A `start` that cannot be read is left for the nearest folder above it.
    FileChoice(For what, std::vector<std::string> endings, const std::filesystem::path& start, std::string proposed);

    [[nodiscard]] For what() const { return what_; }
    [[nodiscard]] const FolderListing& listing() const { return listing_; }
    [[nodiscard]] const std::vector<std::size_t>& shown() const { return shown_; }
    [[nodiscard]] const FolderEntry& entry(std::size_t row) const { return listing_.entries[shown_[row]]; }
    [[nodiscard]] int chosen() const { return chosen_; }  // row; -1: none
    [[nodiscard]] const std::vector<std::string>& endings() const { return endings_; }
    [[nodiscard]] const ListingFilter& filter() const { return filter_; }

    void go(const std::filesystem::path& folder);
    void up();  // the folder that was left is chosen
    void refresh();
    void choose(int row);                               // clamped; takes a file's name for saving
    void move(int rows);                                // arrow keys
    void jump(const std::string& letters, double now);  // typing; letters that follow soon belong together
    void sort_by(SortBy by);                            // again: the other way round
    void show_hidden(bool on);
    void show_all(bool on);  // whatever the endings
    void make_folder(const std::string& name);

    // Enter. The chosen file, or the folder; nothing when a folder was entered instead or something is wrong (see
    // problem).
    [[nodiscard]] std::optional<std::filesystem::path> take();
    // A line that was typed into the path field: a folder is entered, a file is the answer.
    [[nodiscard]] std::optional<std::filesystem::path> take_typed();

    // The beginning of a path that was typed or pasted beside the path field.
    void type_path(const std::string& text);
    // The folder that take() would answer with, of For::folder.
    [[nodiscard]] std::filesystem::path answer() const;

    std::string typed;        // the path field
    bool types_path = false;  // it takes the keyboard in the next frame
    bool begun = false;       // and goes on at the end of `typed`
    std::string name;         // of the file to save
    std::string new_folder;   // its name, while it is typed
    std::string problem;      // why the last thing asked for could not be done; "" when it could
    bool scroll = false;      // the chosen row must be brought into view

  private:
    void update();
    [[nodiscard]] std::filesystem::path with_ending(const std::filesystem::path& path) const;

    For what_;
    std::vector<std::string> endings_;
    FolderListing listing_;
    ListingFilter filter_;
    std::vector<std::size_t> shown_;
    int chosen_ = -1;
    std::string jumped_;
    double jumped_at_ = -1e9;
};

// Home, the folders of recent files, and the root, each once.
[[nodiscard]] std::vector<std::filesystem::path> folder_bookmarks(const std::vector<std::filesystem::path>& recent);

}  // namespace firstlight::viewer
