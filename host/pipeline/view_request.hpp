// What `firstlight view` asks of the viewer, a program of its own, so that the command line needs no window system:
// one argument of JSON.
//
//   ViewRequest request;
//   request.files = {"star.h5"};
//   to_json(request)  ->  {"files": ["star.h5"], …};   view_request_of(text) gives it back
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace firstlight {

struct ViewRequest {
    std::vector<std::filesystem::path> files;                     // acquisitions, results
    std::filesystem::path session;                                // saved from the viewer; empty: none
    std::string recipe;                                           // name or file; empty: what suits
    std::vector<std::pair<std::string, std::string>> parameters;  // "time_gate.open_ps", "-40"
    std::filesystem::path calibration;
    std::string backend = "auto";
    int threads = 0;
    std::size_t memory_bytes = 0;
    bool follow = false;

    std::filesystem::path screenshot;  // draw without a display, write this and end
    bool force = false;                // replace it
    std::string panel, layer;          // in front; empty: as ever
    int width = 1280, height = 800;
    double scale = 0;  // of letters; 0: from the display
    bool light = false;
    bool state = true;  // remember recent files
};

[[nodiscard]] std::string to_json(const ViewRequest& request);
// Errors: ExitCode::usage when it is not what to_json() writes.
[[nodiscard]] ViewRequest view_request_of(const std::string& json);

}  // namespace firstlight
