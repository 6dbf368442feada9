// HDF5 files of other programs: which one's a file is, and opening it for its importer.
//
//   Hdf5Source source(request, "photon-hdf5", "Photon-HDF5 file");   // a child process opens it first (probe.hpp)
//   source.reader.number("/photon_data/timestamps_specs/timestamps_unit", "1", 0, 1);
//
// Names are those of importers. Errors (bad_input): damaged, another kind of file.
#pragma once

#include <span>
#include <string>

#include "host/io/importers/importer.hpp"
#include "host/io/metadata_reader.hpp"

namespace firstlight {

struct Hdf5Source {
    Hdf5Source(const ImportRequest& request, const std::string& name, const std::string& what);

    Findings findings{/*gather=*/false};
    MetadataReader reader;
};

// For Importer::recognises: whether the file is one that the importer of this name reads.
[[nodiscard]] bool is_hdf5_source(const std::filesystem::path& source, std::span<const std::byte> head,
                                  const std::string& name);

// For probe.hpp: which importer reads the file ("": none), after looking at all that it lets HDF5 read.
[[nodiscard]] std::string read_hdf5_source_tables(const std::filesystem::path& source, const OpenOptions& options);

}  // namespace firstlight
