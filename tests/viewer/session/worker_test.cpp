#include "viewer/session/worker.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace firstlight::viewer {
namespace {

using namespace std::chrono_literals;

void wait_for(const std::atomic<bool>& flag) {
    while (!flag) std::this_thread::sleep_for(1ms);
}

TEST(Worker, the_latest_request_wins_and_the_running_one_is_cancelled) {
    std::atomic<int> wakes{0};
    Worker worker([&] { ++wakes; });
    std::atomic<bool> started{false}, was_cancelled{false};
    std::vector<int> done;
    worker.request("first", [&](const Worker::Control& control) {
        started = true;
        while (!control.cancelled) std::this_thread::sleep_for(1ms);
        was_cancelled = true;
    });
    wait_for(started);
    EXPECT_EQ(worker.progress().what, "first");
    worker.request("second", [&](const Worker::Control&) { done.push_back(2); });
    worker.request("third", [&](const Worker::Control& control) {
        EXPECT_FALSE(control.cancelled);
        done.push_back(3);
    });
    worker.wait_until_idle();
    EXPECT_TRUE(was_cancelled);
    EXPECT_EQ(done.back(), 3);
    EXPECT_EQ(done.size(), done.front() == 2 ? 2U : 1U);  // the second may have begun before the third came
    EXPECT_FALSE(worker.busy());
    // The last wake comes after the worker is idle.
    for (int tries = 0; wakes < 2 && tries < 10'000; ++tries) std::this_thread::sleep_for(1ms);
    EXPECT_GE(wakes, 2);
}

TEST(Worker, in_turn_all_are_done_even_those_that_wait_at_the_end) {
    std::vector<int> done;
    {
        Worker worker([] {}, Worker::Order::all_in_turn);
        for (int i = 0; i < 20; ++i)
            worker.request("write", [&done, i](const Worker::Control& control) {
                std::this_thread::sleep_for(1ms);
                EXPECT_FALSE(control.cancelled);
                done.push_back(i);
            });
    }
    ASSERT_EQ(done.size(), 20U);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(Worker, cancel_forgets_what_waits_and_tells_what_runs) {
    Worker worker([] {});
    std::atomic<bool> started{false};
    bool ran = false;
    worker.request("runs", [&](const Worker::Control& control) {
        started = true;
        while (!control.cancelled) std::this_thread::sleep_for(1ms);
    });
    wait_for(started);
    worker.request("waits", [&](const Worker::Control&) { ran = true; });
    worker.cancel();
    worker.wait_until_idle();
    EXPECT_FALSE(ran);
}

TEST(Worker, reports_progress_and_wakes_for_it) {
    std::atomic<int> wakes{0};
    Worker worker([&] { ++wakes; });
    std::atomic<bool> told{false}, seen{false};
    worker.request("gate", [&](const Worker::Control& control) {
        control.report({"", 3, 10});
        told = true;
        wait_for(seen);
    });
    wait_for(told);
    const Worker::Progress progress = worker.progress();
    EXPECT_EQ(progress.what, "gate");
    EXPECT_EQ(progress.done, 3);
    EXPECT_EQ(progress.total, 10);
    EXPECT_EQ(wakes, 1);
    seen = true;
    worker.wait_until_idle();
}

TEST(Worker, ends_at_once_while_something_runs) {
    const auto start = std::chrono::steady_clock::now();
    {
        Worker worker([] {});
        std::atomic<bool> started{false};
        worker.request("runs", [&](const Worker::Control& control) {
            started = true;
            while (!control.cancelled) std::this_thread::sleep_for(1ms);
        });
        wait_for(started);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

}  // namespace
}  // namespace firstlight::viewer
