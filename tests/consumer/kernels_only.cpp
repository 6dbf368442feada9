// The kernels alone, without files: the parameter table of a stage.
#include <cstdio>

#include "kernels/gating/time_gate.hpp"

int main() {
    firstlight::TimeGate::Params params;
    for (const firstlight::Param& param : firstlight::TimeGate::Params::table())
        if (param.name == "open_ps") {
            assign(param, &params, firstlight::parse_param(param, "-25", "consumer"), "consumer");
            std::printf("%s = %s\n", param.name.c_str(), to_toml(param, &params).c_str());
        }
    return params.open_ps == -25 ? 0 : 1;
}
