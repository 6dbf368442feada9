// Tables of many chunks are read in time that grows with their number, and as the library reads them.
#include "host/io/h5_chunk_tree.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "host/io/h5.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

// [rows, columns, 2] u1 in chunks of one pixel, written from the last to the first; chunk c holds c % 251 twice.
void write_chunks(const std::filesystem::path& path, std::int64_t rows, std::int64_t columns) {
    h5::WriteFile file;
    file.group("/entry", "");
    file.dataset("/entry/counts", "u1", {rows, columns, 2}, nullptr, {{1, 1, 2}, false, "1", {}});
    for (std::int64_t c = rows * columns; c-- > 0;) {
        const std::array<std::uint8_t, 2> pair{static_cast<std::uint8_t>(c % 251), static_cast<std::uint8_t>(c % 251)};
        file.write_chunk("/entry/counts", {c / columns, c % columns, 0}, pair.data(), pair.size());
    }
    const std::vector<std::byte> image = file.finish_image();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
}

double seconds_to_gather(const std::filesystem::path& path, std::int64_t expected) {
    const h5::ReadFile file(path);
    const auto start = std::chrono::steady_clock::now();
    const h5::StoredLayout layout = file.stored_layout("/entry/counts", std::size_t{1} << 30);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_EQ(static_cast<std::int64_t>(layout.chunks.size()), expected);
    const ReadOnlyFile bytes(path);
    for (std::size_t i = 0; i < layout.chunks.size(); i += 97) {
        std::array<std::uint8_t, 2> pair{};
        EXPECT_EQ(layout.chunks[i].index, static_cast<std::int64_t>(i));
        EXPECT_EQ(layout.chunks[i].bytes, 2U);
        bytes.read(layout.chunks[i].address, pair.data(), 2);
        EXPECT_EQ(pair[0], i % 251);
        EXPECT_EQ(pair[1], i % 251);
    }
    return seconds;
}

TEST(ChunkTree, is_read_in_linear_time) {
    const ScratchFolder folder("chunk_tree");
    write_chunks(folder.path / "many.h5", 256, 256);
    const double seconds = seconds_to_gather(folder.path / "many.h5", 65536);
    std::cout << "65536 chunks in " << seconds * 1e3 << " ms\n";
    EXPECT_LT(seconds, 3.0);  // quadratic: 27 s
}

TEST(ChunkTree, gives_no_answer_rather_than_a_wrong_one) {
    const ScratchFolder folder("chunk_tree_bad");
    write_chunks(folder.path / "some.h5", 16, 16);
    const ReadOnlyFile file(folder.path / "some.h5");
    int answers = 0;
    for (std::uint64_t at = 0; at < 4096; at += 8)
        for (const std::uint64_t expected : {std::uint64_t{256}, std::uint64_t{255}, std::uint64_t{1} << 40}) {
            const auto tree = h5::read_chunk_tree(file, {at, 0, 8, 8}, 3, expected);
            if (!tree) continue;
            ++answers;
            EXPECT_EQ(expected, 256U);
            EXPECT_EQ(tree->size(), 256U);
        }
    EXPECT_EQ(answers, 1);  // the header of the dataset itself
    EXPECT_FALSE(h5::read_chunk_tree(file, {std::uint64_t{1} << 62, 0, 8, 8}, 3, 256));
    EXPECT_FALSE(h5::read_chunk_tree(file, {0, std::uint64_t{1} << 62, 8, 8}, 3, 256));
}

}  // namespace
}  // namespace firstlight
