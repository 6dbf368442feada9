// What both writers of TIFF share: libtiff's handle, its silence, and the tags of a page of floats.
#pragma once

#include <tiffio.h>

#include <cstdint>
#include <memory>
#include <string>

namespace firstlight {

using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

// libtiff would print to stderr by itself; what matters is said by the Error.
inline void keep_tiff_quiet() {
    static const bool once = [] {
        TIFFSetErrorHandler(nullptr);
        TIFFSetWarningHandler(nullptr);
        return true;
    }();
    (void)once;
}

// One strip of IEEE floats, with the voxel's size in mm where it is known (0: not).
inline bool set_float_page(TIFF* t, std::int64_t rows, std::int64_t columns, double width_mm, double height_mm) {
    bool good = TIFFSetField(t, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(columns)) != 0 &&
                TIFFSetField(t, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(rows)) != 0 &&
                TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 32) != 0 && TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1) != 0 &&
                TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP) != 0 &&
                TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) != 0 &&
                TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != 0 &&
                TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_NONE) != 0 &&
                TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(rows)) != 0 &&
                TIFFSetField(t, TIFFTAG_SOFTWARE, "firstlight") != 0;
    if (good && width_mm > 0 && height_mm > 0)
        good = TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE) != 0 &&  // the description says mm
               TIFFSetField(t, TIFFTAG_XRESOLUTION, 1 / width_mm) != 0 &&
               TIFFSetField(t, TIFFTAG_YRESOLUTION, 1 / height_mm) != 0;
    return good;
}

// True for a page of single 32-bit floats in strips; why not, otherwise.
inline bool is_float_page(TIFF* t, std::uint32_t& rows, std::uint32_t& columns, const char*& why_not) {
    std::uint16_t bits = 0, channels = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &columns);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &channels);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &format);
    if (bits != 32 || channels != 1 || format != SAMPLEFORMAT_IEEEFP)
        why_not = "its pixels are not single 32-bit floats";
    else if (TIFFIsTiled(t) != 0) why_not = "it is stored in tiles, not in strips";
    else if (rows == 0 || columns == 0 || TIFFScanlineSize(t) != static_cast<tmsize_t>(columns) * 4 ||
             static_cast<std::uint64_t>(rows) * columns > std::uint64_t{1} << 30)
        why_not = "its size makes no sense";
    else return true;
    return false;
}

}  // namespace firstlight
