#include "viewer/session/worker.hpp"

#include <chrono>
#include <utility>

namespace firstlight::viewer {

Worker::Worker(std::function<void()> wake, Order order)
    : wake_(std::move(wake)), order_(order), thread_([this] { work(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
        if (order_ != Order::all_in_turn) {
            waiting_.clear();
            if (running_) *running_ = true;
        }
    }
    changed_.notify_all();
    thread_.join();
}

void Worker::request(const std::string& what, Task task) {
    {
        const std::lock_guard lock(mutex_);
        if (order_ != Order::all_in_turn) waiting_.clear();
        if (order_ == Order::latest_wins && running_) *running_ = true;
        waiting_.push_back({what, std::move(task), std::make_shared<std::atomic<bool>>(false)});
    }
    changed_.notify_all();
}

void Worker::cancel() {
    {
        const std::lock_guard lock(mutex_);
        waiting_.clear();
        if (running_) *running_ = true;
    }
    changed_.notify_all();
}

bool Worker::busy() const {
    const std::lock_guard lock(mutex_);
    return running_ != nullptr || !waiting_.empty();
}

Worker::Progress Worker::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void Worker::wait_until_idle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == nullptr && waiting_.empty(); });
}

void Worker::wait_until_idle(double most_seconds) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::duration<double>(most_seconds),
                      [this] { return running_ == nullptr && waiting_.empty(); });
}

void Worker::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const Request request = std::move(waiting_.front());
        waiting_.pop_front();
        running_ = request.cancelled;
        progress_ = {request.what, 0, 0};
        lock.unlock();
        request.task({*request.cancelled, [this, &request](const Progress& progress) {
                          {
                              const std::lock_guard guard(mutex_);
                              progress_ = progress;
                              if (progress_.what.empty()) progress_.what = request.what;
                          }
                          wake_();
                      }});
        lock.lock();
        running_.reset();
        progress_ = {};
        changed_.notify_all();
        lock.unlock();
        wake_();
        lock.lock();
    }
}

}  // namespace firstlight::viewer
