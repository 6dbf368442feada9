// Written by libtiff straight into the temporary file, as a volume's stack is.
#include "host/io/ome_tiff.hpp"

#include <fmt/format.h>

#include <cstring>
#include <functional>
#include <limits>

#include "host/io/atomic_file.hpp"
#include "host/io/tiff_library.hpp"
#include "host/io/volume_files.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

// In ASCII, since TIFF's descriptions are. Bytes of other characters are taken as UTF-8; what XML cannot hold is left
// out.
std::string escaped(const std::string& text) {
    std::string out;
    std::uint32_t character = 0;
    int left = 0;  // bytes of the character that are still to come
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >> 6 == 2) {
            character = character << 6 | (byte & 0x3F);
            if (left == 0 || --left > 0) continue;
            const bool allowed = character >= 0x80 && (character < 0xD800 || character > 0xDFFF) && character < 0xFFFE;
            if (allowed) out += fmt::format("&#{};", character);
            continue;
        }
        left = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
        character = byte & (0x7FU >> (left + 1));
        if (left > 0 || (byte < 0x20 && byte != '\n' && byte != '\t')) continue;
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string size_in_um(const char* name, double um) {
    // &#181; is the micro sign: micrometres are what readers that ignore units take.
    return um > 0 ? fmt::format(" PhysicalSize{0}=\"{1:.12g}\" PhysicalSize{0}Unit=\"&#181;m\"", name, um) : "";
}

std::string map_annotation(std::size_t number, const std::vector<std::pair<std::string, std::string>>& notes) {
    std::string text = fmt::format("<MapAnnotation ID=\"Annotation:{}\" Namespace=\"firstlight\"><Value>", number);
    for (const auto& [key, value] : notes) text += fmt::format("<M K=\"{}\">{}</M>", escaped(key), escaped(value));
    return text + "</Value></MapAnnotation>";
}

std::int64_t pages_of(const OmeImage& image) {
    return image.times * image.slices * static_cast<std::int64_t>(image.channels.size());
}

// Calls use(image, values) for every page in the order of the file.
void each_page(const std::vector<OmeImage>& images, const std::function<bool(const OmeImage&, const float*)>& use) {
    for (const OmeImage& image : images)
        for (std::int64_t plane = 0; plane < image.times * image.slices; ++plane)
            for (const OmeChannel& channel : image.channels)
                if (!use(image, channel.values + plane * image.rows * image.columns)) return;
}

void check_sizes(const std::filesystem::path& path, const std::vector<OmeImage>& images) {
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    std::int64_t pages = 0;
    for (const OmeImage& image : images) {
        pages += pages_of(image);
        if (image.rows < 1 || image.columns < 1 || image.rows > longest || image.columns > longest / 4 ||
            image.rows * image.columns > (std::int64_t{1} << 30) || pages < 1 || pages > 65535)
            throw Error(
                ExitCode::bad_input, path.string() + ": TIFF cannot hold the images",
                fmt::format("{} x {} pixels, {} pages; at most 65535 pages of 4 GiB", image.columns, image.rows, pages),
                "use --format npz, or choose one with --layer");
    }
}

bool is_large(const std::vector<OmeImage>& images) {
    std::int64_t pages = 0, pixels = 0;
    for (const OmeImage& image : images) {
        pages += pages_of(image);
        pixels += pages_of(image) * image.rows * image.columns;
    }
    return needs_big_tiff(pages, 1, pixels / std::max<std::int64_t>(1, pages) + 1);
}

}  // namespace

std::string ome_xml(const std::vector<OmeImage>& images) {
    std::string body, annotations;
    std::size_t notes = 0;
    std::int64_t page = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const OmeImage& image = images[i];
        body += fmt::format(
            "<Image ID=\"Image:{0}\" Name=\"{1}\"><Pixels ID=\"Pixels:{0}\" DimensionOrder=\"XYCZT\" Type=\"float\" "
            "BigEndian=\"false\" SizeX=\"{2}\" SizeY=\"{3}\" SizeC=\"{4}\" SizeZ=\"{5}\" SizeT=\"{6}\"{7}{8}{9}>",
            i, escaped(image.name), image.columns, image.rows, image.channels.size(), image.slices, image.times,
            size_in_um("X", image.pixel_width_um), size_in_um("Y", image.pixel_height_um),
            size_in_um("Z", image.slice_distance_um));
        for (std::size_t c = 0; c < image.channels.size(); ++c) {
            const OmeChannel& channel = image.channels[c];
            body += fmt::format(
                "<Channel ID=\"Channel:{}:{}\" Name=\"{}\" SamplesPerPixel=\"1\"><AnnotationRef "
                "ID=\"Annotation:{}\"/></Channel>",
                i, c, escaped(channel.name), notes);
            annotations += map_annotation(notes++, {{"unit", channel.unit}, {"long_name", channel.long_name}});
        }
        body += fmt::format("<TiffData IFD=\"{}\" PlaneCount=\"{}\"/></Pixels>", page, pages_of(image));
        page += pages_of(image);
        if (!image.notes.empty()) {
            body += fmt::format("<AnnotationRef ID=\"Annotation:{}\"/>", notes);
            annotations += map_annotation(notes++, image.notes);
        }
        body += "</Image>";
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:schemaLocation=\"http://www.openmicroscopy.org/Schemas/OME/2016-06 "
        "http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd\" Creator=\"firstlight\">{}"
        "<StructuredAnnotations>{}</StructuredAnnotations></OME>",
        body, annotations);
}

void write_ome_tiff(const std::filesystem::path& path, const std::vector<OmeImage>& images, bool force) {
    check_sizes(path, images);
    keep_tiff_quiet();
    AtomicFile file(path, force);
    bool good = false;
    {
        const NoFileSizeSignal guard;
        const Tiff tiff(TIFFOpen(file.temporary().c_str(), is_large(images) ? "wl8" : "wl"), TIFFClose);
        TIFF* t = tiff.get();
        good = t != nullptr;
        bool first = true;
        each_page(images, [&](const OmeImage& image, const float* values) {
            const auto bytes = static_cast<tmsize_t>(image.rows * image.columns) * 4;
            good = good && set_float_page(t, image.rows, image.columns, image.pixel_width_um * 1e-3,
                                          image.pixel_height_um * 1e-3);
            if (first) good = good && TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, ome_xml(images).c_str()) != 0;
            first = false;
            good = good && TIFFWriteEncodedStrip(t, 0, const_cast<float*>(values), bytes) == bytes &&
                   TIFFWriteDirectory(t) != 0;
            return good;
        });
    }
    if (!good)
        throw Error(ExitCode::output, path.string() + ": writing TIFF failed", "libtiff could not write all of it",
                    "make room, or write elsewhere");
    file.commit();
    check_ome_tiff(path, images);
}

void check_ome_tiff(const std::filesystem::path& path, const std::vector<OmeImage>& images) {
    keep_tiff_quiet();
    const Tiff tiff(TIFFOpen(path.c_str(), "r"), TIFFClose);
    TIFF* t = tiff.get();
    const char* description = nullptr;
    bool same =
        t != nullptr && TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &description) != 0 && ome_xml(images) == description;
    bool more = same;
    std::vector<float> row;
    each_page(images, [&](const OmeImage& image, const float* values) {
        std::uint32_t rows = 0, columns = 0;
        const char* why_not = nullptr;
        same =
            same && more && is_float_page(t, rows, columns, why_not) && rows == image.rows && columns == image.columns;
        row.resize(columns);
        for (std::uint32_t y = 0; same && y < rows; ++y)
            same = TIFFReadScanline(t, row.data(), y, 0) >= 0 &&
                   std::memcmp(row.data(), values + std::size_t{y} * columns, std::size_t{columns} * 4) == 0;
        more = same && TIFFReadDirectory(t) != 0;
        return same;
    });
    if (!same || more)
        throw Error(ExitCode::output, path.string() + ": holds other numbers than were written", "", "check the disk");
}

}  // namespace firstlight
