// Names as people number them: "gate2.tif" before "gate10.tif".
#pragma once

#include <string>
#include <vector>

namespace firstlight {

[[nodiscard]] bool natural_less(const std::string& a, const std::string& b);

// Where sorted names differ in one number alone: the first name whose number is not one step on, as the second and the
// first are apart; "" where all are, or where names differ otherwise. A missing frame would shift all that come after
// it.
[[nodiscard]] std::string uneven_name(const std::vector<std::string>& sorted);

// Where most names are the same but for their numbers, and at least two are: the first name that is another, such as
// "dark.tif" among "gate1.tif" to "gate9.tif"; else "".
[[nodiscard]] std::string odd_name(const std::vector<std::string>& names);

}  // namespace firstlight
