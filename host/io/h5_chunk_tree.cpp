#include "host/io/h5_chunk_tree.hpp"

#include <algorithm>
#include <cstring>

namespace firstlight::h5 {
namespace {

constexpr std::size_t largest_header = std::size_t{1} << 20;
constexpr std::size_t largest_node = std::size_t{1} << 20;
constexpr std::uint16_t layout_message = 8, continuation_message = 16;

struct Unusual {};  // leads back to read_chunk_tree, which then has no answer

// Bytes of the file, read little-endian from the start; past the end is Unusual.
class Bytes {
  public:
    Bytes(const ReadOnlyFile& file, std::uint64_t position, std::size_t n) {
        if (position > file.size() || n > file.size() - position) throw Unusual();
        data_.resize(n);
        file.read(position, data_.data(), n);
    }
    [[nodiscard]] std::uint64_t take(unsigned n) {
        if (n > 8 || n > left()) throw Unusual();
        std::uint64_t value = 0;
        std::memcpy(&value, data_.data() + at_, n);
        at_ += n;
        return value;
    }
    void skip(std::size_t n) {
        if (n > left()) throw Unusual();
        at_ += n;
    }
    void expect(const char* signature) {
        const std::size_t n = std::strlen(signature);
        if (n > left() || std::memcmp(data_.data() + at_, signature, n) != 0) throw Unusual();
        at_ += n;
    }
    [[nodiscard]] std::size_t left() const { return data_.size() - at_; }

  private:
    std::vector<unsigned char> data_;
    std::size_t at_ = 0;
};

class TreeReader {
  public:
    TreeReader(const ReadOnlyFile& file, const ObjectPlace& place, unsigned rank, std::uint64_t expected)
        : file_(file), place_(place), rank_(rank), expected_(expected) {
        if (rank == 0 || rank > 8 || place.address_bytes > 8 || place.length_bytes > 8) throw Unusual();
    }

    std::vector<TreeEntry> read() {
        read_header();
        if (!tree_) throw Unusual();
        if (*tree_ != undefined()) read_node(*tree_, -1);
        if (entries_.size() != expected_) throw Unusual();
        return std::move(entries_);
    }

  private:
    struct Block {
        std::uint64_t position, bytes;
    };

    [[nodiscard]] std::uint64_t undefined() const { return ~std::uint64_t{0} >> (64 - 8 * place_.address_bytes); }
    [[nodiscard]] std::uint64_t position_of(std::uint64_t address) const {
        if (address > file_.size() || place_.base > file_.size() - address) throw Unusual();
        return address + place_.base;
    }

    void read_header() {
        const std::uint64_t start = position_of(place_.address);
        Bytes first(file_, start, std::min<std::uint64_t>(64, file_.size() - start));
        const bool old = first.take(1) == 1;
        std::vector<Block> blocks;
        unsigned flags = 0;
        if (old) {
            first.skip(7);
            blocks.push_back({start + 16, first.take(4)});
        } else {
            first.expect("HDR");
            if (first.take(1) != 2) throw Unusual();
            flags = static_cast<unsigned>(first.take(1));
            const unsigned times = (flags & 0x20U) != 0 ? 16 : 0, phases = (flags & 0x10U) != 0 ? 4 : 0;
            first.skip(times + phases);
            const unsigned width = 1U << (flags & 3U);
            blocks.push_back({start + 6 + times + phases + width, first.take(width)});
        }
        std::uint64_t all = 0;
        for (std::size_t i = 0; i < blocks.size() && !tree_; ++i) {  // continuations are added at the end
            all += blocks[i].bytes;
            if (all > largest_header || blocks.size() > 1000) throw Unusual();
            Bytes messages(file_, blocks[i].position, blocks[i].bytes);
            if (!old && i > 0) messages.expect("OCHK");
            const std::size_t head = old ? 8 : (flags & 4U) != 0 ? 6 : 4;
            while (!tree_ && messages.left() >= head) {
                const auto type = static_cast<std::uint16_t>(messages.take(old ? 2 : 1));
                const auto bytes = static_cast<std::size_t>(messages.take(2));
                messages.skip(head - (old ? 4 : 3));
                if (bytes > messages.left()) break;  // the checksum, or a gap
                const std::size_t before = messages.left();
                if (type == layout_message) read_layout(messages);
                if (type == continuation_message) {
                    const std::uint64_t position = position_of(messages.take(place_.address_bytes));
                    blocks.push_back({position, messages.take(place_.length_bytes)});
                }
                messages.skip(bytes - std::min(bytes, before - messages.left()));
            }
        }
    }

    void read_layout(Bytes& message) {
        if (message.take(1) != 3 || message.take(1) != 2 || message.take(1) != rank_ + 1) throw Unusual();
        tree_ = message.take(place_.address_bytes);
    }

    void read_node(std::uint64_t address, int expected_level) {
        const std::uint64_t position = position_of(address);
        if (++nodes_ > expected_ + 1) throw Unusual();  // every leaf holds a chunk at least
        Bytes head(file_, position, 8);
        head.expect("TREE");
        if (head.take(1) != 1) throw Unusual();
        const int level = static_cast<int>(head.take(1));
        if (expected_level >= 0 && level != expected_level) throw Unusual();
        const std::uint64_t children = head.take(2);
        const std::size_t key = 8 + 8 * (static_cast<std::size_t>(rank_) + 1);
        const std::size_t bytes = children * (key + place_.address_bytes) + 2 * place_.address_bytes;
        if (bytes > largest_node) throw Unusual();
        Bytes node(file_, position + 8, bytes);
        node.skip(2 * place_.address_bytes);  // siblings
        for (std::uint64_t i = 0; i < children; ++i) {
            TreeEntry entry;
            entry.bytes = static_cast<std::uint32_t>(node.take(4));
            entry.filter_mask = static_cast<std::uint32_t>(node.take(4));
            for (unsigned axis = 0; axis < rank_; ++axis) entry.offset[axis] = node.take(8);
            node.skip(8);
            entry.address = node.take(place_.address_bytes);
            if (level > 0) {
                read_node(entry.address, level - 1);
                continue;
            }
            if (entries_.size() >= expected_) throw Unusual();
            entries_.push_back(entry);
        }
    }

    const ReadOnlyFile& file_;
    ObjectPlace place_;
    unsigned rank_;
    std::uint64_t expected_, nodes_ = 0;
    std::optional<std::uint64_t> tree_;
    std::vector<TreeEntry> entries_;
};

}  // namespace

std::optional<std::vector<TreeEntry>> read_chunk_tree(const ReadOnlyFile& file, const ObjectPlace& place, unsigned rank,
                                                      std::uint64_t expected) {
    try {
        return TreeReader(file, place, rank, expected).read();
    } catch (const Unusual&) {
        return std::nullopt;
    }
}

}  // namespace firstlight::h5
