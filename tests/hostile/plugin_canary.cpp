// A filter plugin for HDF5 that says so when it is loaded: it makes the file that FIRSTLIGHT_CANARY names.
#include <cstdio>
#include <cstdlib>

namespace {

struct Canary {
    Canary() {
        const char* path = std::getenv("FIRSTLIGHT_CANARY");
        std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
        if (file != nullptr) std::fclose(file);
    }
} const canary;

}  // namespace

extern "C" {
int H5PLget_plugin_type() { return -1; }  // none: HDF5 closes it again, but its code has run
const void* H5PLget_plugin_info() { return nullptr; }
}
