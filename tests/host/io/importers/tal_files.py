"""`write FOLDER`: captures by tal where it is installed, else by the same h5py calls (enumerations, empty datasets, YAML);
`check FOLDER`: what was imported from them equals what h5py reads."""
import enum
import os
import sys

import h5py
import numpy as np

C = 299792458.0
folder = sys.argv[2]


class HFormat(enum.Enum):
    UNKNOWN = 0
    T_Sx_Sy = 1
    T_Lx_Ly_Sx_Sy = 2
    T_Si = 3
    T_Li_Si = 4


class GridFormat(enum.Enum):
    UNKNOWN = 0
    N_3 = 1
    X_Y_3 = 2


def write_capture(path, capture, level):
    try:
        import tal
    except ImportError:
        tal = None
    if tal is not None and os.environ.get("FIRSTLIGHT_TEST_TAL"):
        data = tal.io.NLOSCaptureData()
        for key, value in capture.items():
            if isinstance(value, enum.Enum):
                value = getattr(tal.enums, type(value).__name__)[value.name]
            setattr(data, key, value)
        tal.io.write_capture(path, data, compression_level=level)
        print("written by tal", getattr(tal, "__version__", ""))
        return
    with h5py.File(path, "w") as file:
        for key, value in capture.items():
            if value is None:
                file[key] = h5py.Empty(float)
            elif isinstance(value, dict):
                file[key] = str(value)
            elif isinstance(value, enum.Enum):
                names = h5py.enum_dtype({item.name: item.value for item in type(value)}, basetype="i")
                file.create_dataset(key, (1,), dtype=names)[0] = value.value
            elif level > 0 and key == "H":
                file.create_dataset(key, data=value, compression="gzip", compression_opts=level)
            else:
                file[key] = value


def grid(nx, ny):
    x, y = np.linspace(-1, 1, 2 * nx + 1)[1::2], np.linspace(-0.5, 0.5, 2 * ny + 1)[1::2]
    return np.stack([*np.meshgrid(x, y, indexing="ij"), np.zeros((nx, ny))], axis=-1).astype("f4")


def capture(kind, accounts):
    nt, nx, ny = 300, 20, 12
    shape = (nt, 2, 3, nx, ny) if kind == HFormat.T_Lx_Ly_Sx_Sy else (nt, nx, ny)
    sensor = grid(nx, ny)
    return {
        "H": np.random.default_rng(5).random(shape, "f4"), "H_format": kind,
        "sensor_xyz": np.array([-0.5, 0, 0.25], "f4"), "sensor_grid_xyz": sensor,
        "sensor_grid_normals": np.broadcast_to(np.array([0, 0, 1], "f4"), sensor.shape).copy(),
        "sensor_grid_format": GridFormat.X_Y_3, "laser_xyz": np.array([0.5, 0, 0.25], "f4"),
        "laser_grid_xyz": grid(2, 3) if kind == HFormat.T_Lx_Ly_Sx_Sy else sensor,
        "laser_grid_normals": np.zeros((1, 1, 3), "f4"), "laser_grid_format": GridFormat.X_Y_3,
        "volume_format": None, "delta_t": 0.003, "t_start": 1.5 if accounts else None,
        "t_accounts_first_and_last_bounces": accounts, "scene_info": {"tal_version": "test"},
    }


def check(name, path, accounts):
    with h5py.File(f"{folder}/{name}.hdf5") as source, h5py.File(f"{folder}/{name}.h5") as scan:
        light = source["H"][...]
        assert np.array_equal(scan["entry/data/counts"][...], light.transpose(2, 1, 0)), name
        points, laser = source["sensor_grid_xyz"][...].astype("f8"), source["laser_grid_xyz"][...].astype("f8")
        assert np.allclose(scan["entry/data/x"][...], points[:, 0, 0], rtol=0, atol=1e-12)
        assert np.allclose(scan["entry/data/y"][...], points[0, :, 1], rtol=0, atol=1e-12)
        found = scan["entry"].attrs["path"]
        assert (found.decode() if isinstance(found, bytes) else found) == path, name
        way = np.linalg.norm(laser - source["laser_xyz"][...], axis=-1)
        way = (way + np.linalg.norm(points - source["sensor_xyz"][...], axis=-1)).T
        start = (1.5 - way.mean()) if accounts else 0
        t = (start + 0.003 * (np.arange(300) + 0.5)) / C
        assert np.allclose(scan["entry/data/t"][...], t, rtol=0, atol=1e-15), name
        if accounts:
            assert np.allclose(scan["entry/calibration/t0_map"][...], (way - way.mean()) / C, rtol=0, atol=1e-16)
        assert np.isclose(scan["entry/geometry/standoff"][()], way.mean() / 2, rtol=1e-6)


if sys.argv[1] == "write":
    write_capture(f"{folder}/confocal.hdf5", capture(HFormat.T_Sx_Sy, False), 0)
    write_capture(f"{folder}/packed.hdf5", capture(HFormat.T_Sx_Sy, True), 4)
    single = capture(HFormat.T_Sx_Sy, True)
    single["laser_grid_xyz"] = np.zeros((1, 1, 3), "f4")
    write_capture(f"{folder}/single.hdf5", single, 0)
    write_capture(f"{folder}/exhaustive.hdf5", capture(HFormat.T_Lx_Ly_Sx_Sy, False), 0)
else:
    check("confocal", "confocal", False)
    check("packed", "confocal", True)
    check("single", "reflection", True)
