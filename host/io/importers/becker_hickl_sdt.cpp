#include "host/io/importers/becker_hickl_sdt.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "host/data/axis.hpp"
#include "host/io/importers/importer.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "host/io/importers/source_bytes.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint64_t header_bytes = 42, block_header_bytes = 22;
constexpr std::uint64_t most_deflated = 1032;  // bytes that one byte of deflate can become

[[noreturn]] void refuse(const SourceBytes& bytes, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "copy the file again") {
    throw Error(ExitCode::bad_input, bytes.name() + ": " + problem, why, suggestion);
}

// Image of one channel, or a row of curves.
struct Shape {
    std::int64_t rows = 1, columns = 1, bins = 0;
    std::int64_t channels = 1;  // routed into one block, one image after the other
    [[nodiscard]] std::int64_t elements() const { return rows * columns * bins; }
};

struct Block {
    std::uint64_t data = 0, end = 0;  // `end`: of packed data
    std::uint64_t bytes = 0;          // unpacked
    std::uint16_t type = 0;
    std::uint64_t element = 2;
    double bin_width_s = 0;  // 0: not in the file
    Shape shape;
    [[nodiscard]] bool packed() const { return (type & 0x1000) != 0; }
};

struct Description {
    std::int64_t bins = 0;
    double bin_width_s = 0;
    std::int64_t sizes[2][4] = {};  // scan, image: x, y, routing x, routing y
};

Description read_description(const SourceBytes& bytes, std::uint64_t at, std::uint64_t length) {
    const std::string what = "the description of a measurement";
    bytes.need(at, length, what);
    Description d;
    d.bins = bytes.get<std::int16_t>(at + 82, what);
    if (d.bins == 0) d.bins = 65536;
    if (d.bins < 0) refuse(bytes, fmt::format("its curves have {} bins (adc_re)", d.bins), "that is negative");
    const auto range = static_cast<double>(bytes.get<float>(at + 64, what));
    const auto gain = static_cast<double>(bytes.get<std::int16_t>(at + 68, what));
    if (gain > 0 && range > 0 && range < 1) d.bin_width_s = range / (gain * static_cast<double>(d.bins));
    constexpr std::uint64_t places[2] = {173, 309};
    for (int kind = 0; kind < 2; ++kind)
        for (std::uint64_t i = 0; i < 4; ++i)
            if (places[kind] + 4 * i + 4 <= length)  // older descriptions are shorter
                d.sizes[kind][i] = bytes.get<std::int32_t>(at + places[kind] + 4 * i, what);
    return d;
}

Shape shape_of(const SourceBytes& bytes, const Description& d, std::int64_t elements) {
    const auto fits = [&](std::initializer_list<std::int64_t> sides) {
        std::int64_t product = 1;
        for (const std::int64_t side : sides)
            if (side <= 0 || __builtin_mul_overflow(product, side, &product)) return false;
        return product == elements;
    };
    for (const auto& [x, y, routing_x, routing_y] : d.sizes)
        if (fits({x, y, d.bins})) return {y, x, d.bins, 1};
    for (const auto& [x, y, routing_x, routing_y] : d.sizes)
        if (fits({x, y, routing_x, routing_y, d.bins})) return {y, x, d.bins, routing_x * routing_y};
    if (elements == 0 || elements % d.bins != 0)
        refuse(bytes, fmt::format("a data block holds {} counts", elements),
               fmt::format("that is neither the image of its description nor curves of {} bins", d.bins));
    return {1, elements / d.bins, d.bins, 1};
}

void check_type(const SourceBytes& bytes, Block& block) {
    constexpr const char* names[] = {"decay",         "page",      "FCS",     "FIDA",      "FILDA",  "MCS",     "image",
                                     "MCS triggered", "MCS image", "moments", "intensity", "camera", "lifetime"};
    const unsigned contents = (block.type >> 4) & 15, type = (block.type >> 8) & 15;
    if (contents != 0 && contents != 1 && contents != 6)
        refuse(bytes,
               contents < std::size(names)
                   ? fmt::format("a data block is of kind \"{}\"", names[contents])
                   : fmt::format("a data block is of kind 0x{:x}0, which is not known", contents),
               "histograms of kind decay, page and image are read", "export those");
    if (type > 2) refuse(bytes, fmt::format("a data block has numbers of type 0x{:x}00", type), "u2, u4, f8 are read");
    block.element = type == 0 ? 2 : type == 1 ? 4 : 8;
}

std::vector<Block> read_blocks(const SourceBytes& bytes) {
    const std::string what = "the header";
    if (bytes.get<std::uint16_t>(40, what) != 0x55AA && bytes.get<std::uint16_t>(32, what) != 0x5555)
        refuse(bytes, "has no valid header of Becker & Hickl", "its check values are wrong");
    const auto place = [&](std::uint64_t at, const char* name) {
        const auto value = bytes.get<std::int32_t>(at, what);
        if (value < 0) refuse(bytes, fmt::format("{} are at byte {}", name, value), "that is before the file");
        return static_cast<std::uint64_t>(value);
    };
    const std::uint64_t info = place(2, "its notes");
    const auto info_bytes = bytes.get<std::int16_t>(6, what);
    const std::string notes =
        bytes.text(info, static_cast<std::size_t>(std::max<std::int16_t>(info_bytes, 0)), "its notes");
    if (notes.rfind("*IDENTIFICATION", 0) != 0) refuse(bytes, "does not tell what it is", "*IDENTIFICATION is missing");
    if (notes.find("SPC Setup Script File") != std::string::npos)
        refuse(bytes, "is a setup script", "it holds no data", "import the file of a measurement");
    if (notes.find("SPC Flow Data File") != std::string::npos)
        refuse(bytes, "is an SPC Flow Data File", "setup, DLL and FCS data files are read", "export histograms");

    const auto described = bytes.get<std::int16_t>(28, what), length = bytes.get<std::int16_t>(30, what);
    if (described <= 0 || length < 84)
        refuse(bytes, fmt::format("has {} descriptions of {} bytes", described, length), "one of 84 is needed");
    const std::uint64_t descriptions = place(24, "its descriptions");
    std::int64_t count = bytes.get<std::int16_t>(18, what);
    if (count == 0x7FFF) count = bytes.get<std::uint32_t>(34, what);
    if (count <= 0) refuse(bytes, fmt::format("has {} data blocks", count), "at least one is needed");
    if (static_cast<std::uint64_t>(count) > bytes.size() / block_header_bytes)
        refuse(bytes, fmt::format("tells of {} data blocks", count),
               fmt::format("the file has {} bytes", bytes.size()));
    const bool recent = (bytes.get<std::uint16_t>(0, what) & 15) >= 15;

    std::vector<Block> blocks;
    std::uint64_t at = place(14, "its data");
    for (std::int64_t i = 0; i < count; ++i) {
        const std::string head = fmt::format("the header of data block {}", i);
        bytes.need(at, block_header_bytes, head);
        Block block;
        block.data = bytes.get<std::uint32_t>(at + 2, head);
        std::uint64_t next = bytes.get<std::uint32_t>(at + 6, head);
        if (recent) {  // files of more than 4 GiB: the highest bytes
            block.data |= std::uint64_t{bytes.get<std::uint8_t>(at, head)} << 32;
            next |= std::uint64_t{bytes.get<std::uint8_t>(at + 1, head)} << 32;
        }
        block.type = bytes.get<std::uint16_t>(at + 10, head);
        block.bytes = bytes.get<std::uint32_t>(at + 18, head);
        const auto described_by = bytes.get<std::int16_t>(at + 12, head);
        if (described_by < 0 || described_by >= described)
            refuse(bytes, fmt::format("data block {} is described by block {}", i, described_by),
                   fmt::format("there are {}", described));
        check_type(bytes, block);
        block.end = next > block.data ? std::min(next, bytes.size()) : bytes.size();
        if (!block.packed()) bytes.need(block.data, block.bytes, fmt::format("data block {}", i));
        else if (block.data >= block.end || block.bytes / most_deflated > block.end - block.data)
            refuse(bytes, fmt::format("data block {} cannot hold {} bytes", i, block.bytes),
                   "its packed data are too short");
        const auto size = static_cast<std::uint64_t>(length);
        const Description d =
            read_description(bytes, descriptions + static_cast<std::uint64_t>(described_by) * size, size);
        block.shape = shape_of(bytes, d, static_cast<std::int64_t>(block.bytes / block.element));
        block.bin_width_s = d.bin_width_s;
        blocks.push_back(block);
        if (i + 1 < count && next <= at)
            refuse(bytes, fmt::format("data block {} is followed by the one at byte {}", i, next),
                   fmt::format("its own place is byte {}, and blocks follow one another", at));
        at = next;
    }
    return blocks;
}

// The first member of a zip archive, as long as the block says.
std::vector<std::byte> unpack(const SourceBytes& bytes, const Block& block) {
    std::vector<std::byte> packed(static_cast<std::size_t>(block.end - block.data));
    bytes.read(block.data, packed, "packed data");
    const auto number = [&](std::size_t at) {
        std::uint16_t value = 0;
        std::memcpy(&value, packed.data() + at, 2);
        return value;
    };
    constexpr std::size_t local_header = 30;
    if (packed.size() < local_header || std::memcmp(packed.data(), "PK\3\4", 4) != 0)
        refuse(bytes, "its packed data are no zip archive", "they do not begin with PK");
    const std::size_t begin = local_header + number(26) + number(28);
    const unsigned method = number(8);
    if (begin >= packed.size() || (method != 0 && method != 8))
        refuse(bytes, fmt::format("its packed data use method {}", method), "0 (stored) and 8 (deflate) are read");
    std::vector<std::byte> out(static_cast<std::size_t>(block.bytes));
    if (method == 0) {
        if (packed.size() - begin < out.size()) refuse(bytes, "its packed data are too short", "they are not whole");
        std::memcpy(out.data(), packed.data() + begin, out.size());
        return out;
    }
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    std::size_t used = 0, made = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        decompressor.get(), packed.data() + begin, packed.size() - begin, out.data(), out.size(), &used, &made);
    if (result != LIBDEFLATE_SUCCESS || made != out.size())
        refuse(bytes, "its packed data cannot be unpacked", fmt::format("to {} bytes", out.size()));
    return out;
}

// The counts of one channel; those that are stored as f8 must be whole and become u4.
PhotonCube read_counts(const SourceBytes& bytes, const Block& block, std::int64_t channel) {
    const Shape& shape = block.shape;
    PhotonCube cube(block.element == 2 ? CountType::u2 : CountType::u4, 1, shape.rows, shape.columns, shape.bins);
    const std::uint64_t size = static_cast<std::uint64_t>(shape.elements()) * block.element;
    const std::uint64_t begin = size * static_cast<std::uint64_t>(channel);
    std::vector<std::byte> stored;
    std::span<std::byte> counts(cube.counts);
    if (block.packed()) {
        stored = unpack(bytes, block);
        counts = std::span(stored).subspan(begin, size);
    } else {
        if (block.element == 8) {
            stored.resize(size);
            counts = stored;
        }
        bytes.read(block.data + begin, counts, "its counts");
    }
    if (block.element != 8) {
        if (block.packed()) std::memcpy(cube.counts.data(), counts.data(), size);
        return cube;
    }
    auto* out = reinterpret_cast<std::uint32_t*>(cube.counts.data());
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
        double value = 0;
        std::memcpy(&value, counts.data() + 8 * i, 8);
        if (!(value >= 0 && value <= 4294967295.0 && value == std::floor(value)))
            refuse(bytes, fmt::format("holds {} as a count", value), "whole counts were expected",
                   "export what was measured, not what was calculated of it");
        out[i] = static_cast<std::uint32_t>(value);
    }
    return cube;
}

ImportReport import_sdt(const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const SourceBytes bytes(request.source);
    const std::vector<Block> blocks = read_blocks(bytes);
    std::int64_t channels = 0;
    for (const Block& block : blocks) channels += block.shape.channels;
    if (channels > 1 && given.channel < 0)
        ask_for(request, fmt::format("which of its {} channels and blocks is meant", channels),
                fmt::format("--channel (0 to {})", channels - 1));
    if (given.channel >= channels)
        throw Error(ExitCode::usage, fmt::format("{}: has no channel {}", bytes.name(), given.channel),
                    fmt::format("it has {}, counted from 0", channels));
    std::int64_t channel = std::max<std::int64_t>(given.channel, 0);
    auto block = blocks.begin();
    for (; channel >= block->shape.channels; ++block) channel -= block->shape.channels;

    AcquisitionInfo info = info_of_source(request, "Becker & Hickl SDT");
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    Scan scan;
    scan.name = request.source.string();
    scan.rows = block->shape.rows;
    scan.columns = block->shape.columns;
    scan.bins = block->shape.bins;
    scan.type = block->element == 2 ? CountType::u2 : CountType::u4;
    need_histogram_memory(request, scan,
                          block->packed() || block->element == 8 ? block->bytes + (block->end - block->data) : 0, "");
    scan.bin_width_s = std::isnan(given.bin_width_ps) ? block->bin_width_s : given.bin_width_ps * 1e-12;
    if (!(scan.bin_width_s > 0)) ask_for(request, "how wide its time bins are", "--bin-width-ps");
    if (!std::isnan(given.bin_width_ps))
        assumptions.push_back(fmt::format("bin width {} ps, as given", given.bin_width_ps));
    if (channels > 1) assumptions.push_back(fmt::format("channel {} of {}, as given", given.channel, channels));
    set_time_and_path(scan, info, request);
    if (const auto [height, width] = scan_size(given); height > 0) {
        scan.y_m = cell_centres(scan.rows, height);
        scan.x_m = cell_centres(scan.columns, width);
        info.scan_size_m = {height, width};
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    }
    if (!std::isnan(given.repetition_rate_hz)) scan.repetition_rate_hz = given.repetition_rate_hz;
    if (!std::isnan(given.exposure_s)) {
        scan.exposure_s = {given.exposure_s / static_cast<double>(scan.pixels())};
        assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared evenly by {} pixels", given.exposure_s, scan.pixels()));
        if (scan.repetition_rate_hz) scan.pulses = {scan.exposure_s[0] * *scan.repetition_rate_hz};
    }
    return write_cube(request, scan, info, read_counts(bytes, *block, channel));
}

bool is_sdt(const std::filesystem::path&, std::span<const std::byte> head) {
    if (head.size() < header_bytes) return false;
    std::int32_t info = 0;
    std::memcpy(&info, head.data() + 2, 4);
    constexpr std::string_view begin = "*IDENTIFICATION";
    return info >= 0 && static_cast<std::size_t>(info) + begin.size() <= head.size() &&
           std::memcmp(head.data() + info, begin.data(), begin.size()) == 0;
}

}  // namespace

Importer becker_hickl_sdt_importer() {
    return {
        "sdt",
        "Becker & Hickl SDT, curves and FLIM images",
        {".sdt"},
        {"channel", "bin_width_ps", "first_bin_ps", "scan_size_m", "light_path", "exposure_s", "repetition_rate_hz"},
        is_sdt,
        import_sdt};
}

}  // namespace firstlight
