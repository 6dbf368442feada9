// TIFF files byte by byte, written without libtiff: strips, not packed, both byte orders, classic and BigTIFF.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace firstlight {

struct TiffBytes {
    std::uint32_t rows = 0, columns = 0, rows_per_strip = 5;
    bool big_endian = false, big_tiff = false;
    std::uint16_t bits = 16, format = 1, channels = 1, packing = 1;
    std::string description;
    std::uint32_t per_unit = 0;              // pixels per unit of length
    std::vector<std::vector<double>> pages;  // [page][rows * columns]
    std::uint64_t next_of_last = 0;          // where the chain goes on: 0 ends it

    std::string bytes(std::vector<std::size_t>* directories = nullptr) const {
        std::string out = big_endian ? "MM" : "II";
        number<std::uint16_t>(out, big_tiff ? 43 : 42);
        if (big_tiff) {
            number<std::uint16_t>(out, 8);
            number<std::uint16_t>(out, 0);
        }
        std::size_t link = out.size();
        offset(out, 0);
        for (std::size_t page = 0; page < pages.size(); ++page) {
            std::vector<std::uint64_t> begin, length;
            for (std::uint32_t y = 0; y < rows; y += rows_per_strip) {
                begin.push_back(out.size());
                for (std::uint32_t i = y * columns; i < std::min(y + rows_per_strip, rows) * columns; ++i)
                    pixel(out, pages[page][i]);
                length.push_back(out.size() - begin.back());
            }
            const std::size_t begins = list(out, begin), lengths = list(out, length);
            const std::size_t words = out.size();
            if (page == 0) out += description + '\0';
            const std::size_t rational = out.size();
            number<std::uint32_t>(out, per_unit);
            number<std::uint32_t>(out, 1);
            put(out, link, out.size());
            if (directories != nullptr) directories->push_back(out.size());
            std::string tags;
            std::uint64_t n = 0;
            const auto tag = [&](std::uint16_t code, std::uint16_t type, std::uint64_t count, std::uint64_t value) {
                ++n;
                number(tags, code);
                number(tags, type);
                offset(tags, count);
                if (type == 3 && count == 1) {  // short values stand at the front of their field
                    number(tags, static_cast<std::uint16_t>(value));
                    tags.append(big_tiff ? 6 : 2, '\0');
                } else {
                    offset(tags, value);
                }
            };
            const std::uint16_t wide = big_tiff ? 16 : 4;
            tag(256, 3, 1, columns);
            tag(257, 3, 1, rows);
            tag(258, 3, 1, bits);
            tag(259, 3, 1, packing);
            tag(262, 3, 1, 1);
            if (page == 0 && description.size() > 8) tag(270, 2, description.size() + 1, words);
            tag(273, wide, begin.size(), begin.size() == 1 ? begin[0] : begins);
            tag(277, 3, 1, channels);
            tag(278, 3, 1, rows_per_strip);
            tag(279, wide, length.size(), length.size() == 1 ? length[0] : lengths);
            if (per_unit > 0 && !big_tiff) {
                tag(282, 5, 1, rational);
                tag(283, 5, 1, rational);
            }
            tag(339, 3, 1, format);
            if (big_tiff) number<std::uint64_t>(out, n);
            else number(out, static_cast<std::uint16_t>(n));
            out += tags;
            link = out.size();
            offset(out, next_of_last);
        }
        return out;
    }

  private:
    template <class T>
    void number(std::string& out, T value) const {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        if (big_endian) std::reverse(raw, raw + sizeof(T));
        out.append(raw, sizeof(T));
    }
    void offset(std::string& out, std::uint64_t value) const {
        if (big_tiff) number(out, value);
        else number(out, static_cast<std::uint32_t>(value));
    }
    void put(std::string& out, std::size_t at, std::uint64_t value) const {
        std::string raw;
        offset(raw, value);
        out.replace(at, raw.size(), raw);
    }
    std::size_t list(std::string& out, const std::vector<std::uint64_t>& values) const {
        const std::size_t at = out.size();
        for (const std::uint64_t value : values) offset(out, value);
        return at;
    }
    void pixel(std::string& out, double value) const {
        if (format == 3 && bits == 32) return number(out, static_cast<float>(value));
        if (format == 3) return number(out, value);
        if (bits == 8) return number(out, static_cast<std::uint8_t>(static_cast<std::int64_t>(value)));
        if (bits == 16) return number(out, static_cast<std::uint16_t>(static_cast<std::int64_t>(value)));
        number(out, static_cast<std::uint32_t>(static_cast<std::int64_t>(value)));
    }
};

}  // namespace firstlight
