"""Ballistic photon imaging: from photon counts to images with error bars.

    import firstlight
    result = firstlight.reconstruct("scan.h5", recipe="transmission", time_gate={"open_ps": -40})
    result["ballistic"]        # a NumPy array, [y, x]
    result.save("result.h5")

The same engine as the program of the same name: same recipes, same parameters, same numbers.
"""
from firstlight._native import BadInputError, DeviceError, Error, OutputError, UsageError
from firstlight._native import version as __version__
from firstlight import stages
from firstlight.batches import BatchError, BatchItem, BatchOutcome, batch
from firstlight.calibration import Calibration, calibrate
from firstlight.comparison import compare
from firstlight.difference import diff
from firstlight.exports import export, export_formats
from firstlight.imports import import_file, importers
from firstlight.opening import open
from firstlight.recipes import recipes, schema, stage_list
from firstlight.reconstruction import reconstruct
from firstlight.results import Layer, Result, Volume
from firstlight.scans import Counts, Scan, from_array
from firstlight.simulation import simulate

__all__ = ["BadInputError", "BatchError", "BatchItem", "BatchOutcome", "Calibration", "Counts", "DeviceError", "Error",
           "Layer", "OutputError", "Result", "Scan", "UsageError", "Volume", "__version__", "batch", "calibrate",
           "compare", "diff", "export", "export_formats", "from_array", "import_file", "importers", "open", "recipes",
           "reconstruct", "schema", "simulate", "stage_list", "stages"]
