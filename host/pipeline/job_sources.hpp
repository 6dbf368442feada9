// Where the counts of a job's scan come from, whatever kind of file it is.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/pipeline/count_source.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/job.hpp"

namespace firstlight {

// Refers to the file and the queue. Events are looked at once here (event_survey.hpp). Errors: those of EventSource;
// bad_input for events in disorder where the job is strict.
struct JobSources {
    Scan scan;                      // of the counts' type
    CountSource counts, reference;  // the latter empty unless the scan has one
    std::vector<std::string> remarks;

    // `calibrated`: the file's scan, with a calibration in place of what it says of itself.
    JobSources(const AcquisitionFile& file, const Scan& calibrated, Queue& queue, const Job& job,
               const std::atomic<bool>* cancelled);

  private:
    CountSource open(const EventDataset& events, std::unique_ptr<EventSource>& source, const AcquisitionFile& file,
                     Queue& queue, const Job& job, const std::atomic<bool>* cancelled);
    std::unique_ptr<EventSource> events_, reference_events_;
};

}  // namespace firstlight
