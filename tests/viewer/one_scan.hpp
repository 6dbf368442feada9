// A scan in a folder of its own, opened in a whole window.
#pragma once

#include <gtest/gtest.h>

#include "tests/viewer/desk_driver.hpp"

namespace firstlight::viewer {

inline constexpr Modifiers ctrl{.ctrl = true}, ctrl_shift{.ctrl = true, .shift = true};

class OneScan : public testing::Test {
  protected:
    OneScan() { std::filesystem::copy_file(sample("star.h5"), folder / "star.h5"); }

    void open_star() { driver.open(folder / "star.h5"); }
    void change() {
        ASSERT_TRUE(driver.session.set_gate(driver.shown(), -35, 25));
        driver.settle();
        ASSERT_TRUE(driver.shown().unsaved());
    }

    TestFolder folder;
    DeskDriver driver;
};

}  // namespace firstlight::viewer
