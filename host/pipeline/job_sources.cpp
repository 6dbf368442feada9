#include "host/pipeline/job_sources.hpp"

#include "kernels/support/parallel_for.hpp"

namespace firstlight {

JobSources::JobSources(const AcquisitionFile& file, const Scan& calibrated, Queue& queue, const Job& job,
                       const std::atomic<bool>* cancelled)
    : scan(calibrated) {
    if (file.events() != nullptr) {
        counts = open(*file.events(), events_, file, queue, job, cancelled);
        scan.type = counts.type;
    } else {
        counts = source_of(file.counts());
    }
    if (file.reference_events() != nullptr)
        reference = open(*file.reference_events(), reference_events_, file, queue, job, cancelled);
    else if (file.reference() != nullptr) reference = source_of(*file.reference());
}

CountSource JobSources::open(const EventDataset& events, std::unique_ptr<EventSource>& source,
                             const AcquisitionFile& file, Queue& queue, const Job& job,
                             const std::atomic<bool>* cancelled) {
    EventSourceOptions options;
    options.memory_bytes = job.memory_bytes != 0 ? job.memory_bytes : machine_memory() / 2;
    if (file.reference_events() != nullptr) options.memory_bytes /= 2;  // one of two
    options.threads = job.threads > 0 ? job.threads : machine_threads();
    options.cancelled = cancelled;
    source = std::make_unique<EventSource>(events, queue, options);
    const EventSurvey& survey = source->survey();
    if (survey.wraps > 0) remarks.push_back(wrap_remark(events, survey));
    if (survey.disorder && job.strict)
        throw Error(ExitCode::bad_input, *survey.disorder, "refused because of --strict");
    if (survey.disorder) remarks.push_back(*survey.disorder);
    return source->counts();
}

}  // namespace firstlight
