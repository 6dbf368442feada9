#include "host/io/importers/tttr_records.hpp"

#include <fmt/format.h>

#include "kernels/support/error.hpp"

namespace firstlight {

const std::vector<TttrType>& tttr_types() {
    static const std::vector<TttrType> all{
        {0x00010203, "PicoHarp 300 T2", TttrLayout::picoharp_t2, false},
        {0x00010303, "PicoHarp 300 T3", TttrLayout::picoharp_t3, true},
        {0x00010204, "HydraHarp 1 T2", TttrLayout::hydraharp_t2, false},
        {0x00010304, "HydraHarp 1 T3", TttrLayout::hydraharp_t3, true},
        {0x01010204, "HydraHarp 2 T2", TttrLayout::generic_t2, false},
        {0x01010304, "HydraHarp 2 T3", TttrLayout::generic_t3, true},
        {0x00010205, "TimeHarp 260 N T2", TttrLayout::generic_t2, false},
        {0x00010305, "TimeHarp 260 N T3", TttrLayout::generic_t3, true},
        {0x00010206, "TimeHarp 260 P T2", TttrLayout::generic_t2, false},
        {0x00010306, "TimeHarp 260 P T3", TttrLayout::generic_t3, true},
        {0x00010207, "MultiHarp and PicoHarp 330 T2", TttrLayout::generic_t2, false},
        {0x00010307, "MultiHarp and PicoHarp 330 T3", TttrLayout::generic_t3, true},
    };
    return all;
}

const TttrType& tttr_type(std::int64_t code, const std::string& file) {
    std::string known;
    for (const TttrType& type : tttr_types()) {
        if (type.code == code) return type;
        known += fmt::format("{}{} (0x{:08x})", known.empty() ? "" : ", ", type.name, type.code);
    }
    throw Error(ExitCode::bad_input,
                fmt::format("{}: its records are of type 0x{:08x}, which is not known", file, code),
                "read are " + known);
}

void refuse_tttr_time() {
    throw Error(ExitCode::bad_input, "the macro time of the records runs beyond 2^62 units",
                "no recording is that long", "copy the file again");
}

}  // namespace firstlight
