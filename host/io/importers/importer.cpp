#include "host/io/importers/importer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "host/io/importers/becker_hickl_sdt.hpp"
#include "host/io/importers/confocal_capture.hpp"
#include "host/io/importers/npy_scan.hpp"
#include "host/io/importers/photon_hdf5.hpp"
#include "host/io/importers/picoquant_phu.hpp"
#include "host/io/importers/picoquant_ptu.hpp"
#include "host/io/importers/swissspad_stack.hpp"
#include "host/io/importers/tal_capture.hpp"
#include "host/io/importers/tiff_gates.hpp"
#include "host/io/sha256.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

std::vector<std::byte> head_of(const std::filesystem::path& source) {
    if (std::filesystem::is_directory(source)) return {};
    const ReadOnlyFile file(source);
    std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 4096)));
    file.read(0, head.data(), head.size());
    return head;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Importer& importer : importers()) all.push_back(importer.name);
    return all;
}

void refuse_options_without_effect(const ImportOptions& options, const Importer& importer) {
    for (const std::string& name : options.given)
        if (std::find(importer.options.begin(), importer.options.end(), name) == importer.options.end())
            throw Error(ExitCode::usage, fmt::format("{} has no effect on imports of {}", name, importer.name),
                        fmt::format("{} takes {}", importer.what, fmt::join(importer.options, ", ")), "leave it out");
}

}  // namespace

const std::vector<Importer>& importers() {
    static const std::vector<Importer> all{
        confocal_capture_importer(), picoquant_ptu_importer(), picoquant_phu_importer(),
        becker_hickl_sdt_importer(), photon_hdf5_importer(),   tal_capture_importer(),
        swissspad_stack_importer(),  tiff_gates_importer(),    npy_importer()};
    return all;
}

const Importer& importer_for(const std::filesystem::path& source, const std::string& format) {
    if (!format.empty()) {
        for (const Importer& importer : importers())
            if (importer.name == format) return importer;
        const std::string near = nearest_name(format, names());
        throw Error(ExitCode::usage, fmt::format("there is no format \"{}\" to import", format), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(names(), ", "))
                                 : fmt::format("did you mean {}?", near));
    }
    const std::vector<std::byte> head = head_of(source);
    for (const Importer& importer : importers())
        if (importer.recognises(source, head)) return importer;
    throw Error(ExitCode::bad_input, fmt::format("{}: is of no format that can be imported", source.string()),
                fmt::format("its first bytes are those of none of {}", fmt::join(names(), ", ")),
                "name it with --format where it is one of them");
}

ImportReport import_file(const ImportRequest& request) {
    std::error_code ignored;
    if (!std::filesystem::exists(request.source, ignored))
        throw Error(ExitCode::bad_input, request.source.string() + ": there is no such file");
    if (std::filesystem::equivalent(request.source, request.target, ignored))
        throw Error(ExitCode::output, request.target.string() + ": is the file that is imported", "", "name another");
    const Importer& importer = importer_for(request.source, request.format);
    refuse_options_without_effect(request.options, importer);
    ImportReport report = importer.import(request);
    report.format = importer.name;
    return report;
}

void ask_for(const ImportRequest& request, const std::string& missing, const std::string& option) {
    throw Error(ExitCode::usage, fmt::format("{}: the file does not say {}", request.source.string(), missing),
                "and it cannot be assumed", fmt::format("give {}", option));
}

AcquisitionInfo info_of_source(const ImportRequest& request, const std::string& format_in_words) {
    AcquisitionInfo info;
    info.title = request.source.stem().string();
    info.provenance.source_file = request.source.filename().string();
    if (!std::filesystem::is_directory(request.source)) info.provenance.source_sha256 = sha256_of_file(request.source);
    info.provenance.source_format = format_in_words;
    info.provenance.converter = "firstlight import";
    info.provenance.command = request.command;
    return info;
}

void step(const ImportRequest& request, double done) {
    if (request.cancelled != nullptr && request.cancelled->load())
        throw Error(ExitCode::interrupted, "interrupted", "nothing was written");
    if (request.progress) request.progress(done);
}

}  // namespace firstlight
