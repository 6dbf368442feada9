// One opened file: what it is, what was made of it, how it is looked at. Panels read it and change its looks; all else
// is changed by the session.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/held_scan.hpp"
#include "viewer/session/edits.hpp"
#include "viewer/session/worker.hpp"

namespace firstlight::viewer {

class Session;

// A file as it was when it was read.
struct FileStamp {
    std::uintmax_t bytes = 0;
    std::filesystem::file_time_type changed;
    bool operator==(const FileStamp&) const = default;
};
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

// An acquisition that was opened, for whatever reads its counts next. It is not locked: others may write to the file or
// put another in its place, and whoever reads it then opens it anew (loading.hpp: current_scan).
struct OpenedScan {
    std::shared_ptr<const AcquisitionFile> file;  // null: not yet
    std::optional<FileStamp> stamp;               // from before it was opened
};

// A scan's traces in memory, with the queue that they are in.
struct Held {
    std::shared_ptr<Queue> queue;
    HeldScan scan;
    std::string of;  // held_part() of its edits
    Held(std::shared_ptr<Queue> place, std::size_t memory_bytes) : queue(std::move(place)), scan(memory_bytes) {}
    // Hold it while asking `scan`: on a device only one thread may, at a time.
    [[nodiscard]] std::unique_lock<std::mutex> alone() const {
        return queue->is_host() ? std::unique_lock<std::mutex>() : std::unique_lock(device_mutex);
    }
    mutable std::mutex device_mutex;
};

enum class DocumentKind : std::uint8_t { acquisition, result };

class Document {
  public:
    Document(std::filesystem::path file, const std::function<void()>& wake);

    std::filesystem::path path;  // as opened
    DocumentKind kind = DocumentKind::acquisition;

    // The acquisition: `path`, or what a result was made from.
    std::filesystem::path scan_path;  // empty: not known yet, or gone
    OpenedScan opened;
    std::optional<Scan> scan;  // as the file and its calibration say
    AcquisitionInfo info;
    std::string stored_as;               // how the counts are stored
    std::shared_ptr<const Truth> truth;  // of a simulated scan; null: none is known
    std::string why_no_scan;             // of a result whose acquisition cannot be read

    std::shared_ptr<const Result> result;        // of the recipe `result_of`; null: not yet
    std::string result_of;                       // computed_part() of its edits
    std::shared_ptr<const GatedImages> preview;  // of one view, newer than the result; null: none
    std::int64_t preview_view = 0;
    std::shared_ptr<const Held> held;  // for instant gating, traces and the light; null: not (yet)
    std::uint64_t revision = 0;        // grows whenever images, traces or what they are made of change

    History history;
    Looks looks;
    bool follows = false;            // reads the file again when it grows
    std::optional<FileStamp> stamp;  // of scan_path when it was read
    bool changed_on_disk = false;
    std::optional<FileStamp> seen;        // a newer one, seen once
    std::string failed_run;               // why the recipe on the screen has no result
    bool failed = false;                  // it could not be opened: the session closes it
    const Document* came_from = nullptr;  // what was shown before it; not to be followed where that may be closed
    std::string load_problem;             // why its traces could not be read when that was last tried; "": they could

    [[nodiscard]] std::string title() const { return path.filename().string(); }
    [[nodiscard]] const Edits& edits() const { return history.now(); }
    [[nodiscard]] const Recipe& recipe() const { return history.now().recipe; }

    // What is on the screen: the preview where there is one, else the result's images; null: nothing yet.
    [[nodiscard]] const GatedImages* images() const;
    [[nodiscard]] std::int64_t view_of_images() const { return preview ? 0 : looks.view; }
    [[nodiscard]] std::int64_t views() const;
    [[nodiscard]] const ImageLayer* layer() const;    // the chosen one, or the first there is; null: no images
    [[nodiscard]] const float* layer_values() const;  // of the view: [rows][columns]
    [[nodiscard]] const std::uint8_t* flags() const;  // of the view; null: none
    [[nodiscard]] ToneMap::Params tone(const ImageLayer& layer) const;
    // True when the result belongs to the recipe as it is now and nothing runs.
    [[nodiscard]] bool is_settled() const;
    [[nodiscard]] const std::string& wanted() const { return history.computed(); }  // as `result_of`, for the edits now
    [[nodiscard]] const std::string& wanted_held() const { return history.held(); }  // as Held::of
    [[nodiscard]] bool unsaved() const { return history.unsaved(); }

    // For the session: what threads want done in the window's thread.
    using Post = std::function<void(Session&, Document&)>;
    void post(Post post);
    [[nodiscard]] std::vector<Post> take_posts();
    [[nodiscard]] bool has_posts() const;

  private:
    mutable std::mutex mutex_;
    std::vector<Post> posts_;

  public:
    // Last, so that they end first.
    Worker pipeline, gating;
    std::string requested;            // wanted() of what `pipeline` runs or ran last
    std::optional<double> settle_at;  // a full run is due then (seconds of the session's clock)
};

}  // namespace firstlight::viewer
