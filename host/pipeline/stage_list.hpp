// THE table of contents: every stage of firstlight, in data-flow order. A new stage is one line in `Stages`.
// Command line, recipes, provenance, schema, docs and widgets are made from this list.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "kernels/acquisition/gate_sweep.hpp"
#include "kernels/corrections/bin_nonlinearity.hpp"
#include "kernels/corrections/dark_counts.hpp"
#include "kernels/corrections/flat_field.hpp"
#include "kernels/corrections/pile_up.hpp"
#include "kernels/corrections/pixel_mask.hpp"
#include "kernels/corrections/time_skew.hpp"
#include "kernels/deconvolution/corrected_light.hpp"
#include "kernels/deconvolution/richardson_lucy.hpp"
#include "kernels/deconvolution/wiener.hpp"
#include "kernels/first_arrival/expected_arrival.hpp"
#include "kernels/first_arrival/matched_arrival.hpp"
#include "kernels/gating/adaptive_gate.hpp"
#include "kernels/gating/component_fit.hpp"
#include "kernels/gating/time_gate.hpp"
#include "kernels/reconstruction/attenuation.hpp"
#include "kernels/reconstruction/confocal_diffuse.hpp"
#include "kernels/reconstruction/depth_map.hpp"
#include "kernels/reconstruction/filtered_backprojection.hpp"
#include "kernels/reconstruction/inpainting.hpp"
#include "kernels/reconstruction/ml_tr.hpp"
#include "kernels/reconstruction/os_sart_tv.hpp"
#include "kernels/reconstruction/poisson_tv.hpp"
#include "kernels/rendering/tone_map.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {

using Stages = std::tuple<GateSweep,                                                            // acquisition
                          PixelMask, PileUp, DarkCounts, BinNonlinearity, TimeSkew, FlatField,  // corrections
                          CorrectedLight, Wiener, RichardsonLucy,                               // deconvolution
                          ExpectedArrival, MatchedArrival,                                      // first_arrival
                          TimeGate, AdaptiveGate, ComponentFit,                                 // gating
                          PoissonTv, Attenuation, DepthMap, Inpainting, ConfocalDiffuse,        // reconstruction
                          FilteredBackprojection, OsSartTv, MlTr,                               // volumes
                          ToneMap>;                                                             // rendering

enum class StageKind : std::uint8_t { traces, images, volumes, rendering };

// A stage without its type. Params and Coefficients travel as shared_ptr<void>.
struct StageEntry {
    StageInfo info;
    StageKind kind = StageKind::traces;
    bool finds_arrival = false;  // a gate that needs no stage before it to say when light arrives
    const ParamTable* params = nullptr;
    std::shared_ptr<void> (*make_params)() = nullptr;
    std::shared_ptr<void> (*copy_params)(const void*) = nullptr;
    std::vector<Layer> (*layers)(const void* params) = nullptr;
    Survey (*survey)(const void* params, const Scan&) = nullptr;  // trace stages
    // Pixels that a tile must hold on each side of those it is for; null: none. Trace stages.
    std::int64_t (*halo)(const void* params) = nullptr;
    std::shared_ptr<void> (*prepare)(const void* params, StageContext&) = nullptr;
    // For Survey::every_pixel: new coefficients from the images of the first pass.
    std::shared_ptr<void> (*refine)(const void* params, StageContext&, const ImageTile& first_pass) = nullptr;
    void (*run_traces)(Queue&, const TraceTile&, const void* coefficients, int lane) = nullptr;
    void (*run_images)(Queue&, const ImageTile&, const void* coefficients, int lane) = nullptr;
    bool uses_light = false;                        // volume stages: the light of all traces rather than gated images
    void (*check_geometry)(const Scan&) = nullptr;  // volume stages: throws where no parameter can mend it
    VolumeBox (*box)(const void* params, const Scan&) = nullptr;
    std::size_t (*work_bytes)(const void* params, const Scan&) = nullptr;
    void (*run_volume)(Queue&, const VolumeTask&, const void* coefficients, int lane) = nullptr;
    // What people should know of the images (host memory), or ""; null: nothing to say. Of trace stages, before image
    // stages run.
    std::string (*remark)(const ImageTile&) = nullptr;
};

[[nodiscard]] const std::vector<StageEntry>& stage_list();

// Null when there is no such stage.
[[nodiscard]] const StageEntry* find_stage(std::string_view name);
[[nodiscard]] std::vector<std::string> stage_names();

// Its parameter called `name`, or null.
[[nodiscard]] const Param* find_param(const StageEntry& stage, std::string_view name);

}  // namespace firstlight
