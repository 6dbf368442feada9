#include "host/pipeline/held_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/data/median.hpp"
#include "host/pipeline/image_stages.hpp"
#include "host/pipeline/plan.hpp"
#include "kernels/gating/held_frame.hpp"
#include "kernels/gating/prefix_sum.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

// Arrays of sums per trace.
std::size_t sums_of(const ModelParts& parts) {
    return 1U + (parts.live || parts.signal ? 1U : 0U) + (parts.live ? 1U : 0U);
}

constexpr std::size_t values_per_trace = 10;  // units, total and model

std::size_t bytes_for(const Scan& scan, const ModelParts& needs, std::int64_t slots, std::int64_t steps) {
    HeldTraces held;
    held.rows = scan.rows;
    held.columns = scan.columns;
    held.steps = steps;
    const std::size_t per_slot = sums_of(needs) * static_cast<std::size_t>(held.sums()) * 4 +
                                 static_cast<std::size_t>(scan.pixels()) * (values_per_trace * 4 + 1);
    return static_cast<std::size_t>(slots) * per_slot;
}

HeldScan::Plan plan_for(const Scan& scan, const Recipe& recipe, std::int64_t slots, std::size_t memory) {
    const ModelParts needs = model_parts_of(recipe);
    HeldScan::Plan plan;
    plan.steps = scan.bins;
    while (bytes_for(scan, needs, slots, plan.steps) > memory && plan.step < scan.bins) {
        ++plan.step;
        plan.steps = (scan.bins + plan.step - 1) / plan.step;
    }
    plan.bytes = bytes_for(scan, needs, slots, plan.steps);
    if (plan.bytes > memory)
        throw Error(
            ExitCode::bad_input,
            fmt::format("{}: {} MiB of memory are not enough to hold its traces", scan.name, memory >> 20),
            fmt::format("one step per trace of {} pixels takes {} MiB", slots * scan.pixels(), (plan.bytes >> 20) + 1),
            "allow more memory, or open the scan without holding it");
    return plan;
}

}  // namespace

HeldScan::Plan HeldScan::plan(const Scan& scan, const Recipe& recipe, std::size_t memory_bytes) {
    return plan_for(scan, recipe, scan.views + (scan.has_reference && uses_reference(recipe) ? 1 : 0), memory_bytes);
}

HeldScan::HeldScan(std::size_t memory_bytes) : memory_bytes_(memory_bytes != 0 ? memory_bytes : machine_memory() / 2) {}

HeldScan::Slot& HeldScan::slot(std::int64_t view) {
    return slots_[static_cast<std::size_t>(view < 0 ? scan_.views : view)];
}
const HeldScan::Slot& HeldScan::slot(std::int64_t view) const {
    const auto index = static_cast<std::size_t>(view < 0 ? scan_.views : view);
    if (!ready_ || index >= slots_.size())
        throw Error(ExitCode::internal, fmt::format("view {} of a held scan was asked for", view),
                    ready_ ? "there is none" : "nothing is held");
    return slots_[index];
}

void HeldScan::make(Slot& slot) {
    const ModelParts needs = model_parts_of(recipe_);
    HeldTraces& held = slot.held;
    held.rows = scan_.rows;
    held.columns = scan_.columns;
    held.bins = scan_.bins;
    held.step = plan_.step;
    held.steps = plan_.steps;
    held.of_signal = needs.signal;
    const auto pixels = static_cast<std::size_t>(scan_.pixels());
    const auto edges = static_cast<std::size_t>(plan_.steps + 1);
    const auto add = [&]<class T>(T*& array, std::size_t size) {
        slot.memory.emplace_back(*queue_, size * sizeof(T));
        array = slot.memory.back().as<T>();
    };
    const auto add_sums = [&](std::uint32_t*& sums, float*& unit) {
        add(sums, static_cast<std::size_t>(held.sums()));
        add(unit, pixels);
    };
    add_sums(held.counts, held.count_unit);
    if (needs.live || needs.signal) add_sums(held.value, held.value_unit);
    if (needs.live) add_sums(held.variance, held.variance_unit);
    if (needs.edges || plan_.step > 1) add(held.edges, edges);
    if (needs.signal && plan_.step > 1) add(held.even_edges, edges);
    for (float** values :
         {&held.total, &held.gain, &held.dark, &held.dark_variance, &held.shift, &held.arrival, &held.arrival_sigma})
        add(*values, pixels);
    add(held.flags, pixels);
}

void HeldScan::begin(const Scan& scan, const Recipe& recipe, Queue& queue, bool with_reference) {
    ready_ = false;
    slots_.clear();
    const std::int64_t slots = scan.views + (with_reference ? 1 : 0);
    plan_ = plan_for(scan, recipe, slots, memory_bytes_);
    own_ = queue.is_host() ? open_cpu_queue(queue.lanes()) : nullptr;
    queue_ = own_ ? own_.get() : &queue;
    scan_ = scan;
    recipe_ = recipe;
    slots_.resize(static_cast<std::size_t>(slots));
    for (Slot& slot : slots_) make(slot);
}

void HeldScan::remember(std::int64_t view, const std::map<std::string, double>& shared) { slot(view).shared = shared; }

void HeldScan::hold(std::int64_t view, const TraceTile& tile, const TileWindow& inner, int lane) {
    run<PrefixSum>(*queue_, PrefixSumTask{tile, inner, slot(view).held}, {}, lane);
}

void HeldScan::keep(std::int64_t view, const ViewImages& images) {
    Slot& to = slot(view);
    to.images = {};
    to.images.flags = images.flags;
    const std::vector<Layer> of_gate = TimeGate::layers({});
    for (std::size_t l = 0; l < images.layers.size(); ++l) {
        if (std::find(of_gate.begin(), of_gate.end(), images.layers[l]) != of_gate.end()) continue;
        to.images.layers.push_back(images.layers[l]);
        to.images.values.push_back(images.values[l]);
    }
}

void HeldScan::finish() {
    const auto pixels = static_cast<std::size_t>(scan_.pixels());
    for (Slot& slot : slots_) {
        for (std::int64_t k = 0; k <= plan_.steps; ++k)
            slot.edge_bins.push_back(slot.held.edges == nullptr ? static_cast<double>(k)
                                                                : static_cast<double>(value(slot.held.edges, k)));
        // Where a correction left the bins even, a gate need not look their edges up.
        const auto is_even = [k = 0.0](double edge) mutable { return edge == k++; };
        if (std::all_of(slot.edge_bins.begin(), slot.edge_bins.end(), is_even)) slot.held.edges = nullptr;
        std::vector<float> arrival(pixels);
        std::vector<std::uint8_t> flags(pixels);
        if (pixels > 0) {
            queue_->download(arrival.data(), slot.held.arrival, pixels * 4, 0);
            queue_->download(flags.data(), slot.held.flags, pixels, 0);
            queue_->synchronize(0);
        }
        std::vector<double> good;
        for (std::size_t p = 0; p < pixels; ++p)
            if ((flags[p] & masked_flags) == 0 && std::isfinite(arrival[p]))
                good.push_back(static_cast<double>(arrival[p]));
        slot.median_arrival = good.empty() ? std::numeric_limits<double>::quiet_NaN() : median(std::move(good));
    }
    ready_ = true;
}

template <class T>
T HeldScan::value(const T* array, std::int64_t index) const {
    if (queue_->is_host()) return array[index];
    T out{};
    queue_->download(&out, array + index, sizeof(T), 0);
    queue_->synchronize(0);
    return out;
}

const std::uint32_t* HeldScan::counts_of(const Slot& slot, std::int64_t pixel,
                                         std::vector<std::uint32_t>& scratch) const {
    if (pixel < 0 || pixel >= scan_.pixels())
        throw Error(ExitCode::internal, fmt::format("pixel {} of a held scan was asked for", pixel),
                    fmt::format("it has {}", scan_.pixels()));
    const HeldTraces& held = slot.held;
    if (queue_->is_host()) return held.counts + held.start(pixel);
    scratch.resize(static_cast<std::size_t>((held.steps + 1) * held_lanes));  // its whole group
    queue_->download(scratch.data(), held.counts + held.start(pixel / held_lanes * held_lanes), scratch.size() * 4, 0);
    queue_->synchronize(0);
    return scratch.data() + pixel % held_lanes;
}

HeldCurve HeldScan::empty_curve(const Slot& slot) const {
    HeldCurve curve;
    for (const double edge : slot.edge_bins) curve.edge_s.push_back(scan_.time_of(edge));
    for (std::size_t k = 0; k + 1 < slot.edge_bins.size(); ++k)
        curve.time_s.push_back(scan_.time_of((slot.edge_bins[k] + slot.edge_bins[k + 1]) / 2));
    curve.counts.assign(curve.time_s.size(), 0.0);
    return curve;
}

HeldCurve HeldScan::trace(std::int64_t view, std::int64_t pixel) const { return sum_of(view, {pixel}, false); }

HeldCurve HeldScan::sum_of(std::int64_t view, const std::vector<std::int64_t>& pixels, bool aligned) const {
    const Slot& from = slot(view);
    HeldCurve curve = empty_curve(from);
    std::vector<std::uint32_t> scratch;
    HeldTraces axis = from.held;  // of which only edges and steps are looked at
    std::vector<float> edges;
    if (axis.edges != nullptr && !queue_->is_host()) {
        for (const double edge : from.edge_bins) edges.push_back(static_cast<float>(edge));
        axis.edges = edges.data();
    }
    for (const std::int64_t pixel : pixels) {
        const std::uint32_t* row = counts_of(from, pixel, scratch);
        const HeldSum counts{row, static_cast<double>(value(from.held.count_unit, pixel))};
        double before = 0, later = 0;
        if (aligned) {
            later = static_cast<double>(value(from.held.arrival, pixel)) - from.median_arrival;
            if (!std::isfinite(later)) continue;
            before = held_until(axis, counts, from.edge_bins.front() + later);
        }
        for (std::int64_t k = 0; k < plan_.steps; ++k) {
            const auto i = static_cast<std::size_t>(k);
            if (!aligned) {
                curve.counts[i] += counts.between(k, k + 1);
                continue;
            }
            const double until = held_until(axis, counts, from.edge_bins[i + 1] + later);
            curve.counts[i] += until - before;
            before = until;
        }
    }
    return curve;
}

void HeldScan::frame(std::int64_t view, double from_bin, double to_bin, bool aligned, float* out) const {
    const HeldTraces& held = slot(view).held;
    const HeldFrame::Coefficients c{from_bin, to_bin, aligned};
    if (queue_->is_host()) {
        with_threads(queue_->lanes(), [&] { run<HeldFrame>(*queue_, HeldFrameTask{held, out}, c, 0); });
        return;
    }
    const QueueMemory image(*queue_, static_cast<std::size_t>(scan_.pixels()) * 4);
    run<HeldFrame>(*queue_, HeldFrameTask{held, image.as<float>()}, c, 0);
    queue_->download(out, image.as(), image.bytes(), 0);
    queue_->synchronize(0);
}

HeldPixel HeldScan::model(std::int64_t view, std::int64_t pixel) const {
    const HeldTraces& held = slot(view).held;
    if (pixel < 0 || pixel >= scan_.pixels())
        throw Error(ExitCode::internal, fmt::format("pixel {} of a held scan was asked for", pixel),
                    fmt::format("it has {}", scan_.pixels()));
    const auto of = [&](const float* array) { return static_cast<double>(value(array, pixel)); };
    return {of(held.gain),
            of(held.dark),
            of(held.dark_variance),
            scan_.time_of(of(held.arrival)),
            of(held.arrival_sigma) * scan_.bin_width_s,
            of(held.shift) * scan_.bin_width_s,
            value(held.flags, pixel)};
}

double HeldScan::median_arrival_s(std::int64_t view) const { return scan_.time_of(slot(view).median_arrival); }

}  // namespace firstlight
