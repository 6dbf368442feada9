// Writes PicoQuant's unified files for tests, byte by byte after the maker's description, apart from what reads them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace firstlight {

struct PicoQuantBytes {
    std::string bytes;

    explicit PicoQuantBytes(const std::string& magic = "PQTTTR") {
        bytes = magic;
        bytes.resize(8, '\0');
        bytes += std::string("1.0.00\0\0", 8);
    }
    template <class T>
    void put(T value) {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes.append(raw, sizeof(T));
    }
    void tag(std::string name, std::uint32_t type, std::int64_t value, std::int32_t index = -1) {
        name.resize(32, '\0');
        bytes += name;
        put(index);
        put(type);
        put(value);
    }
    void integer(const std::string& name, std::int64_t value, std::int32_t index = -1) {
        tag(name, 0x10000008, value, index);
    }
    void real(const std::string& name, double value, std::int32_t index = -1) {
        tag(name, 0x20000008, std::bit_cast<std::int64_t>(value), index);
    }
    void text(const std::string& name, std::string value) {
        value.resize((value.size() / 8 + 1) * 8, '\0');
        tag(name, 0x4001FFFF, static_cast<std::int64_t>(value.size()));
        bytes += value;
    }
    void end() { tag("Header_End", 0xFFFF0008, 0); }
    void write(const std::filesystem::path& path) const {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
};

// A PTU file; `more` tags come before the end of the header.
struct PtuFile {
    std::int64_t type = 0x00010307;
    std::vector<std::uint32_t> words;
    std::int64_t said = -1;  // records that the header tells; -1: as many as there are
    double macro_s = 25e-9, bin_s = 16e-12;
    bool image = false;
    std::int64_t rows = 2, columns = 3, line_start = 1, line_stop = 2, frame = 3;
    double dwell_ms = 0;  // 0: not in the file
    std::vector<std::pair<std::string, std::int64_t>> more;

    [[nodiscard]] std::string bytes() const {
        PicoQuantBytes out;
        out.text("HW_Type", "MultiHarp 150");
        out.integer("TTResultFormat_TTTRRecType", type);
        out.integer("TTResultFormat_BitsPerRecord", 32);
        out.integer("Measurement_SubMode", image ? 3 : 0);
        out.real("MeasDesc_GlobalResolution", macro_s);
        out.real("MeasDesc_Resolution", bin_s);
        if (image) {
            out.integer("ImgHdr_Dimensions", 3);
            out.integer("ImgHdr_PixX", columns);
            out.integer("ImgHdr_PixY", rows);
            if (line_start != 0) out.integer("ImgHdr_LineStart", line_start);
            if (line_stop != 0) out.integer("ImgHdr_LineStop", line_stop);
            if (frame != 0) out.integer("ImgHdr_Frame", frame);
            if (dwell_ms != 0) out.real("ImgHdr_TimePerPixel", dwell_ms);
        }
        for (const auto& [name, value] : more) out.integer(name, value);
        out.integer("TTResult_NumberOfRecords",
                    said < 0 && said != -2 ? static_cast<std::int64_t>(words.size()) : said);
        out.end();
        for (const std::uint32_t word : words) out.put(word);
        return out.bytes;
    }
    void write(const std::filesystem::path& path) const {
        const std::string all = bytes();
        std::ofstream(path, std::ios::binary).write(all.data(), static_cast<std::streamsize>(all.size()));
    }
};

// Words of the HydraHarp's layout, T3 (10 bits of syncs) and T2 (25 bits of time).
inline std::uint32_t t3_photon(std::uint32_t sync, std::uint32_t nanotime, std::uint32_t channel = 0) {
    return channel << 25 | nanotime << 10 | sync;
}
inline std::uint32_t t3_marker(std::uint32_t sync, std::uint32_t bits) { return 1U << 31 | bits << 25 | sync; }
inline std::uint32_t overflows(std::uint32_t n) { return 1U << 31 | 63U << 25 | n; }
inline std::uint32_t t2_photon(std::uint32_t time, std::uint32_t channel = 0) { return channel << 25 | time; }
inline std::uint32_t t2_sync(std::uint32_t time) { return 1U << 31 | time; }

}  // namespace firstlight
