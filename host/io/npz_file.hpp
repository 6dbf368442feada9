// Arrays with names in one file: NumPy's .npz.
//
//   NpzArrays arrays;
//   arrays.add("ballistic", {rows, columns}, values);
//   arrays.add_words("names", {"ballistic"});
//   write_npz("out.npz", arrays, force);            // and reads it back
//   np.load("out.npz")["ballistic"]
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <span>
#include <string>
#include <vector>

namespace firstlight {

class NpzArrays {
  public:
    // The values are not copied and must live until the file is written; as many as `shape` says.
    // Errors (bad_input): the name is taken.
    void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> values);
    void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::uint8_t> values);
    void add(const std::string& name, const std::vector<double>& values);
    // Text in UTF-8, as NumPy's type <U.
    void add_words(const std::string& name, const std::vector<std::string>& words);

  private:
    friend void write_npz(const std::filesystem::path& path, const NpzArrays& arrays, bool force);
    struct Array {
        std::string member, header;
        std::span<const std::byte> values;
    };
    void put(const std::string& name, const std::string& header, std::span<const std::byte> values);
    std::vector<Array> arrays_;
    std::list<std::vector<std::byte>> own_;  // values that nobody else keeps
};

// Errors: ExitCode::output as AtomicFile says, and when other bytes are read back than were written.
void write_npz(const std::filesystem::path& path, const NpzArrays& arrays, bool force);

}  // namespace firstlight
