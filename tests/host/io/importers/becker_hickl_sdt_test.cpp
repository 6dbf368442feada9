// SDT files written here, byte by byte, whose counts are known; sdtfile (PyPI) reads the same ones.
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <fstream>
#include <random>

#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

template <class T>
void set(std::string& bytes, std::size_t at, T value) {
    if (bytes.size() < at + sizeof(T)) bytes.resize(at + sizeof(T), '\0');
    std::memcpy(bytes.data() + at, &value, sizeof(T));
}

struct SdtFile {
    std::int16_t bins = 16;
    std::int32_t x = 0, y = 0, routing_x = 0, image_x = 0, image_y = 0;
    float range_s = 50e-9F;
    std::int16_t gain = 4;
    std::uint16_t type = 0x1;           // decay, u2
    std::vector<std::uint32_t> counts;  // of a block
    int blocks = 1;
    std::string id = "SPC Setup & Data File";
    int description_bytes = 512;

    [[nodiscard]] std::string data(int block) const {
        std::string out;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const std::uint32_t count = counts[i] + static_cast<std::uint32_t>(block);
            if ((type & 0xf00) == 0) set(out, out.size(), static_cast<std::uint16_t>(count));
            else if ((type & 0xf00) == 0x100) set(out, out.size(), count);
            else set(out, out.size(), static_cast<double>(count));
        }
        return out;
    }
    // A zip archive with one member, "data_block".
    static std::string zip(const std::string& plain) {
        std::string packed(plain.size() + 1000, '\0');
        auto* compressor = libdeflate_alloc_compressor(6);
        packed.resize(
            libdeflate_deflate_compress(compressor, plain.data(), plain.size(), packed.data(), packed.size()));
        libdeflate_free_compressor(compressor);
        const std::uint32_t crc = libdeflate_crc32(0, plain.data(), plain.size());
        const std::string name = "data_block";
        const auto member = [&](std::string& out, std::size_t at) {  // from the version needed to the length of extras
            set<std::uint16_t>(out, at, 20);
            set<std::uint16_t>(out, at + 4, 8);
            set<std::uint16_t>(out, at + 8, 0x21);
            set<std::uint32_t>(out, at + 10, crc);
            set(out, at + 14, static_cast<std::uint32_t>(packed.size()));
            set(out, at + 18, static_cast<std::uint32_t>(plain.size()));
            set(out, at + 22, static_cast<std::uint16_t>(name.size()));
            set<std::uint16_t>(out, at + 24, 0);
        };
        std::string out = "PK\3\4";
        member(out, 4);
        out += name + packed;
        const auto directory = static_cast<std::uint32_t>(out.size());
        std::string entry = "PK\1\2";
        set<std::uint16_t>(entry, 4, 20);
        member(entry, 6);
        entry.resize(46, '\0');
        out += entry + name;
        std::string end = "PK\5\6";
        set<std::uint16_t>(end, 8, 1);
        set<std::uint16_t>(end, 10, 1);
        set(end, 12, static_cast<std::uint32_t>(out.size()) - directory);
        set(end, 16, directory);
        set<std::uint16_t>(end, 20, 0);
        return out + end;
    }
    [[nodiscard]] std::string bytes() const {
        const std::string notes = "*IDENTIFICATION\r\n  ID        : " + id + "\r\n  Title     : test\r\n*END\r\n";
        const int first = 42 + static_cast<int>(notes.size()) + description_bytes;
        std::string out;
        set<std::int16_t>(out, 0, 0x28F);
        set<std::int32_t>(out, 2, 42);
        set(out, 6, static_cast<std::int16_t>(notes.size()));
        set<std::int32_t>(out, 14, first);
        set(out, 18, static_cast<std::int16_t>(blocks));
        set<std::int32_t>(out, 24, 42 + static_cast<std::int32_t>(notes.size()));
        set<std::int16_t>(out, 28, 1);
        set(out, 30, static_cast<std::int16_t>(description_bytes));
        set<std::uint16_t>(out, 32, 0x5555);
        set<std::uint16_t>(out, 40, 0x55AA);
        out += notes;
        std::string description(static_cast<std::size_t>(description_bytes), '\0');
        set(description, 64, range_s);
        set(description, 68, gain);
        set(description, 82, bins);
        if (description_bytes >= 325) {
            set(description, 173, x);
            set(description, 177, y);
            set(description, 181, routing_x);
            set<std::int32_t>(description, 185, 1);
            set(description, 309, image_x);
            set(description, 313, image_y);
        }
        out += description;
        for (int i = 0; i < blocks; ++i) {
            const std::string plain = data(i), stored = (type & 0x1000) != 0 ? zip(plain) : plain;
            const std::size_t at = out.size();
            set<std::uint16_t>(out, at, 0);
            set(out, at + 2, static_cast<std::uint32_t>(at + 22));
            set(out, at + 6, static_cast<std::uint32_t>(at + 22 + stored.size()));
            set(out, at + 10, type);
            set<std::int16_t>(out, at + 12, 0);
            set<std::uint32_t>(out, at + 14, 0);
            set(out, at + 18, static_cast<std::uint32_t>(plain.size()));
            out += stored;
        }
        return out;
    }
};

std::vector<std::uint32_t> counting(std::size_t n, std::uint32_t largest = 5000) {
    std::vector<std::uint32_t> counts(n);
    for (std::size_t i = 0; i < n; ++i) counts[i] = static_cast<std::uint32_t>(i * i * 7 % largest);
    return counts;
}

SdtFile image_file() {
    SdtFile file;
    file.x = 3;
    file.y = 2;
    file.type = 0x61;
    file.counts = counting(3 * 2 * 16);
    return file;
}

class BeckerHicklSdt : public testing::Test {
  protected:
    ScratchFolder folder_{"sdt"};
    const std::filesystem::path sdt_ = folder_.path / "scan.sdt", h5_ = folder_.path / "scan.h5";

    void write(const std::string& bytes) const {
        std::ofstream(sdt_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    std::vector<std::uint32_t> counts(const SdtFile& file, const Options& options = {}) {
        write(file.bytes());
        (void)import_file(import_request(sdt_, h5_, options));
        const AcquisitionFile read = AcquisitionFile::open(h5_, {});
        scan_ = read.scan();
        if (scan_.type == CountType::u4) return read_counts(read);
        std::vector<std::uint16_t> narrow(static_cast<std::size_t>(scan_.pixels() * scan_.bins));
        CountDataset::Scratch scratch;
        read.counts().read({0, 0, 0, scan_.rows, scan_.columns, scan_.columns}, narrow.data(), scratch);
        return {narrow.begin(), narrow.end()};
    }
    std::string refused(const std::string& bytes, const Options& options = {}, ExitCode code = ExitCode::bad_input) {
        write(bytes);
        return refusal(sdt_, options, code);
    }
    std::string changed(std::size_t at, auto value, SdtFile file = image_file()) {
        std::string bytes = file.bytes();
        set(bytes, at, value);
        return refused(bytes);
    }
    Scan scan_;
};

TEST_F(BeckerHicklSdt, image_of_each_type_of_number_packed_or_not) {
    for (const int type : {0x61, 0x161, 0x261, 0x1061, 0x1161, 0x1261}) {
        SdtFile file = image_file();
        file.type = static_cast<std::uint16_t>(type);
        EXPECT_EQ(counts(file), file.counts) << type;
        EXPECT_EQ(scan_.rows, 2);
        EXPECT_EQ(scan_.columns, 3);
        EXPECT_DOUBLE_EQ(scan_.bin_width_s, static_cast<double>(50e-9F) / (4 * 16));
        EXPECT_EQ(scan_.type, (type & 0xf00) == 0 ? CountType::u2 : CountType::u4);
    }
}

TEST_F(BeckerHicklSdt, curves_are_a_row) {
    SdtFile file;
    file.counts = counting(16 * 3);
    EXPECT_EQ(counts(file), file.counts);
    EXPECT_EQ(scan_.rows, 1);
    EXPECT_EQ(scan_.columns, 3);
    file.description_bytes = 211;  // of old software: no image size
    EXPECT_EQ(counts(file), file.counts);
    file.gain = 0;
    EXPECT_SAYS(refused(file.bytes(), {}, ExitCode::usage), "--bin-width-ps");
    EXPECT_EQ(counts(file, {{"bin_width_ps", "12"}}), file.counts);
    EXPECT_DOUBLE_EQ(scan_.bin_width_s, 12e-12);
}

TEST_F(BeckerHicklSdt, one_of_several_channels_is_chosen) {
    SdtFile file = image_file();
    file.blocks = 3;
    EXPECT_SAYS(refused(file.bytes(), {}, ExitCode::usage), "--channel (0 to 2)");
    EXPECT_SAYS(refused(file.bytes(), {{"channel", "3"}}, ExitCode::usage), "has no channel 3");
    std::vector<std::uint32_t> second = file.counts;
    for (std::uint32_t& count : second) ++count;
    EXPECT_EQ(counts(file, {{"channel", "1"}}), second);

    for (const int type : {0x61, 0x1161, 0x261}) {  // two images routed into one block
        SdtFile routed = image_file();
        routed.type = static_cast<std::uint16_t>(type);
        routed.routing_x = 2;
        routed.counts = counting(2 * 96);
        EXPECT_SAYS(refused(routed.bytes(), {}, ExitCode::usage), "--channel (0 to 1)");
        EXPECT_EQ(counts(routed, {{"channel", "1"}}),
                  std::vector<std::uint32_t>(routed.counts.begin() + 96, routed.counts.end()));
    }
}

TEST_F(BeckerHicklSdt, refuses_chains_that_do_not_run_forwards) {
    SdtFile file = image_file();
    file.blocks = 2;
    std::uint32_t first = 0;
    std::memcpy(&first, file.bytes().data() + 14, 4);
    EXPECT_SAYS(changed(first + 6, first, file), "data block 0 is followed by the one at byte");
    EXPECT_SAYS(changed(first + 6, std::uint32_t{4}, file), "is followed by the one at byte 4");
    EXPECT_SAYS(changed(first + 6, std::uint32_t{90000}, file), "ends within the header of data block 1");
}

TEST_F(BeckerHicklSdt, refuses_what_is_absurd) {
    std::uint32_t first = 0;
    std::memcpy(&first, image_file().bytes().data() + 14, 4);
    const std::size_t description = first - 512;
    EXPECT_SAYS(changed(18, std::int16_t{-3}), "has -3 data blocks");
    EXPECT_SAYS(changed(18, std::int16_t{30000}), "tells of 30000 data blocks");
    EXPECT_SAYS(changed(14, std::int32_t{-1}), "its data are at byte -1");
    EXPECT_SAYS(changed(28, std::int16_t{0}), "has 0 descriptions");
    EXPECT_SAYS(changed(first + 12, std::int16_t{1}), "is described by block 1");
    EXPECT_SAYS(changed(first + 18, std::uint32_t{0xFFFFFFF0}), "ends within data block 0");
    EXPECT_SAYS(changed(first + 18, std::uint32_t{30}), "a data block holds 15 counts");
    EXPECT_SAYS(changed(first + 10, std::uint16_t{0x21}), "is of kind \"FCS\"");
    EXPECT_SAYS(changed(first + 10, std::uint16_t{0xf1}), "is of kind 0xf0, which is not known");
    EXPECT_SAYS(changed(first + 10, std::uint16_t{0x361}), "numbers of type 0x300");
    EXPECT_SAYS(changed(first + 10, std::uint16_t{0x1061}), "no zip archive");
    EXPECT_SAYS(changed(description + 82, std::int16_t{-16}), "-16 bins (adc_re)");
    std::string bytes = image_file().bytes();
    set<std::uint32_t>(bytes, 32, 0);
    set<std::uint16_t>(bytes, 40, 0);
    EXPECT_SAYS(refused(bytes), "has no valid header");
    SdtFile file = image_file();
    file.id = "SPC Flow Data File";
    EXPECT_SAYS(refused(file.bytes()), "is an SPC Flow Data File");
    file = image_file();
    file.type = 0x1061;
    bytes = file.bytes();
    EXPECT_SAYS(refused(bytes.substr(0, first + 22 + 60)), "cannot be unpacked");
    set<std::uint32_t>(bytes, first + 18, 0x7FFFFFC0);
    EXPECT_SAYS(refused(bytes), "cannot hold 2147483584 bytes");
    EXPECT_SAYS(refused(image_file().bytes().substr(0, first + 40)), "ends within data block 0");
}

TEST_F(BeckerHicklSdt, random_damage_is_survived) {
    std::vector<std::string> seeds;
    for (const int type : {0x61, 0x1161, 0x261}) {
        SdtFile file = image_file();
        file.type = static_cast<std::uint16_t>(type);
        file.blocks = 2;
        seeds.push_back(file.bytes());
    }
    // Headers are a small part of the bytes: that of the file, and of the first block.
    survive_damage("sdt", sdt_, seeds, 2000, {{{"channel", "1"}}}, {{0, 42}, {625, 42}});
}

TEST_F(BeckerHicklSdt, agrees_with_sdtfile) {
    FIRSTLIGHT_NEEDS_PYTHON();
    int files = 0;
    for (const int type : {0x1, 0x11, 0x61, 0x161, 0x261, 0x1061, 0x1161}) {
        for (int shape = 0; shape < 4; ++shape) {
            SdtFile file = image_file();
            file.type = static_cast<std::uint16_t>(type);
            file.blocks = 1 + files % 3;
            if (shape == 0) file.x = file.y = 0;
            if (shape == 1) {
                std::swap(file.x, file.image_x);
                std::swap(file.y, file.image_y);
            }
            if (shape == 2) {
                file.routing_x = 2;
                file.counts = counting(2 * 96);
            }
            const std::string bytes = file.bytes();
            const int channels = file.blocks * (shape == 2 ? 2 : 1);
            const auto stem = folder_.path / std::to_string(files++);
            std::ofstream(stem.string() + ".sdt", std::ios::binary)
                .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            for (int channel = 0; channel < channels; ++channel)
                (void)import_file(import_request(stem.string() + ".sdt",
                                                 stem.string() + "." + std::to_string(channel) + ".h5",
                                                 {{"channel", std::to_string(channel)}}));
        }
    }
    const int status = run_python("importers/check_sdt.py", "'" + folder_.path.string() + "'");
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "the Python of the tests has no sdtfile";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace firstlight
