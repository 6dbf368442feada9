#include "viewer/session/recent_files.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::size_t most_files = 20;
constexpr const char* file_name = "recent_files";

}  // namespace

std::filesystem::path default_state_folder() {
    const char* state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return std::filesystem::path(state) / "firstlight";
    const char* home = std::getenv("HOME");
    if (home != nullptr && *home == '/') return std::filesystem::path(home) / ".local/state/firstlight";
    return {};
}

std::vector<std::filesystem::path> read_recent_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    if (folder.empty()) return files;
    std::ifstream in(folder / file_name);
    for (std::string line; files.size() < most_files && std::getline(in, line);)
        if (!line.empty()) files.emplace_back(line);
    return files;
}

void write_recent_files(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files) {
    if (files.size() > most_files) files.resize(most_files);
    if (folder.empty()) return;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
        throw Error(ExitCode::output, folder.string() + ": the folder cannot be made", failed.message(),
                    "recent files are forgotten when the program ends");
    std::string text;
    for (const std::filesystem::path& file : files)
        if (file.string().find('\n') == std::string::npos) text += file.string() + "\n";
    write_whole(folder / file_name, text.data(), text.size(), true);
}

}  // namespace firstlight::viewer
