// Little-endian numbers and blocks out of a binary file that is not to be believed: every read is checked against the
// file's size first.
//
//   SourceBytes bytes("scan.ptu");
//   const auto version = bytes.get<std::uint16_t>(8, "the version");
//   for (std::uint64_t at = 0; at < n; at += block.size()) bytes.read(first + at, block, "records");
//
// Errors (bad_input): "scan.ptu: ends within the records (byte 4,096 of 4,000)".
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>

#include "host/io/read_only_file.hpp"

namespace firstlight {

class SourceBytes {
  public:
    explicit SourceBytes(const std::filesystem::path& path);

    [[nodiscard]] std::uint64_t size() const { return file_.size(); }
    [[nodiscard]] const std::string& name() const { return file_.name(); }

    // Throws unless the file holds `bytes` bytes from `position` on; `what` names them in the message.
    void need(std::uint64_t position, std::uint64_t bytes, const std::string& what) const;
    void read(std::uint64_t position, std::span<std::byte> out, const std::string& what) const;
    template <class T>
    [[nodiscard]] T get(std::uint64_t position, const std::string& what) const {
        static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
        T value;
        read(position, std::as_writable_bytes(std::span(&value, 1)), what);
        return value;
    }
    // Up to the first zero byte, at most `bytes`; bytes that are no printable ASCII become "?".
    [[nodiscard]] std::string text(std::uint64_t position, std::size_t bytes, const std::string& what) const;

  private:
    ReadOnlyFile file_;
};

}  // namespace firstlight
