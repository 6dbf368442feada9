#include "host/io/file_kind.hpp"

#include "host/io/acquisition_file.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

FileKind kind_of(const std::filesystem::path& path) {
    const std::size_t memory = OpenOptions{}.memory_limit;
    try {
        probe(path, ProbeKind::result, memory);
        return FileKind::result;
    } catch (const Error& as_result) {
        if (as_result.code() != ExitCode::bad_input) throw;
        try {
            probe(path, ProbeKind::acquisition, memory);
        } catch (const Error& as_acquisition) {
            // What is wrong with it is said by the reader of what it means to be.
            const std::string text = as_acquisition.what();
            if (text.find(": is a firstlight result") != std::string::npos) throw as_result;
            if (text.find(": is a firstlight calibration") != std::string::npos) return FileKind::calibration;
            throw;
        }
    }
    return FileKind::acquisition;
}

}  // namespace firstlight
