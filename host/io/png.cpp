// PNG through libpng. libpng reports errors by longjmp: the functions that call it own nothing with a destructor, and
// what has one is made by their callers.
#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <fstream>
#include <new>

#include "host/io/atomic_file.hpp"
#include "host/io/images.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t most_pixels = std::int64_t{1} << 28;  // read: more is taken for a broken or hostile header

struct Trouble {
    std::array<char, 160> message{};
    std::jmp_buf back;
};

void on_error(png_structp png, png_const_charp message) {
    auto* trouble = static_cast<Trouble*>(png_get_error_ptr(png));
    std::strncpy(trouble->message.data(), message, trouble->message.size() - 1);
    std::longjmp(trouble->back, 1);
}

void on_warning(png_structp, png_const_charp) {}

struct Writer {
    Writer() : png(png_create_write_struct(PNG_LIBPNG_VER_STRING, &trouble, on_error, on_warning)) {
        if (png != nullptr) header = png_create_info_struct(png);
        if (header == nullptr) throw std::bad_alloc();
    }
    ~Writer() { png_destroy_write_struct(&png, &header); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    Trouble trouble;
    png_structp png = nullptr;
    png_infop header = nullptr;
    std::vector<std::uint8_t> bytes;
};

void append(png_structp png, png_bytep data, std::size_t size) {
    auto* bytes = static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
    bool full = false;
    try {
        bytes->insert(bytes->end(), data, data + size);
    } catch (const std::bad_alloc&) {
        full = true;
    }
    if (full) png_error(png, "out of memory");
}

void flush(png_structp) {}

struct Samples {
    const void* data;
    std::int64_t rows, columns;
    int channels, bits;
};

bool encode(Writer& w, const Samples& image) {
    if (setjmp(w.trouble.back) != 0) return false;
    png_set_write_fn(w.png, &w.bytes, append, flush);
    png_set_user_limits(w.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(w.png, w.header, static_cast<png_uint_32>(image.columns), static_cast<png_uint_32>(image.rows),
                 image.bits, image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (image.channels == 3) png_set_sRGB(w.png, w.header, PNG_sRGB_INTENT_RELATIVE);
    png_write_info(w.png, w.header);
    if (image.bits == 16 && std::endian::native == std::endian::little) png_set_swap(w.png);
    const std::int64_t row_bytes = image.columns * image.channels * image.bits / 8;
    for (std::int64_t y = 0; y < image.rows; ++y)
        png_write_row(w.png, static_cast<png_const_bytep>(image.data) + y * row_bytes);
    png_write_end(w.png, nullptr);
    return true;
}

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& path, const Samples& image) {
    if (image.rows < 1 || image.columns < 1 || image.rows > PNG_UINT_31_MAX || image.columns > PNG_UINT_31_MAX / 8)
        throw Error(ExitCode::bad_input, path.string() + ": cannot hold the image",
                    std::to_string(image.columns) + " x " + std::to_string(image.rows) + " pixels");
    Writer writer;
    if (!encode(writer, image))
        throw Error(ExitCode::output, path.string() + ": writing PNG failed", writer.trouble.message.data());
    return std::move(writer.bytes);
}

void write_samples(const std::filesystem::path& path, const Samples& image, bool force) {
    const std::vector<std::uint8_t> bytes = bytes_of(path, image);
    write_whole(path, bytes.data(), bytes.size(), force);
}

struct Reader {
    Reader() : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &trouble, on_error, on_warning)) {
        if (png != nullptr) header = png_create_info_struct(png);
        if (header == nullptr) throw std::bad_alloc();
    }
    ~Reader() { png_destroy_read_struct(&png, &header, nullptr); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Trouble trouble;
    png_structp png = nullptr;
    png_infop header = nullptr;
    std::vector<std::uint8_t> file;
    std::size_t taken = 0;
};

void take(png_structp png, png_bytep to, std::size_t size) {
    auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
    if (size > reader->file.size() - reader->taken) png_error(png, "the file ends too early");
    std::memcpy(to, reader->file.data() + reader->taken, size);
    reader->taken += size;
}

bool read_header(Reader& r) {
    if (setjmp(r.trouble.back) != 0) return false;
    png_set_read_fn(r.png, &r, take);
    png_read_info(r.png, r.header);
    png_set_expand(r.png);
    if (std::endian::native == std::endian::little) png_set_swap(r.png);
    png_set_interlace_handling(r.png);
    png_read_update_info(r.png, r.header);
    return true;
}

bool read_rows(Reader& r, png_bytep* rows) {
    if (setjmp(r.trouble.back) != 0) return false;
    png_read_image(r.png, rows);
    png_read_end(r.png, nullptr);
    return true;
}

}  // namespace

std::vector<std::uint8_t> png_bytes(const std::uint8_t* rgb, std::int64_t rows, std::int64_t columns) {
    return bytes_of("an image in memory", {rgb, rows, columns, 3, 8});
}

void write_png(const std::filesystem::path& path, const std::uint8_t* rgb, std::int64_t rows, std::int64_t columns,
               bool force) {
    write_samples(path, {rgb, rows, columns, 3, 8}, force);
}

void write_png(const std::filesystem::path& path, const std::uint16_t* rgb, std::int64_t rows, std::int64_t columns,
               bool force) {
    write_samples(path, {rgb, rows, columns, 3, 16}, force);
}

void write_png_gray16(const std::filesystem::path& path, const std::uint16_t* values, std::int64_t rows,
                      std::int64_t columns, bool force) {
    write_samples(path, {values, rows, columns, 1, 16}, force);
}

PngImage read_png(const std::filesystem::path& path) {
    const auto refuse = [&](const char* why) {
        throw Error(ExitCode::bad_input, path.string() + ": cannot be read as PNG", why);
    };
    std::ifstream in(path, std::ios::binary);
    if (!in) refuse("no such file, or no right to read it");
    Reader reader;
    reader.file.assign(std::istreambuf_iterator<char>(in), {});
    if (reader.file.size() < 8 || png_sig_cmp(reader.file.data(), 0, 8) != 0) refuse("it does not begin as a PNG file");
    if (!read_header(reader)) refuse(reader.trouble.message.data());

    PngImage image;
    image.rows = png_get_image_height(reader.png, reader.header);
    image.columns = png_get_image_width(reader.png, reader.header);
    image.channels = png_get_channels(reader.png, reader.header);
    image.bits = png_get_bit_depth(reader.png, reader.header);
    if (image.rows > most_pixels / image.columns) refuse("more than 268 million pixels");
    const std::size_t row_bytes = png_get_rowbytes(reader.png, reader.header);
    std::vector<std::uint8_t> bytes(row_bytes * static_cast<std::size_t>(image.rows));
    std::vector<png_bytep> rows(static_cast<std::size_t>(image.rows));
    for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = bytes.data() + y * row_bytes;
    if (!read_rows(reader, rows.data())) refuse(reader.trouble.message.data());

    image.samples.resize(static_cast<std::size_t>(image.rows * image.columns * image.channels));
    if (image.bits == 16) std::memcpy(image.samples.data(), bytes.data(), bytes.size());
    else std::copy(bytes.begin(), bytes.end(), image.samples.begin());
    return image;
}

GrayImage read_png_gray(const std::filesystem::path& path) {
    const PngImage png = read_png(path);
    GrayImage gray{png.rows, png.columns, std::vector<float>(static_cast<std::size_t>(png.rows * png.columns))};
    const double full = png.bits == 16 ? 65535 : 255;
    const bool colour = png.channels >= 3, has_alpha = png.channels % 2 == 0;
    for (std::size_t i = 0; i < gray.values.size(); ++i) {
        const std::uint16_t* s = png.samples.data() + i * static_cast<std::size_t>(png.channels);
        const double ink = colour ? 0.2126 * s[0] + 0.7152 * s[1] + 0.0722 * s[2] : s[0];
        const double alpha = has_alpha ? s[png.channels - 1] / full : 1;
        gray.values[i] = static_cast<float>(alpha * ink / full + (1 - alpha));
    }
    return gray;
}

}  // namespace firstlight
