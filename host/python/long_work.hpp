// Long work called from Python: without the interpreter's lock, with progress, and ended by Ctrl-C.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "host/pipeline/job.hpp"

namespace firstlight::python {

// What the work is handed: it stops soon after `cancelled`, and says how far it is.
struct LongWork {
    std::atomic<bool> cancelled{false};
    void note(const Progress& progress) {
        const std::lock_guard lock(noting_);
        latest_ = progress;
    }
    std::optional<Progress> take() {
        const std::lock_guard lock(noting_);
        return std::exchange(latest_, std::nullopt);
    }

  private:
    std::mutex noting_;
    std::optional<Progress> latest_;
};

inline JobCallbacks callbacks_of(LongWork& work) {
    JobCallbacks callbacks;
    callbacks.cancelled = &work.cancelled;
    callbacks.progress = [&work](const Progress& p) { work.note(p); };
    return callbacks;
}

// Runs work(LongWork&) on a thread of its own, while this one looks for signals, and calls show(what, done, total),
// some times per second; signals reach Python's main thread alone, so elsewhere only `show` can end the work. What
// `show` or a signal's handler raises cancels the work and is raised once it has ended. The caller holds the
// interpreter's lock. Errors: those of the work.
template <class Work>
auto run_long(const nanobind::object& show, const Work& work) {
    LongWork state;
    std::future<std::invoke_result_t<Work, LongWork&>> future =
        std::async(std::launch::async, [&] { return work(state); });
    std::optional<nanobind::python_error> raised;
    const auto report = [&](const Progress& progress) {
        if (!show.is_none() && !raised) show(progress.what, progress.done, progress.total);
    };
    while (true) {
        std::future_status status{};
        {
            const nanobind::gil_scoped_release unlocked;
            status = future.wait_for(std::chrono::milliseconds(50));
        }
        if (!raised) {
            try {
                if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
                if (const auto progress = state.take()) report(*progress);
            } catch (nanobind::python_error& error) {
                raised.emplace(std::move(error));
                state.cancelled = true;
            }
        }
        if (status == std::future_status::ready) break;
    }
    if (!raised) return future.get();
    try {
        (void)future.get();
    } catch (const std::exception&) {  // it was told to stop
    }
    throw nanobind::python_error(std::move(*raised));
}

}  // namespace firstlight::python
