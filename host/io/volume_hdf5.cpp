#include "host/io/acquisition_layout.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/volume_files.hpp"
#include "host/io/volume_group.hpp"

namespace firstlight {

void write_volume_hdf5(const std::filesystem::path& path, const Volume& volume, bool force) {
    volume.check();
    AtomicFile out(path, force);
    h5::WriteFile file(out.temporary());
    write_volume_group(file, "", volume);
    put_in_place(file, out);
}

Volume read_volume_hdf5(const std::filesystem::path& path) {
    Findings findings(/*gather=*/false);
    MetadataReader reader(path, std::size_t{1} << 30, findings);
    return read_volume_group(reader, "", true);
}

}  // namespace firstlight
