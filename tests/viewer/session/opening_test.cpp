// How often the viewer opens a scan, and what others may do to it meanwhile.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/io/neighbour_program.hpp"
#include "tests/viewer/batch_result.hpp"
#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

void nobody_wakes() {}

// A trial process that counts how often it is started.
class CountedProbe {
  public:
    explicit CountedProbe(const TestFolder& folder) : starts_(folder / "starts") {
        const std::filesystem::path script = folder / "probe.sh";
        std::ofstream(script) << "#!/bin/sh\necho \"$3\" >> '" << starts_.string() << "'\nexec '"
                              << find_neighbour_program("firstlight-probe", "FIRSTLIGHT_PROBE").string()
                              << "' \"$@\"\n";
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        setenv("FIRSTLIGHT_PROBE", script.c_str(), 1);
    }
    ~CountedProbe() { unsetenv("FIRSTLIGHT_PROBE"); }
    CountedProbe(const CountedProbe&) = delete;
    CountedProbe& operator=(const CountedProbe&) = delete;
    [[nodiscard]] int starts() const {
        std::ifstream in(starts_);
        return static_cast<int>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
    }

  private:
    std::filesystem::path starts_;
};

TEST(Opening, a_scan_is_tried_and_opened_once_until_it_changes) {
    const TestFolder folder;
    std::filesystem::copy_file(sample("star.h5"), folder / "live.h5");
    const CountedProbe probe(folder);
    Session session({}, nobody_wakes);
    session.open(folder / "live.h5");
    settle(session);
    EXPECT_EQ(probe.starts(), 1);
    Document& live = *session.current();
    ASSERT_TRUE(live.is_settled());
    ASSERT_TRUE(session.set_parameter(live, "time_gate.open_ps", "-30"));
    settle(session);
    EXPECT_EQ(probe.starts(), 1);
    expect_same_layers(live.result->images, batch(live).images);

    // Another file in its place: a run reads that, though nothing was reloaded yet.
    const int before = probe.starts();
    std::filesystem::copy_file(sample("bars.h5"), folder / "other.h5");
    std::filesystem::rename(folder / "other.h5", folder / "live.h5");
    ASSERT_TRUE(session.set_parameter(live, "time_gate.open_ps", "-35"));
    settle(session);
    EXPECT_EQ(probe.starts(), before + 1);
    expect_same_layers(live.result->images, batch(live).images);
    session.reload(live);
    settle(session);
    EXPECT_EQ(live.scan->columns, live.result->images.columns);
    EXPECT_FALSE(live.changed_on_disk);

    // Reloading opens it even where neither size nor time tells of a change.
    const int reloads = probe.starts();
    session.reload(live);
    settle(session);
    EXPECT_EQ(probe.starts(), reloads + 1);
}

TEST(Opening, an_opened_scan_keeps_nobody_from_writing_to_it) {
    const TestFolder folder;
    std::filesystem::copy_file(sample("star.h5"), folder / "live.h5");
    Session session({}, nobody_wakes);
    session.open(folder / "live.h5");
    settle(session);
    ASSERT_NE(session.current()->opened.file, nullptr);
    const int other = ::open((folder / "live.h5").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(other, 0);
    EXPECT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
    ::close(other);
}

}  // namespace
}  // namespace firstlight::viewer
