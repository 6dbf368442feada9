#include "host/io/acquisition_file.hpp"

#include "host/io/acquisition_reader.hpp"
#include "host/io/count_check.hpp"
#include "host/io/event_survey.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

void check_events(const EventDataset& events, Findings& findings) {
    EventSurveyOptions options;
    options.threads = machine_threads();
    options.bins_too = true;
    const EventSurvey survey = survey_events(events, options);
    if (survey.disorder) findings.warn(*survey.disorder);
    if (survey.wraps > 0) findings.warn(wrap_remark(events, survey));
}

}  // namespace

AcquisitionFile AcquisitionFile::open(const std::filesystem::path& path, const OpenOptions& options) {
    if (options.probe) probe(path, ProbeKind::acquisition, options.memory_limit);
    Findings findings(/*gather=*/false);
    AcquisitionFile file = AcquisitionReader(path, options, findings).read();
    for (const Finding& finding : findings.all()) {
        if (options.strict) throw Error(ExitCode::bad_input, finding.message, "refused because of --strict");
        file.warnings_.push_back(finding.message);
    }
    return file;
}

std::vector<Finding> AcquisitionFile::validate(const std::filesystem::path& path, const OpenOptions& options) {
    Findings findings(/*gather=*/true);
    findings.attempt([&] {
        if (options.probe) probe(path, ProbeKind::validation, options.memory_limit);
        const AcquisitionFile file = AcquisitionReader(path, options, findings).read();
        if (!options.read_data) return;
        check_calibration(file.scan(), findings);
        with_threads(machine_threads(), [&] {
            if (file.events() == nullptr) check_counts(file.counts(), file.scan(), findings);
            if (file.reference() != nullptr) check_reference(*file.reference(), file.scan(), findings);
        });
        for (const EventDataset* events : {file.events(), file.reference_events()})
            if (events != nullptr) findings.attempt([&] { check_events(*events, findings); });
    });
    return findings.all();
}

Truth AcquisitionFile::read_truth() const {
    Truth truth = truth_texts_;
    const auto read = [](const std::optional<StoredDataset>& stored) {
        return stored ? stored->read_doubles() : std::vector<double>();
    };
    truth.transmission = read(truth_tables_.transmission);
    truth.ballistic = read(truth_tables_.ballistic);
    truth.optical_depth = read(truth_tables_.optical_depth);
    truth.depth_m = read(truth_tables_.depth);
    truth.mu_per_m = read(truth_tables_.mu);
    return truth;
}

}  // namespace firstlight
