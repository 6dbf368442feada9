#include "host/io/importers/npy_header.hpp"

#include <fmt/format.h>

#include <cstring>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint64_t longest_header = 1 << 20;
constexpr std::size_t most_axes = 32;  // NumPy's own

// {'descr': '<u2', 'fortran_order': False, 'shape': (64, 64, 512), }
class Dictionary {
  public:
    Dictionary(const std::string& text, const std::string& name) : text_(text), name_(name) {}

    NpyHeader read() {
        NpyHeader header;
        bool seen[3] = {};
        expect('{');
        while (!taken('}')) {
            const std::string key = quoted();
            expect(':');
            const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
            if (which < 0 || seen[which]) refuse("its dictionary has a key that NumPy does not write there");
            seen[which] = true;
            if (which == 0) header.type = type();
            else if (which == 1) header.fortran_order = truth();
            else header.shape = shape();
            if (!taken(',')) {
                expect('}');
                break;
            }
        }
        if (!seen[0] || !seen[1] || !seen[2]) refuse("its dictionary lacks descr, fortran_order or shape");
        blanks();
        if (at_ != text_.size()) refuse("there is something after its dictionary");
        return header;
    }

  private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(ExitCode::bad_input, name_ + ": its header is not understood", why,
                    "save it again with numpy.save");
    }
    void blanks() {
        while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr && text_[at_] != 0) ++at_;
    }
    bool taken(char c) {
        blanks();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!taken(c)) refuse(fmt::format("a '{}' was expected at byte {} of its dictionary", c, at_));
    }
    bool word(const char* word) {
        blanks();
        if (text_.compare(at_, std::strlen(word), word) != 0) return false;
        at_ += std::strlen(word);
        return true;
    }
    std::string quoted() {
        blanks();
        if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) refuse("a name in quotes was expected");
        const std::size_t end = text_.find(text_[at_], at_ + 1);
        if (end == std::string::npos) refuse("a quote does not end");
        const std::string out = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return out;
    }
    bool truth() {
        if (word("True")) return true;
        if (!word("False")) refuse("fortran_order is neither True nor False");
        return false;
    }
    std::vector<std::int64_t> shape() {
        std::vector<std::int64_t> out;
        expect('(');
        while (!taken(')')) {
            blanks();
            const bool negative = taken('-');
            std::int64_t value = 0;
            const std::size_t begin = at_;
            for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, text_[at_] - '0', &value))
                    refuse("an axis of its shape is longer than any file");
            if (at_ == begin) refuse("its shape has something in it that is no number");
            word("L");  // of Python 2
            if (negative || value == 0)
                refuse(fmt::format("an axis of its shape has {}{} elements", negative ? "-" : "", value));
            out.push_back(value);
            if (out.size() > most_axes) refuse("it has more axes than NumPy can");
            if (!taken(',')) {
                expect(')');
                break;
            }
        }
        return out;
    }
    h5::ElementType type() {
        blanks();
        if (at_ < text_.size() && text_[at_] == '[')
            throw Error(ExitCode::bad_input, name_ + ": is a structured array", "its elements have several fields",
                        "save the field of the counts by itself");
        const std::string code = quoted();
        const std::size_t skip = !code.empty() && std::strchr("<>|=", code[0]) != nullptr ? 1 : 0;
        const std::string plain = code.substr(std::min(skip, code.size()));
        h5::ElementType type;
        for (const char* known : {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"})
            if (plain == known) type.name = known;
        if (type.name.empty()) {
            std::string shown = code.substr(0, 40);
            for (char& c : shown)
                if (c < ' ' || c > '~') c = '?';
            throw Error(ExitCode::bad_input, fmt::format("{}: its numbers are of type \"{}\"", name_, shown),
                        plain.rfind('O', 0) == 0 ? "pickled objects can run programs and are never opened"
                                                 : "u1, u2, u4, u8, i1, i2, i4, i8, f4 and f8 are read",
                        "save counts as one of these, e.g. counts.astype(\"u4\")");
        }
        type.kind = plain[0] == 'u'   ? h5::Kind::unsigned_integer
                    : plain[0] == 'i' ? h5::Kind::signed_integer
                                      : h5::Kind::real;
        type.bytes = static_cast<std::size_t>(plain[1] - '0');
        type.big_endian = code[0] == '>' && type.bytes > 1;
        return type;
    }

    const std::string& text_;
    const std::string& name_;
    std::size_t at_ = 0;
};

}  // namespace

NpyHeader read_npy_header(const ReadOnlyFile& file) {
    const auto refuse = [&](const std::string& problem, const std::string& why) {
        throw Error(ExitCode::bad_input, file.name() + ": " + problem, why, "save it again with numpy.save");
    };
    unsigned char start[12] = {};
    if (file.size() < 10) refuse("is no .npy file", fmt::format("it has {} bytes", file.size()));
    file.read(0, start, 10);
    if (std::memcmp(start, "\x93NUMPY", 6) != 0) refuse("is no .npy file", "it does not begin with \\x93NUMPY");
    const int version = start[6];
    if (version < 1 || version > 3 || start[7] != 0)
        refuse(fmt::format("is of version {}.{}", version, start[7]), "1.0, 2.0 and 3.0 are read");
    std::uint64_t begin = 10, length = start[8] + (std::uint64_t{start[9]} << 8);
    if (version > 1) {
        begin = 12;
        if (file.size() < begin) refuse("ends within its header", "");
        file.read(10, start + 10, 2);
        length += (std::uint64_t{start[10]} << 16) + (std::uint64_t{start[11]} << 24);
    }
    if (length > longest_header || length > file.size() - begin)
        refuse("ends within its header", fmt::format("{} bytes of it, the file has {}", length, file.size()));
    std::string text(static_cast<std::size_t>(length), '\0');
    file.read(begin, text.data(), text.size());
    NpyHeader header = Dictionary(text, file.name()).read();
    header.data = begin + length;
    auto bytes = static_cast<std::int64_t>(header.type.bytes);
    for (const std::int64_t n : header.shape)
        if (__builtin_mul_overflow(bytes, n, &bytes)) refuse("has a shape larger than any file", "");
    const std::uint64_t room = file.size() - header.data;
    if (static_cast<std::uint64_t>(bytes) > room)
        refuse("ends before its numbers do", fmt::format("its shape needs {} bytes, {} are there", bytes, room));
    header.elements = bytes / static_cast<std::int64_t>(header.type.bytes);
    header.bytes_behind = room - static_cast<std::uint64_t>(bytes);
    return header;
}

}  // namespace firstlight
