// Name and version of this program, the commit it was built from and the compiler, for provenance and `doctor`.
#pragma once

#include <string>

namespace firstlight {

struct BuildFacts {
    std::string version, commit, compiler, build_type;
};

[[nodiscard]] BuildFacts build_facts();

}  // namespace firstlight
