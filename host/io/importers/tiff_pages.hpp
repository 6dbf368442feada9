// The pages of TIFF files as frames of numbers: one file with many pages, or files of one page each. Strips or tiles,
// packed as libtiff reads, classic or BigTIFF; ImageJ's large stacks too, which describe their first page only.
//
//   const TiffPages pages({"stack.tif"}, limit);
//   TiffPages::Reader reader(pages);            // one per thread
//   reader.read_rows(3, 0, 16, out);            // rows 0 to 15 of page 3, native byte order
//
// Pages are checked as they are listed: all of one size and type, a chain that ends and does not run in a circle, data
// within the file. Errors (bad_input) name the file and the page, counted from 0: what is wrong and libtiff's own
// words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/io/h5.hpp"

namespace firstlight {

struct TiffPage {
    std::uint32_t file = 0;
    std::uint64_t directory = 0;  // byte of its description
    std::uint64_t data = 0;       // first byte, where its rows follow one another, not packed; 0: libtiff reads it
    bool big_endian = false;
};

class TiffPages {
  public:
    // `memory`: bytes that unpacking one strip or tile may take.
    TiffPages(std::vector<std::filesystem::path> files, double memory);

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::int64_t columns() const { return columns_; }
    [[nodiscard]] const h5::ElementType& type() const { return type_; }  // native byte order
    [[nodiscard]] const std::vector<TiffPage>& pages() const { return pages_; }
    [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
    // Rows that have to be unpacked to read one.
    [[nodiscard]] std::int64_t rows_at_once() const { return rows_at_once_; }
    [[nodiscard]] const std::string& description() const { return description_; }  // of the first page
    // Pixels per unit of length as the first page says; 0: it does not.
    [[nodiscard]] double pixels_per_unit_x() const { return per_x_; }
    [[nodiscard]] double pixels_per_unit_y() const { return per_y_; }
    [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }  // what was left out or ignored

    class Reader {
      public:
        explicit Reader(const TiffPages& pages);
        ~Reader();
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        // out[rows][columns] of type().
        void read_rows(std::int64_t page, std::int64_t y0, std::int64_t rows, std::byte* out);

      private:
        struct Open;
        const TiffPages& pages_;
        std::unique_ptr<Open> open_;
        std::vector<std::byte> unpacked_;
    };

  private:
    void list_file(std::uint32_t file, double memory);
    void add_raw_pages(std::uint32_t file, std::uint64_t file_size);

    std::vector<std::filesystem::path> files_;
    std::vector<TiffPage> pages_;
    std::int64_t rows_ = 0, columns_ = 0, rows_at_once_ = 1, reduced_ = 0;
    h5::ElementType type_;
    std::string description_;
    double per_x_ = 0, per_y_ = 0;
    std::vector<std::string> remarks_;
};

}  // namespace firstlight
