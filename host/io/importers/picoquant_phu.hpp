// Imports PicoQuant's histograms (.phu): each curve is a pixel of one row.
//
// A bin is HistResDscr_MDescResolution wide (else MeasDesc_Resolution); curves that are not equally wide, or of another
// number of bins, do not fit one scan and are chosen by channel. A curve's first bin is taken for time 0.
// Errors (bad_input): no curves, lists of another length than the number of curves, data beyond the file.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer picoquant_phu_importer();

}  // namespace firstlight
