// firstlight-probe KIND MEMORY FILE: reads a file as firstlight would and dies instead of it when the file is bad.
// Exit code 0: it could be read (and what it is, where asked, is on standard output); 3: the reason is on standard
// output; anything else: the file is not to be touched.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // sanitizers reserve terabytes of addresses
#else
constexpr bool sanitized = false;
#endif

void limit(int what, rlim_t value) {
    rlimit now{};
    getrlimit(static_cast<__rlimit_resource_t>(what), &now);
    now.rlim_cur = std::min(value, now.rlim_max);
    now.rlim_max = now.rlim_cur;
    setrlimit(static_cast<__rlimit_resource_t>(what), &now);
}

bool say(const char* message) { return write(STDOUT_FILENO, message, std::strlen(message)) > 0; }

int refuse(const char* message) { return say(message) ? static_cast<int>(firstlight::ExitCode::bad_input) : 1; }

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return static_cast<int>(firstlight::ExitCode::usage);
    const auto memory = static_cast<std::size_t>(std::strtoull(argv[2], nullptr, 10));
    if (!sanitized) limit(RLIMIT_AS, std::max<rlim_t>(memory, rlim_t{1} << 30) + (rlim_t{512} << 20));
    limit(RLIMIT_CPU, 30);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    try {
        const std::string what =
            firstlight::read_as_probe(argv[3], static_cast<firstlight::ProbeKind>(std::atoi(argv[1])), memory);
        _exit(what.empty() || say(what.c_str()) ? 0 : 1);
    } catch (const firstlight::Error& error) {
        _exit(refuse(error.what()));
    } catch (const std::bad_alloc&) {
        _exit(refuse("the file asks for more memory than it may have: it is damaged, or needs a larger --memory"));
    } catch (const std::exception&) {
        _exit(1);
    }
}
