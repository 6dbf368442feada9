#include "host/io/importers/imported_photons.hpp"

#include <fmt/format.h>

#include "host/io/importers/scan_of_source.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

WriteOptions options_of(const ImportRequest& request) {
    WriteOptions write;
    write.force = request.force;
    return write;
}

}  // namespace

ImportedPhotons::ImportedPhotons(const ImportRequest& request, const Scan& scan, const AcquisitionInfo& info,
                                 std::int64_t kept, double macro_unit_s)
    : request_(request), scan_(scan), info_(info) {
    if (kept > 0xFFFFFFFF)
        throw Error(ExitCode::bad_input, fmt::format("{}: holds {} photons", request.source.string(), kept),
                    "at most 2^32 - 1 can be imported at once", "take one channel with --channel");
    if (scan.kind == ScanKind::events) {
        events_.emplace(request.target, scan, info, options_of(request), kept, 0, macro_unit_s);
        tags_.timestamps.reserve(block_tags);
        tags_.nanotimes.reserve(block_tags);
        tags_.detectors.reserve(block_tags);
        return;
    }
    need_histogram_memory(request, scan, 0, "--record events");
    cube_ = PhotonCube(CountType::u4, 1, scan.rows, scan.columns, scan.bins);
    counts_ = reinterpret_cast<std::uint32_t*>(cube_.counts.data());
}

void ImportedPhotons::flush() {
    events_->append(tags_, false);
    tags_.timestamps.clear();
    tags_.nanotimes.clear();
    tags_.detectors.clear();
}

void ImportedPhotons::commit() {
    if (events_) {
        flush();
        events_->commit();
        return;
    }
    AcquisitionWriter writer(request_.target, scan_, info_, options_of(request_));
    writer.write_all(cube_);
    writer.commit();
}

}  // namespace firstlight
