#include "host/io/h5.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "host/io/read_only_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::h5 {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{1} << 20;
constexpr hsize_t max_values = 4096;  // in an attribute or text dataset

struct StandardType {
    hid_t id;
    Kind kind;
    bool big_endian;
    const char* name;
};

ElementType describe_type(hid_t type) {
    const StandardType standard[] = {{H5T_STD_U8LE, Kind::unsigned_integer, false, "u1"},
                                     {H5T_STD_U16LE, Kind::unsigned_integer, false, "u2"},
                                     {H5T_STD_U32LE, Kind::unsigned_integer, false, "u4"},
                                     {H5T_STD_U64LE, Kind::unsigned_integer, false, "u8"},
                                     {H5T_STD_I8LE, Kind::signed_integer, false, "i1"},
                                     {H5T_STD_I16LE, Kind::signed_integer, false, "i2"},
                                     {H5T_STD_I32LE, Kind::signed_integer, false, "i4"},
                                     {H5T_STD_I64LE, Kind::signed_integer, false, "i8"},
                                     {H5T_IEEE_F32LE, Kind::real, false, "f4"},
                                     {H5T_IEEE_F64LE, Kind::real, false, "f8"},
                                     {H5T_STD_U16BE, Kind::unsigned_integer, true, "u2 (big-endian)"},
                                     {H5T_STD_U32BE, Kind::unsigned_integer, true, "u4 (big-endian)"},
                                     {H5T_STD_U64BE, Kind::unsigned_integer, true, "u8 (big-endian)"},
                                     {H5T_STD_I16BE, Kind::signed_integer, true, "i2 (big-endian)"},
                                     {H5T_STD_I32BE, Kind::signed_integer, true, "i4 (big-endian)"},
                                     {H5T_STD_I64BE, Kind::signed_integer, true, "i8 (big-endian)"},
                                     {H5T_IEEE_F32BE, Kind::real, true, "f4 (big-endian)"},
                                     {H5T_IEEE_F64BE, Kind::real, true, "f8 (big-endian)"},
                                     {H5T_STD_U8BE, Kind::unsigned_integer, false, "u1"},
                                     {H5T_STD_I8BE, Kind::signed_integer, false, "i1"}};
    const std::size_t bytes = H5Tget_size(type);
    for (const StandardType& s : standard)
        if (H5Tequal(type, s.id) > 0) return {s.kind, bytes, s.big_endian, s.name};
    switch (H5Tget_class(type)) {
        case H5T_STRING: return {Kind::text, bytes, false, "text"};
        case H5T_COMPOUND: return {Kind::other, bytes, false, "compound"};
        case H5T_ENUM: return {Kind::other, bytes, false, "enumeration"};
        case H5T_VLEN: return {Kind::other, bytes, false, "variable length"};
        case H5T_REFERENCE: return {Kind::other, bytes, false, "reference"};
        case H5T_ARRAY: return {Kind::other, bytes, false, "array"};
        case H5T_OPAQUE: return {Kind::other, bytes, false, "opaque"};
        default: return {Kind::other, bytes, false, fmt::format("number of unusual form, {} bytes", bytes)};
    }
}

std::string cut_text(const char* text, std::size_t bytes, bool space_padded) {
    std::size_t length = strnlen(text, std::min(bytes, max_text_bytes));
    while (space_padded && length > 0 && text[length - 1] == ' ') --length;
    return {text, length};
}

// Texts of an attribute or dataset: `read(memory_type, buffer)` does the reading.
template <class Read>
std::optional<std::vector<std::string>> read_texts(hid_t type, hid_t space, const Read& read) {
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count < 0 || static_cast<hsize_t>(count) > max_values || H5Tget_class(type) != H5T_STRING) return std::nullopt;
    const auto n = static_cast<std::size_t>(count);
    std::vector<std::string> texts;
    if (n == 0) return texts;
    if (H5Tis_variable_str(type) > 0) {
        const Id memory(H5Tcopy(H5T_C_S1));
        H5Tset_size(memory.get(), H5T_VARIABLE);
        H5Tset_cset(memory.get(), H5Tget_cset(type));
        std::vector<char*> pointers(n, nullptr);
        const bool good = read(memory.get(), pointers.data()) >= 0;
        for (char* p : pointers)
            if (good) texts.push_back(p == nullptr ? std::string() : cut_text(p, max_text_bytes, false));
        H5Dvlen_reclaim(memory.get(), space, H5P_DEFAULT, pointers.data());
        if (!good) return std::nullopt;
        return texts;
    }
    const std::size_t bytes = H5Tget_size(type);
    if (bytes == 0 || bytes > max_text_bytes || bytes * n > 4 * max_text_bytes) return std::nullopt;
    std::vector<char> buffer(bytes * n);
    if (read(type, buffer.data()) < 0) return std::nullopt;
    const bool padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (std::size_t i = 0; i < n; ++i) texts.push_back(cut_text(buffer.data() + i * bytes, bytes, padded));
    return texts;
}

}  // namespace

void prepare_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        H5dont_atexit();  // after a failed write the library's own farewell has crashed
        H5open();
        H5PLset_loading_state(0);
        H5Lunregister(H5L_TYPE_EXTERNAL);
    });
    thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
    (void)quiet;
}

std::string library_message() {
    std::string message;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned level, const H5E_error2_t* error, void* out) -> herr_t {
            if (level == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
            return 0;
        },
        &message);
    return message;
}

Id::~Id() {
    if (value_ >= 0) H5Idec_ref(value_);
}

void Id::close() {
    if (value_ < 0) return;
    if (H5Idec_ref(std::exchange(value_, -1)) < 0) throw Error(ExitCode::output, "closing failed", library_message());
}

ReadFile::ReadFile(const std::filesystem::path& path) : name_(path.string()) {
    prepare_library();
    if (ReadOnlyFile(path).size() == 0)
        throw Error(ExitCode::bad_input, name_ + ": is empty", "it has 0 bytes", "copy or record it again");
    const Id access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fapl_sec2(access.get());
    H5Pset_file_locking(access.get(), false, true);
    H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
    if (H5Fis_hdf5(path.c_str()) <= 0)
        throw Error(ExitCode::bad_input, name_ + ": is not an HDF5 file", "its signature is missing",
                    "see `firstlight import --help` for other formats");
    file_ = Id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
    if (!file_.valid()) {
        const std::string why = library_message();
        if (why.find("truncated") != std::string::npos)
            throw Error(ExitCode::bad_input, name_ + ": is truncated", why, "copy or record it again");
        if (why.find("already open for write") != std::string::npos)
            throw Error(ExitCode::bad_input, name_ + ": is being written, or its writer did not finish", why,
                        "wait for the acquisition program to close it");
        throw Error(ExitCode::bad_input, name_ + ": is damaged HDF5", why, "copy or record it again");
    }
    const Id creation(H5Fget_create_plist(file_.get()));
    hsize_t block = 0;
    if (creation.valid() && H5Pget_userblock(creation.get(), &block) >= 0) user_block_ = block;
}

void ReadFile::fail(const std::string& path, const std::string& problem) const {
    throw Error(ExitCode::bad_input, fmt::format("{}: {}: {}", name_, path, problem), library_message());
}

Id ReadFile::open_object(const std::string& path) const {
    prepare_library();
    Id at(H5Oopen(file_.get(), "/", H5P_DEFAULT));
    if (!at.valid()) fail("/", "cannot be opened");
    for (std::size_t begin = 1; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        if (H5Iget_type(at.get()) != H5I_GROUP) return {};
        const htri_t there = H5Lexists(at.get(), part.c_str(), H5P_DEFAULT);
        if (there < 0) fail(path.substr(0, end), "cannot be looked up");
        if (there == 0) return {};
        H5L_info_t info;
        if (H5Lget_info(at.get(), part.c_str(), &info, H5P_DEFAULT) < 0)
            fail(path.substr(0, end), "cannot be looked up");
        if (info.type != H5L_TYPE_HARD)
            throw Error(ExitCode::bad_input, fmt::format("{}: {} is a link", name_, path.substr(0, end)),
                        info.type == H5L_TYPE_EXTERNAL ? "to another file; a file may not make firstlight open others"
                                                       : "soft and user-defined links are not followed",
                        "store the data themselves, e.g. with h5repack or h5copy");
        Id next(H5Oopen(at.get(), part.c_str(), H5P_DEFAULT));
        if (!next.valid()) fail(path.substr(0, end), "cannot be opened");
        at = std::move(next);
        begin = end + 1;
    }
    return at;
}

Node ReadFile::node(const std::string& path) const {
    const Id object = open_object(path);
    if (!object.valid()) return Node::absent;
    const H5I_type_t type = H5Iget_type(object.get());
    return type == H5I_GROUP ? Node::group : type == H5I_DATASET ? Node::dataset : Node::other;
}

std::vector<std::string> ReadFile::children(const std::string& path, std::size_t limit) const {
    const Id group = open_object(path);
    std::vector<std::string> names;
    H5G_info_t info;
    if (!group.valid() || H5Iget_type(group.get()) != H5I_GROUP || H5Gget_info(group.get(), &info) < 0) return names;
    for (hsize_t i = 0; i < info.nlinks && names.size() < limit; ++i) {
        char name[256];
        const ssize_t length =
            H5Lget_name_by_idx(group.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        if (length < 0) fail(path, "its members cannot be listed");
        names.emplace_back(name);
    }
    return names;
}

Id ReadFile::open_attribute(const std::string& path, const std::string& attribute) const {
    const Id object = open_object(path);
    if (!object.valid() || H5Aexists(object.get(), attribute.c_str()) <= 0) return {};
    Id opened(H5Aopen(object.get(), attribute.c_str(), H5P_DEFAULT));
    if (!opened.valid()) fail(path + "@" + attribute, "cannot be opened");
    return opened;
}

std::vector<std::string> ReadFile::texts(const std::string& path, const std::string& attribute) const {
    const Id opened = open_attribute(path, attribute);
    if (!opened.valid()) return {};
    const Id type(H5Aget_type(opened.get())), space(H5Aget_space(opened.get()));
    const auto texts = read_texts(type.get(), space.get(),
                                  [&](hid_t memory, void* out) { return H5Aread(opened.get(), memory, out); });
    if (!texts) fail(path + "@" + attribute, "is not readable text");
    return *texts;
}

std::optional<std::string> ReadFile::text(const std::string& path, const std::string& attribute) const {
    const std::vector<std::string> all = texts(path, attribute);
    if (all.empty()) return std::nullopt;
    return all.front();
}

std::vector<double> ReadFile::numbers(const std::string& path, const std::string& attribute) const {
    const Id opened = open_attribute(path, attribute);
    if (!opened.valid()) return {};
    const Id type(H5Aget_type(opened.get())), space(H5Aget_space(opened.get()));
    const H5T_class_t kind = H5Tget_class(type.get());
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || count < 0 || static_cast<hsize_t>(count) > max_values)
        fail(path + "@" + attribute, "is not a number");
    std::vector<double> values(static_cast<std::size_t>(count));
    if (count > 0 && H5Aread(opened.get(), H5T_NATIVE_DOUBLE, values.data()) < 0)
        fail(path + "@" + attribute, "cannot be read");
    return values;
}

std::optional<double> ReadFile::number(const std::string& path, const std::string& attribute) const {
    const std::vector<double> all = numbers(path, attribute);
    if (all.empty()) return std::nullopt;
    return all.front();
}

Id ReadFile::open_dataset(const std::string& path) const {
    Id dataset = open_object(path);
    if (!dataset.valid()) throw Error(ExitCode::bad_input, fmt::format("{}: {} is missing", name_, path));
    if (H5Iget_type(dataset.get()) != H5I_DATASET)
        throw Error(ExitCode::bad_input, fmt::format("{}: {} is not a dataset", name_, path));
    // Before anything else is asked of it: even the extent of a virtual dataset opens other files.
    const Id creation(H5Dget_create_plist(dataset.get()));
    if (!creation.valid()) fail(path, "its layout cannot be read");
    const H5D_layout_t layout = H5Pget_layout(creation.get());
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.get()) != 0)
        throw Error(ExitCode::bad_input, fmt::format("{}: {} keeps its data in other files", name_, path),
                    "virtual datasets and external storage are not followed",
                    "store the data themselves, e.g. with h5repack");
    if (layout < 0) fail(path, "its layout cannot be read");
    return dataset;
}

std::vector<std::string> ReadFile::text_dataset(const std::string& path) const {
    if (node(path) == Node::absent) return {};
    const Id dataset = open_dataset(path);
    const Id type(H5Dget_type(dataset.get())), space(H5Dget_space(dataset.get()));
    const auto texts = read_texts(type.get(), space.get(), [&](hid_t memory, void* out) {
        return H5Dread(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    });
    if (!texts) fail(path, "is not readable text");
    return *texts;
}

ElementType ReadFile::element_type(const std::string& path) const {
    const Id dataset = open_dataset(path);
    const Id type(H5Dget_type(dataset.get()));
    if (!type.valid()) fail(path, "its type cannot be read");
    return describe_type(type.get());
}

std::vector<std::int64_t> ReadFile::shape(const std::string& path) const {
    const Id dataset = open_dataset(path);
    const Id space(H5Dget_space(dataset.get()));
    const int rank = space.valid() ? H5Sget_simple_extent_ndims(space.get()) : -1;
    if (rank < 0 || rank > H5S_MAX_RANK || H5Sget_simple_extent_type(space.get()) == H5S_NULL)
        fail(path, "its shape cannot be read");
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank) + 1);
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    std::vector<std::int64_t> shape;
    for (int i = 0; i < rank; ++i) {
        if (dims[static_cast<std::size_t>(i)] > static_cast<hsize_t>(INT64_MAX)) fail(path, "its size overflows");
        shape.push_back(static_cast<std::int64_t>(dims[static_cast<std::size_t>(i)]));
    }
    return shape;
}

StoredLayout ReadFile::stored_layout(const std::string& path, std::size_t max_table_bytes) const {
    StoredLayout out;
    out.where = name_ + ": " + path;
    const Id dataset = open_dataset(path);
    out.type = element_type(path);
    out.shape = shape(path);
    const Id creation(H5Dget_create_plist(dataset.get()));
    const Id type(H5Dget_type(dataset.get()));
    if (out.type.kind == Kind::text || out.type.kind == Kind::other)
        throw Error(ExitCode::bad_input, fmt::format("{} holds {}", out.where, out.type.name), "numbers were expected");
    out.fill.resize(out.type.bytes);
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(creation.get(), &defined) >= 0 && defined == H5D_FILL_VALUE_USER_DEFINED &&
        H5Pget_fill_value(creation.get(), type.get(), out.fill.data()) < 0)
        fail(path, "its fill value cannot be read");
    const int filters = H5Pget_nfilters(creation.get());
    for (unsigned i = 0; static_cast<int>(i) < filters; ++i) {
        unsigned flags = 0, parameters[32], config = 0;
        std::size_t count = 32;
        char name[64] = "";
        const H5Z_filter_t number =
            H5Pget_filter2(creation.get(), i, &flags, &count, parameters, sizeof name - 1, name, &config);
        if (number < 0) fail(path, "its filters cannot be read");
        out.filters.push_back({number, name, {parameters, parameters + std::min<std::size_t>(count, 32)}});
    }
    switch (H5Pget_layout(creation.get())) {
        case H5D_COMPACT: {
            out.layout = Layout::compact;
            const hsize_t bytes = H5Dget_storage_size(dataset.get());
            std::int64_t expected = static_cast<std::int64_t>(out.type.bytes);
            for (const std::int64_t n : out.shape)
                if (__builtin_mul_overflow(expected, n, &expected)) fail(path, "its size overflows");
            if (expected > 65536 || bytes != static_cast<hsize_t>(expected))
                fail(path, "its compact data have a wrong size");
            out.compact.resize(static_cast<std::size_t>(expected));
            if (expected > 0 &&
                H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out.compact.data()) < 0)
                fail(path, "cannot be read");
            break;
        }
        case H5D_CONTIGUOUS:
            out.layout = Layout::contiguous;
            out.address = H5Dget_offset(dataset.get());
            out.allocated = out.address != HADDR_UNDEF;
            break;
        default: gather_chunks(dataset.get(), out, max_table_bytes);
    }
    return out;
}

}  // namespace firstlight::h5
