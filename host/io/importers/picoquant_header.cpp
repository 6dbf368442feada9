#include "host/io/importers/picoquant_header.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

enum TagType : std::uint32_t {
    empty8 = 0xFFFF0008,
    bool8 = 0x00000008,
    int8 = 0x10000008,
    bit_set64 = 0x11000008,
    colour8 = 0x12000008,
    float8 = 0x20000008,
    date_time = 0x21000008,
    float8_array = 0x2001FFFF,
    ansi_string = 0x4001FFFF,
    wide_string = 0x4002FFFF,
    binary_blob = 0xFFFFFFFF,
};

constexpr std::uint64_t tag_bytes = 48;
constexpr std::int64_t most_tags = 1 << 16;
constexpr std::size_t longest_text = 4096;

template <class T>
void put(std::map<std::string, std::vector<T>>& all, const std::string& tag, std::int32_t index, T value) {
    std::vector<T>& values = all[tag];
    if (index <= 0) values.clear();
    values.push_back(value);
}

}  // namespace

std::optional<std::int64_t> PicoQuantHeader::integer(const std::string& tag) const {
    const auto found = integers.find(tag);
    if (found != integers.end()) return found->second.front();
    return std::nullopt;
}

std::optional<double> PicoQuantHeader::number(const std::string& tag) const {
    const auto found = numbers.find(tag);
    if (found != numbers.end() && std::isfinite(found->second.front())) return found->second.front();
    return std::nullopt;
}

std::string PicoQuantHeader::text(const std::string& tag) const {
    const auto found = texts.find(tag);
    return found == texts.end() ? "" : found->second;
}

PicoQuantHeader read_picoquant_header(const SourceBytes& bytes, const std::string& magic) {
    if (bytes.text(0, 8, "its magic") != magic)
        throw Error(ExitCode::bad_input, fmt::format("{}: does not begin with {}", bytes.name(), magic),
                    fmt::format("but with \"{}\"", bytes.text(0, 8, "its magic")));
    PicoQuantHeader header;
    header.version = bytes.text(8, 8, "the version");
    std::uint64_t at = 16;
    for (std::int64_t tags = 0;; ++tags) {
        if (tags == most_tags)
            throw Error(ExitCode::bad_input, fmt::format("{}: has more than {} tags", bytes.name(), most_tags),
                        "a header has some hundred", "copy the file again");
        bytes.need(at, tag_bytes, "the header, which has no Header_End");
        const std::string tag = bytes.text(at, 32, "a tag");
        const auto index = bytes.get<std::int32_t>(at + 32, "a tag");
        const auto type = bytes.get<std::uint32_t>(at + 36, "a tag");
        const auto value = bytes.get<std::int64_t>(at + 40, "a tag");
        at += tag_bytes;
        if (tag == "Header_End") break;
        std::uint64_t follows = 0;
        switch (type) {
            case empty8: break;
            case bool8:
            case int8:
            case bit_set64:
            case colour8:
                put(header.integers, tag, index, value);
                put(header.numbers, tag, index, static_cast<double>(value));
                break;
            case float8:
            case date_time: put(header.numbers, tag, index, std::bit_cast<double>(value)); break;
            case float8_array:
            case ansi_string:
            case wide_string:
            case binary_blob:
                if (value < 0)
                    throw Error(ExitCode::bad_input, fmt::format("{}: tag {} has {} bytes", bytes.name(), tag, value),
                                "a size cannot be negative", "copy the file again");
                follows = static_cast<std::uint64_t>(value);
                bytes.need(at, follows, "tag " + tag);
                if (type == ansi_string)
                    header.texts[tag] = bytes.text(at, std::min<std::uint64_t>(follows, longest_text), "tag " + tag);
                break;
            default:
                throw Error(ExitCode::bad_input,
                            fmt::format("{}: tag \"{}\" has type 0x{:08x}", bytes.name(), tag, type),
                            "no such type of tag is known", "copy the file again");
        }
        at += follows;
    }
    header.data_begin = at;
    return header;
}

}  // namespace firstlight
