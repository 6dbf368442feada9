"""Arrays from outside, brought into the form the engine reads: counts[view, y, x, t], native, one after another."""
from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from firstlight import _native

_AXES = ("view", "y", "x", "t")
_TAKEN = {np.dtype(t) for t in ("u1", "u2", "u4", "f4")}
_TAKEN_NAMES = ("uint8", "uint16", "uint32", "float32")
_HOST = (1, 3, 11)  # of DLPack: the CPU's memory, and what CUDA and ROCm pin in it
_CUDA = (2, 13)  # a GPU's, and what CUDA moves between it and the host
# How many of a unit make one of SI; dividing gives the same bits as a literal such as 16e-12.
_PER_SI = {"_ps": ("_s", 1e12), "_ns": ("_s", 1e9), "_us": ("_s", 1e6), "_mm": ("_m", 1e3), "_um": ("_m", 1e6),
           "_nm": ("_m", 1e9), "_mhz": ("_hz", 1e-6), "_khz": ("_hz", 1e-3), "_deg": ("_rad", 180 / math.pi)}
_PER_PIXEL = {"flat", "dark_rate_hz", "t0_map_s", "pixel_mask"}
_NUMBERS = {"bin_width_s", "first_bin_centre_s", "gate_saturation_count", "repetition_rate_hz", "wavelength_m",
            "pulse_fwhm_s", "dead_time_s", "jitter_fwhm_s", "pde", "numerical_aperture", "standoff_m", "arrival_s",
            "filter_transmission", "medium_thickness_m", "medium_refractive_index", "medium_mu_s_per_m",
            "medium_mu_s_prime_per_m", "medium_mu_a_per_m", "medium_g"}


def _refuse(problem: str, why: str, suggestion: str) -> _native.BadInputError:
    return _native.BadInputError(f"{problem} ({why}): {suggestion}")


def _ordered(array: np.ndarray, dims: tuple[str, ...] | None, what: str) -> tuple[np.ndarray, bool]:
    """The array with its axes in the order of _AXES, and whether it has views."""
    if dims is None:
        if array.ndim not in (3, 4):
            raise _refuse(f"{what} have {array.ndim} axes", "a scan is counts[y, x, t] or counts[view, y, x, t]",
                          "reshape them, e.g. counts[np.newaxis] for a single row")
        return array, array.ndim == 4
    names = tuple(str(d) for d in dims)
    wanted = tuple(a for a in _AXES if a in names)
    if len(names) != array.ndim or sorted(wanted) != sorted(names) or wanted[-3:] != ("y", "x", "t"):
        raise _refuse(f"{what} have {array.ndim} axes called {', '.join(names)}",
                      "a scan has the axes y, x and t, and may have view",
                      "rename them, e.g. array.rename(time=\"t\"), or give dims=(\"y\", \"x\", \"t\")")
    return array.transpose([names.index(a) for a in wanted]), "view" in names


def _converted(array: np.ndarray, what: str) -> np.ndarray:
    """Counts of a type that the engine takes; whatever is copied is said."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if array.dtype.newbyteorder("=") in _TAKEN:
        target = array.dtype.newbyteorder("=")
    elif kind == "b":
        target = np.dtype("u1")
    elif kind in "iu":
        target = np.dtype({1: "u1", 2: "u2"}.get(size, "u4"))
        if array.size and (int(array.min()) < 0 or int(array.max()) > np.iinfo(target).max):
            raise _refuse(f"{what} of {array.dtype} reach from {array.min()} to {array.max()}",
                          f"counts are 0 to {np.iinfo(target).max}",
                          "clip them, or subtract nothing from them before: background is a stage's work")
    elif kind == "f":
        target = np.dtype("f4")
        if array.size and float(np.nanmax(np.abs(array))) > float(np.finfo("f4").max) and size > 4:
            raise _refuse(f"{what} of {array.dtype} reach {np.nanmax(np.abs(array)):g}", "float32 ends at 3.4e38",
                          "scale them")
    else:
        raise _refuse(f"{what} are of type {array.dtype}", "counts are whole or real numbers",
                      "convert them, e.g. counts.astype(\"uint16\")")
    if target == array.dtype and array.flags.c_contiguous:
        return array
    why = f"of type {array.dtype}" if target != array.dtype else "not one after another in memory"
    warnings.warn(f"{what} are {why}: they are copied as {target}, {array.size * target.itemsize / 2**20:.1f} MiB; "
                  f"np.ascontiguousarray(counts, \"{target}\") beforehand avoids this", UserWarning, stacklevel=5)
    return np.ascontiguousarray(array, target)


def _device_of(array: Any) -> int:
    """DLPack's number of the kind of memory an array lies in; 1, the host's, where it does not say."""
    where = getattr(array, "__dlpack_device__", None)
    if where is not None:
        return int(where()[0])
    return _CUDA[0] if hasattr(array, "__cuda_array_interface__") else _HOST[0]


def _device_views(array: Any, dims: tuple[str, ...] | None, what: str) -> bool:
    """Checks an array that is used where it lies, on its GPU: nothing is copied or converted there. Whether it has views."""
    if not hasattr(array, "__dlpack__"):
        raise _native.DeviceError(f"{what} in a GPU's memory are taken by DLPack, which this array does not know: wrap it, "
                                  "e.g. cupy.asarray(counts)")
    shape, element = tuple(array.shape), str(array.dtype).rpartition(".")[2]
    if element not in _TAKEN_NAMES:
        raise _refuse(f"{what} in a GPU's memory are of type {element}", f"there they are {', '.join(_TAKEN_NAMES)}",
                      "convert them, e.g. counts.astype(\"uint16\")")
    if dims is not None and tuple(map(str, dims)) != _AXES[4 - len(shape):]:
        raise _refuse(f"{what} in a GPU's memory have the axes {', '.join(map(str, dims))}",
                      f"there the order is {', '.join(_AXES[4 - len(shape):])}",
                      "transpose them, e.g. cupy.ascontiguousarray(cupy.moveaxis(counts, 0, -1))")
    if len(shape) not in (3, 4):
        raise _refuse(f"{what} have {len(shape)} axes", "a scan is counts[y, x, t] or counts[view, y, x, t]",
                      "reshape them, e.g. counts[None] for a single row")
    return len(shape) == 4


def _coordinates(array: Any) -> dict[str, Any]:
    """What an xarray's coordinates say of times and places, as far as they have units."""
    found: dict[str, Any] = {}
    for axis, name in (("x", "x"), ("y", "y"), ("view", "view_angle")):
        if axis in getattr(array, "coords", {}):
            unit = str(array.coords[axis].attrs.get("units", ""))
            if unit in ("m", "mm", "um", "rad", "deg"):
                found[f"{name}_{unit}"] = np.asarray(array.coords[axis].values, float)
    if "t" in getattr(array, "coords", {}):
        unit = str(array.coords["t"].attrs.get("units", ""))
        t = np.asarray(array.coords["t"].values, float)
        if unit in ("s", "ns", "ps", "us") and t.size > 1:
            step = (t[-1] - t[0]) / (t.size - 1)
            if not np.allclose(np.diff(t), step, rtol=1e-6):
                raise _refuse("the coordinate t has uneven steps", "time bins are of one width",
                              "resample the counts, or give gate_delay_s for the frames of a gated camera")
            found[f"bin_width_{unit}"] = float(step)
            found[f"first_bin_centre_{unit}"] = float(t[0])
    return found




def in_host_memory(values: Any, what: str) -> np.ndarray:
    """Any library's array as NumPy's: where it lies, where the library speaks DLPack or NumPy's own protocols."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise _refuse(f"{what} are a masked array", "its mask would be lost",
                      "give counts.filled(0), and pixel_mask for pixels that are not to be trusted")
    if isinstance(values, np.ndarray):
        return values
    if _device_of(values) not in _HOST:
        raise _native.DeviceError(f"{what}: lies in the memory of a device (arrays are taken from host memory): copy it "
                                  "first, e.g. cupy.asnumpy(array) or tensor.cpu()")
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return np.from_dlpack(values)
    return np.asarray(values)


def counts_of(counts: Any, dims: tuple[str, ...] | None, what: str) -> tuple[np.ndarray, bool, dict[str, Any]]:
    """counts[view, y, x, t], whether views were an axis, and what the array itself says of its axes."""
    found: dict[str, Any] = {}
    if hasattr(counts, "dims") and hasattr(counts, "coords"):
        if dims is None:
            dims = tuple(counts.dims)
        found = _coordinates(counts)
        counts = counts.data
    if _device_of(counts) in _CUDA:
        with_views = _device_views(counts, dims, what)
        return (counts if with_views else counts[None]), with_views, found
    array = in_host_memory(counts, what)
    ordered, with_views = _ordered(array, dims, what)
    converted = _converted(ordered, what)
    return (converted if with_views else converted[np.newaxis]), with_views, found


def truth_of(truth: dict[str, Any]) -> dict[str, Any]:
    """A truth as the engine takes it: images as doubles, one after another."""
    return {k: v if k in ("seed", "scene") else np.ascontiguousarray(v, float) for k, v in truth.items()
            if v is not None}


def described(description: dict[str, Any], shape: tuple[int, ...], with_times: bool = True) -> dict[str, Any]:
    """The description in SI, arrays flat, as the engine takes them. shape: of counts, [view, y, x, t]. with_times: there
    is a time axis, which must be described."""
    fields: dict[str, Any] = {}
    for name, value in description.items():
        if value is None:
            continue
        base, per_si = name, 1.0
        for suffix, (si, factor) in _PER_SI.items():
            if name.endswith(suffix):
                base, per_si = name[:-len(suffix)] + si, factor
        if base in fields:
            raise _native.UsageError(f"{name}: {base} is given twice, in two units: leave one out")
        if base in ("kind", "path", "irf_per_pixel"):
            fields[base] = value
            continue
        try:
            numbers = np.asarray(value, "u1" if base == "pixel_mask" else float)
        except (TypeError, ValueError, OverflowError):
            raise _native.UsageError(f"{name}: cannot take {value!r} (expected a number or an array of numbers)") from None
        if base == "irf" and numbers.ndim == 3:
            if numbers.shape[:2] != tuple(shape[1:3]):
                raise _refuse(f"irf is {list(numbers.shape)}", f"the scan has {shape[1]} x {shape[2]} pixels",
                              "give one response, or one per pixel as [y, x, time]")
            fields["irf_per_pixel"] = True
        if base in _PER_PIXEL and numbers.ndim > 1 and numbers.shape != tuple(shape[1:3]):
            raise _refuse(f"{name} is {list(numbers.shape)}", f"the scan has {shape[1]} x {shape[2]} pixels (y, x)",
                          "give one value per pixel as [y, x]")
        if base == "pixel_mask" and not np.array_equal(numbers, np.asarray(value)):
            raise _refuse("pixel_mask holds values that are no flags", "flags are whole numbers from 0 to 255",
                          "convert it, e.g. (mask > 0.5).astype(\"uint8\")")
        if per_si != 1.0:
            numbers = numbers / per_si
        fields[base] = float(numbers) if base in _NUMBERS and numbers.ndim == 0 else np.ascontiguousarray(numbers).ravel()
    if not with_times:
        return fields
    gated = "gate_delay_s" in fields
    if gated:
        fields.setdefault("kind", "gated")
        delays = fields["gate_delay_s"]
        if "bin_width_s" not in fields and len(delays) > 1:
            fields["bin_width_s"] = float((delays[-1] - delays[0]) / (len(delays) - 1))
            fields.setdefault("first_bin_centre_s", float(delays[0]))
    if "bin_width_s" not in fields:
        raise _native.UsageError("bin_width is missing (an array does not say how wide its time bins are): give "
                                 "bin_width_ps=16, or bin_width_s")
    if not gated:
        fields.setdefault("first_bin_centre_s", fields["bin_width_s"] / 2)
    if fields.get("kind") == "events":
        fields["kind"] = "histogram"  # an array's counts are histograms, whatever they were counted from
    return fields
