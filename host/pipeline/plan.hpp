// What a run will take, said before it starts: the blocks a scan is read in, the tiles stages work on, memory.
//
// A block is what is read at once (a multiple of the file's own chunk rectangles); a tile is the part of a block that
// stages work on while it is in the processor's cache. On a GPU a tile is a whole block. Neither changes any result.
// Where a stage looks at neighbours, blocks are read and tiles are run with a halo of that many pixels on each side,
// whose results are dropped; a tile is a whole block then, so that few pixels are done twice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct PlanOptions {
    std::size_t memory_bytes = 0;                    // limit for the run; 0: half of the machine's
    std::int64_t tile_traces = 0;                    // traces per tile; 0: as many as stay in cache
    int lanes = 1;                                   // threads, or streams of a device
    bool device = false;                             // a GPU: tiles are blocks
    std::int64_t grid_rows = 16, grid_columns = 16;  // the source's own rectangles
    std::size_t source_bytes = 0;                    // that the source itself holds
};

struct Plan {
    std::vector<TileWindow> blocks;  // of one view, in reading order
    std::int64_t halo = 0;           // pixels around each block and tile
    std::int64_t block_traces = 0;   // of the largest block, with its halo
    std::int64_t tile_traces = 0;    // of the largest tile, with its halo
    int lanes = 1;
    std::int64_t survey_traces = 0;  // traces of the survey sample; 0: no survey
    int passes = 1;                  // over the counts: more than 1 when a stage needs every pixel first
    std::size_t block_bytes = 0, model_bytes = 0, image_bytes = 0, survey_bytes = 0, source_bytes = 0;
    std::int64_t band_rows = 0;    // of a volume that is made in bands; 0: no volume
    std::size_t volume_bytes = 0;  // with the light that it is made from and what a band takes
    std::size_t total_bytes = 0;   // peak of all buffers, without the program itself
    std::vector<std::string> notes;
};

// Parts of the detector's model that a recipe's stages fill in per bin, for which a tile needs memory.
struct ModelParts {
    bool live = false, edges = false, signal = false;
};
[[nodiscard]] ModelParts model_parts_of(const Recipe& recipe);

// Errors: ExitCode::bad_input when even the smallest tiles do not fit into the memory, with the need stated.
[[nodiscard]] Plan make_plan(const Scan& scan, const Recipe& recipe, const PlanOptions& options);

// The windows of the survey sample: whole rectangles of a 16 x 16 grid spread over the scan by a fixed hash, so that
// the sample depends on the scan's size alone. At most about 4096 traces and 64 MiB.
[[nodiscard]] std::vector<TileWindow> survey_windows(const Scan& scan);

[[nodiscard]] std::size_t machine_memory();

}  // namespace firstlight
