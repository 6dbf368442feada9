// The survey sample of a scan: tiles of it, with their counts, in host memory, which the trace stages fill in one after
// another so that later ones see what earlier ones found.
#pragma once

#include <vector>

#include "host/pipeline/count_source.hpp"
#include "host/pipeline/plan.hpp"
#include "host/pipeline/tile_memory.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

class SurveyTiles {
  public:
    // `apart`: the source reads the sample by itself, if it can, and does not get ready for all.
    SurveyTiles(Queue& host, const Scan& scan, const CountSource& counts, std::int64_t view, const TileNeeds& needs,
                bool apart) {
        if (!apart && counts.get_ready) counts.get_ready();
        const CountSource::Read read = apart && counts.sample ? counts.sample(survey_windows(scan)) : counts.reader();
        const std::size_t trace_bytes = static_cast<std::size_t>(scan.bins) * count_size(counts.type);
        for (TileWindow window : survey_windows(scan)) {
            window.view = view;
            const auto traces = window.traces();
            counts_.emplace_back(host, static_cast<std::size_t>(traces) * trace_bytes);
            read(window, counts_.back().as());
            memory_.emplace_back(host, needs, traces, 0);
            memory_.back().reset();
            sample.tiles.push_back(memory_.back().tile(window, counts_.back().as(), counts.type));
            sample.tiles.back().effect = memory_.back().effect(0);
            sample.traces += traces;
        }
        sample.whole_scan = sample.traces == scan.pixels();
    }
    SurveySample sample;

  private:
    std::vector<QueueMemory> counts_;
    std::vector<TileMemory> memory_;
};

}  // namespace firstlight
