// A folder for the benchmarks' files that is gone with its owner, and what a command prints.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace firstlight::bench {

class ScratchFolder {
  public:
    ScratchFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "firstlight_bench_XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error(pattern + " cannot be made");
        path_ = pattern;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Errors: std::runtime_error when the command cannot be run or fails.
[[nodiscard]] std::string output_of(const std::vector<std::string>& command);

}  // namespace firstlight::bench
