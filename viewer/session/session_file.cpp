// Writing of sessions; session_file_reading.cpp reads them.
#include "viewer/session/session_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "host/io/atomic_file.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/session/session_members.hpp"

namespace firstlight::viewer {
namespace {

std::string as_toml(const std::string& text) {
    std::ostringstream out;
    out << toml::value<std::string>(text);
    return out.str();
}
std::string as_toml(bool on) { return on ? "true" : "false"; }
std::string as_toml(std::int64_t number) { return fmt::format("{}", number); }
std::string as_toml(double number) {
    const std::string text = fmt::format("{}", number);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}
std::string as_toml(Projection::What what) {
    return as_toml(std::string(projection_names.at(static_cast<std::size_t>(what))));
}

// A recipe as people read it, where it can stand between three quotes.
std::string lines_as_toml(const std::string& text) {
    return text.find("'''") == std::string::npos ? "'''\n" + text + "'''" : as_toml(text);
}

std::string path_as_toml(const std::filesystem::path& path, const std::filesystem::path& folder) {
    if (path.empty()) return "\"\"";
    std::error_code failed;
    std::filesystem::path whole = std::filesystem::weakly_canonical(path, failed);
    if (failed) whole = std::filesystem::absolute(path);
    const std::filesystem::path near = whole.lexically_relative(folder);
    const std::string text = near.empty() || *near.begin() == ".." ? whole.string() : near.string();
    if (readable_name(text) != text)
        throw Error(ExitCode::output, readable_name(text) + ": cannot be named in a session",
                    "its name is not UTF-8, or holds control characters", "rename the file and open it again");
    return as_toml(text);
}

void write_looks(std::ostream& out, const Looks& looks) {
    out << "\n[file.looks]\nlayer = " << as_toml(looks.layer) << "\nview = " << looks.view << '\n';
    if (looks.pixel) out << fmt::format("pixel = [{}, {}]  # y, x\n", looks.pixel->y, looks.pixel->x);
    out << fmt::format("region = {}\nsecond_region = {}\n", looks.region, looks.second_region);
    looks_sections(looks, [&](const char* name, const auto& look, auto members) {
        out << fmt::format("\n[file.looks.{}]\n", name);
        members(look, [&](const char* key, const auto& value) { out << key << " = " << as_toml(value) << '\n'; });
    });
}

void write_document(std::ostream& out, const Document& document, const std::filesystem::path& folder) {
    const Edits& edits = document.edits();
    out << "\n[[file]]\npath = " << path_as_toml(document.path, folder)
        << "\ncalibration = " << path_as_toml(edits.calibration, folder) << "\nfollows = " << as_toml(document.follows)
        << "\nrecipe = " << lines_as_toml(to_toml(edits.recipe)) << '\n';
    write_looks(out, document.looks);
    for (const Region& region : edits.regions) {
        out << "\n[[file.region]]\nname = " << as_toml(region.name)
            << "\nshape = " << as_toml(std::string(region_shape_names.at(static_cast<std::size_t>(region.shape))));
        for (const auto& [key, value] :
             {std::pair("x0", region.x0), {"y0", region.y0}, {"x1", region.x1}, {"y1", region.y1}})
            out << '\n' << key << " = " << as_toml(value);
        out << '\n';
    }
    for (const auto& [layer, tone] : edits.tones) {
        out << "\n[file.tone." << as_toml(layer) << "]\n";
        for (const Param& param : ToneMap::Params::table())
            out << param.name << " = " << firstlight::to_toml(param, &tone) << '\n';
    }
}

std::string session_text(Session& session, const std::filesystem::path& folder) {
    std::ostringstream out;
    out << "# Open it with: firstlight view --session FILE\nformat = " << as_toml(std::string(session_format))
        << "\nversion = " << session_version << "\nshown = " << session.current_number() << '\n';
    const Comparison& comparison = session.comparison();
    out << "\n[comparison]\nfirst = " << comparison.first << "\nsecond = " << comparison.second
        << "\nwith_truth = " << as_toml(comparison.with_truth)
        << "\nhow = " << as_toml(std::string(comparison_names.at(static_cast<std::size_t>(comparison.how))))
        << "\nrelative = " << as_toml(comparison.relative) << "\nsplit = " << as_toml(comparison.split) << '\n';
    for (const auto& document : session.documents()) write_document(out, *document, folder);
    return out.str();
}

}  // namespace

void save_session(Session& session, const std::filesystem::path& path, bool force) {
    std::error_code failed;
    std::filesystem::path folder =
        std::filesystem::weakly_canonical(std::filesystem::absolute(path), failed).parent_path();
    if (failed) folder = std::filesystem::absolute(path).parent_path();
    const std::string text = session_text(session, folder);
    write_whole(path, text.data(), text.size(), force);
    for (const auto& document : session.documents()) document->history.mark_kept();
}

}  // namespace firstlight::viewer
