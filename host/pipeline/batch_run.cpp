#include "host/pipeline/batch_run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "host/io/atomic_file.hpp"
#include "host/io/identity.hpp"
#include "host/pipeline/pipeline.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {
namespace {

namespace fs = std::filesystem;

constexpr double patience_s = 10;  // with items that were asked to stop
constexpr int look_ms = 200;
constexpr std::size_t tail_bytes = 8192;

struct Running {
    BatchItem item;
    ItemNeeds needs;
    std::unique_ptr<BatchChild> child;
    std::size_t device = 0;
};

// Names for CUDA_VISIBLE_DEVICES, one per device that can be used; none: the CPU runs everything.
std::vector<std::string> devices_of(const std::string& backend) {
    std::vector<std::string> devices;
    if (backend == "cpu") return devices;
    std::vector<std::string> visible;
    if (const char* list = std::getenv("CUDA_VISIBLE_DEVICES")) {
        std::istringstream words(list);
        for (std::string word; std::getline(words, word, ',');) visible.push_back(word);
    }
    std::string why_not;
    for (int i = 0; i < 64 && open_cuda_queue(i, why_not) != nullptr; ++i)
        devices.push_back(static_cast<std::size_t>(i) < visible.size() ? visible[static_cast<std::size_t>(i)]
                                                                       : fmt::format("{}", i));
    return devices;
}

std::vector<std::string> words_of(const BatchItem& item, const BatchOptions& options, const ItemNeeds& needs,
                                  std::size_t memory) {
    std::vector<std::string> words{"reconstruct",
                                   item.scan.string(),
                                   "-o",
                                   result_path(options, item).string(),
                                   "--json",
                                   "--threads",
                                   fmt::format("{}", needs.threads),
                                   "--memory",
                                   fmt::format("{}", memory),
                                   "--backend",
                                   options.backend};
    if (!item.recipe.empty()) words.insert(words.end(), {"--recipe", item.recipe});
    if (!item.calibration.empty()) words.insert(words.end(), {"--calibration", item.calibration.string()});
    for (const auto& [key, value] : item.parameters) words.push_back(fmt::format("--{}={}", key, value));
    if (options.resume) words.emplace_back("--resume");
    if (options.resume || options.force) words.emplace_back("--force");
    if (options.strict) words.emplace_back("--strict");
    return words;
}

// The last error the program said, else what became of it.
std::string reason_of(const BatchChild& child, const fs::path& log) {
    std::ifstream file(log, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg()));
    file.seekg(static_cast<std::streamoff>(size - std::min(size, tail_bytes)));
    std::ostringstream tail;
    tail << file.rdbuf();
    const std::string text = tail.str(), mark = "firstlight: error: ";
    if (child.code() > 0)
        if (const std::size_t at = text.rfind(mark); at != std::string::npos) {
            std::string reason = text.substr(at + mark.size());
            return reason.substr(0, reason.find_last_not_of('\n') + 1);
        }
    if (child.code() == -SIGKILL) return "it was killed (signal 9), perhaps because memory ran out";
    if (child.code() < 0) return fmt::format("it crashed: {} (signal {})", strsignal(-child.code()), -child.code());
    if (child.code() == 130 || child.code() == 143) return "somebody stopped it";
    return fmt::format("it ended with exit code {} and said nothing", child.code());
}

BatchJson record_of(const Running& run, const BatchOptions& options) {
    const BatchChild& child = *run.child;
    BatchJson record{{"name", run.item.name}, {"scan", run.item.scan.string()}};
    const BatchJson said = BatchJson::parse(child.out(), nullptr, false);
    const bool ok = child.code() == 0 && said.is_object();
    const bool kept = ok && said.value("kept", false);
    record["status"] = kept ? "kept" : ok ? "ok" : "failed";
    if (!ok) record["reason"] = reason_of(child, log_path(options, run.item));
    record["code"] = child.code();
    record["seconds"] = child.seconds();
    record["threads"] = run.needs.threads;
    record["finished"] = now_utc();
    record["log"] = log_path(options, run.item).string();
    if (!ok) return record;
    record["result"] = result_path(options, run.item).string();
    for (const char* key : {"recipe_name", "quality", "warnings", "inputs", "process"})
        if (said.contains(key)) record[key] = said[key];
    return record;
}

void write_line(const fs::path& log, const std::string& line) { std::ofstream(log, std::ios::app) << line << '\n'; }

std::unique_ptr<BatchChild> start_child(const BatchItem& item, const BatchOptions& options, const ItemNeeds& needs,
                                        std::size_t memory,
                                        const std::vector<std::pair<std::string, std::string>>& environment) {
    const std::vector<std::string> words = words_of(item, options, needs, memory);
    const fs::path log = log_path(options, item);
    std::error_code ignored;
    if (!options.resume) fs::remove(log, ignored);
    write_line(log, fmt::format("{}  firstlight {}", now_utc(), fmt::join(words, " ")));
    return std::make_unique<BatchChild>(options.program, words, log, environment);
}

// The record of an item that has ended, which its log says too.
BatchJson record_ended(const Running& run, const BatchOptions& options) {
    BatchJson record = record_of(run, options);
    write_line(log_path(options, run.item), fmt::format("{}  {} after {:.2f} s", now_utc(),
                                                        record["status"].get<std::string>(), run.child->seconds()));
    return record;
}

class Runner {
  public:
    Runner(const std::vector<BatchItem>& items, const BatchOptions& options, const BatchCallbacks& callbacks)
        : items_(items),
          options_(options),
          callbacks_(callbacks),
          memory_(options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 2),
          devices_(devices_of(options.backend)),
          journal_(journal_path(options)) {
        if (options.resume) before_ = read_journal(journal_path(options));
        device_taken_.assign(devices_.size(), false);
        remove_old_parts(items, options);
    }

    BatchOutcome run() {
        while (next_ < items_.size() || !running_.empty()) {
            if (callbacks_.cancelled != nullptr && *callbacks_.cancelled) stop();
            while (next_ < items_.size() && start_next()) {
                look();
                if (callbacks_.cancelled != nullptr && *callbacks_.cancelled) stop();
            }
            wait();
            look();
        }
        return std::move(outcome_);
    }

  private:
    int at_most() const {
        const int cores = machine_threads();
        if (!devices_.empty()) {
            const int devices = static_cast<int>(devices_.size());
            return options_.jobs > 0 ? std::min(options_.jobs, devices) : devices;
        }
        return options_.jobs > 0 ? options_.jobs : cores;
    }

    // Threads of each item where that is fixed; 0: by its size.
    int fixed_threads() const {
        if (options_.threads > 0) return options_.threads;
        const bool shared = options_.jobs > 0 || !devices_.empty();
        return shared ? std::max(1, machine_threads() / at_most()) : 0;
    }

    // False where it does not fit beside those that run. One always may.
    bool start_next() {
        if (static_cast<int>(running_.size()) >= at_most()) return false;
        const BatchItem& item = items_[next_];
        if (planned_ != next_) needs_ = needs_of(item, memory_, fixed_threads(), machine_threads());
        planned_ = next_;
        std::size_t memory = needs_.memory_bytes;
        int threads = needs_.threads;
        for (const Running& r : running_) {
            memory += r.needs.memory_bytes;
            threads += r.needs.threads;
        }
        const bool counts_cores = options_.jobs == 0 && devices_.empty();
        if (!running_.empty() && (memory > memory_ || (counts_cores && threads > machine_threads()))) return false;
        start(item);
        ++next_;
        return true;
    }

    void start(const BatchItem& item) {
        Running run{item, needs_, nullptr, 0};
        std::vector<std::pair<std::string, std::string>> environment;
        if (!devices_.empty()) {
            while (device_taken_[run.device]) ++run.device;
            device_taken_[run.device] = true;
            environment.emplace_back("CUDA_VISIBLE_DEVICES", devices_[run.device]);
        }
        run.child = start_child(item, options_, needs_, memory_, environment);
        running_.push_back(std::move(run));
    }

    void wait() const {
        std::vector<pollfd> list;
        for (const Running& run : running_) run.child->wait_on(list);
        ::poll(list.data(), list.size(), look_ms);
    }

    void look() {
        for (std::size_t i = 0; i < running_.size();) {
            if (!running_[i].child->look()) {
                ++i;
                continue;
            }
            const Running run = std::move(running_[i]);
            running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
            if (!devices_.empty()) device_taken_[run.device] = false;
            finish(run);
        }
        if (running_.empty() || !callbacks_.running) return;
        const Running& oldest = running_.front();
        callbacks_.running({outcome_.records.size(), items_.size()}, oldest.item, oldest.child->progress(),
                           oldest.child->seconds());
    }

    void finish(const Running& run) {
        BatchJson record = record_ended(run, options_);
        const std::string status = record["status"];
        // What was kept has its line already, but for a kill between result and line.
        const auto old = before_.find(run.item.name);
        const bool known = status == "kept" && old != before_.end() && old->second.value("status", "") != "failed";
        try {
            if (!known) journal_.append(record);
        } catch (const Error&) {
            stop_all();
            throw;
        }
        outcome_.failed += status == "failed" ? 1 : 0;
        outcome_.kept += status == "kept" ? 1 : 0;
        outcome_.records.push_back(std::move(record));
        if (callbacks_.finished) callbacks_.finished({outcome_.records.size(), items_.size()}, outcome_.records.back());
    }

    // Items that end by themselves meanwhile are not told of: they run again, or their results are found.
    void stop_all() {
        for (const Running& run : running_) run.child->send(SIGTERM);
        const auto start = std::chrono::steady_clock::now();
        while (!running_.empty()) {
            wait();
            running_.erase(
                std::remove_if(running_.begin(), running_.end(), [](Running& run) { return run.child->look(); }),
                running_.end());
            if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > patience_s)
                running_.clear();  // kills them
        }
    }

    [[noreturn]] void stop() {
        stop_all();
        throw Interrupted();
    }

    const std::vector<BatchItem>& items_;
    const BatchOptions& options_;
    const BatchCallbacks& callbacks_;
    std::size_t memory_;
    std::vector<std::string> devices_;
    std::vector<bool> device_taken_;
    BatchJournal journal_;
    std::map<std::string, BatchJson> before_;
    BatchOutcome outcome_;
    std::vector<Running> running_;
    std::size_t next_ = 0, planned_ = static_cast<std::size_t>(-1);
    ItemNeeds needs_;
};

}  // namespace

fs::path result_path(const BatchOptions& options, const BatchItem& item) {
    return options.output / (item.name + ".result.h5");
}

fs::path log_path(const BatchOptions& options, const BatchItem& item) { return options.output / (item.name + ".log"); }

fs::path journal_path(const BatchOptions& options) {
    return options.output / (options.shards == 1 ? std::string("batch.jsonl")
                                                 : fmt::format("batch.{}of{}.jsonl", options.shard, options.shards));
}

std::vector<BatchProblem> output_problems(const std::vector<BatchItem>& items, const BatchOptions& options) {
    std::vector<BatchProblem> problems;
    std::error_code failed;
    fs::create_directories(options.output, failed);
    if (failed || !fs::is_directory(options.output)) {
        problems.push_back({ExitCode::output, fmt::format("{}: the folder cannot be made ({})", options.output.string(),
                                                          failed ? failed.message() : "it is a file")});
        return problems;
    }
    if (::access(options.output.c_str(), W_OK | X_OK) != 0)
        problems.push_back({ExitCode::output, fmt::format("{}: the folder cannot be written ({})",
                                                          options.output.string(), std::strerror(errno))});
    std::size_t there = 0;
    std::string first;
    for (const BatchItem& item : items) {
        const fs::path path = result_path(options, item);
        if (fs::equivalent(path, item.scan, failed))
            problems.push_back({ExitCode::output, path.string() + ": is an input: give another folder with -o"});
        if (!fs::exists(path, failed)) continue;
        if (there++ == 0) first = path.string();
    }
    if (there > 0 && !options.resume && !options.force)
        problems.push_back({ExitCode::output,
                            fmt::format("{}{}: exists already (results are not overwritten): --resume keeps what was "
                                        "made of the same and does the rest, --force makes all again",
                                        first, there == 1 ? "" : fmt::format(" and {} more", there - 1))});
    return problems;
}

void remove_old_parts(const std::vector<BatchItem>& items, const BatchOptions& options) {
    std::set<std::string> ours;
    for (const BatchItem& item : items) ours.insert(result_path(options, item).filename().string());
    remove_leftovers_of(options.output, ours);
}

BatchJson run_item(const BatchItem& item, const BatchOptions& options, const std::string& device,
                   const BatchCallbacks& callbacks) {
    const std::size_t memory = options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 2;
    const ItemNeeds needs = needs_of(item, memory, options.threads, machine_threads());
    std::vector<std::pair<std::string, std::string>> environment;
    if (!device.empty()) environment.emplace_back("CUDA_VISIBLE_DEVICES", device);
    const Running run{item, needs, start_child(item, options, needs, memory, environment), 0};
    std::optional<std::chrono::steady_clock::time_point> asked;
    while (!run.child->look()) {
        std::vector<pollfd> list;
        run.child->wait_on(list);
        ::poll(list.data(), list.size(), look_ms);
        if (callbacks.running) callbacks.running({0, 1}, item, run.child->progress(), run.child->seconds());
        if (callbacks.cancelled == nullptr || !*callbacks.cancelled) continue;
        const auto now = std::chrono::steady_clock::now();
        if (!asked) {
            asked = now;
            run.child->send(SIGTERM);
        } else if (std::chrono::duration<double>(now - *asked).count() > patience_s) {
            break;  // its end kills it
        }
    }
    if (asked) throw Interrupted();
    return record_ended(run, options);
}

BatchOutcome run_batch(const std::vector<BatchItem>& items, const BatchOptions& options,
                       const BatchCallbacks& callbacks) {
    return Runner(items, options, callbacks).run();
}

}  // namespace firstlight
