#include "host/io/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/io/read_only_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

std::string sha256_of_file(const std::filesystem::path& path, const std::atomic<bool>* cancel) {
    return sha256_of_files({path}, cancel);
}

std::string sha256_of_files(const std::vector<std::filesystem::path>& paths, const std::atomic<bool>* cancel) {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const auto check = [](int done) {
        if (done != 1) throw Error(ExitCode::internal, "SHA-256 failed");
    };
    if (!context) check(0);
    check(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    std::vector<unsigned char> block(std::size_t{1} << 20);
    for (const std::filesystem::path& path : paths) {
        const ReadOnlyFile file(path);
        for (std::uint64_t at = 0; at < file.size();) {
            if (cancel != nullptr && cancel->load(std::memory_order_relaxed))
                throw Error(ExitCode::interrupted, file.name() + ": hashing was interrupted");
            const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size() - at));
            file.read(at, block.data(), bytes);
            check(EVP_DigestUpdate(context.get(), block.data(), bytes));
            at += bytes;
        }
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    check(EVP_DigestFinal_ex(context.get(), digest.data(), &length));
    std::string text;
    for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

}  // namespace firstlight
