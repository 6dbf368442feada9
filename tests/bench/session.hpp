// A session of measurements: bodies are timed by Google Benchmark, all interleaved at random, each several times; rows
// are computed from their medians once all have run.
//
//   session.time("sum", [&] { … });             // one execution per repetition
//   session.time("gate", [&] { … });
//   session.row({"gate / plain sum", "x", Goal::at_most, 1.4, "reading the cube once"},
//               [](const Medians& m) { return m.at("gate") / m.at("sum"); });
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace firstlight::bench {

using Medians = std::map<std::string, double>;  // seconds

enum class Goal { at_most, at_least, none };

struct RowText {
    std::string name, unit;
    Goal kind = Goal::none;
    double goal = 0;
    std::string limit;  // what the row is measured against, or what keeps it from being faster
};

struct Options {
    int threads = 2;
    bool quick = false;
    std::string filter = ".*";
    std::string json;    // file; empty: none
    std::string python;  // interpreter with numpy; empty: none
};

class Session {
  public:
    explicit Session(Options options) : options_(std::move(options)) {}
    [[nodiscard]] const Options& options() const { return options_; }

    // True when a row of this name was asked for: what it needs may then be prepared.
    [[nodiscard]] bool wanted(const std::string& row) const;
    void time(const std::string& name, std::function<void()> body);
    void row(RowText text, std::function<double(const Medians&)> value);
    // A limit of the machine, shown above the rows.
    void ceiling(const std::string& name, const std::string& unit, std::function<double(const Medians&)> value);
    // A time that something outside this process measured.
    void measured_outside(const std::string& name, double seconds) { medians_[name] = seconds; }

    // Runs all, prints Markdown to stdout, writes the JSON file.
    void run();

  private:
    struct Line {
        RowText text;
        std::function<double(const Medians&)> value;
    };
    void print(const std::string& machine) const;
    void write_json(const std::string& machine) const;

    Options options_;
    std::vector<std::string> names_;
    std::vector<std::function<void()>> bodies_;
    std::vector<Line> rows_, ceilings_;
    Medians medians_;
};

// Floating-point operations of one execution of "ceiling: multiply-add".
[[nodiscard]] double multiply_add_operations(const Options& options);

// The rows of each file of this folder. Each first checks its results against double precision.
void add_ceilings(Session& session);
void add_gate_rows(Session& session);
void add_instant_gate_rows(Session& session);
void add_adaptive_gate_rows(Session& session);
void add_gate_sweep_rows(Session& session);
void add_filter_rows(Session& session);
void add_deconvolution_rows(Session& session);
void add_fit_rows(Session& session);
void add_file_rows(Session& session);
void add_tag_rows(Session& session);
void add_monte_carlo_rows(Session& session);
void add_tv_rows(Session& session);
void add_confocal_rows(Session& session);
void add_tomography_rows(Session& session);
void add_depth_tv_rows(Session& session);
void add_projection_rows(Session& session);

}  // namespace firstlight::bench
