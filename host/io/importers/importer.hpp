// Files of other programs become acquisitions: THE list of formats. A new one is its file beside this and a line in
// importer.cpp.
//
//   ImportRequest request{"scan.ptu", "scan.h5"};
//   set_import_option(request.options, "record", "histogram");
//   const ImportReport report = import_file(request);     // finds the format by the file's first bytes
//   report.assumptions     ->  {"pixel (y, x) from line markers 1 and 2", …}
//
// An importer reads its source as a stream, in blocks of bounded size, and writes whole or not at all. It believes
// nothing: counts and sizes of a header are checked against the size of the file before memory is asked for. It records
// the source's SHA-256 and each thing that it had to assume, and asks (ExitCode::usage, naming the option) for what the
// source does not hold and cannot be assumed. Photons that belong to no pixel (fly-back, other channels) are counted.
// Errors (bad_input): not such a file, damaged, a kind of record that is not read (named, with what is).
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/importers/import_options.hpp"

namespace firstlight {

struct ImportRequest {
    std::filesystem::path source, target;
    std::string format;  // empty: found by looking at the file
    ImportOptions options;
    bool force = false;            // an existing target is replaced
    bool probe = true;             // HDF5: a child process opens the file first
    std::size_t memory_bytes = 0;  // 0: half of the machine's
    std::string command;           // for the provenance
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(double)> progress;  // 0 to 1
};

struct ImportReport {
    std::string format;
    Scan scan;
    std::vector<std::string> assumptions;  // as in /entry/provenance
    std::int64_t counts = 0;               // that the acquisition holds
    std::int64_t left_out = 0;             // photons that belong to no pixel
};

struct Importer {
    std::string name;                  // "ptu"
    std::string what;                  // "PicoQuant PTU, T2 and T3"
    std::vector<std::string> endings;  // ".ptu"
    std::vector<std::string> options;  // names of ImportOptions that have an effect
    // `head`: the first bytes of the file, 4,096 at most; empty for a folder.
    bool (*recognises)(const std::filesystem::path& source, std::span<const std::byte> head) = nullptr;
    ImportReport (*import)(const ImportRequest& request) = nullptr;
};

// In the order in which they are asked whether a file is theirs.
[[nodiscard]] const std::vector<Importer>& importers();

// The importer named by `format`, else the one that recognises the file. Errors: usage for an unknown name; bad_input
// where no importer recognises the file, naming what can be read.
[[nodiscard]] const Importer& importer_for(const std::filesystem::path& source, const std::string& format);

// Errors: those of importer_for and of the importer; usage for options that were given and have no effect with this
// format; output as AtomicFile says; Interrupted (ExitCode::interrupted).
ImportReport import_file(const ImportRequest& request);

// For importers ----------------------------------------------------------------------------------------------------

// The file does not say `missing`: throws Error (usage) that asks for the option.
[[noreturn]] void ask_for(const ImportRequest& request, const std::string& missing, const std::string& option);

// Provenance and title of an acquisition made of the request's source.
[[nodiscard]] AcquisitionInfo info_of_source(const ImportRequest& request, const std::string& format_in_words);

// Throws where the request was cancelled; else says how far it is.
void step(const ImportRequest& request, double done);

}  // namespace firstlight
