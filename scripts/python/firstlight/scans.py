"""Scans: counts with what describes them, in a file or in an array."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from firstlight import _native
from firstlight.arrays import counts_of, described, truth_of
from firstlight.progress import Progress, shown


class Counts:
    """Counts of a scan, [y, x, t] or [view, y, x, t]: counts[3:5, :, 100] reads what it needs and no more."""

    def __init__(self, held: Any, of_reference: bool = False) -> None:
        self._held = held
        self._of_reference = of_reference
        self._with_views = held.has_views_axis and (not of_reference or held.reference_views > 1)
        self.shape: tuple[int, ...] = tuple(held.shape)[0 if self._with_views else 1:]
        self.ndim = len(self.shape)

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self._held.type(self._of_reference))

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self[...], dtype=dtype)

    def __getitem__(self, key: Any) -> np.ndarray:
        key = key if isinstance(key, tuple) else (key,)
        if any(k is Ellipsis for k in key):
            at = [i for i, k in enumerate(key) if k is Ellipsis]
            if len(at) > 1:
                raise IndexError("an index can only have a single ellipsis ('...')")
            key = key[:at[0]] + (slice(None),) * (self.ndim - len(key) + 1) + key[at[0] + 1:]
        if len(key) > self.ndim:
            raise IndexError(f"too many indices: counts have {self.ndim} axes, {len(key)} were indexed")
        key = key + (slice(None),) * (self.ndim - len(key))
        # The smallest window that holds what is asked for is read, then indexed as NumPy does.
        lows, sizes, rest = [], [], []
        for axis, (k, n) in enumerate(zip(key, self.shape)):
            if isinstance(k, slice):
                steps = range(*k.indices(n))
                low, high = (min(steps[0], steps[-1]), max(steps[0], steps[-1]) + 1) if len(steps) else (0, 0)
                stop = steps.stop - low
                rest.append(slice(steps.start - low, None if stop < 0 else stop, steps.step) if len(steps) else slice(0, 0))
            else:
                try:
                    i = k.__index__()
                except AttributeError:
                    raise IndexError(f"counts are indexed by whole numbers and slices, not by {type(k).__name__}: read "
                                     "what you need into an array first, counts[...]") from None
                if not -n <= i < n:
                    raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
                low, high = i % n, i % n + 1
                rest.append(0)
            lows.append(low)
            sizes.append(high - low)
        if not self._with_views:
            lows, sizes = [0, *lows], [1, *sizes]
        bins = self._held.shape[3]
        if 0 in sizes[:3]:
            read = np.empty((sizes[0], sizes[1], sizes[2], bins), self.dtype)
        else:
            views = [self._held.read(lows[0] + v, lows[1], sizes[1], lows[2], sizes[2], self._of_reference)
                     for v in range(sizes[0])]
            read = np.stack(views) if len(views) > 1 else views[0][np.newaxis]
        read = read[..., lows[3]:lows[3] + sizes[3]]
        return read[tuple(rest)] if self._with_views else read[0][tuple(rest)]

    def __repr__(self) -> str:
        return f"<firstlight.Counts {self.shape} {self.dtype}>"


class Scan:
    """An acquisition: its counts, its axes, and what is known of it. firstlight.open() and from_array() make one."""

    def __init__(self, held: Any, counts: Any, reference: Any, name: str) -> None:
        self._held = held
        self.counts = counts
        self.reference = reference  # counts without object or medium, [y, x, t]; None: there are none
        self.name = name
        self._truth: dict[str, Any] | None = None

    @classmethod
    def _of_file(cls, path: str | os.PathLike[str]) -> Scan:
        held = _native.FileScan(os.fspath(path))
        return cls(held, Counts(held), Counts(held, True) if held.has_reference else None, os.fspath(path))

    @property
    def shape(self) -> tuple[int, ...]:
        shape = tuple(self._held.shape)
        return shape if self._held.has_views_axis else shape[1:]

    @property
    def dims(self) -> tuple[str, ...]:
        return ("view", "y", "x", "t") if self._held.has_views_axis else ("y", "x", "t")

    @property
    def attrs(self) -> dict[str, Any]:
        """What describes the scan, SI units in the names; from_array(counts, **attrs) takes it back."""
        return self._held.describe()

    @property
    def t(self) -> np.ndarray:
        """Centres of the time bins, or delays of the gates, in s."""
        attrs = self.attrs
        if "gate_delay_s" in attrs:
            return attrs["gate_delay_s"]
        return attrs["first_bin_centre_s"] + attrs["bin_width_s"] * np.arange(self.shape[-1])

    @property
    def x(self) -> np.ndarray:
        """Positions of the columns in m; their numbers where the scan does not say."""
        return self.attrs.get("x_m", np.arange(self.shape[-2]))

    @property
    def y(self) -> np.ndarray:
        """Positions of the rows in m; their numbers where the scan does not say."""
        return self.attrs.get("y_m", np.arange(self.shape[-3]))

    @property
    def pulses(self) -> np.ndarray | None:
        """Laser pulses: one number, one per view, or one per pixel."""
        return self.attrs.get("pulses")

    @property
    def truth(self) -> dict[str, Any]:
        """What is to be found in a simulated scan: "transmission", "ballistic", "optical_depth", "depth_m", "mu_per_m",
        "seed", "scene"; empty where nobody knows."""
        if self._truth is None:
            self._truth = {} if isinstance(self._held, _native.ArrayScan) else self._held.truth()
        return self._truth

    @truth.setter
    def truth(self, truth: dict[str, Any]) -> None:
        self._truth = dict(truth)

    def save(self, path: str | os.PathLike[str], *, force: bool = False, progress: Progress = True) -> None:
        """Writes a scan in memory as an acquisition, whole or not at all, with reference and truth.

        The file opened again has the same counts and the same attrs, to the last bit. An existing file is replaced only
        with force=True.
        """
        if not isinstance(self._held, _native.ArrayScan):
            raise _native.UsageError(f"{self.name}: is a file already: copy it, e.g. shutil.copy(scan.name, path)")
        command = f"Scan.save({os.fspath(path)!r}{', force=True' if force else ''})"
        with shown(progress) as show:
            self._held.save(os.fspath(path), truth_of(self.truth), force, command, show)

    def to_xarray(self) -> Any:
        """An xarray.DataArray of the counts, with axes in m and s. Counts of a file are read when they are asked for:
        slices read what they need, .load() reads everything, .chunk() works where dask is installed."""
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray() needs xarray: pip install xarray") from None
        counts = self.counts
        if isinstance(counts, Counts):
            from firstlight.lazy_counts import lazy_counts
            counts = lazy_counts(counts)
        place = {"t": "s", "x": "m" if "x_m" in self.attrs else "1", "y": "m" if "y_m" in self.attrs else "1"}
        coords = {n: (n, getattr(self, n), {"units": unit}) for n, unit in place.items()}
        if "view_angle_rad" in self.attrs:
            coords["view"] = ("view", self.attrs["view_angle_rad"], {"units": "rad"})
        attrs = {k: v for k, v in self.attrs.items() if not k.startswith(("x_m", "y_m", "view_angle", "gate_"))}
        return xarray.DataArray(xarray.Variable(self.dims, counts), coords, name="counts", attrs={"units": "counts", **attrs})

    def __repr__(self) -> str:
        return f"<firstlight.Scan {self.name}: {dict(zip(self.dims, self.shape))}>"


def from_array(counts: Any, *, reference: Any = None, dims: tuple[str, ...] | None = None, name: str = "array",
               **description: Any) -> Scan:
    """A scan of counts in memory, [y, x, t] or [view, y, x, t], used where they lie: change them later and the scan
    changes.

    counts: NumPy's uint8, uint16, uint32 or float32, C-contiguous, are not copied. Others are copied once, with a
        warning that says so; values that are no counts are refused.
    dims: the axes' names where they are in another order, e.g. ("t", "y", "x"); an xarray brings its own, and times
        and positions from its coordinates where they have units.
    description: bin_width_ps=16 (or _s, _ns) is needed; pulses, irf, irf_time_ps, path="reflection", dark_rate_hz, flat,
        t0_map_ps, x_mm, y_mm, view_angle_deg, standoff_m, ...: the names of Scan.attrs, in any unit of their kind.
    reference: counts of the same shape, or of one view, without object or medium, with reference_pulses.
    """
    array, with_views, found = counts_of(counts, dims, "counts")
    reference_array = None
    if reference is not None:  # one for all views, or one each
        reference_dims = dims if dims is None or np.ndim(reference) == len(dims) else tuple(d for d in dims if d != "view")
        reference_array = counts_of(reference, reference_dims, "reference")[0]
    fields = described({**found, **description}, array.shape)
    held = _native.hold_array(array, with_views, reference_array, fields, name)
    return Scan(held, array if with_views else array[0], reference, name)
