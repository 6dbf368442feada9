#include "host/python/scan_fields.hpp"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kernels/support/error.hpp"
#include "kernels/support/param.hpp"

namespace nb = nanobind;

namespace firstlight::python {
namespace {

constexpr std::array<const char*, 3> kinds{"histogram", "gated", "events"};
constexpr std::array<const char*, 3> paths{"transmission", "reflection", "confocal"};

template <class T>
nb::object array_of(const std::vector<T>& values) {
    auto* copy = new std::vector<T>(values);
    const nb::capsule owner(copy, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(copy->data(), {copy->size()}, owner));
}

nb::object value_of(double v) { return nb::float_(v); }
nb::object value_of(bool v) { return nb::bool_(v); }
nb::object value_of(const std::optional<double>& v) { return v ? nb::object(nb::float_(*v)) : nb::none(); }
template <class T>
nb::object value_of(const std::vector<T>& v) {
    return v.empty() ? nb::none() : array_of(v);
}

[[noreturn]] void refuse(const std::string& name, const std::string& expected) {
    throw Error(ExitCode::usage, name + ": cannot take this value", "expected " + expected);
}

void take(const std::string& name, nb::handle value, double& out) {
    if (!nb::try_cast(value, out)) refuse(name, "a number");
}
void take(const std::string& name, nb::handle value, bool& out) {
    if (!nb::try_cast(value, out)) refuse(name, "True or False");
}
void take(const std::string& name, nb::handle value, std::optional<double>& out) {
    double v = 0;
    take(name, value, v);
    out = v;
}
// Arrays come flat and of the right type (arrays.py).
template <class T>
void take(const std::string& name, nb::handle value, std::vector<T>& out) {
    nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu> array;
    if (!nb::try_cast(value, array)) refuse(name, "an array of numbers");
    out.assign(array.data(), array.data() + array.size());
}

template <class E>
void take_word(const char* name, const nb::dict& fields, const std::array<const char*, 3>& words, E& out) {
    if (!fields.contains(name) || nb::borrow(fields[name]).is_none()) return;
    std::string word;
    const bool is_text = nb::try_cast(nb::borrow(fields[name]), word);
    const auto found = std::find(words.begin(), words.end(), word);
    if (!is_text || found == words.end()) refuse(name, fmt::format("{}", fmt::join(words, ", ")));
    out = static_cast<E>(found - words.begin());
}

}  // namespace

nb::dict describe_scan(const Scan& scan) {
    nb::dict fields;
    fields["kind"] = kinds[static_cast<std::size_t>(scan.kind)];
    fields["path"] = paths[static_cast<std::size_t>(scan.path)];
    visit_scan_fields(scan, [&](const char* name, const auto& member) {
        const nb::object value = value_of(member);
        if (!value.is_none()) fields[name] = value;
    });
    return fields;
}

void fill_scan(const nb::dict& fields, Scan& scan) {
    std::vector<std::string> names{"kind", "path"};
    take_word("kind", fields, kinds, scan.kind);
    take_word("path", fields, paths, scan.path);
    visit_scan_fields(scan, [&](const char* name, auto& member) {
        names.emplace_back(name);
        if (fields.contains(name) && !nb::borrow(fields[name]).is_none()) take(name, nb::borrow(fields[name]), member);
    });
    for (const auto& [key, value] : fields) {
        const auto name = nb::cast<std::string>(key);
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        const std::string near = nearest_name(name, names);
        throw Error(ExitCode::usage, fmt::format("there is no option \"{}\"", name), "",
                    near.empty() ? fmt::format("a scan is described by {}", fmt::join(names, ", "))
                                 : fmt::format("did you mean \"{}\"?", near));
    }
}

}  // namespace firstlight::python
