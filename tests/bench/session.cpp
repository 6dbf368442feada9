#include "tests/bench/session.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>
#include <utility>

namespace firstlight::bench {
namespace {

// Keeps every repetition's time; says on stderr how far it is.
class Collector final : public benchmark::BenchmarkReporter {
  public:
    explicit Collector(std::size_t expected) : expected_(expected) {}
    bool ReportContext(const Context& /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        bool measured = false;
        for (const Run& run : runs) {
            if (run.error_occurred) throw std::runtime_error(run.benchmark_name() + ": " + run.error_message);
            if (run.run_type != Run::RT_Iteration) continue;
            seconds[run.run_name.function_name].push_back(run.real_accumulated_time /
                                                          static_cast<double>(run.iterations));
            measured = true;
        }
        if (measured) std::fprintf(stderr, "   measured %zu of %zu\n", ++reported_, expected_);
    }
    std::map<std::string, std::vector<double>> seconds;

  private:
    std::size_t expected_, reported_ = 0;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

std::string machine_name(int threads) {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line))
        if (line.rfind("model name", 0) == 0)
            return fmt::format("{}, {} threads", line.substr(line.find(':') + 2), threads);
    return fmt::format("unknown processor, {} threads", threads);
}

std::string commit() {
    const char* named = std::getenv("FIRSTLIGHT_COMMIT");
    return named == nullptr ? "unknown" : named;
}

bool met(const RowText& text, double value) {
    return text.kind == Goal::at_most ? value <= text.goal : value >= text.goal;
}

}  // namespace

bool Session::wanted(const std::string& row) const { return std::regex_search(row, std::regex(options_.filter)); }

void Session::time(const std::string& name, std::function<void()> body) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) return;
    names_.push_back(name);
    bodies_.push_back(std::move(body));
}

void Session::row(RowText text, std::function<double(const Medians&)> value) {
    if (wanted(text.name)) rows_.push_back({std::move(text), std::move(value)});
}

void Session::ceiling(const std::string& name, const std::string& unit, std::function<double(const Medians&)> value) {
    ceilings_.push_back({{name, unit, Goal::none, 0, ""}, std::move(value)});
}

void Session::run() {
    const int repetitions = options_.quick ? 3 : 11;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        bodies_[i]();  // page faults and caches of the first run are nobody's speed
        benchmark::RegisterBenchmark(names_[i].c_str(),
                                     [body = bodies_[i]](benchmark::State& state) {
                                         for ([[maybe_unused]] auto _ : state) body();
                                     })
            ->Iterations(1)
            ->UseRealTime()
            ->Repetitions(repetitions);
    }
    std::vector<std::string> flags{"firstlight_bench", "--benchmark_enable_random_interleaving=true"};
    std::vector<char*> arguments;
    for (std::string& flag : flags) arguments.push_back(flag.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    Collector collector(names_.size());
    benchmark::RunSpecifiedBenchmarks(&collector);
    benchmark::Shutdown();
    for (const auto& [name, seconds] : collector.seconds) medians_[name] = median(seconds);
    const std::string machine = machine_name(options_.threads);
    print(machine);
    if (!options_.json.empty()) write_json(machine);
}

void Session::print(const std::string& machine) const {
    fmt::print("{}; commit {}{}\n\n", machine, commit(), options_.quick ? "; quick run: the figures mean nothing" : "");
    fmt::print("| ceiling of this machine | value |\n| --- | --- |\n");
    for (const Line& line : ceilings_)
        fmt::print("| {} | {:.4g} {} |\n", line.text.name, line.value(medians_), line.text.unit);
    fmt::print("\n| row | value | goal | met | measured against |\n| --- | --- | --- | --- | --- |\n");
    for (const Line& line : rows_) {
        const double value = line.value(medians_);
        const RowText& t = line.text;
        const std::string goal =
            t.kind == Goal::none ? "" : fmt::format("{} {:g} {}", t.kind == Goal::at_most ? "≤" : "≥", t.goal, t.unit);
        fmt::print("| {} | {:.4g} {} | {} | {} | {} |\n", t.name, value, t.unit, goal,
                   t.kind == Goal::none ? ""
                   : met(t, value)      ? "yes"
                                        : "no",
                   t.limit);
    }
    fmt::print("\n| timed | median |\n| --- | --- |\n");
    for (const auto& [name, seconds] : medians_) fmt::print("| {} | {:.4g} ms |\n", name, seconds * 1e3);
}

void Session::write_json(const std::string& machine) const {
    nlohmann::ordered_json json{{"machine", machine}, {"commit", commit()}, {"quick", options_.quick}};
    json["ceilings"] = nlohmann::ordered_json::object();
    for (const Line& line : ceilings_)
        json["ceilings"][line.text.name] = {{"value", line.value(medians_)}, {"unit", line.text.unit}};
    json["rows"] = nlohmann::ordered_json::array();
    for (const Line& line : rows_) {
        const RowText& t = line.text;
        const double value = line.value(medians_);
        nlohmann::ordered_json row{{"name", t.name},  {"value", value}, {"unit", t.unit},
                                   {"goal", nullptr}, {"met", nullptr}, {"limit", t.limit}};
        if (t.kind != Goal::none) {
            row["goal"] = fmt::format("{} {:g}", t.kind == Goal::at_most ? "<=" : ">=", t.goal);
            row["met"] = met(t, value);
        }
        json["rows"].push_back(std::move(row));
    }
    std::ofstream file(options_.json);
    file << json.dump(2) << '\n';
    if (!file.flush()) throw std::runtime_error(options_.json + " cannot be written");
}

}  // namespace firstlight::bench
