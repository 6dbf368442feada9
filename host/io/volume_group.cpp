#include "host/io/volume_group.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "host/io/element_cast.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

// Plane by plane, so that nothing but the volume itself is large.
std::vector<float> values_of(const StoredDataset& stored, const std::vector<std::int64_t>& shape) {
    const std::size_t bytes = static_cast<std::size_t>(stored.elements()) * sizeof(float);
    const auto machine =
        static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGE_SIZE));
    if (bytes > machine / 2)
        throw Error(ExitCode::bad_input, fmt::format("{} is a volume of {} MiB", stored.where(), bytes >> 20),
                    fmt::format("the machine has {} MiB of memory, of which it may take half", machine >> 20),
                    "use a machine with more memory, or read it with h5py plane by plane");
    std::vector<float> values(static_cast<std::size_t>(stored.elements()));
    const h5::ElementType& type = stored.layout().type;
    const auto plane = static_cast<std::size_t>(shape[1] * shape[2]);
    std::vector<std::byte> buffer(plane * type.bytes);
    StoredDataset::Scratch scratch;
    const std::array<std::int64_t, 3> count{1, shape[1], shape[2]};
    for (std::int64_t z = 0; z < shape[0]; ++z) {
        const std::array<std::int64_t, 3> start{z, 0, 0};
        stored.read_box(start.data(), count.data(), buffer.data(), scratch);
        float* to = values.data() + static_cast<std::size_t>(z) * plane;
        visit_elements(type, buffer.data(), plane, [&](std::size_t i, auto v) { to[i] = static_cast<float>(v); });
    }
    return values;
}

}  // namespace

void write_axis(h5::WriteFile& file, const std::string& group, const Axis& axis) {
    const std::vector<double> values = positions(axis);
    file.dataset(group + axis.name, "f8", {axis.size}, values.data(),
                 {{}, false, axis.unit.empty() ? "1" : axis.unit, axis.long_name.empty() ? axis.name : axis.long_name});
    file.make_scale(group + axis.name, axis.name);
}

void attach_axes(h5::WriteFile& file, const std::string& path, const std::string& group,
                 const std::vector<std::string>& axes) {
    for (std::size_t i = 0; i < axes.size(); ++i) file.attach_scale(path, group + axes[i], static_cast<unsigned>(i));
}

double element_um(const Axis& axis) {
    const double step = axis.is_uniform() ? axis.step : axis.size > 1 ? axis.at(1) - axis.at(0) : 1;
    return axis.unit == "m" ? step * 1e6 : 1.0;
}

Axis read_axis(MetadataReader& reader, const std::string& path, const std::string& name, std::int64_t size) {
    Axis axis = index_axis(name, name, size);
    if (!reader.has(path)) return axis;
    reader.check_shape(path, {{size}});
    const std::vector<double> values = reader.stored(path).read_doubles();
    axis.unit = reader.file().text(path, "units").value_or("1");
    axis.long_name = reader.file().text(path, "long_name").value_or(name);
    axis.origin = values.front();
    axis.step = size > 1 ? (values.back() - values.front()) / static_cast<double>(size - 1) : 1;
    for (std::int64_t i = 0; i < size; ++i)
        if (std::abs(values[static_cast<std::size_t>(i)] - axis.at(i)) > 1e-9 * std::abs(axis.step)) {
            axis.values = values;
            break;
        }
    return axis;
}

void write_volume_group(h5::WriteFile& file, const std::string& group, const Volume& volume) {
    const std::string root = group.empty() ? "/" : group;
    file.group(root, "NXdata");
    file.attribute(root, "signal", volume.name);
    const std::vector<std::string> axes{"z", "y", "x"};
    file.attribute(root, "axes", axes);
    Axis z = volume.z, y = volume.y, x = volume.x;
    z.name = "z";
    y.name = "y";
    x.name = "x";
    for (const Axis* axis : {&z, &y, &x}) write_axis(file, group + "/", *axis);
    const std::string path = group + "/" + volume.name;
    file.dataset(path, "f4", {z.size, y.size, x.size}, volume.values.data(),
                 {{1, y.size, x.size},
                  true,
                  volume.unit.empty() ? "1" : volume.unit,
                  volume.long_name.empty() ? volume.name : volume.long_name});
    attach_axes(file, path, group + "/", axes);
    file.attribute(path, "element_size_um", std::vector<double>{element_um(z), element_um(y), element_um(x)});
}

Volume read_volume_group(MetadataReader& reader, const std::string& group, bool values) {
    Volume volume;
    const std::string root = group.empty() ? "/" : group;
    volume.name = reader.file().text(root, "signal").value_or("mu");
    if (volume.name != "mu" && volume.name != "albedo")
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: {}@signal is \"{}\"", reader.file().name(), root, volume.name),
                    "expected mu or albedo");
    const std::string path = group + "/" + volume.name;
    reader.check_shape(path, {{-1, -1, -1}});
    const std::vector<std::int64_t> shape = reader.file().shape(path);
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        throw Error(ExitCode::bad_input, fmt::format("{}: {} is empty", reader.file().name(), path));
    volume.unit = reader.attribute(path, "units");
    volume.long_name = reader.attribute(path, "long_name");
    const StoredDataset stored = reader.stored(path);
    if (stored.layout().type.kind == h5::Kind::text || stored.layout().type.kind == h5::Kind::other)
        throw Error(ExitCode::bad_input, fmt::format("{} is of type {}", stored.where(), stored.layout().type.name),
                    "expected f4");
    if (values) volume.values = values_of(stored, shape);
    volume.z = read_axis(reader, group + "/z", "z", shape[0]);
    volume.y = read_axis(reader, group + "/y", "y", shape[1]);
    volume.x = read_axis(reader, group + "/x", "x", shape[2]);
    return volume;
}

}  // namespace firstlight
