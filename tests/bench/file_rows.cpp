// A whole `reconstruct` of a file, from opening to images, against reading the same counts with the HDF5 library.
#include <fmt/format.h>
#include <hdf5.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "host/io/acquisition_writer.hpp"
#include "host/pipeline/job.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

// Reads /entry/data/counts by H5Dread in slabs of one row of chunks, into one buffer; returns the sum of the counts.
std::uint64_t read_by_hdf5(const std::string& path, std::vector<std::uint16_t>& buffer, bool sum) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t counts = H5Dopen2(file, "/entry/data/counts", H5P_DEFAULT);
    const hid_t space = H5Dget_space(counts);
    if (file < 0 || counts < 0 || space < 0) throw std::runtime_error(path + " cannot be read by the HDF5 library");
    hsize_t shape[3];
    H5Sget_simple_extent_dims(space, shape, nullptr);
    constexpr hsize_t rows = 16;
    buffer.resize(rows * shape[1] * shape[2]);
    std::uint64_t all = 0;
    herr_t status = 0;
    for (hsize_t y = 0; y < shape[0] && status >= 0; y += rows) {
        const hsize_t start[3] = {y, 0, 0};
        const hsize_t size[3] = {std::min(rows, shape[0] - y), shape[1], shape[2]};
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, size, nullptr);
        const hid_t memory = H5Screate_simple(3, size, nullptr);
        status = H5Dread(counts, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, buffer.data());
        H5Sclose(memory);
        if (sum)
            for (hsize_t i = 0; i < size[0] * size[1] * size[2]; ++i) all += buffer[i];
    }
    H5Sclose(space);
    H5Dclose(counts);
    H5Fclose(file);
    if (status < 0) throw std::runtime_error(path + ": H5Dread failed");
    return all;
}

Job job_for(const std::filesystem::path& path, std::int64_t bins, int threads) {
    Job job;
    job.scan_path = path;
    job.backend = "cpu";
    job.threads = threads;
    job.recipe = parse_recipe(fmt::format(R"(name = "gate"
stages = ["expected_arrival", "time_gate"]
[expected_arrival]
source = "given"
given_ps = {}
[time_gate]
open_ps = -50
close_ps = 100
background = "before_light"
guard_ps = 500
)",
                                          static_cast<double>(arrival_bin * bins) / 1024 * 10),
                              "benchmark");
    return job;
}

// What reading by the HDF5 library sums up must be what the images hold.
void check_counts(const Job& job, std::uint64_t expected) {
    const Result result = run_job(job, {});
    double all = 0;
    for (const float value : result.images.layer("counts")->values) all += value;
    if (std::abs(all - static_cast<double>(expected)) > 1e-6 * static_cast<double>(expected))
        throw std::runtime_error(
            fmt::format("{}: expected {} counts, found {}", job.scan_path.string(), expected, all));
}

// Copies the file with its counts packed by Blosc-LZ4; prints where the HDF5 library finds the filter.
constexpr const char* pack_by_blosc = R"(
import sys, h5py, hdf5plugin
with h5py.File(sys.argv[1]) as plain, h5py.File(sys.argv[2], "w") as packed:
    plain.copy("entry", packed)
    packed.attrs.update(plain.attrs)
    counts, attributes = plain["entry/data/counts"], dict(plain["entry/data/counts"].attrs)
    del packed["entry/data/counts"]
    new = packed["entry/data"].create_dataset("counts", data=counts[()], chunks=counts.chunks,
                                              **hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE))
    for name in ("units", "long_name"):
        if name in attributes: new.attrs[name] = attributes[name]
print(hdf5plugin.PLUGINS_PATH, end="")
)";

struct FileRow {
    const char* name;
    const char* file;
    double goal;
};

}  // namespace

void add_file_rows(Session& session) {
    const FileRow rows[] = {{"reconstruct an uncompressed file", "plain.h5", 3},
                            {"reconstruct a gzip file", "deflate.h5", 0.2},
                            {"reconstruct a blosc-lz4 file", "blosc.h5", 0.45}};
    auto folder = std::make_shared<ScratchFolder>();
    const PhotonCube& cube = session_cubes(session.options().quick).first();
    for (const FileRow& row : rows) {
        const bool blosc = std::string(row.file) == "blosc.h5";
        if (!session.wanted(row.name) || (blosc && session.options().python.empty())) continue;
        const std::string path = (folder->path() / row.file).string();
        Scan scan = scan_of(cube);
        WriteOptions options;
        options.force = true;
        options.packing = std::string(row.file) == "deflate.h5" ? Packing::deflate : Packing::plain;
        AcquisitionWriter writer(blosc ? path + ".plain" : path, scan, {}, options);
        writer.write_all(cube);
        writer.commit();
        if (blosc) {
            const std::string plugins =
                output_of({session.options().python, "-c", pack_by_blosc, path + ".plain", path});
            std::filesystem::remove(path + ".plain");
            H5PLprepend(plugins.c_str());
        }
        auto buffer = std::make_shared<std::vector<std::uint16_t>>();
        const Job job = job_for(path, cube.bins, session.options().threads);
        check_counts(job, plain_sum(cube, session.options().threads));
        if (blosc) H5PLset_loading_state(H5PL_FILTER_PLUGIN);  // the program switches plugins off when it opens a file
        if (read_by_hdf5(path, *buffer, true) != plain_sum(cube, session.options().threads))
            throw std::runtime_error(path + ": H5Dread found other counts than were written");
        const std::string reading = std::string("H5Dread of ") + row.file;
        session.time(reading, [path, buffer, folder, blosc] {
            if (blosc) H5PLset_loading_state(H5PL_FILTER_PLUGIN);
            (void)read_by_hdf5(path, *buffer, false);
        });
        session.time(row.name, [job, folder] { (void)run_job(job, {}); });
        session.row({row.name, "x", Goal::at_most, row.goal, "only reading the counts by H5Dread (warm, one thread)"},
                    [name = std::string(row.name), reading](const Medians& m) { return m.at(name) / m.at(reading); });
    }
}

}  // namespace firstlight::bench
