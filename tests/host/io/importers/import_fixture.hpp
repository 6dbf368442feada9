// Runs an import inside a test and reads back what it wrote.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/importers/importer.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

using Options = std::vector<std::pair<std::string, std::string>>;

inline ImportRequest import_request(const std::filesystem::path& source, const std::filesystem::path& target,
                                    const Options& options = {}) {
    ImportRequest request;
    request.source = source;
    request.target = target;
    request.force = true;
    for (const auto& [name, value] : options) set_import_option(request.options, name, value);
    return request;
}

// The message of the error with which the import ends, "" where there is none; nothing may have been written.
inline std::string refusal(const std::filesystem::path& source, const Options& options = {},
                           ExitCode code = ExitCode::bad_input) {
    const std::filesystem::path target = source.string() + ".refused.h5";
    try {
        (void)import_file(import_request(source, target, options));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.what();
        EXPECT_FALSE(std::filesystem::exists(target));
        return error.what();
    }
    return "";
}

struct ReadEvents {
    std::vector<std::uint32_t> pixels, bins;
    std::vector<std::int64_t> times;
    bool operator==(const ReadEvents&) const = default;
};

inline ReadEvents read_events(const AcquisitionFile& file) {
    const EventDataset& events = *file.events();
    EventDataset::Scratch scratch;
    const auto n = static_cast<std::size_t>(events.tags());
    ReadEvents out{std::vector<std::uint32_t>(n), std::vector<std::uint32_t>(n), std::vector<std::int64_t>(n)};
    events.read_pixels(0, events.tags(), out.pixels.data(), scratch);
    events.read_timestamps(0, events.tags(), out.times.data(), scratch);
    if (events.wide()) events.read_bins(0, events.tags(), out.bins.data(), scratch);
    else {
        std::vector<std::uint16_t> narrow(n);
        events.read_bins(0, events.tags(), narrow.data(), scratch);
        out.bins.assign(narrow.begin(), narrow.end());
    }
    return out;
}

inline std::vector<std::uint32_t> read_counts(const AcquisitionFile& file) {
    const Scan& scan = file.scan();
    EXPECT_EQ(scan.type, CountType::u4);
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(scan.pixels() * scan.bins));
    CountDataset::Scratch scratch;
    file.counts().read({0, 0, 0, scan.rows, scan.columns, scan.columns}, counts.data(), scratch);
    return counts;
}

inline bool says(const std::string& message, const std::string& what) {
    return message.find(what) != std::string::npos;
}
#define EXPECT_SAYS(message, what) EXPECT_PRED2(says, (message), (what))

}  // namespace firstlight
