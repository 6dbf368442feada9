// All that the viewer knows and does, without a window: opened files, their recipes and results, what runs. Panels call
// it; so do tests.
//
//   Session session({}, [] { window.wake(); });
//   session.open("star.h5");
//   while (session.busy()) session.poll();         // takes what the threads have done; a window calls it once a frame
//   session.set_gate(*session.current(), -40, 10, "drag");   // a preview at once, the whole recipe when it rests
//   session.save_result(*session.current(), "star.result.h5", false);
//
// Nothing here throws for what a user does: what goes wrong is a message, in the words of the command line. Files are
// read by threads of their own, never locked, and damaged ones are refused by a child process (host/io/probe.hpp).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/pipeline/command_text.hpp"
#include "viewer/session/document.hpp"
#include "viewer/session/messages.hpp"

namespace firstlight::viewer {

struct LoadedFile;

struct SessionOptions {
    std::string backend = "auto";
    int threads = 0;                     // 0: all
    std::size_t memory_bytes = 0;        // of a run; 0: half of the machine's
    std::size_t held_bytes = 0;          // for instant gating of one file; 0: a quarter of the machine's memory
    std::filesystem::path state_folder;  // recent files are kept there; empty: they are not kept
};

// What opening a file may say beside its path.
struct OpenRequest {
    std::filesystem::path path;
    std::optional<Recipe> recipe;                                 // else what suits the scan, or made the result
    std::vector<std::pair<std::string, std::string>> parameters;  // "time_gate.open_ps", "-40": on top of it
    std::filesystem::path calibration;
    std::optional<Looks> looks;  // of a saved session
    std::vector<Region> regions;
    std::map<std::string, ToneMap::Params> tones;
    bool follows = false;
};

struct Comparison {  // two opened files, or one and what its simulated scan knows to be true
    enum class How : std::uint8_t { flip, split, difference };
    int first = -1, second = -1;  // numbers of documents; -1: none
    bool with_truth = false;      // the second is the truth of the first's scan
    How how = How::flip;
    bool relative = false;         // difference: as a share of the second
    bool second_is_shown = false;  // flip
    double split = 0.5;            // share of the width that shows the first
    [[nodiscard]] bool is_on() const { return first >= 0 && (with_truth || second >= 0) && first != second; }
};

class Session {
  public:
    Session(SessionOptions options, std::function<void()> wake);
    ~Session();

    // Files. A path that is open already is shown, not opened twice.
    void open(const std::filesystem::path& path) { open(OpenRequest{path, {}, {}, {}, {}, {}, {}, false}); }
    void open(OpenRequest request);
    [[nodiscard]] const std::vector<std::unique_ptr<Document>>& documents() const { return documents_; }
    // Whether it is open still: a dialog may outlive the file that it was asked for.
    [[nodiscard]] bool is_open(const Document* document) const;
    [[nodiscard]] Document* current();  // null: none is open
    [[nodiscard]] int current_number() const { return current_; }
    void show(int number);
    void close(int number);  // asks nothing: see Document::unsaved()
    [[nodiscard]] bool any_unsaved() const;
    // An acquisition or calibration of an opened file, or the file itself where it is an acquisition.
    [[nodiscard]] bool is_input(const std::filesystem::path& path) const;
    void reload(Document& document);  // reads the file again, with the recipe as it is
    [[nodiscard]] const std::vector<std::filesystem::path>& recent_files() const { return recent_; }
    void forget_recent_files();

    // Edits; each can be undone. An edit with a mark (one drag) merges with the one before of the same mark; while
    // it lasts the result is a preview. False, with a message, when it is refused.
    bool edit(Document& document, const std::string& label, const std::function<void(Edits&)>& how,
              const std::string& mark = {});
    bool set_parameter(Document& document, const std::string& key, const std::string& text,
                       const std::string& mark = {});
    bool reset_parameter(Document& document, const std::string& key);  // "time_gate.open_ps", or a whole "time_gate"
    bool set_gate(Document& document, double open_ps, double close_ps, const std::string& mark = {});
    bool use_recipe(Document& document, const std::string& name_or_path);
    bool use_calibration(Document& document, const std::filesystem::path& path);
    bool set_tone(Document& document, const std::string& layer, const ToneMap::Params& tone,
                  const std::string& mark = {});
    void end_drag(Document& document);  // what was a preview runs whole now
    void undo(Document& document);
    void redo(Document& document);

    // What a change of this stage costs, as "shows at once; the whole recipe follows", "reads the scan again …".
    [[nodiscard]] std::string rerun_of(const Document& document, const RecipeStage& stage) const;
    // Where the gate of a time_gate recipe is, ps after the arrival: as given, or as the last run found it.
    [[nodiscard]] std::optional<std::pair<double, double>> gate_ps(const Document& document) const;

    // Writing. The result that is written is of the recipe on the screen: where one still runs, it is waited for.
    void save_result(Document& document, const std::filesystem::path& path, bool force);
    void save_recipe(Document& document, const std::filesystem::path& path, bool force);
    // Runs `write` in the file thread; a thrown Error becomes a message, its return value one too. Marks nothing. Where
    // it went well, `then` is called in the window's thread.
    void write(const std::string& what, std::function<std::string()> write, std::function<void()> then = {});
    // Something is being written, or waits for its result to be.
    [[nodiscard]] bool saves() const { return !due_saves_.empty() || files_->busy() || !has_told(); }

    // The command line that makes the result on the screen, and where it cannot be said, why.
    [[nodiscard]] std::string command_of(const Document& document) const;
    // What command_text.hpp needs for it; of a document whose acquisition is known.
    [[nodiscard]] ReconstructText reconstruct_text(const Document& document) const;

    void cancel(Document& document);
    [[nodiscard]] bool busy() const;          // something runs, waits or is due
    [[nodiscard]] std::string doing() const;  // "gate 43 %", for the status bar; "" when nothing runs
    [[nodiscard]] double done() const;        // 0..1; -1: not known

    // Takes what threads have done and starts what is due. Returns in how many seconds it must be called again at the
    // latest; infinite: when woken.
    double poll();

    [[nodiscard]] Messages& messages() { return messages_; }
    [[nodiscard]] Comparison& comparison() { return comparison_; }
    [[nodiscard]] const SessionOptions& options() const { return options_; }

  private:
    void loaded(Document& document, LoadedFile& file, const OpenRequest& request);
    void give_up(Document& document);      // it could not be opened
    void load_traces(Document& document);  // the acquisition, then the recipe
    void take_result(Document& document, const std::shared_ptr<const Result>& result, const std::string& of);
    void edits_changed(Document& document, bool dragged);
    void run(Document& document);      // the whole recipe
    void preview(Document& document);  // one view, from held traces
    [[nodiscard]] OpenOptions open_options() const;
    [[nodiscard]] std::set<std::string> slow_stages(const Document& document) const;
    void watch(Document& document);
    void remember(const std::filesystem::path& path);
    void write_due(Document& document);
    [[nodiscard]] bool has_told() const;  // what the file thread had to tell was taken
    void mark_kept(const Document* document, std::uint64_t id);
    [[nodiscard]] double now() const;

    SessionOptions options_;
    std::function<void()> wake_;
    Messages messages_;
    Comparison comparison_;
    std::vector<std::unique_ptr<Document>> documents_;
    int current_ = -1;
    std::vector<std::filesystem::path> recent_;
    struct DueSave {
        Document* document = nullptr;
        std::filesystem::path path;
        bool force = false;
    };
    std::vector<DueSave> due_saves_;
    double next_look_ = 0;  // at files on the disk
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    mutable std::mutex written_mutex_;
    std::vector<std::function<void()>> written_;  // what the file thread wants done in the window's thread
    std::unique_ptr<Worker> files_;
};

}  // namespace firstlight::viewer
