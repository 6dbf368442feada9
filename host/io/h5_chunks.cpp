// The table of a dataset's chunks.
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <optional>

#include "host/io/h5.hpp"
#include "host/io/h5_chunk_tree.hpp"
#include "host/io/read_only_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::h5 {
namespace {

constexpr hsize_t fewest_worth_a_pass = 64;

// Some versions of the library leave the user block (MATLAB writes one) out of chunk addresses: compares the stored
// bytes of one chunk with the file's to find out. Returns what must be added to addresses.
std::uint64_t address_shift(std::int64_t dataset, const ReadOnlyFile& file, const hsize_t* offset, const Chunk& chunk,
                            std::uint64_t user_block) {
    if (user_block == 0 || chunk.bytes == 0 || chunk.bytes > (std::uint64_t{1} << 30)) return 0;
    std::vector<std::byte> truth(chunk.bytes), found(chunk.bytes);
    std::uint32_t mask = 0;
    if (H5Dread_chunk(dataset, H5P_DEFAULT, offset, &mask, truth.data()) < 0) return 0;
    for (const std::uint64_t shift : {std::uint64_t{0}, user_block}) {
        if (chunk.address > file.size() || chunk.bytes > file.size() - chunk.address ||
            shift > file.size() - chunk.address - chunk.bytes)
            continue;
        file.read(chunk.address + shift, found.data(), found.size());
        if (found == truth) return shift;
    }
    return 0;
}

// The table in one pass, where the file has the usual kind; what the library says of the first chunk must agree.
std::optional<std::vector<TreeEntry>> chunk_tree(std::int64_t file_id, std::int64_t dataset, const ReadOnlyFile& file,
                                                 std::uint64_t user_block, unsigned rank, hsize_t count) {
    if (count < fewest_worth_a_pass) return std::nullopt;
    H5O_info_t info;
    ObjectPlace place;
    const Id creation(H5Fget_create_plist(file_id));
    std::size_t address_bytes = 0, length_bytes = 0;
    if (H5Oget_info2(dataset, &info, H5O_INFO_BASIC) < 0 ||
        H5Pget_sizes(creation.get(), &address_bytes, &length_bytes) < 0)
        return std::nullopt;
    place.address = info.addr;
    place.base = user_block;
    place.address_bytes = static_cast<unsigned>(address_bytes);
    place.length_bytes = static_cast<unsigned>(length_bytes);
    auto tree = read_chunk_tree(file, place, rank, count);
    if (!tree) return std::nullopt;
    std::array<hsize_t, H5S_MAX_RANK> offset{};
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    const Id space(H5Dget_space(dataset));
    const TreeEntry& first = tree->front();
    if (H5Dget_chunk_info(dataset, space.get(), 0, offset.data(), &mask, &address, &bytes) < 0 ||
        !std::equal(offset.begin(), offset.begin() + rank, first.offset.begin()) || mask != first.filter_mask ||
        bytes != first.bytes || (address != first.address && address != first.address + user_block))
        return std::nullopt;
    return tree;
}

}  // namespace

void ReadFile::gather_chunks(std::int64_t dataset, StoredLayout& layout, std::size_t max_table_bytes) const {
    layout.layout = Layout::chunked;
    const std::string path = layout.where.substr(name_.size() + 2);
    const auto rank = static_cast<int>(layout.shape.size());
    const Id creation(H5Dget_create_plist(dataset));
    std::array<hsize_t, H5S_MAX_RANK> chunk_shape{};
    if (H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk_shape.data()) != rank) fail(path, "its chunks cannot be read");
    std::vector<std::int64_t> grid;
    std::int64_t cells = 1;
    for (int i = 0; i < rank; ++i) {
        const auto axis = static_cast<std::size_t>(i);
        if (chunk_shape[axis] == 0 || chunk_shape[axis] > UINT32_MAX) fail(path, "its chunks have no size");
        layout.chunk_shape.push_back(static_cast<std::int64_t>(chunk_shape[axis]));
        const std::int64_t n = layout.shape[axis];
        grid.push_back(n == 0 ? 0 : (n - 1) / layout.chunk_shape[axis] + 1);
        if (__builtin_mul_overflow(cells, grid.back(), &cells)) fail(path, "it has too many chunks");
    }
    const Id space(H5Dget_space(dataset));
    hsize_t count = 0;
    if (H5Dget_num_chunks(dataset, space.get(), &count) < 0) fail(path, "its table of chunks is damaged");
    if (count > max_table_bytes / sizeof(Chunk))
        throw Error(ExitCode::bad_input, fmt::format("{} has {} chunks", layout.where, count),
                    fmt::format("their table would not fit into {} MiB", max_table_bytes >> 20),
                    "rewrite it with larger chunks, or allow more memory");
    layout.chunks.reserve(count);
    const ReadOnlyFile file(name_);
    const auto tree = chunk_tree(file_.get(), dataset, file, user_block_, static_cast<unsigned>(rank), count);
    std::uint64_t shift = 0;
    for (hsize_t i = 0; i < count; ++i) {
        std::array<hsize_t, H5S_MAX_RANK> offset{};
        Chunk chunk;
        haddr_t address = HADDR_UNDEF;
        hsize_t bytes = 0;
        if (tree) {
            const TreeEntry& entry = (*tree)[i];
            std::copy_n(entry.offset.begin(), static_cast<std::size_t>(rank), offset.begin());
            chunk.filter_mask = entry.filter_mask;
            address = entry.address;
            bytes = entry.bytes;
        } else if (H5Dget_chunk_info(dataset, space.get(), i, offset.data(), &chunk.filter_mask, &address, &bytes) <
                   0) {
            fail(path, "its table of chunks is damaged");
        }
        if (address == HADDR_UNDEF) continue;
        chunk.bytes = bytes;
        chunk.address = address;
        if (i == 0) shift = address_shift(dataset, file, offset.data(), chunk, user_block_);
        bool inside = true;
        for (int a = 0; a < rank; ++a) {
            const auto axis = static_cast<std::size_t>(a);
            if (offset[axis] % chunk_shape[axis] != 0) fail(path, "a chunk lies off the grid of chunks");
            const hsize_t cell = offset[axis] / chunk_shape[axis];
            inside = inside && cell < static_cast<hsize_t>(grid[axis]);
            chunk.index = inside ? chunk.index * grid[axis] + static_cast<std::int64_t>(cell) : -1;
        }
        if (!inside) continue;  // left over from when the dataset was larger
        if (chunk.bytes > file.size() || chunk.address > file.size() - chunk.bytes ||
            shift > file.size() - chunk.bytes - chunk.address)
            throw Error(ExitCode::bad_input, layout.where + ": a chunk lies beyond the end of the file",
                        fmt::format("{} bytes at {}, the file has {}", chunk.bytes, chunk.address, file.size()),
                        "the file is truncated or damaged: copy or record it again");
        chunk.address += shift;
        layout.chunks.push_back(chunk);
    }
    const auto by_index = [](const Chunk& a, const Chunk& b) { return a.index < b.index; };
    std::sort(layout.chunks.begin(), layout.chunks.end(), by_index);
    const auto same = [](const Chunk& a, const Chunk& b) { return a.index == b.index; };
    if (std::adjacent_find(layout.chunks.begin(), layout.chunks.end(), same) != layout.chunks.end())
        fail(path, "a chunk is stored twice");
}

}  // namespace firstlight::h5
