"""Ballistic photon imaging: from photon counts to images with error bars.

    import firstlight
    result = firstlight.reconstruct("scan.h5", recipe="transmission", time_gate={"open_ps": -40})
    result["ballistic"]        # a NumPy array, [y, x]
    result.save("result.h5")

The same engine as the program of the same name: same recipes, same parameters, same numbers.
"""
from firstlight._native import BadInputError, DeviceError, Error, OutputError, UsageError
from firstlight._native import version as __version__
from firstlight.calibration import Calibration, calibrate
from firstlight.comparison import compare
from firstlight.imports import import_file, importers
from firstlight.opening import open
from firstlight.recipes import recipes, schema, stage_list
from firstlight.reconstruction import reconstruct
from firstlight.results import Layer, Result, Volume
from firstlight.scans import Counts, Scan, from_array
from firstlight.simulation import simulate

__all__ = ["BadInputError", "Calibration", "Counts", "DeviceError", "Error", "Layer", "OutputError", "Result", "Scan",
           "UsageError", "Volume", "__version__", "calibrate", "compare", "from_array", "import_file", "importers", "open",
           "recipes", "reconstruct", "schema", "simulate", "stage_list"]
