// Imports Becker & Hickl's .sdt files: decay curves and FLIM images [y, x, t] as histograms.
//
// A file is a chain of data blocks, each with a description of its measurement. A block is an image where its length is
// that of the image its description tells (scan, else image size; times the routing channels), else a row of curves of
// adc_re bins. Blocks and routing channels are the file's channels, numbered from 0 in file order; of several one has
// to be chosen. Bin width: tac_r / (tac_g adc_re). Packed blocks (zip) are unpacked.
// Errors (bad_input): a chain that does not run forwards, sizes beyond the file, kinds of blocks that are no
// histograms.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer becker_hickl_sdt_importer();

}  // namespace firstlight
