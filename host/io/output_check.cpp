#include "host/io/output_check.hpp"

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

void check_output(const std::filesystem::path& target, bool force, const std::filesystem::path& input) {
    std::error_code ignored;
    if (!input.empty() && std::filesystem::equivalent(target, input, ignored))
        throw Error(ExitCode::output, target.string() + ": is the input", "inputs are never overwritten",
                    "give another name with -o");
    const AtomicFile attempt(target, force);  // leaves nothing behind
}

}  // namespace firstlight
