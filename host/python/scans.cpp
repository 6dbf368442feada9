#include "host/python/scans.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/io/file_kind.hpp"
#include "host/pipeline/array_file.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/python/long_work.hpp"
#include "host/python/scan_fields.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/parallel_for.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

using Counts = nb::ndarray<nb::ro, nb::c_contig, nb::ndim<4>>;  // of the host or of a CUDA device

const char* numpy_type(CountType type) {
    return type == CountType::u1 ? "u1" : type == CountType::u2 ? "u2" : type == CountType::u4 ? "u4" : "f4";
}

nb::dlpack::dtype element_of(CountType type) {
    return type == CountType::u1   ? nb::dtype<std::uint8_t>()
           : type == CountType::u2 ? nb::dtype<std::uint16_t>()
           : type == CountType::u4 ? nb::dtype<std::uint32_t>()
                                   : nb::dtype<float>();
}

CountType count_type(const Counts& counts) {
    if (counts.dtype() == nb::dtype<std::uint8_t>()) return CountType::u1;
    if (counts.dtype() == nb::dtype<std::uint16_t>()) return CountType::u2;
    if (counts.dtype() == nb::dtype<std::uint32_t>()) return CountType::u4;
    if (counts.dtype() == nb::dtype<float>()) return CountType::f4;
    throw Error(ExitCode::internal, "counts of a type that arrays.py lets through but is none");
}

BorrowedCounts borrow_counts(const Counts& counts) {
    return {count_type(counts),
            static_cast<std::int64_t>(counts.shape(0)),
            static_cast<std::int64_t>(counts.shape(1)),
            static_cast<std::int64_t>(counts.shape(2)),
            static_cast<std::int64_t>(counts.shape(3)),
            static_cast<const std::byte*>(counts.data())};
}

Counts counts_in(const nb::object& array, const char* what) {
    Counts counts;
    if (nb::try_cast(array, counts, false)) return counts;
    throw Error(ExitCode::bad_input, fmt::format("{} cannot be used where they lie", what),
                "their axes y, x, t are not one after another in memory",
                "copy them first, e.g. cupy.ascontiguousarray(counts)");
}

// The CUDA device in whose memory the array lies; none: the host's.
std::optional<int> device_of(const Counts& counts) {
    constexpr int cuda_managed = 13;  // DLPack's kDLCUDAManaged
    if (counts.device_type() == nb::device::cpu::value) return std::nullopt;
    if (counts.device_type() == nb::device::cuda::value || counts.device_type() == cuda_managed)
        return counts.device_id();
    throw Error(ExitCode::device, "counts are in the memory of a device that is none of CUDA's", "",
                "copy them to the host first");
}

std::vector<std::int64_t> shape_of(const Scan& scan) { return {scan.views, scan.rows, scan.columns, scan.bins}; }

nb::object read_window(FileScan& self, std::int64_t view, std::int64_t y0, std::int64_t rows, std::int64_t x0,
                       std::int64_t columns, bool of_reference) {
    const Scan& scan = self.file.scan();
    if (view < 0 || view >= (of_reference ? self.reference_views() : scan.views) || y0 < 0 || rows < 1 ||
        y0 + rows > scan.rows || x0 < 0 || columns < 1 || x0 + columns > scan.columns)
        throw Error(ExitCode::internal, "a window outside the scan was asked for");
    TileWindow window;
    window.view = view;
    window.y0 = y0;
    window.rows = rows;
    window.x0 = x0;
    window.columns = columns;
    const std::size_t size = static_cast<std::size_t>(rows * columns * scan.bins);
    CountType type{};
    std::byte* bytes = nullptr;
    {
        const nb::gil_scoped_release unlocked;
        type = self.type(of_reference);
        auto memory = std::make_unique<std::byte[]>(size * count_size(type));
        self.read(window, of_reference, memory.get());
        bytes = memory.release();
    }
    const nb::capsule owner(bytes, [](void* p) noexcept { delete[] static_cast<std::byte*>(p); });
    const std::size_t shape[] = {static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
                                 static_cast<std::size_t>(scan.bins)};
    return nb::cast(nb::ndarray<nb::numpy>(bytes, 3, shape, owner, nullptr, element_of(type)));
}

HeldArray hold_array(const nb::object& counts, bool has_views_axis, const nb::object& reference, const nb::dict& fields,
                     const std::string& name) {
    HeldArray held;
    held.counts = counts;
    const Counts borrowed = counts_in(counts, "counts");
    held.array.counts = borrow_counts(borrowed);
    held.array.device = device_of(borrowed);
    Scan& scan = held.array.scan;
    scan.name = name;
    scan.type = held.array.counts.type;
    scan.views = held.array.counts.views;
    scan.rows = held.array.counts.rows;
    scan.columns = held.array.counts.columns;
    scan.bins = held.array.counts.bins;
    scan.has_views_axis = has_views_axis;
    if (!reference.is_none()) {
        held.reference = reference;
        const Counts lent = counts_in(reference, "reference");
        held.array.reference = borrow_counts(lent);
        if (device_of(lent) != held.array.device)
            throw Error(ExitCode::device, "counts and reference lie in different memories", "",
                        "bring both to the host, or to one GPU");
        scan.has_reference = true;
    }
    fill_scan(fields, scan);
    check_array_scan(held.array);
    if (scan.kind == ScanKind::gated) set_time_axis(scan);  // as of a file's delays
    held.info.title = name;
    held.info.provenance.converter = "firstlight.from_array";
    held.info.provenance.version = build_facts().version;
    return held;
}

// The counts as an array that shares their memory; of the reference where asked. None: there are none.
nb::object view_counts(const nb::object& self, bool of_reference) {
    const auto& held = nb::cast<const HeldArray&>(self);
    if (of_reference && !held.array.reference) return nb::none();
    if (held.array.device) return of_reference ? held.reference : held.counts;
    const BorrowedCounts& counts = of_reference ? *held.array.reference : held.array.counts;
    const std::size_t shape[] = {static_cast<std::size_t>(counts.views), static_cast<std::size_t>(counts.rows),
                                 static_cast<std::size_t>(counts.columns), static_cast<std::size_t>(counts.bins)};
    const bool with_views = held.array.scan.has_views_axis && counts.views == held.array.scan.views;
    const std::size_t skipped = with_views ? 0 : 1;
    return nb::cast(nb::ndarray<nb::numpy, nb::ro>(counts.counts, 4 - skipped, shape + skipped, self, nullptr,
                                                   element_of(counts.type)));
}

const char* const truth_images[] = {"transmission", "ballistic", "optical_depth", "depth_m"};

std::vector<double>* truth_image(Truth& truth, const std::string& name) {
    return name == "transmission"    ? &truth.transmission
           : name == "ballistic"     ? &truth.ballistic
           : name == "optical_depth" ? &truth.optical_depth
           : name == "depth_m"       ? &truth.depth_m
                                     : nullptr;
}

void save_array(const HeldArray& self, const std::filesystem::path& path, const nb::dict& truth, bool force,
                const std::string& command, const nb::object& show) {
    ArrayFile file;
    file.info = self.info;
    file.info.provenance.command = command;
    file.truth = truth_from(truth);
    file.force = force;
    run_long(show, [&](LongWork& work) {
        JobCallbacks callbacks;
        callbacks.cancelled = &work.cancelled;
        callbacks.progress = [&work](const Progress& p) { work.note(p); };
        write_array_scan(path, self.array, file, callbacks);
    });
}

}  // namespace

nb::dict truth_as_dict(Truth&& truth, const Scan& scan) {
    const auto n = [](std::int64_t size) { return static_cast<std::size_t>(size); };
    nb::dict out;
    for (const char* name : truth_images) {
        std::vector<double>& values = *truth_image(truth, name);
        if (values.empty()) continue;
        std::vector<std::size_t> shape{n(scan.rows), n(scan.columns)};
        if (values.size() > n(scan.pixels()) || (scan.has_views_axis && name != std::string("transmission")))
            shape.insert(shape.begin(), values.size() / n(scan.pixels()));
        out[name] = array_that_owns(std::move(values), shape);
    }
    if (!truth.mu_per_m.empty())
        out["mu_per_m"] = array_that_owns(std::move(truth.mu_per_m), {n(scan.rows), n(scan.columns), n(scan.columns)});
    if (truth.seed) out["seed"] = *truth.seed;
    if (!truth.scene.empty()) out["scene"] = truth.scene;
    return out;
}

Truth truth_from(const nb::dict& fields) {
    Truth truth;
    for (const auto& [key, value] : fields) {
        const auto name = nb::cast<std::string>(key);
        bool good = true;
        std::vector<double>* to = name == "mu_per_m" ? &truth.mu_per_m : truth_image(truth, name);
        if (to != nullptr) {
            nb::ndarray<const double, nb::c_contig, nb::device::cpu> array;
            good = nb::try_cast(value, array);
            if (good) to->assign(array.data(), array.data() + array.size());
        } else if (name == "seed") {
            good = nb::try_cast(value, truth.seed.emplace());
        } else if (name == "scene") {
            good = nb::try_cast(value, truth.scene);
        } else {
            throw Error(ExitCode::usage, fmt::format("truth has no \"{}\"", name), "",
                        fmt::format("it may hold {}, mu_per_m, seed and scene", fmt::join(truth_images, ", ")));
        }
        if (!good)
            throw Error(ExitCode::usage, fmt::format("truth[\"{}\"]: cannot take this value", name),
                        to != nullptr    ? "expected an array of numbers"
                        : name == "seed" ? "expected a whole number, 0 or more"
                                         : "expected a text");
    }
    return truth;
}

const JobSources& FileScan::sources() {
    const std::lock_guard lock(opening_);
    if (!sources_) {
        queue_ = open_cpu_queue(machine_threads());
        auto sources = std::make_unique<JobSources>(file, file.scan(), *queue_, Job{}, nullptr);
        for (const CountSource* source : {&sources->counts, &sources->reference})
            if (source->get_ready) source->get_ready();
        sources_ = std::move(sources);
    }
    return *sources_;
}

void FileScan::read(const TileWindow& window, bool of_reference, void* out) {
    const JobSources& all = sources();
    (of_reference ? all.reference : all.counts).reader()(window, out);
}

CountType FileScan::type(bool of_reference) {
    if (of_reference) return sources().reference.type;
    return file.events() == nullptr ? file.scan().type : sources().scan.type;
}

void add_scans(nb::module_& module) {
    module.def(
        "kind_of",
        [](const std::filesystem::path& path) {
            const nb::gil_scoped_release unlocked;
            const FileKind kind = kind_of(path);
            return std::string(kind == FileKind::acquisition ? "acquisition"
                               : kind == FileKind::result    ? "result"
                                                             : "calibration");
        },
        "path"_a);
    nb::class_<FileScan>(module, "FileScan")
        .def(
            "__init__",
            [](FileScan* self, const std::filesystem::path& path) {
                const nb::gil_scoped_release unlocked;
                new (self) FileScan(path);
            },
            "path"_a)
        .def_prop_ro("path", [](const FileScan& self) { return self.file.path(); })
        .def_prop_ro("shape", [](const FileScan& self) { return shape_of(self.file.scan()); })
        .def_prop_ro("has_views_axis", [](const FileScan& self) { return self.file.scan().has_views_axis; })
        .def_prop_ro("has_reference", [](const FileScan& self) { return self.file.scan().has_reference; })
        .def_prop_ro("reference_views", &FileScan::reference_views)
        .def(
            "type", [](FileScan& self, bool of_reference) { return std::string(numpy_type(self.type(of_reference))); },
            "of_reference"_a)
        .def_prop_ro("warnings", [](const FileScan& self) { return self.file.warnings(); })
        .def_prop_ro("title", [](const FileScan& self) { return self.file.info().title; })
        .def_prop_ro("uuid", [](const FileScan& self) { return self.file.info().uuid; })
        .def_prop_ro("default_recipe", [](const FileScan& self) { return default_recipe(self.file.scan()); })
        .def("truth", [](const FileScan& self) { return truth_as_dict(self.file.read_truth(), self.file.scan()); })
        .def("describe", [](const FileScan& self) { return describe_scan(self.file.scan()); })
        .def("read", &read_window, "view"_a, "y0"_a, "rows"_a, "x0"_a, "columns"_a, "of_reference"_a);
    nb::class_<HeldArray>(module, "ArrayScan")
        .def_prop_ro("shape", [](const HeldArray& self) { return shape_of(self.array.scan); })
        .def_prop_ro("has_views_axis", [](const HeldArray& self) { return self.array.scan.has_views_axis; })
        .def_prop_ro("has_reference", [](const HeldArray& self) { return self.array.scan.has_reference; })
        .def_prop_ro("default_recipe", [](const HeldArray& self) { return default_recipe(self.array.scan); })
        .def_prop_ro("name", [](const HeldArray& self) { return self.array.scan.name; })
        .def("view_counts", &view_counts, "of_reference"_a)
        .def("save", &save_array, "path"_a, "truth"_a, "force"_a, "command"_a, "show"_a.none())
        .def("describe", [](const HeldArray& self) { return describe_scan(self.array.scan); });
    module.def("hold_array", &hold_array, "counts"_a, "has_views_axis"_a, "reference"_a.none(), "fields"_a, "name"_a);
}

}  // namespace firstlight::python
