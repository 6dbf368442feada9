#include "host/io/npz_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "host/io/numbers_file.hpp"
#include "host/io/zip_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

// Characters of UTF-8 text; what is no UTF-8 becomes U+FFFD.
std::vector<std::uint32_t> characters_of(const std::string& text) {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80       ? 1
                                   : first >> 5 == 6  ? 2
                                   : first >> 4 == 14 ? 3
                                   : first >> 3 == 30 ? 4
                                                      : 0;
        std::uint32_t character = length == 1 ? first : first & (0x7FU >> length);
        bool good = length > 0 && i + length <= text.size();
        for (std::size_t k = 1; good && k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            good = next >> 6 == 2;
            character = character << 6 | (next & 0x3F);
        }
        good = good && character <= 0x10FFFF && (character < 0xD800 || character > 0xDFFF);
        out.push_back(good ? character : 0xFFFD);
        i += good ? length : 1;
    }
    return out;
}

}  // namespace

void NpzArrays::put(const std::string& name, const std::string& header, std::span<const std::byte> values) {
    const std::string member = name + ".npy";
    for (const Array& array : arrays_)
        if (array.member == member)
            throw Error(ExitCode::bad_input, fmt::format("two arrays are called \"{}\"", name),
                        "an .npz file tells its arrays apart by their names", "choose one with --layer");
    arrays_.push_back({member, header, values});
}

void NpzArrays::add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> values) {
    put(name, npy_header("<f4", shape), std::as_bytes(values));
}

void NpzArrays::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const std::uint8_t> values) {
    put(name, npy_header("|u1", shape), std::as_bytes(values));
}

void NpzArrays::add(const std::string& name, const std::vector<double>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    own_.emplace_back(bytes.begin(), bytes.end());
    put(name, npy_header("<f8", {static_cast<std::int64_t>(values.size())}), own_.back());
}

void NpzArrays::add_words(const std::string& name, const std::vector<std::string>& words) {
    std::vector<std::vector<std::uint32_t>> texts;
    std::size_t longest = 1;
    for (const std::string& word : words) {
        texts.push_back(characters_of(word));
        longest = std::max(longest, texts.back().size());
    }
    std::vector<std::byte>& bytes = own_.emplace_back(texts.size() * longest * 4);
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (!texts[i].empty()) std::memcpy(bytes.data() + i * longest * 4, texts[i].data(), texts[i].size() * 4);
    put(name, npy_header(fmt::format("<U{}", longest), {static_cast<std::int64_t>(words.size())}), bytes);
}

void write_npz(const std::filesystem::path& path, const NpzArrays& arrays, bool force) {
    ZipWriter zip(path, force);
    for (const NpzArrays::Array& array : arrays.arrays_) {
        const std::array<std::span<const std::byte>, 2> pieces{std::as_bytes(std::span(array.header)), array.values};
        zip.add(array.member, pieces);
    }
    zip.commit();
    const std::vector<ZipMember> found = read_zip(path);
    bool same = found.size() == arrays.arrays_.size();
    for (std::size_t i = 0; same && i < found.size(); ++i) {
        const NpzArrays::Array& wanted = arrays.arrays_[i];
        const std::string& bytes = found[i].bytes;
        same = found[i].name == wanted.member && bytes.size() == wanted.header.size() + wanted.values.size() &&
               bytes.starts_with(wanted.header) &&
               (wanted.values.empty() ||
                std::memcmp(bytes.data() + wanted.header.size(), wanted.values.data(), wanted.values.size()) == 0);
    }
    if (!same)
        throw Error(ExitCode::output, path.string() + ": holds other numbers than were written", "", "check the disk");
}

}  // namespace firstlight
