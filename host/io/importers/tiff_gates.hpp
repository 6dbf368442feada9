// Imports stacks of gates as TIFF: a file with a page for each gate, or a folder of files in the natural order of their
// names, as a gated acquisition. Frames are read in bands of rows, so memory does not grow with the stack.
//
// Delays, exposures and the size of pixels are taken from OME's or ImageJ's description where it has them
// (imagej_ome_text.hpp); what is given wins. A negative gate step turns the order of the pages round.
// Errors (bad_input): those of tiff_pages.hpp and counts_in_bands.hpp; a folder whose files have several pages, or
// whose numbers do not go up evenly.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer tiff_gates_importer();

}  // namespace firstlight
