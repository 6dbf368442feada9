// A ZIP archive of members that are stored as they are, as NumPy's .npz is one. ZIP64 where sizes, places or the number
// of members need it. Written whole or not at all.
//
//   ZipWriter zip("out.npz", force);
//   zip.add("counts.npy", {header, values});   // pieces of one member, one after the other
//   zip.commit();
//   for (const ZipMember& member : read_zip("out.npz")) …
//
// Source: PKWARE's APPNOTE.TXT 6.3. Errors: ExitCode::output, as AtomicFile says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/io/atomic_file.hpp"

namespace firstlight {

struct ZipMember {
    std::string name;
    std::string bytes;
};

class ZipWriter {
  public:
    ZipWriter(const std::filesystem::path& target, bool force) : file_(target, force) {}

    // `name` in UTF-8, at most 65,535 bytes of it.
    void add(const std::string& name, std::span<const std::span<const std::byte>> pieces);
    void commit();

  private:
    struct Entry {
        std::string name;
        std::uint32_t checksum = 0;
        std::uint64_t bytes = 0, offset = 0;
    };
    void put(const std::string& bytes);
    AtomicFile file_;
    std::uint64_t at_ = 0;  // bytes written
    std::vector<Entry> entries_;
};

// The members of an archive that ZipWriter wrote, found by its directory, with their checksums checked. Errors
// (output): it is not what was written.
[[nodiscard]] std::vector<ZipMember> read_zip(const std::filesystem::path& path);

}  // namespace firstlight
