// A hash is found again as long as the file is the same one, and never after a change.
#include "host/io/known_hashes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <utime.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/io/sha256.hpp"

namespace firstlight {
namespace {

class KnownHashes : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("firstlight_hashes_" + std::to_string(getpid()));
        std::filesystem::create_directories(folder_);
        setenv("FIRSTLIGHT_CACHE", (folder_ / "cache").c_str(), 1);
        write("photons");
        std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // a file that changed just now is not kept
    }
    void TearDown() override {
        unsetenv("FIRSTLIGHT_CACHE");
        std::filesystem::remove_all(folder_);
    }
    void write(const std::string& text) const { std::ofstream(file()) << text; }
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "scan.h5"; }
    [[nodiscard]] std::filesystem::path list() const { return folder_ / "cache" / "sha256"; }
    [[nodiscard]] std::string kept() const {
        std::ostringstream text;
        text << std::ifstream(list()).rdbuf();
        return text.str();
    }
    std::filesystem::path folder_;
};

TEST_F(KnownHashes, are_found_again_and_forgotten_with_a_change) {
    const std::string hash = known_sha256_of_file(file());
    EXPECT_EQ(hash, sha256_of_file(file()));
    ASSERT_NE(kept().find(hash), std::string::npos);

    // A planted hash shows that the list is what is read.
    std::string planted = kept();
    planted.replace(planted.find(hash), hash.size(), std::string(hash.size(), 'a'));
    std::ofstream(list()) << planted;
    EXPECT_EQ(known_sha256_of_file(file()), std::string(hash.size(), 'a'));

    write("snakes!");  // as long as before
    utimbuf long_ago{1, 1};
    ASSERT_EQ(utime(file().c_str(), &long_ago), 0);  // the time of change still tells
    EXPECT_EQ(known_sha256_of_file(file()), sha256_of_file(file()));
}

TEST_F(KnownHashes, damaged_or_missing_lists_do_no_harm) {
    const std::string hash = sha256_of_file(file());
    std::filesystem::create_directories(list().parent_path());
    std::ofstream(list()) << "nonsense\n\n1 2 3\n";
    EXPECT_EQ(known_sha256_of_file(file()), hash);
    EXPECT_EQ(known_sha256_of_file(file()), hash);
    std::filesystem::remove_all(folder_ / "cache");
    std::ofstream(folder_ / "cache") << "a file where the folder should be";
    EXPECT_EQ(known_sha256_of_file(file()), hash);
    setenv("FIRSTLIGHT_CACHE", "", 1);
    EXPECT_EQ(known_sha256_of_file(file()), hash);
}

TEST_F(KnownHashes, files_that_changed_just_now_are_not_kept) {
    write("fresh");
    EXPECT_EQ(known_sha256_of_file(file()), sha256_of_file(file()));
    EXPECT_FALSE(std::filesystem::exists(list()));
}

}  // namespace
}  // namespace firstlight
