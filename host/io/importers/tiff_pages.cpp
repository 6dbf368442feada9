#include "host/io/importers/tiff_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <unordered_set>

#include "host/io/importers/imagej_ome_text.hpp"
#include "host/io/read_only_file.hpp"
#include "host/io/tiff_library.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint32_t longest_side = 1 << 20;
constexpr std::uint64_t most_pixels = std::uint64_t{1} << 30;
constexpr std::size_t most_pages = std::size_t{1} << 20;

// A file as libtiff has it open, with the last thing that libtiff complained about.
struct LibraryFile {
    std::string complaint;
    Tiff tiff{nullptr, TIFFClose};

    explicit LibraryFile(const std::filesystem::path& path) {
        keep_tiff_quiet();
        // m: not mapped, because a file that is cut while it is read would end the program.
#if TIFFLIB_VERSION >= 20221213
        TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
        TIFFOpenOptionsSetErrorHandlerExtR(options, &LibraryFile::keep, this);
        tiff.reset(TIFFOpenExt(path.c_str(), "rm", options));
        TIFFOpenOptionsFree(options);
#else
        tiff.reset(TIFFOpen(path.c_str(), "rm"));
#endif
    }
    LibraryFile(const LibraryFile&) = delete;
    LibraryFile& operator=(const LibraryFile&) = delete;

  private:
#if TIFFLIB_VERSION >= 20221213
    static int keep(TIFF*, void* self, const char*, const char* format, va_list arguments) {
        char text[200];
        std::vsnprintf(text, sizeof text, format, arguments);
        for (char* c = text; *c != 0; ++c)
            if (*c < ' ' || *c > '~') *c = '?';  // it may quote the file
        static_cast<LibraryFile*>(self)->complaint = text;
        return 1;
    }
#endif
};

struct PageFormat {
    std::uint32_t rows = 0, columns = 0;
    std::uint16_t bits = 0, format = SAMPLEFORMAT_UINT, channels = 1, packing = COMPRESSION_NONE, photometric = 1;
    std::uint16_t fill_order = FILLORDER_MSB2LSB;
    std::uint32_t subfile = 0;
};

PageFormat format_of(TIFF* t) {
    PageFormat f;
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &f.rows);
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &f.columns);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &f.bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &f.format);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &f.channels);
    TIFFGetFieldDefaulted(t, TIFFTAG_COMPRESSION, &f.packing);
    TIFFGetFieldDefaulted(t, TIFFTAG_FILLORDER, &f.fill_order);
    TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &f.photometric);
    TIFFGetFieldDefaulted(t, TIFFTAG_SUBFILETYPE, &f.subfile);
    return f;
}

[[noreturn]] void refuse(const std::string& where, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "copy the file again") {
    throw Error(ExitCode::bad_input, where + ": " + problem, why, suggestion);
}

h5::ElementType type_of(const PageFormat& f, const std::string& where) {
    const auto bytes = static_cast<std::size_t>(f.bits / 8);
    const auto type = [&](h5::Kind kind, const char* letter) {
        return h5::ElementType{kind, bytes, false, fmt::format("{}{}", letter, bytes)};
    };
    const bool whole = f.bits == 8 || f.bits == 16 || f.bits == 32;
    if (f.channels != 1)
        refuse(where, fmt::format("has {} numbers for each pixel", f.channels), "frames of counts have one",
               "save one stack for each channel");
    if (whole && (f.format == SAMPLEFORMAT_UINT || f.format == SAMPLEFORMAT_VOID))
        return type(h5::Kind::unsigned_integer, "u");
    if (whole && f.format == SAMPLEFORMAT_INT) return type(h5::Kind::signed_integer, "i");
    if ((f.bits == 32 || f.bits == 64) && f.format == SAMPLEFORMAT_IEEEFP) return type(h5::Kind::real, "f");
    refuse(where, fmt::format("holds numbers of {} bits in TIFF's format {}", f.bits, f.format),
           "whole numbers of 8, 16 and 32 bits and floats of 32 and 64 are read", "save it as one of these");
}

// Where an unpacked page's rows begin when they follow one another; 0: they do not.
std::uint64_t rows_in_place(TIFF* t, const PageFormat& f) {
    if (f.packing != COMPRESSION_NONE || TIFFIsTiled(t) != 0 || f.fill_order != FILLORDER_MSB2LSB) return 0;
    const std::uint64_t row = std::uint64_t{f.columns} * f.bits / 8;
    std::uint64_t next = TIFFGetStrileOffset(t, 0), rows = 0;
    const std::uint64_t first = next;
    std::uint32_t per_strip = 0;
    TIFFGetFieldDefaulted(t, TIFFTAG_ROWSPERSTRIP, &per_strip);
    for (std::uint32_t strip = 0; strip < TIFFNumberOfStrips(t) && rows < f.rows; ++strip) {
        const std::uint64_t here = std::min<std::uint64_t>(per_strip, f.rows - rows);
        if (TIFFGetStrileOffset(t, strip) != next || TIFFGetStrileByteCount(t, strip) < here * row) return 0;
        next += here * row;
        rows += here;
    }
    return rows == f.rows ? first : 0;
}

void check_data(TIFF* t, const std::string& where, std::uint64_t file_size) {
    const std::uint32_t n = TIFFIsTiled(t) != 0 ? TIFFNumberOfTiles(t) : TIFFNumberOfStrips(t);
    for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint64_t offset = TIFFGetStrileOffset(t, i), bytes = TIFFGetStrileByteCount(t, i);
        if (offset == 0 || bytes == 0) refuse(where, "has no data", fmt::format("its part {} is empty", i));
        if (offset > file_size || bytes > file_size - offset)
            refuse(where, "ends before its data",
                   fmt::format("{} bytes from byte {} on, the file has {}", bytes, offset, file_size));
    }
}

}  // namespace

TiffPages::TiffPages(std::vector<std::filesystem::path> files, double memory) : files_(std::move(files)) {
    for (std::size_t i = 0; i < files_.size(); ++i) list_file(static_cast<std::uint32_t>(i), memory);
    if (reduced_ > 0) remarks_.push_back(fmt::format("{} reduced copies of pages are left out", reduced_));
}

void TiffPages::list_file(std::uint32_t file, double memory) {
    const std::filesystem::path& path = files_[file];
    const std::uint64_t file_size = ReadOnlyFile(path).size();  // says what is wrong where it is not a file
    LibraryFile open(path);
    TIFF* t = open.tiff.get();
    if (t == nullptr) refuse(path.string(), "cannot be read as TIFF", open.complaint);
    std::unordered_set<std::uint64_t> seen;
    const std::size_t before = pages_.size();
    std::size_t number = 0;
    do {
        const std::string where = fmt::format("{}: page {}", path.string(), number);
        const std::uint64_t directory = TIFFCurrentDirOffset(t);
        if (!seen.insert(directory).second) refuse(where, "is an earlier page again", "the chain of pages has no end");
        if (++number > most_pages) refuse(where, "is one too many", fmt::format("{} are read", most_pages));
        const PageFormat f = format_of(t);
        if ((f.subfile & FILETYPE_REDUCEDIMAGE) != 0 && number > 1) {
            ++reduced_;
            open.complaint.clear();
            continue;
        }
        const h5::ElementType type = type_of(f, where);
        if (f.rows == 0 || f.columns == 0 || f.rows > longest_side || f.columns > longest_side ||
            std::uint64_t{f.rows} * f.columns > most_pixels)
            refuse(where, fmt::format("is {} x {} pixels", f.rows, f.columns), "no camera's frame is");
        if (TIFFIsCODECConfigured(f.packing) == 0)
            refuse(where, fmt::format("is packed by method {}", f.packing), "libtiff cannot unpack that",
                   "save it without compression");
        if (pages_.empty()) {
            rows_ = f.rows;
            columns_ = f.columns;
            type_ = type;
            const char* text = nullptr;
            if (TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &text) != 0) description_ = text;
            float per = 0;
            if (TIFFGetField(t, TIFFTAG_XRESOLUTION, &per) != 0) per_x_ = static_cast<double>(per);
            if (TIFFGetField(t, TIFFTAG_YRESOLUTION, &per) != 0) per_y_ = static_cast<double>(per);
            if (f.packing == COMPRESSION_JPEG)
                remarks_.emplace_back("frames are packed as JPEG, which has changed their counts");
            if (f.photometric == PHOTOMETRIC_PALETTE) remarks_.emplace_back("the table of colours is ignored");
            if (f.photometric == PHOTOMETRIC_MINISWHITE)
                remarks_.emplace_back("numbers are counts as stored, though they are shown inverted");
        } else if (f.rows != rows_ || f.columns != columns_ || type.name != type_.name) {
            refuse(where, fmt::format("is {} x {} of {}", f.rows, f.columns, type.name),
                   fmt::format("the first page is {} x {} of {}", rows_, columns_, type_.name),
                   "keep frames of one size and type together");
        }
        check_data(t, where, file_size);
        TiffPage page{file, directory, rows_in_place(t, f), TIFFIsBigEndian(t) != 0};
        if (page.data == 0) {
            const auto part = static_cast<double>(TIFFIsTiled(t) != 0 ? TIFFTileSize(t) : TIFFStripSize(t));
            if (!(part > 0) || part > memory)
                refuse(where, fmt::format("is packed in parts of {:.0f} MiB", part / 1048576),
                       fmt::format("{:.0f} MiB of memory may be used", memory / 1048576));
            std::uint32_t at_once = 0;
            if (TIFFIsTiled(t) != 0) TIFFGetField(t, TIFFTAG_TILELENGTH, &at_once);
            else TIFFGetFieldDefaulted(t, TIFFTAG_ROWSPERSTRIP, &at_once);
            rows_at_once_ = std::max<std::int64_t>(rows_at_once_, std::min<std::int64_t>(at_once, rows_));
        }
        pages_.push_back(page);
        open.complaint.clear();
    } while (TIFFReadDirectory(t) != 0);
    if (!open.complaint.empty() || TIFFLastDirectory(t) == 0)
        refuse(fmt::format("{}: page {}", path.string(), number), "cannot be read",
               open.complaint.empty() ? "the chain of pages is broken" : open.complaint);
    if (pages_.size() == before + 1 && file == 0) add_raw_pages(file, file_size);
}

// ImageJ describes only the first page of a stack of more than 4 GiB; the others follow it, not packed.
void TiffPages::add_raw_pages(std::uint32_t file, std::uint64_t file_size) {
    const std::int64_t images = imagej_images(description_);
    const TiffPage first = pages_.back();
    if (images < 2 || first.data == 0) return;
    const auto bytes = static_cast<std::uint64_t>(rows_ * columns_) * type_.bytes;
    const std::uint64_t room = (file_size - first.data) / bytes;
    if (room < static_cast<std::uint64_t>(images))
        refuse(files_[file].string(), fmt::format("tells of {} images", images),
               fmt::format("it has room for {}", room));
    for (std::int64_t i = 1; i < images; ++i) {
        TiffPage next = first;
        next.data += static_cast<std::uint64_t>(i) * bytes;
        pages_.push_back(next);
    }
    remarks_.push_back(
        fmt::format("{} frames follow the first one without a page of their own, as ImageJ writes", images - 1));
}

struct TiffPages::Reader::Open {
    explicit Open(const std::filesystem::path& path) : bytes(path), library(path) {}
    ReadOnlyFile bytes;
    LibraryFile library;
    std::uint32_t file = 0;
    std::uint64_t directory = 0;
};

TiffPages::Reader::Reader(const TiffPages& pages) : pages_(pages) {}
TiffPages::Reader::~Reader() = default;

void TiffPages::Reader::read_rows(std::int64_t number, std::int64_t y0, std::int64_t rows, std::byte* out) {
    const TiffPage& page = pages_.pages_[static_cast<std::size_t>(number)];
    const std::filesystem::path& path = pages_.files_[page.file];
    if (!open_ || open_->file != page.file) {
        open_ = std::make_unique<Open>(path);
        open_->file = page.file;
    }
    const std::size_t element = pages_.type_.bytes;
    const std::size_t row = static_cast<std::size_t>(pages_.columns_) * element;
    if (page.data != 0) {
        open_->bytes.read(page.data + static_cast<std::uint64_t>(y0) * row, out, static_cast<std::size_t>(rows) * row);
        if (page.big_endian && element > 1)
            for (std::size_t i = 0; i < static_cast<std::size_t>(rows) * row; i += element)
                std::reverse(out + i, out + i + element);
        return;
    }
    TIFF* t = open_->library.tiff.get();
    const auto fail = [&] {
        refuse(fmt::format("{}: page {}", path.string(), number), "cannot be unpacked", open_->library.complaint);
    };
    if (t == nullptr) fail();
    if (open_->directory != page.directory && TIFFSetSubDirectory(t, page.directory) == 0) fail();
    open_->directory = page.directory;
    const PageFormat f = format_of(t);  // of the file as it is now
    if (f.rows != pages_.rows_ || f.columns != pages_.columns_ || f.bits != 8 * element || f.channels != 1)
        refuse(path.string(), "was changed while it was read", "");
    const bool tiled = TIFFIsTiled(t) != 0;
    std::uint32_t high = 0, wide = f.columns;
    if (tiled) {
        TIFFGetField(t, TIFFTAG_TILELENGTH, &high);
        TIFFGetField(t, TIFFTAG_TILEWIDTH, &wide);
    } else {
        TIFFGetFieldDefaulted(t, TIFFTAG_ROWSPERSTRIP, &high);
        high = std::min(high, f.rows);
    }
    const tmsize_t part = tiled ? TIFFTileSize(t) : TIFFStripSize(t);
    if (high == 0 || wide == 0 || part < static_cast<tmsize_t>(std::uint64_t{high} * wide * element)) fail();
    unpacked_.resize(static_cast<std::size_t>(part));
    for (std::uint32_t y = static_cast<std::uint32_t>(y0) / high * high; y < y0 + rows; y += high) {
        for (std::uint32_t x = 0; x < f.columns; x += wide) {
            const std::uint32_t here = std::min(high, f.rows - y);
            const tmsize_t wanted = tiled ? part : static_cast<tmsize_t>(static_cast<std::size_t>(here) * row);
            const tmsize_t got = tiled ? TIFFReadEncodedTile(t, TIFFComputeTile(t, x, y, 0, 0), unpacked_.data(), part)
                                       : TIFFReadEncodedStrip(t, TIFFComputeStrip(t, y, 0), unpacked_.data(), wanted);
            if (got < wanted) fail();
            const std::size_t bytes = std::min(wide, f.columns - x) * element;
            for (std::int64_t r = std::max<std::int64_t>(y, y0); r < std::min<std::int64_t>(y + here, y0 + rows); ++r)
                std::memcpy(out + static_cast<std::size_t>(r - y0) * row + x * element,
                            unpacked_.data() + static_cast<std::size_t>(r - y) * wide * element, bytes);
        }
    }
}

}  // namespace firstlight
