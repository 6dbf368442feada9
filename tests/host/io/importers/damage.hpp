// Whatever bytes a file has: it is imported or refused with a message, in bounded memory and time. For every importer.
//
//   survive_damage("ptu", path, {good, another_good}, 2000);
//
// Each round damages one of the `seeds` (files that are imported), by a few bytes, bits or a cut, and imports it. At
// least a tenth of the rounds must be imported and a tenth refused: else nothing was tried. Half of the changes are
// made in `places`, where some are given.
#pragma once

#include <fstream>
#include <iterator>
#include <random>

#include "tests/host/io/importers/import_fixture.hpp"

namespace firstlight {

inline std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

using Places = std::vector<std::pair<std::size_t, std::size_t>>;  // first byte, number of bytes

inline std::string damaged(std::string bytes, const Places& places, std::mt19937& random) {
    const auto changes = 1 + random() % 4;
    for (unsigned i = 0; i < changes; ++i) {
        std::size_t at = random() % bytes.size();
        if (!places.empty() && random() % 2 == 0) {
            const auto& [first, size] = places[random() % places.size()];
            at = std::min(first + random() % size, bytes.size() - 1);
        }
        switch (random() % 4) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
            case 2: bytes[at] = '\xff'; break;
            default:
                if (random() % 8 == 0) bytes.resize(at + 1);
        }
    }
    return bytes;
}

// What became of damaged files.
struct DamageTally {
    int imported = 0, refused = 0;

    // Imports one, which must be imported or refused by a message. Where it is not to be `written`, because disks are
    // slow, it counts as imported once the share `enough` is done.
    void try_import(ImportRequest request, bool written, double enough) {
        if (!written)
            request.progress = [enough](double done) {
                if (done >= enough) throw Error(ExitCode::interrupted, "all but written");
            };
        try {
            (void)import_file(request);
            ++imported;
        } catch (const Error& error) {
            if (error.code() == ExitCode::interrupted) {
                ++imported;
                return;
            }
            EXPECT_TRUE(error.code() == ExitCode::bad_input || error.code() == ExitCode::usage) << error.what();
            ++refused;
        }
    }
};

inline void survive_damage(const std::string& format, const std::filesystem::path& path,
                           const std::vector<std::string>& seeds, int rounds,
                           const std::vector<Options>& options = {{}}, const Places& places = {}) {
    std::mt19937 random(7);
    const std::filesystem::path target = path.string() + ".damaged.h5";
    DamageTally tally;
    for (int round = 0; round < rounds; ++round) {
        write_bytes(path, damaged(seeds[random() % seeds.size()], places, random));
        ImportRequest request = import_request(path, target, options[static_cast<std::size_t>(round) % options.size()]);
        request.format = format;
        request.memory_bytes = 1 << 20;
        tally.try_import(request, round % 32 <= 1, 0.5);
    }
    EXPECT_GE(tally.imported, rounds / 10);
    EXPECT_GE(tally.refused, rounds / 10);
}

}  // namespace firstlight
