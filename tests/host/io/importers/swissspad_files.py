"""`write FOLDER`: gate stacks as AlliGator's definition describes them; `check FOLDER`: what was imported equals them."""
import sys

import h5py
import numpy as np

folder = sys.argv[2]
GATES, ROWS, COLUMNS = 12, 40, 50


def images(kind):
    return np.random.default_rng(9).integers(0, 1000 if kind == "u2" else 255, (GATES, ROWS, COLUMNS)).astype(kind)


def write(name, kind, fields):
    with h5py.File(f"{folder}/{name}.hdf5", "w") as file:
        file["File Information/File Type"] = "Wide-Field Time-Gated Data"
        file["File Information/File Version"] = "0.7" if name == "new" else "0.3"
        table = np.zeros(1, [(field, "f8" if isinstance(value, float) else "i4") for field, value in fields.items()])
        for field, value in fields.items():
            table[field] = value
        file["DAQ Parameters"] = table
        if name == "cube":
            file["Gate Images"] = images("f4").transpose(1, 2, 0)
            return
        for i, image in enumerate(images(kind)):
            file.create_dataset(f"Gate Images/Gate {i + 1}", data=image, compression=9)
        if name == "new":
            file["SwissSPAD Detector Information/Sensor Type"] = "SS2"


def check(name, kind, width, exposure, bits):
    with h5py.File(f"{folder}/{name}.h5") as scan:
        frames = scan["entry/data/frames"]
        assert frames.dtype == kind and np.array_equal(frames[...], images(kind)), name
        assert frames.attrs["bit_depth"] == bits and frames.attrs["saturation_count"] == 2**bits - 1
        assert np.allclose(scan["entry/data/gate_delay"][...], np.arange(GATES) * 17.9e-12, rtol=1e-14, atol=0)
        assert np.allclose(scan["entry/data/gate_width"][...], width) and np.allclose(scan["entry/data/exposure"][...], exposure)
        assert np.isclose(scan["entry/instrument/source/repetition_rate"][()], 20e6)


common = {"# Pixel X": COLUMNS, "# Pixel Y": ROWS, "# Gates": GATES, "# Datasets": 1}
if sys.argv[1] == "write":
    write("new", "u2", common | {
        "Gate Image Exposure": 0.1, "Macrotime Gate Separation": float("nan"), "Nanotime Gate Separation": 17.9e-12,
        "Gate Width": 5e-9, "Laser Period": 50e-9, "SYNC Period": 50e-9, "Gate Image Integration": 1.0})
    write("old", "u1", common | {
        "Exposure/Gate (s)": 0.25, "Nanotime Gate Separation (s)": 17.9e-12, "Gate Duration (s)": 13e-9,
        "Laser Period (s)": 50e-9})
    write("cube", "f4", common)
else:
    check("new", "u2", 5e-9, 1.0, 10)
    check("old", "u1", 13e-9, 0.25, 8)
