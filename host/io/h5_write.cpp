// Writing of HDF5 files.
#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "host/io/h5.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::h5 {
namespace {

hid_t type_of(const std::string& name) {
    if (name == "u1") return H5T_STD_U8LE;
    if (name == "u2") return H5T_STD_U16LE;
    if (name == "u4") return H5T_STD_U32LE;
    if (name == "u8") return H5T_STD_U64LE;
    if (name == "i8") return H5T_STD_I64LE;
    if (name == "f4") return H5T_IEEE_F32LE;
    if (name == "f8") return H5T_IEEE_F64LE;
    throw Error(ExitCode::internal, "no such element type: " + name);
}

Id space_of(const std::vector<std::int64_t>& shape) {
    if (shape.empty()) return Id(H5Screate(H5S_SCALAR));
    const std::vector<hsize_t> dims(shape.begin(), shape.end());
    return Id(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

void check(bool good, const std::string& where, const char* what) {
    if (!good) throw Error(ExitCode::output, fmt::format("{}: {}", where, what), library_message());
}

Id access_list() {
    Id access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
    return access;
}

Id string_type(std::size_t bytes) {
    Id type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), std::max<std::size_t>(bytes, 1));
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    return type;
}

// Texts side by side in cells of the longest one's length.
std::vector<char> cells_of(const std::vector<std::string>& values, std::size_t& bytes) {
    bytes = 1;
    for (const std::string& v : values) bytes = std::max(bytes, v.size());
    std::vector<char> cells(bytes * values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        std::memcpy(cells.data() + i * bytes, values[i].data(), values[i].size());
    return cells;
}

}  // namespace

WriteFile::WriteFile() : in_memory_(true), name_("file in memory") {
    prepare_library();
    const Id access = access_list();
    H5Pset_fapl_core(access.get(), std::size_t{1} << 20, false);
    file_ = Id(H5Fcreate("firstlight-image", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()));
    check(file_.valid(), name_, "cannot be made");
}

WriteFile::WriteFile(const std::filesystem::path& path) : path_(path), name_(path.string()) {
    prepare_library();
    const Id access = access_list();
    H5Pset_fapl_sec2(access.get());
    H5Pset_file_locking(access.get(), false, true);
    file_ = Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()));
    check(file_.valid(), name_, "cannot be made");
}

void WriteFile::group(const std::string& path, const std::string& nx_class) {
    if (path != "/") {
        const Id made(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        check(made.valid(), path, "cannot be made");
    }
    if (!nx_class.empty()) attribute(path, "NX_class", nx_class);
}

void WriteFile::raw_attribute(const std::string& path, const std::string& name, std::int64_t type, std::size_t count,
                              bool scalar, const void* data) {
    const Id object(H5Oopen(file_.get(), path.c_str(), H5P_DEFAULT));
    check(object.valid(), path, "cannot be opened");
    const Id space =
        space_of(scalar ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{static_cast<std::int64_t>(count)});
    const Id made(H5Acreate2(object.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT));
    check(made.valid() && H5Awrite(made.get(), type, data) >= 0, path + "@" + name, "cannot be written");
}

void WriteFile::attribute(const std::string& path, const std::string& name, const std::string& value) {
    std::size_t bytes = 0;
    const std::vector<char> cell = cells_of({value}, bytes);
    raw_attribute(path, name, string_type(bytes).get(), 1, true, cell.data());
}

void WriteFile::attribute(const std::string& path, const std::string& name, const std::vector<std::string>& values) {
    std::size_t bytes = 0;
    const std::vector<char> cells = cells_of(values, bytes);
    raw_attribute(path, name, string_type(bytes).get(), values.size(), false, cells.data());
}

void WriteFile::attribute(const std::string& path, const std::string& name, const std::vector<double>& values) {
    raw_attribute(path, name, H5T_IEEE_F64LE, values.size(), false, values.data());
}

void WriteFile::attribute(const std::string& path, const std::string& name, double value) {
    raw_attribute(path, name, H5T_IEEE_F64LE, 1, true, &value);
}

void WriteFile::attribute(const std::string& path, const std::string& name, std::int64_t value) {
    raw_attribute(path, name, H5T_STD_I64LE, 1, true, &value);
}

void WriteFile::attribute(const std::string& path, const std::string& name, const std::vector<std::uint8_t>& values) {
    raw_attribute(path, name, H5T_STD_U8LE, values.size(), false, values.data());
}

void WriteFile::dataset(const std::string& path, const std::string& type, const std::vector<std::int64_t>& shape,
                        const void* data, const DatasetOptions& options) {
    const Id creation(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_obj_track_times(creation.get(), false);
    if (!options.chunk.empty()) {
        const std::vector<hsize_t> chunk(options.chunk.begin(), options.chunk.end());
        check(H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0, path, "has bad chunks");
        if (options.packed) {
            H5Pset_shuffle(creation.get());
            H5Pset_deflate(creation.get(), 1);
            H5Pset_fletcher32(creation.get());
        }
    }
    const Id space = space_of(shape);
    const hid_t element = type_of(type);
    Id made(H5Dcreate2(file_.get(), path.c_str(), element, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    check(made.valid(), path, "cannot be made");
    if (data != nullptr)
        check(H5Dwrite(made.get(), element, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, path, "cannot be written");
    if (!options.units.empty()) attribute(path, "units", options.units);
    if (!options.long_name.empty()) attribute(path, "long_name", options.long_name);
    if (data == nullptr) open_datasets_[path] = std::move(made);
}

void WriteFile::number(const std::string& path, double value, const std::string& units, const std::string& long_name) {
    dataset(path, "f8", {}, &value, {{}, false, units, long_name});
}

void WriteFile::text(const std::string& path, const std::string& value) {
    std::size_t bytes = 0;
    const std::vector<char> cell = cells_of({value}, bytes);
    const Id type = string_type(bytes), space = space_of({});
    const Id made(
        H5Dcreate2(file_.get(), path.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    check(made.valid() && H5Dwrite(made.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cell.data()) >= 0, path,
          "cannot be written");
}

void WriteFile::texts(const std::string& path, const std::vector<std::string>& values) {
    std::size_t bytes = 0;
    const std::vector<char> cells = cells_of(values, bytes);
    const Id type = string_type(bytes), space = space_of({static_cast<std::int64_t>(values.size())});
    const Id made(
        H5Dcreate2(file_.get(), path.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    check(made.valid() &&
              (values.empty() || H5Dwrite(made.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells.data()) >= 0),
          path, "cannot be written");
}

void WriteFile::write_chunk(const std::string& path, const std::vector<std::int64_t>& offset, const void* data,
                            std::size_t bytes) {
    prepare_library();
    const auto dataset = open_datasets_.find(path);
    if (dataset == open_datasets_.end()) throw Error(ExitCode::internal, path + " was not made for chunks");
    const std::vector<hsize_t> at(offset.begin(), offset.end());
    check(H5Dwrite_chunk(dataset->second.get(), H5P_DEFAULT, 0, at.data(), bytes, data) >= 0, name_, "writing failed");
}

void WriteFile::make_scale(const std::string& path, const std::string& axis_name) {
    const Id scale(H5Dopen2(file_.get(), path.c_str(), H5P_DEFAULT));
    check(scale.valid() && H5DSset_scale(scale.get(), axis_name.c_str()) >= 0, path, "cannot be made an axis");
}

void WriteFile::attach_scale(const std::string& path, const std::string& scale_path, unsigned axis) {
    const Id dataset(H5Dopen2(file_.get(), path.c_str(), H5P_DEFAULT));
    const Id scale(H5Dopen2(file_.get(), scale_path.c_str(), H5P_DEFAULT));
    check(dataset.valid() && scale.valid() && H5DSattach_scale(dataset.get(), scale.get(), axis) >= 0, path,
          "cannot be given its axis");
}

std::vector<std::byte> WriteFile::finish_image() {
    if (!in_memory_) throw Error(ExitCode::internal, name_ + " is not in memory");
    open_datasets_.clear();
    check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, name_, "cannot be finished");
    const ssize_t bytes = H5Fget_file_image(file_.get(), nullptr, 0);
    check(bytes > 0, name_, "cannot be finished");
    std::vector<std::byte> image(static_cast<std::size_t>(bytes));
    check(H5Fget_file_image(file_.get(), image.data(), image.size()) == bytes, name_, "cannot be finished");
    file_.close();
    return image;
}

void WriteFile::finish_file() {
    open_datasets_.clear();
    check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, name_, "writing failed");
    file_.close();
    // A full disk has gone unnoticed by the library when closing: opening checks the size the file says it has.
    const Id access = access_list();
    H5Pset_fapl_sec2(access.get());
    H5Pset_file_locking(access.get(), false, true);
    const Id again(H5Fopen(name_.c_str(), H5F_ACC_RDONLY, access.get()));
    check(again.valid(), name_, "writing failed: what was written cannot be opened");
}

}  // namespace firstlight::h5
