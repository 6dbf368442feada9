// The figures that `reconstruct --png FOLDER` writes beside a result: every layer that shows something, and a volume's
// projections and slices; of a scan of more than 4 views whose volume is drawn, the layers of the first view alone. All
// of a run's files are written, or none of them stays.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"

namespace firstlight::cli {

struct FigureFile {
    std::string layer;  // "ballistic", "mu"
    std::int64_t view = 0;
    std::string picture;  // of a volume: "max_z", "slice_x"
    std::filesystem::path path;
};

// Files and folders that a run makes; those that were not there before are removed again unless keep() was called.
class NewFiles {
  public:
    NewFiles() = default;
    ~NewFiles();
    NewFiles(const NewFiles&) = delete;
    NewFiles& operator=(const NewFiles&) = delete;
    // To be called before the file or the folder is made; make_folder() makes it, with all above it. Errors: output.
    void will_make(const std::filesystem::path& file);
    void make_folder(const std::filesystem::path& folder);
    void keep() { made_.clear(); }

  private:
    std::vector<std::filesystem::path> made_;  // in the order in which they were made
};

struct FigureRequest {
    std::filesystem::path folder;
    std::string scan;  // its path: names the figures and stands in their titles
    bool force = false;
};

// Finds out before any work whether the figures can be written: nothing is made yet, so that nothing is left where the
// run is interrupted. Errors: output, as writing itself would say; those of the volume stage's box.
void check_figures(const FigureRequest& request, const Recipe& recipe, const Scan& scan);
[[nodiscard]] std::vector<FigureFile> write_figures(const FigureRequest& request, const Result& result,
                                                    const Recipe& recipe, NewFiles& made);

}  // namespace firstlight::cli
