// A thread that does one thing at a time for a window that must not wait.
//
//   Worker worker([] { window.wake(); });
//   worker.request("reconstruct", [&](const Worker::Control& control) { ... if (control.cancelled) return; ... });
//
// What a new request does to others says the order:
//   latest_wins   it cancels the one that runs (control.cancelled turns true) and takes the place of one that waits
//   latest_waits  it takes the place of one that waits; the one that runs, being short, comes to its end
//   all_in_turn   all are done, one after the other
// `wake` is called from the thread when progress was made and when a request has ended; it must not wait for anything.
// A request must not let exceptions out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace firstlight::viewer {

class Worker {
  public:
    struct Progress {
        std::string what;  // "gate"; empty: nothing runs
        std::int64_t done = 0, total = 0;
    };
    struct Control {
        const std::atomic<bool>& cancelled;
        std::function<void(const Progress&)> report;  // from any thread
    };
    using Task = std::function<void(const Control&)>;

    enum class Order : std::uint8_t { latest_wins, latest_waits, all_in_turn };

    explicit Worker(std::function<void()> wake, Order order = Order::latest_wins);
    ~Worker();  // cancels what runs, but all in turn: does what waits. Then waits for the end
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void request(const std::string& what, Task task);
    // Cancels what runs and forgets what waits; returns at once.
    void cancel();
    [[nodiscard]] bool busy() const;  // something runs or waits
    [[nodiscard]] Progress progress() const;
    void wait_until_idle();  // for tests
    void wait_until_idle(double most_seconds);

  private:
    struct Request {
        std::string what;
        Task task;
        std::shared_ptr<std::atomic<bool>> cancelled;
    };
    void work();

    std::function<void()> wake_;
    Order order_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Request> waiting_;
    std::shared_ptr<std::atomic<bool>> running_;  // its flag; null: nothing runs
    Progress progress_;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace firstlight::viewer
