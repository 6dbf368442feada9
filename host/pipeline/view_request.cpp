#include "host/pipeline/view_request.hpp"

#include <nlohmann/json.hpp>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

// One list of names for both ways: `each(name, member)` is called for every member.
template <class Request, class Each>
void members(Request& r, Each each) {
    each("recipe", r.recipe);
    each("parameters", r.parameters);
    each("backend", r.backend);
    each("threads", r.threads);
    each("memory_bytes", r.memory_bytes);
    each("follow", r.follow);
    each("force", r.force);
    each("panel", r.panel);
    each("layer", r.layer);
    each("width", r.width);
    each("height", r.height);
    each("scale", r.scale);
    each("light", r.light);
    each("state", r.state);
}

template <class Request, class Each>
void paths(Request& r, Each each) {
    each("session", r.session);
    each("calibration", r.calibration);
    each("screenshot", r.screenshot);
}

}  // namespace

std::string to_json(const ViewRequest& request) {
    Json json;
    Json& files = json["files"] = Json::array();
    for (const std::filesystem::path& file : request.files) files.push_back(file.string());
    members(request, [&](const char* name, const auto& value) { json[name] = value; });
    paths(request, [&](const char* name, const std::filesystem::path& value) { json[name] = value.string(); });
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

ViewRequest view_request_of(const std::string& text) {
    ViewRequest request;
    try {
        const Json json = Json::parse(text);
        for (const Json& file : json.at("files")) request.files.emplace_back(file.get<std::string>());
        members(request, [&](const char* name, auto& value) { json.at(name).get_to(value); });
        paths(request,
              [&](const char* name, std::filesystem::path& value) { value = json.at(name).get<std::string>(); });
    } catch (const Json::exception& e) {
        throw Error(ExitCode::usage, "firstlight-viewer: the request cannot be read", e.what(),
                    "start it as: firstlight view FILE");
    }
    return request;
}

}  // namespace firstlight
