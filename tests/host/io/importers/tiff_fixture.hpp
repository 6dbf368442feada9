// Stacks whose counts follow a formula, imported and read back.
#pragma once

#include <algorithm>
#include <fstream>

#include "tests/host/io/importers/import_fixture.hpp"
#include "tests/host/io/importers/tiff_bytes.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {

inline double count_at(std::int64_t gate, std::int64_t y, std::int64_t x) {
    return static_cast<double>((gate * 37 + y * 11 + x * 5) % 251);
}

inline TiffBytes stack_of(std::int64_t gates = 4) {
    TiffBytes stack;
    stack.rows = 23;
    stack.columns = 19;
    for (std::int64_t g = 0; g < gates; ++g) {
        auto& page = stack.pages.emplace_back();
        for (std::int64_t y = 0; y < stack.rows; ++y)
            for (std::int64_t x = 0; x < stack.columns; ++x) page.push_back(count_at(g, y, x));
    }
    return stack;
}

inline const Options timed{{"gate_step_ps", "40"}, {"gate_width_ps", "300"}};

inline Options with(Options options, const Options& more) {
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

class TiffGates : public testing::Test {
  protected:
    ScratchFolder folder_{"tiff_gates"};
    const std::filesystem::path tiff_ = folder_.path / "stack.tif", h5_ = folder_.path / "scan.h5";
    Scan scan_;
    ImportReport report_;

    static void write(const std::filesystem::path& path, const std::string& bytes) {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    // counts[y][x][gate] of what was imported
    std::vector<double> import(const std::filesystem::path& source, const Options& options = timed,
                               std::size_t memory = 0) {
        ImportRequest request = import_request(source, h5_, options);
        request.memory_bytes = memory;
        report_ = import_file(request);
        const AcquisitionFile file = AcquisitionFile::open(h5_, {});
        scan_ = file.scan();
        const std::int64_t n = scan_.pixels() * scan_.bins;
        std::vector<std::byte> raw(static_cast<std::size_t>(n) * count_size(scan_.type));
        CountDataset::Scratch scratch;
        file.counts().read({0, 0, 0, scan_.rows, scan_.columns, scan_.columns}, raw.data(), scratch);
        std::vector<double> out;
        visit_counts({raw.data(), scan_.type, scan_.pixels(), scan_.bins}, [&](const auto* counts) {
            for (std::int64_t i = 0; i < n; ++i) out.push_back(static_cast<double>(counts[i]));
        });
        return out;
    }
    void expect_formula(const std::vector<double>& counts, bool backwards = false) const {
        ASSERT_EQ(scan_.rows, 23);
        ASSERT_EQ(scan_.columns, 19);
        double sum = 0;
        for (std::int64_t y = 0; y < scan_.rows; ++y)
            for (std::int64_t x = 0; x < scan_.columns; ++x)
                for (std::int64_t g = 0; g < scan_.bins; ++g) {
                    const double wanted = count_at(backwards ? scan_.bins - 1 - g : g, y, x);
                    sum += wanted;
                    ASSERT_EQ(counts[static_cast<std::size_t>((y * scan_.columns + x) * scan_.bins + g)], wanted)
                        << "y " << y << " x " << x << " gate " << g;
                }
        EXPECT_EQ(static_cast<double>(report_.counts), sum);
    }
    std::string refused(const std::string& bytes, const Options& options = timed, ExitCode code = ExitCode::bad_input) {
        write(tiff_, bytes);
        return refusal(tiff_, options, code);
    }
    std::string refused(const TiffBytes& stack, const Options& options = timed, ExitCode code = ExitCode::bad_input) {
        return refused(stack.bytes(), options, code);
    }
    bool assumed(const std::string& what) const {
        return std::any_of(report_.assumptions.begin(), report_.assumptions.end(),
                           [&](const std::string& a) { return a.find(what) != std::string::npos; });
    }
};

}  // namespace firstlight
