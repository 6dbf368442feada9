#include "host/io/zip_file.hpp"

#include <libdeflate.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50,
                        end64_mark = 0x06064b50, locator64_mark = 0x07064b50;
constexpr std::uint32_t full32 = 0xFFFFFFFF;  // "see the ZIP64 field"
constexpr std::uint16_t full16 = 0xFFFF, zip64_field = 1;
constexpr std::uint16_t plain_version = 20, zip64_version = 45, utf8_names = 1 << 11;
constexpr std::uint16_t no_time = 0, first_day = 0x21;  // 1980-01-01: the same result, the same bytes
constexpr std::size_t central_bytes = 46, end_bytes = 22, end64_bytes = 56, locator64_bytes = 20, local_bytes = 30;

// Little-endian numbers, one after the other.
class Fields {
  public:
    Fields& u2(std::uint64_t value) { return put(value, 2); }
    Fields& u4(std::uint64_t value) { return put(value, 4); }
    Fields& u8(std::uint64_t value) { return put(value, 8); }
    Fields& text(const std::string& bytes) {
        bytes_ += bytes;
        return *this;
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    Fields& put(std::uint64_t value, int n) {
        for (int i = 0; i < n; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
        return *this;
    }
    std::string bytes_;
};

std::uint64_t capped(std::uint64_t value) { return value >= full32 ? full32 : value; }

// Reads numbers of an archive; past its end they are an error.
class Archive {
  public:
    explicit Archive(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
        file_.seekg(0, std::ios::end);
        const auto end = file_.tellg();
        if (!file_ || end < static_cast<std::streamoff>(end_bytes)) refuse();
        size_ = static_cast<std::uint64_t>(end);
    }
    [[noreturn]] void refuse() const { throw Error(ExitCode::output, path_.string() + ": is not what was written"); }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::string bytes(std::uint64_t at, std::uint64_t n) {
        if (at > size_ || n > size_ - at) refuse();
        std::string out(n, '\0');
        file_.seekg(static_cast<std::streamoff>(at));
        file_.read(out.data(), static_cast<std::streamsize>(n));
        if (!file_) refuse();
        return out;
    }

  private:
    std::filesystem::path path_;
    std::ifstream file_;
    std::uint64_t size_ = 0;
};

std::uint64_t number_in(const std::string& bytes, std::size_t at, std::size_t n) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < n; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes.at(at + i))} << (8 * i);
    return value;
}

struct Directory {
    std::uint64_t members = 0, bytes = 0, offset = 0;
};

Directory directory_of(Archive& archive) {
    const std::string end = archive.bytes(archive.size() - end_bytes, end_bytes);
    if (number_in(end, 0, 4) != end_mark) archive.refuse();
    Directory found{number_in(end, 10, 2), number_in(end, 12, 4), number_in(end, 16, 4)};
    if (found.members != full16 && found.bytes != full32 && found.offset != full32) return found;
    if (archive.size() < end_bytes + locator64_bytes) archive.refuse();
    const std::string locator = archive.bytes(archive.size() - end_bytes - locator64_bytes, locator64_bytes);
    if (number_in(locator, 0, 4) != locator64_mark) archive.refuse();
    const std::string end64 = archive.bytes(number_in(locator, 8, 8), end64_bytes);
    if (number_in(end64, 0, 4) != end64_mark) archive.refuse();
    return {number_in(end64, 32, 8), number_in(end64, 40, 8), number_in(end64, 48, 8)};
}

}  // namespace

void ZipWriter::put(const std::string& bytes) {
    file_.write(bytes.data(), bytes.size());
    at_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::span<const std::byte>> pieces) {
    if (name.size() > full16) throw Error(ExitCode::internal, "a name in a ZIP file is too long");
    Entry entry{name, 0, 0, at_};
    for (const auto piece : pieces) {
        entry.checksum = libdeflate_crc32(entry.checksum, piece.data(), piece.size());
        entry.bytes += piece.size();
    }
    const bool large = entry.bytes >= full32;
    Fields head;
    head.u4(local_mark).u2(large ? zip64_version : plain_version).u2(utf8_names).u2(0).u2(no_time).u2(first_day);
    head.u4(entry.checksum).u4(capped(entry.bytes)).u4(capped(entry.bytes));
    head.u2(name.size()).u2(large ? 20 : 0).text(name);
    if (large) head.u2(zip64_field).u2(16).u8(entry.bytes).u8(entry.bytes);
    put(head.bytes());
    for (const auto piece : pieces) {
        file_.write(piece.data(), piece.size());
        at_ += piece.size();
    }
    entries_.push_back(entry);
}

void ZipWriter::commit() {
    const std::uint64_t start = at_;
    for (const Entry& e : entries_) {
        const bool large = e.bytes >= full32, far = e.offset >= full32;
        Fields wide;
        if (large) wide.u8(e.bytes).u8(e.bytes);
        if (far) wide.u8(e.offset);
        const std::size_t extra = wide.bytes().empty() ? 0 : wide.bytes().size() + 4;
        const std::uint16_t version = extra > 0 ? zip64_version : plain_version;
        Fields head;
        head.u4(central_mark).u2(version).u2(version).u2(utf8_names).u2(0).u2(no_time).u2(first_day);
        head.u4(e.checksum).u4(capped(e.bytes)).u4(capped(e.bytes)).u2(e.name.size()).u2(extra);
        head.u2(0).u2(0).u2(0).u4(0).u4(capped(e.offset)).text(e.name);
        if (extra > 0) head.u2(zip64_field).u2(wide.bytes().size()).text(wide.bytes());
        put(head.bytes());
    }
    const std::uint64_t bytes = at_ - start, end64 = at_;
    Fields end;
    if (entries_.size() >= full16 || start >= full32 || bytes >= full32) {
        end.u4(end64_mark).u8(end64_bytes - 12).u2(zip64_version).u2(zip64_version).u4(0).u4(0);
        end.u8(entries_.size()).u8(entries_.size()).u8(bytes).u8(start);
        end.u4(locator64_mark).u4(0).u8(end64).u4(1);
    }
    const std::uint64_t members = std::min<std::uint64_t>(entries_.size(), full16);
    end.u4(end_mark).u2(0).u2(0).u2(members).u2(members).u4(capped(bytes)).u4(capped(start)).u2(0);
    put(end.bytes());
    file_.commit();
}

std::vector<ZipMember> read_zip(const std::filesystem::path& path) {
    Archive archive(path);
    const Directory directory = directory_of(archive);
    const std::string list = archive.bytes(directory.offset, directory.bytes);
    std::vector<ZipMember> members;
    std::size_t at = 0;
    try {
        for (std::uint64_t i = 0; i < directory.members; ++i) {
            if (number_in(list, at, 4) != central_mark || number_in(list, at + 10, 2) != 0) archive.refuse();
            const auto checksum = static_cast<std::uint32_t>(number_in(list, at + 16, 4));
            std::uint64_t bytes = number_in(list, at + 24, 4), offset = number_in(list, at + 42, 4);
            const std::size_t name = number_in(list, at + 28, 2), extra = number_in(list, at + 30, 2);
            std::size_t wide = at + central_bytes + name + 4;
            if (bytes == full32) {
                bytes = number_in(list, wide, 8);
                wide += 16;
            }
            if (offset == full32) offset = number_in(list, wide, 8);
            const std::string local = archive.bytes(offset, local_bytes);
            if (number_in(local, 0, 4) != local_mark) archive.refuse();
            const std::uint64_t data = offset + local_bytes + number_in(local, 26, 2) + number_in(local, 28, 2);
            ZipMember member{list.substr(at + central_bytes, name), archive.bytes(data, bytes)};
            if (libdeflate_crc32(0, member.bytes.data(), member.bytes.size()) != checksum) archive.refuse();
            members.push_back(std::move(member));
            at += central_bytes + name + extra;
        }
    } catch (const std::out_of_range&) {
        archive.refuse();
    }
    return members;
}

}  // namespace firstlight
