// One parameter as a row: a dot when it was changed, its name, a widget of its kind, "auto", a way back.
#pragma once

#include "viewer/desk/desk.hpp"
#include "viewer/session/parameter_rows.hpp"

namespace firstlight::viewer {

void draw_parameter_row(Desk& desk, Document& document, const StageRows& stage, const ParameterRow& row);

}  // namespace firstlight::viewer
