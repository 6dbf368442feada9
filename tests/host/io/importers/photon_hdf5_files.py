"""`write FOLDER`: Photon-HDF5 files by phconvert; `check FOLDER`: what was imported from them equals what PyTables reads.
Exits with 77 without phconvert."""
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
try:
    import phconvert as phc
    import tables
except ImportError:
    sys.exit(77)
import h5py

folder = sys.argv[2]
PERIOD = 250  # time stamps between laser pulses of the file without nanotimes


def photon_data(random, detectors, timed):
    n = 20000
    data = {
        "timestamps": np.sort(random.integers(0, 10**9, n)).astype("i8"),
        "detectors": random.choice(detectors, n).astype("u1"),
        "timestamps_specs": {"timestamps_unit": 50e-9 if timed else 1e-10},
        "measurement_specs": {"measurement_type": "generic", "detectors_specs": {},
                              "laser_repetition_rate": 20e6 if timed else 1 / (PERIOD * 1e-10)},
    }
    if timed:
        data["nanotimes"] = random.integers(0, 4096, n).astype("u2")
        data["nanotimes_specs"] = {"tcspc_unit": 16e-12, "tcspc_range": 4096 * 16e-12, "tcspc_num_bins": 4096}
    return data


def write(name, spots, timed):
    setup = {
        "num_pixels": 4, "num_spots": len(spots), "num_spectral_ch": 1, "num_polarization_ch": 1, "num_split_ch": 1,
        "modulated_excitation": False, "lifetime": timed, "excitation_wavelengths": [532e-9],
        "excitation_cw": [False], "excitation_alternated": [False],
        "laser_repetition_rates": [20e6 if timed else 1 / (PERIOD * 1e-10)],
    }
    data = {"_filename": f"{folder}/{name}.hdf5", "acquisition_duration": 3.5, "description": "made by a test",
            "setup": setup, "identity": {"author": "nobody", "author_affiliation": "none"}}
    if len(spots) == 1:
        data["photon_data"] = spots[0]
    else:
        data.update({f"photon_data{i}": spot for i, spot in enumerate(spots)})
    phc.hdf5.save_photon_hdf5(data, overwrite=True, close=True)


def check(name, timed):
    with tables.open_file(f"{folder}/{name}.hdf5") as f:
        groups = [g for g in f.root._v_groups if g.startswith("photon_data")]
        groups.sort(key=lambda g: int(g[11:] or 0))
        nodes = [f.root._f_get_child(g) for g in groups]
        times = np.concatenate([g.timestamps[:] for g in nodes])
        keys = np.concatenate([1000 * i + g.detectors[:].astype("i8") for i, g in enumerate(nodes)])
        bins = np.concatenate([g.nanotimes[:] for g in nodes]) if timed else times % PERIOD
    order = np.argsort(times, kind="stable")
    pixels = np.searchsorted(np.unique(keys), keys)
    with h5py.File(f"{folder}/{name}.h5") as f:
        assert len(times) == 20000 * len(groups)
        assert np.array_equal(f["entry/data/timestamps"][...], times[order]), name
        assert np.array_equal(f["entry/data/nanotimes"][...], bins[order]), name
        assert np.array_equal(f["entry/data/detectors"][...], pixels[order]), name
        assert f["entry/instrument/source/wavelength"][()] == 532e-9
        assert np.isclose(f["entry/instrument/source/repetition_rate"][()], 20e6 if timed else 4e7)


if sys.argv[1] == "write":
    rng = np.random.default_rng(3)
    write("timed", [photon_data(rng, [0, 1, 5], True)], True)
    write("untimed", [photon_data(rng, [2], False)], False)
    write("spots", [photon_data(rng, [0, 1], True), photon_data(rng, [2, 3], True)], True)
else:
    check("timed", True)
    check("untimed", False)
    check("spots", True)
