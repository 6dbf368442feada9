#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

void open_file_dialog(Desk& desk, FileRequest request) {
    std::filesystem::path start = request.what == FileRequest::For::open ? desk.last_opened : desk.last_saved;
    if (const Document* shown = desk.session.current(); start.empty() && shown != nullptr)
        start = std::filesystem::absolute(shown->path).parent_path();
    desk.file_choice = std::make_unique<FileChoice>(request.what, request.endings, start, request.name);
    desk.file_request = std::move(request);
}

}  // namespace firstlight::viewer
