// Enumerations and tables of a few rows, as other programs write them: read through the library, which converts them.
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>

#include "host/io/h5.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::h5 {
namespace {

constexpr hssize_t most_rows = 4096;
constexpr std::size_t most_row_bytes = 65536, most_fields = 256;

}  // namespace

bool ReadFile::has_elements(const std::string& path) const {
    if (node(path) != Node::dataset) return false;
    const Id dataset = open_dataset(path);
    const Id space(H5Dget_space(dataset.get()));
    return space.valid() && H5Sget_simple_extent_npoints(space.get()) > 0;
}

std::string ReadFile::enumeration(const std::string& path) const {
    if (!has_elements(path)) return {};
    const Id dataset = open_dataset(path);
    const Id type(H5Dget_type(dataset.get())), space(H5Dget_space(dataset.get()));
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    const H5T_class_t kind = H5Tget_class(type.get());
    const std::size_t bytes = H5Tget_size(type.get());
    if ((kind != H5T_ENUM && kind != H5T_INTEGER) || count > most_rows || bytes == 0 || bytes > 8)
        fail(path, "it is neither an enumeration nor a whole number");
    const Id memory(kind == H5T_ENUM ? H5Tcopy(type.get()) : H5Tcopy(H5T_NATIVE_INT64));
    std::vector<std::array<unsigned char, 8>> values(static_cast<std::size_t>(count));
    if (H5Dread(dataset.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        fail(path, "it cannot be read");
    if (kind == H5T_INTEGER) {
        std::int64_t number = 0;
        static_assert(sizeof number == sizeof values[0]);
        std::copy_n(values[0].data(), sizeof number, reinterpret_cast<unsigned char*>(&number));
        return std::to_string(number);
    }
    std::array<char, 256> name{};
    if (H5Tenum_nameof(type.get(), values[0].data(), name.data(), name.size() - 1) < 0)
        fail(path, "its value is none of its enumeration");
    return name.data();
}

std::vector<std::string> ReadFile::table_fields(const std::string& path) const {
    std::vector<std::string> names;
    if (!has_elements(path)) return names;
    const Id dataset = open_dataset(path);
    const Id type(H5Dget_type(dataset.get()));
    if (H5Tget_class(type.get()) != H5T_COMPOUND) fail(path, "it is no table");
    const int fields = H5Tget_nmembers(type.get());
    for (unsigned i = 0; static_cast<int>(i) < fields && names.size() < most_fields; ++i) {
        char* name = H5Tget_member_name(type.get(), i);
        if (name == nullptr) fail(path, "its fields cannot be listed");
        names.emplace_back(name);
        H5free_memory(name);
    }
    return names;
}

std::optional<double> ReadFile::table_number(const std::string& path, const std::string& field) const {
    if (!has_elements(path)) return std::nullopt;
    const Id dataset = open_dataset(path);
    const Id type(H5Dget_type(dataset.get())), space(H5Dget_space(dataset.get()));
    if (H5Tget_class(type.get()) != H5T_COMPOUND || H5Tget_size(type.get()) > most_row_bytes ||
        H5Sget_simple_extent_npoints(space.get()) > most_rows)
        fail(path, "it is no table of a few rows");
    const int index = H5Tget_member_index(type.get(), field.c_str());
    if (index < 0) return std::nullopt;
    const H5T_class_t kind = H5Tget_member_class(type.get(), static_cast<unsigned>(index));
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) fail(path, fmt::format("its field \"{}\" is no number", field));
    const Id memory(H5Tcreate(H5T_COMPOUND, sizeof(double)));
    if (!memory.valid() || H5Tinsert(memory.get(), field.c_str(), 0, H5T_NATIVE_DOUBLE) < 0)
        fail(path, "it cannot be read");
    std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
    if (H5Dread(dataset.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        fail(path, fmt::format("its field \"{}\" cannot be read", field));
    return values[0];
}

}  // namespace firstlight::h5
