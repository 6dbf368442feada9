#include "host/io/filters.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <liblzf/lzf.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstring>
#include <memory>

#include "host/io/bitshuffle.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

enum Number {
    deflate = 1,
    shuffle = 2,
    fletcher = 3,
    lzf = 32000,
    blosc = 32001,
    lz4 = 32004,
    bitshuffle = 32008,
    zstd = 32015
};
using Bytes = std::span<const std::byte>;

[[noreturn]] void damaged(const std::string& where, const std::string& what) {
    throw Error(ExitCode::bad_input, where + ": a chunk is damaged", what, "copy or record the file again");
}

const char* known_name(int number) {
    switch (number) {
        case deflate: return "deflate";
        case shuffle: return "shuffle";
        case fletcher: return "fletcher32";
        case lzf: return "lzf";
        case blosc: return "blosc";
        case lz4: return "lz4";
        case bitshuffle: return "bitshuffle";
        case zstd: return "zstd";
        default: return nullptr;
    }
}

const char* refused_name(int number) {
    switch (number) {
        case 4: return "szip";
        case 5: return "nbit";
        case 6: return "scaleoffset";
        case 307: return "bzip2";
        case 32013: return "zfp";
        case 32017: return "sz";
        case 32026: return "blosc2";
        default: return nullptr;
    }
}

bool changes_size_freely(const h5::Filter& f) {
    if (f.number == bitshuffle) return f.parameters.size() >= 5 && f.parameters[4] != 0;
    return f.number != shuffle && f.number != fletcher;
}

std::uint64_t big_endian(const std::byte* at, int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
    return value;
}

// Takes bytes from the front of untrusted input.
class Reader {
  public:
    Reader(Bytes in, const std::string& where) : in_(in), where_(where) {}
    Bytes take(std::size_t n) {
        if (n > in_.size()) damaged(where_, "its packed data end too early");
        const Bytes front = in_.first(n);
        in_ = in_.subspan(n);
        return front;
    }
    std::uint64_t number(int bytes) { return big_endian(take(static_cast<std::size_t>(bytes)).data(), bytes); }

  private:
    Bytes in_;
    const std::string& where_;
};

void check_size(std::size_t got, std::size_t expected, const std::string& where) {
    if (got != expected) damaged(where, fmt::format("it unpacks to {} bytes, expected {}", got, expected));
}

void lz4_block(Bytes in, std::span<std::byte> out, const std::string& where) {
    if (in.size() > INT_MAX || out.size() > INT_MAX) damaged(where, "a block is too large");
    const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                        static_cast<int>(in.size()), static_cast<int>(out.size()));
    if (got < 0) damaged(where, "lz4 data make no sense");
    check_size(static_cast<std::size_t>(got), out.size(), where);
}

void zstd_block(Bytes in, std::span<std::byte> out, const std::string& where) {
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(got) != 0) damaged(where, fmt::format("zstd: {}", ZSTD_getErrorName(got)));
    check_size(got, out.size(), where);
}

void undo_deflate(Bytes in, std::span<std::byte> out, const std::string& where) {
    thread_local const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> machine(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (!machine) throw Error(ExitCode::internal, "out of memory");
    std::size_t got = 0;
    const auto result = libdeflate_zlib_decompress(machine.get(), in.data(), in.size(), out.data(), out.size(), &got);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        damaged(where, fmt::format("it unpacks to more than {} bytes", out.size()));
    if (result != LIBDEFLATE_SUCCESS) damaged(where, "deflate data make no sense");
    check_size(got, out.size(), where);
}

// Unshuffles elements of a size known here, so that the compiler makes vector code of it.
template <std::size_t Size>
void merge_bytes(const std::byte* in, std::byte* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t b = 0; b < Size; ++b) out[i * Size + b] = in[b * n + i];
}

void undo_shuffle(Bytes in, std::span<std::byte> out, std::size_t element, const std::string& where) {
    check_size(in.size(), out.size(), where);
    if (element == 0) damaged(where, "shuffle with elements of no size");
    const std::size_t n = in.size() / element;
    if (element == 2) merge_bytes<2>(in.data(), out.data(), n);
    else if (element == 4) merge_bytes<4>(in.data(), out.data(), n);
    else
        for (std::size_t b = 0; b < element; ++b)
            for (std::size_t i = 0; i < n; ++i) out[i * element + b] = in[b * n + i];
    std::memcpy(out.data() + n * element, in.data() + n * element, in.size() - n * element);
}

void undo_lzf(Bytes in, std::span<std::byte> out, const std::string& where) {
    if (in.size() > UINT_MAX || out.size() > UINT_MAX) damaged(where, "it is too large for lzf");
    check_size(
        lzf_decompress(in.data(), static_cast<unsigned>(in.size()), out.data(), static_cast<unsigned>(out.size())),
        out.size(), where);
}

void undo_blosc(Bytes in, std::span<std::byte> out, const std::string& where) {
    std::size_t size = 0;
    if (in.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data(), in.size(), &size) != 0)
        damaged(where, "blosc data make no sense");
    check_size(size, out.size(), where);
    if (size == 0) return;
    const int got = blosc_decompress_ctx(in.data(), out.data(), out.size(), 1);
    if (got < 0) damaged(where, "blosc data make no sense, or were packed by a codec this blosc lacks");
    check_size(static_cast<std::size_t>(got), out.size(), where);
}

void undo_lz4(Bytes in, std::span<std::byte> out, const std::string& where) {
    Reader reader(in, where);
    check_size(reader.number(8), out.size(), where);
    const std::uint64_t block = reader.number(4);
    if (block == 0 && !out.empty()) damaged(where, "lz4 blocks of no size");
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t size = std::min<std::uint64_t>(block, out.size() - at);
        const std::span<std::byte> to = out.subspan(at, size);
        const Bytes packed = reader.take(reader.number(4));
        if (packed.size() == size) std::memcpy(to.data(), packed.data(), size);  // it was not worth packing
        else lz4_block(packed, to, where);
        at += size;
    }
}

void undo_bitshuffle(const h5::Filter& filter, Bytes in, std::span<std::byte> out, const std::string& where) {
    if (filter.parameters.size() < 3) damaged(where, "bitshuffle lacks its parameters");
    const std::size_t element = filter.parameters[2];
    if (element == 0 || element > 64) damaged(where, "bitshuffle with elements of an impossible size");
    std::size_t block = filter.parameters.size() > 3 ? filter.parameters[3] : 0;
    const unsigned codec = filter.parameters.size() > 4 ? filter.parameters[4] : 0;
    if (codec != 0 && codec != 2 && codec != 3)
        throw Error(ExitCode::bad_input, fmt::format("{}: bitshuffle with codec {}", where, codec),
                    "none, lz4 and zstd are read");
    if (block == 0) block = default_bitshuffle_block(element);
    Reader reader(in, where);
    if (codec != 0) {
        check_size(reader.number(8), out.size(), where);
        block = reader.number(4) / element;
    }
    if (block == 0 || block % 8 != 0) damaged(where, "bitshuffle blocks are no multiple of 8 elements");
    const std::size_t elements = out.size() / element;
    std::vector<std::byte> shuffled;
    std::size_t done = 0;
    while (done + 8 <= elements) {
        const std::size_t n = std::min(block, (elements - done) / 8 * 8);
        Bytes rows;
        if (codec == 0) {
            rows = reader.take(n * element);
        } else {
            shuffled.resize(n * element);
            const Bytes packed = reader.take(reader.number(4));
            if (codec == 2) lz4_block(packed, shuffled, where);
            else zstd_block(packed, shuffled, where);
            rows = shuffled;
        }
        bit_unshuffle(rows.data(), out.data() + done * element, n, element);
        done += n;
    }
    const std::size_t rest = out.size() - done * element;
    const Bytes plain = reader.take(rest);
    std::memcpy(out.data() + done * element, plain.data(), rest);
}

Bytes undo_fletcher(Bytes in, const std::string& where) {
    if (in.size() < 4) damaged(where, "its checksum is missing");
    const Bytes data = in.first(in.size() - 4);
    std::uint32_t stored = 0;
    for (std::size_t i = 0; i < 4; ++i) stored |= std::to_integer<std::uint32_t>(in[data.size() + i]) << (8 * i);
    const std::uint32_t found = fletcher32(data);
    // HDF5 1.6.2 and older wrote the bytes of each half swapped.
    const std::uint32_t swapped = (found & 0x00FF00FFU) << 8 | (found >> 8 & 0x00FF00FFU);
    if (stored != found && stored != swapped) damaged(where, "its checksum (fletcher32) does not fit its data");
    return data;
}

void undo(const h5::Filter& filter, std::size_t element, Bytes in, std::span<std::byte> out, const std::string& where) {
    switch (filter.number) {
        case deflate: return undo_deflate(in, out, where);
        case shuffle: return undo_shuffle(in, out, filter.parameters.empty() ? element : filter.parameters[0], where);
        case lzf: return undo_lzf(in, out, where);
        case blosc: return undo_blosc(in, out, where);
        case lz4: return undo_lz4(in, out, where);
        case bitshuffle: return undo_bitshuffle(filter, in, out, where);
        case zstd: return zstd_block(in, out, where);
        default: check_filters({filter}, where);
    }
}

}  // namespace

std::string filter_name(const h5::Filter& filter) {
    const char* name = known_name(filter.number);
    if (name == nullptr) name = refused_name(filter.number);
    if (name == nullptr) return fmt::format("filter {} ({})", filter.number, filter.name.empty() ? "?" : filter.name);
    if (filter.number == deflate && !filter.parameters.empty())
        return fmt::format("{}({})", name, filter.parameters[0]);
    return name;
}

void check_filters(const std::vector<h5::Filter>& filters, const std::string& where) {
    int compressors = 0;
    for (const h5::Filter& f : filters) {
        if (known_name(f.number) == nullptr)
            throw Error(ExitCode::bad_input, fmt::format("{} is packed with {}", where, filter_name(f)),
                        "none, shuffle, deflate, fletcher32, lzf, blosc, lz4, zstd and bitshuffle are read",
                        "repack it, e.g. h5repack -f GZIP=1");
        compressors += changes_size_freely(f) ? 1 : 0;
    }
    if (compressors > 1)
        throw Error(ExitCode::bad_input, where + " is packed twice", "one compression is read, not one over another",
                    "repack it, e.g. h5repack -f GZIP=1");
}

void decode_chunk(const std::vector<h5::Filter>& filters, unsigned mask, std::size_t element_bytes,
                  std::vector<std::byte>& packed, std::vector<std::byte>& work, std::span<std::byte> out,
                  const std::string& where) {
    const auto applied = [&](std::size_t i) { return i >= 32 || (mask >> i & 1U) == 0; };
    // Data sizes before each filter as they were when the chunk was packed: known until the first compressor.
    std::vector<std::size_t> size_before(filters.size());
    std::size_t size = out.size();
    std::size_t last_copy = filters.size();  // the filter whose undoing writes `out`
    for (std::size_t i = filters.size(); i-- > 0;)
        if (applied(i) && filters[i].number != fletcher) last_copy = i;
    for (std::size_t i = 0; i < filters.size(); ++i) {
        size_before[i] = size;
        if (applied(i) && filters[i].number == fletcher) size += 4;
    }
    Bytes current(packed);
    for (std::size_t i = filters.size(); i-- > 0;) {
        if (!applied(i)) continue;
        if (filters[i].number == fletcher) {
            current = undo_fletcher(current, where);
        } else if (i == last_copy && size_before[i] == out.size()) {
            undo(filters[i], element_bytes, current, out, where);
            current = out;
        } else {
            work.resize(size_before[i]);
            undo(filters[i], element_bytes, current, work, where);
            packed.swap(work);
            current = packed;
        }
    }
    check_size(current.size(), out.size(), where);
    if (current.data() != out.data()) std::memcpy(out.data(), current.data(), out.size());
}

std::vector<std::byte> encode_chunk(std::span<const std::byte> chunk, std::size_t element) {
    std::vector<std::byte> shuffled(chunk.size());
    const std::size_t n = chunk.size() / element;
    for (std::size_t b = 0; b < element; ++b)
        for (std::size_t i = 0; i < n; ++i) shuffled[b * n + i] = chunk[i * element + b];
    thread_local const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> machine(
        libdeflate_alloc_compressor(1), libdeflate_free_compressor);
    if (!machine) throw Error(ExitCode::internal, "out of memory");
    std::vector<std::byte> packed(libdeflate_zlib_compress_bound(machine.get(), shuffled.size()) + 4);
    const std::size_t bytes =
        libdeflate_zlib_compress(machine.get(), shuffled.data(), shuffled.size(), packed.data(), packed.size() - 4);
    if (bytes == 0) throw Error(ExitCode::internal, "deflate failed");
    const std::uint32_t sum = fletcher32(Bytes(packed).first(bytes));
    for (std::size_t i = 0; i < 4; ++i) packed[bytes + i] = static_cast<std::byte>(sum >> (8 * i) & 0xFF);
    packed.resize(bytes + 4);
    return packed;
}

std::uint32_t fletcher32(std::span<const std::byte> data) {
    std::uint32_t first = 0, second = 0;
    const std::byte* at = data.data();
    for (std::size_t words = data.size() / 2; words > 0;) {
        std::size_t run = std::min<std::size_t>(words, 360);  // sums cannot overflow within it
        words -= run;
        for (; run > 0; --run, at += 2) {
            first += std::to_integer<std::uint32_t>(at[0]) << 8 | std::to_integer<std::uint32_t>(at[1]);
            second += first;
        }
        first = (first & 0xFFFF) + (first >> 16);
        second = (second & 0xFFFF) + (second >> 16);
    }
    if (data.size() % 2 != 0) {
        first += std::to_integer<std::uint32_t>(*at) << 8;
        second += first;
        first = (first & 0xFFFF) + (first >> 16);
        second = (second & 0xFFFF) + (second >> 16);
    }
    first = (first & 0xFFFF) + (first >> 16);
    second = (second & 0xFFFF) + (second >> 16);
    return second << 16 | first;
}

}  // namespace firstlight
