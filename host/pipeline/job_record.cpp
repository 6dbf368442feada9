#include "host/pipeline/job_record.hpp"

#include <fmt/format.h>

#include "host/io/calibration_file.hpp"
#include "host/io/known_hashes.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/light_path.hpp"

namespace firstlight {

Result result_of(Reconstruction&& reconstruction, const Scan& scan, const Job& job, const Queue& queue,
                 std::vector<std::string> warnings) {
    Result result;
    result.images = std::move(reconstruction.images);
    result.volume = std::move(reconstruction.volume);
    result.quality = std::move(reconstruction.quality);
    Process& process = result.process;
    process.stages = std::move(reconstruction.stages);
    process.warnings = std::move(warnings);
    if (const std::string remark = light_path_remark(scan, job.recipe); !remark.empty())
        process.warnings.push_back(remark);
    process.warnings.insert(process.warnings.end(), reconstruction.warnings.begin(), reconstruction.warnings.end());
    process.recipe = to_toml(job.recipe);
    const BuildFacts facts = build_facts();
    process.facts = {{"program", "firstlight"},
                     {"version", facts.version},
                     {"git_commit", facts.commit},
                     {"compiler", facts.compiler},
                     {"backend", queue.backend()},
                     {"device", queue.device()},
                     {"threads", fmt::format("{}", queue.is_host() ? queue.lanes() : 0)},
                     {"requested_backend", job.backend},
                     {"requested_memory_bytes", fmt::format("{}", job.memory_bytes)},
                     {"tile_traces", fmt::format("{}", reconstruction.plan.tile_traces)},
                     {"survey_traces", fmt::format("{}", reconstruction.plan.survey_traces)},
                     {"command", job.command}};
    return result;
}

std::string bad_counts_problem(const std::string& whose, std::int64_t number,
                               const std::array<std::int64_t, 4>& first) {
    return fmt::format("{}: {} counts are NaN, infinite or negative, the first at view {}, y {}, x {}, bin {}", whose,
                       number, first[0], first[1], first[2], first[3]);
}

void record_calibration(const Job& job, Process& process) {
    const std::string calibration = std::filesystem::absolute(job.calibration_path).string();
    process.inputs.push_back(
        {calibration, known_sha256_of_file(job.calibration_path), read_calibration(job.calibration_path, {}).uuid});
    process.facts["calibration"] = calibration;
}

}  // namespace firstlight
