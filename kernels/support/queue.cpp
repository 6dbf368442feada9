#include "kernels/support/queue.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <vector>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20, in_huge_pages = std::size_t{32} << 20;  // bytes

class CpuQueue final : public Queue {
  public:
    explicit CpuQueue(int threads) : threads_(threads) {}
    std::string backend() const override { return "cpu"; }
    std::string device() const override { return fmt::format("{} CPU thread{}", threads_, threads_ == 1 ? "" : "s"); }
    bool is_host() const override { return true; }
    int lanes() const override { return threads_; }
    std::size_t free_bytes() const override {
        return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }
    void* allocate(std::size_t bytes) override {
        const bool large = bytes >= in_huge_pages;
        const std::size_t unit = large ? huge_page : cache_line;
        const std::size_t rounded = (bytes + unit - 1) / unit * unit;
        void* memory = std::aligned_alloc(unit, rounded);
        if (memory == nullptr)
            throw Error(ExitCode::device,
                        fmt::format("out of memory: {:.1f} MiB could not be had", double(bytes) / (1 << 20)), "",
                        "give --memory a smaller size");
        // Held traces are read at far places, each in a small page of its own that has to be found first. Where the
        // system has no huge pages nothing changes.
        if (large) (void)madvise(memory, rounded, MADV_HUGEPAGE);
        return memory;
    }
    void release(void* memory) noexcept override { std::free(memory); }
    void* allocate_staging(std::size_t bytes) override { return allocate(bytes); }
    void release_staging(void* memory) noexcept override { release(memory); }
    void upload(void* to, const void* from, std::size_t bytes, int /*lane*/) override { std::memcpy(to, from, bytes); }
    void download(void* to, const void* from, std::size_t bytes, int /*lane*/) override {
        std::memcpy(to, from, bytes);
    }
    void synchronize(int /*lane*/) override {}
    void launch(const char* stage, const void* /*work*/, const void* /*coefficients*/, int /*lane*/) override {
        throw Error(ExitCode::internal, fmt::format("stage {} was launched on the CPU queue by name", stage));
    }

  private:
    int threads_;
};

// The folder of the file this code was loaded from. For a program dladdr gives the name it was called by, which need
// not be a path.
std::filesystem::path own_folder() {
    std::error_code ignored;
    Dl_info info{};
    const bool known = dladdr(reinterpret_cast<const void*>(&open_cuda_queue), &info) != 0 && info.dli_fname != nullptr;
    const std::filesystem::path loaded = known ? info.dli_fname : "";
    const bool is_library = loaded.filename().string().find(".so") != std::string::npos;
    return std::filesystem::weakly_canonical(is_library ? loaded : "/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::unique_ptr<Queue> open_cpu_queue(int threads) { return std::make_unique<CpuQueue>(threads < 1 ? 1 : threads); }

std::unique_ptr<Queue> open_cuda_queue(int device, std::string& why_not) {
    std::vector<std::string> candidates;
    if (const char* named = std::getenv("FIRSTLIGHT_CUDA_LIBRARY"); named != nullptr && *named != '\0') {
        candidates.emplace_back(named);
    } else {
        const auto folder = own_folder();
        candidates = {(folder / "libfirstlight_cuda.so").string(), (folder / "../lib/libfirstlight_cuda.so").string(),
                      "libfirstlight_cuda.so"};
    }
    void* library = nullptr;
    std::string reasons;
    for (const std::string& candidate : candidates) {
        library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: its queues may outlive this call
        if (library != nullptr) break;
        if (reasons.empty() || std::filesystem::exists(candidate)) reasons = dlerror();
    }
    if (library == nullptr) {
        why_not = "the CUDA library could not be loaded (" + reasons + ")";
        return nullptr;
    }
    using Open = Queue* (*)(int device, std::string* why_not);
    const auto open = reinterpret_cast<Open>(dlsym(library, "firstlight_open_cuda_queue"));
    if (open == nullptr) {
        why_not = "the CUDA library has no firstlight_open_cuda_queue; it is of another version";
        return nullptr;
    }
    return std::unique_ptr<Queue>(open(device, &why_not));
}

}  // namespace firstlight
