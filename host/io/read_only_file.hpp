// A file opened for reading at given positions (pread), which threads share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace firstlight {

class ReadOnlyFile {
  public:
    // Errors (bad_input): no such file, no permission, not a plain file.
    explicit ReadOnlyFile(const std::filesystem::path& path);
    ~ReadOnlyFile();
    ReadOnlyFile(const ReadOnlyFile&) = delete;
    ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

    [[nodiscard]] std::uint64_t size() const { return size_; }  // when it was opened
    [[nodiscard]] const std::string& name() const { return name_; }
    // Errors (bad_input): beyond the end of the file, reading fails.
    void read(std::uint64_t position, void* out, std::size_t bytes) const;

  private:
    std::string name_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace firstlight
