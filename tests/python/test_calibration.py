"""firstlight.calibrate makes what `firstlight calibrate` makes, bit for bit, and its calibrations are arrays."""
import json
import re

import firstlight
import h5py
import numpy as np
import pytest

QUIET = {"progress": False, "backend": "cpu"}
SHAPE = (6, 8)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Scans without light, of unscattered and of even light, and of one to be calibrated."""
    folder = tmp_path_factory.mktemp("scans")
    rng = np.random.default_rng(5)
    t = (np.arange(96) + 0.5) * 16
    delay = rng.normal(0, 20, SHAPE)[..., np.newaxis]
    light = 4000 * np.exp(-0.5 * ((t - 600 - delay) / 40) ** 2) * 16 / (40 * np.sqrt(2 * np.pi))
    dark = np.full(SHAPE, 0.4)
    dark[2, 3] = 60  # a hot pixel
    more = {"bin_width_ps": 16, "pulses": 1e7}
    for name, expected in [("dark", dark[..., np.newaxis] + 0 * light), ("open", light + 0.4), ("scan", light / 9 + 0.4)]:
        firstlight.from_array(rng.poisson(expected).astype("u4"), name=name, **more).save(folder / f"{name}.h5", progress=False)
    return folder


def expect_same_files(a, b):
    """Groups, datasets, attributes and values, but for when and by which command they were made."""
    with h5py.File(a) as f, h5py.File(b) as g:
        names = {}
        for file in (f, g):
            names[file] = []
            file.visit(names[file].append)
        assert names[f] == names[g] and "entry/calibration" in names[f]
        for name in names[f]:
            assert set(f[name].attrs) == set(g[name].attrs), name
            for key in f[name].attrs:
                assert np.array_equal(f[name].attrs[key], g[name].attrs[key]), (name, key)
            if isinstance(f[name], h5py.Dataset) and name != "entry/provenance/command":
                assert f[name].dtype == g[name].dtype and f[name][()].tobytes() == g[name][()].tobytes() \
                    if f[name].dtype.kind != "O" else np.array_equal(f[name][()], g[name][()]), name


JOBS = [("dark", "dark", [], {}), ("mask", "dark", ["--threshold", 5], {"threshold": 5}), ("irf", "open", [], {}),
        ("t0", "open", ["--arrival"], {"arrival": True}), ("flat", "open", [], {})]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_job_is_the_programs(tmp_path, scans, program):
    by_program, by_python = tmp_path / "program.h5", tmp_path / "python.h5"
    for number, (job, name, words, options) in enumerate(JOBS):
        scan = scans / f"{name}.h5"
        told = program("calibrate", job, scan, "-o", by_program, *words, *(["--update"] if number else []), "--json")
        made = firstlight.calibrate(job, firstlight.open(scan) if number % 2 else scan, output=by_python,
                                    update=number > 0, progress=False, **options)
        expect_same_files(by_program, by_python)
        figures = json.loads(told)
        assert made.figures == {k: v for k, v in figures.items() if k not in ("job", "output", "remarks")}
    calibration = firstlight.open(by_python)
    assert isinstance(calibration, firstlight.Calibration) and made.keys() == calibration.keys()
    with h5py.File(by_python) as f:
        for part, stored in [("dark_rate_hz", "dark_rate"), ("flat", "flat"), ("t0_map_s", "t0_map"), ("irf", "irf"),
                             ("irf_time_s", "irf_t"), ("pixel_mask", "pixel_mask"), ("arrival_s", "arrival")]:
            assert np.array_equal(calibration[part], f["entry/calibration"][stored][()]), part
            units = f["entry/calibration"][stored].attrs["units"]
            assert calibration.units[part] == (units.decode() if isinstance(units, bytes) else units)
    assert calibration["pixel_mask"].shape == SHAPE and calibration["pixel_mask"][2, 3] == 1
    assert calibration["dark_rate_hz"][2, 3] == pytest.approx(60 / 1e7 / 16e-12, rel=0.05)
    assert calibration["arrival_s"] == pytest.approx(600e-12, abs=10e-12)
    assert [i["job"] for i in calibration.inputs] == [job for job, *_ in JOBS]
    assert "firstlight.calibrate('dark', " in calibration.inputs[0]["command"] and len(calibration.inputs[0]["sha256"]) == 64
    assert calibration.fits["irf_fwhm"][1] == "s"
    assert "dark_rate_hz [6, 8] Hz" in repr(calibration) and "arrival_s" in repr(calibration)
    with pytest.raises(KeyError, match="no \"medium_g\"; it has irf,"):
        calibration["medium_g"]

    run = [firstlight.reconstruct(scans / "scan.h5", "arrival", calibration=c, **QUIET) for c in (calibration, by_python)]
    assert all(np.array_equal(run[0][n].view("u1"), run[1][n].view("u1")) for n in run[0])
    plain = firstlight.reconstruct(scans / "scan.h5", "arrival", matched_arrival={"response": "gaussian"}, **QUIET)
    assert not np.array_equal(plain["arrival"], run[0]["arrival"], equal_nan=True)
    scan = firstlight.open(scans / "scan.h5")
    array = firstlight.from_array(scan.counts[...], **{**scan.attrs, **calibration})
    described = firstlight.reconstruct(array, "arrival", **QUIET)
    assert all(np.array_equal(run[0][n].view("u1"), described[n].view("u1")) for n in described)


def test_what_cannot_be_calibrated(tmp_path, scans, sample):
    output = tmp_path / "c.h5"
    for words, arguments, options in [
            ("no job \"dork\".*choose from irf, t0", ("dork", scans / "dark.h5"), {}),
            ("calibrate irf: there is no option per_pixle.*did you mean per_pixel", ("irf", scans / "open.h5"), {"per_pixle": True}),
            ("calibrate dark: there is no option threshold", ("dark", scans / "dark.h5"), {"threshold": 5}),
            ("least_counts", ("irf", scans / "open.h5"), {"least_counts": -1}),
            ("calibrate dark: 0 scans were given", ("dark",), {}),
            ("thickness_mm: cannot take", ("medium", scans / "open.h5"), {"thickness_mm": [-1]}),
            ("--thickness-mm: 2 thicknesses for 1 files", ("medium", scans / "open.h5"),
             {"thickness_mm": [1, 2], "direct": scans / "open.h5"}),
            ("is in memory.*save it first", ("dark", firstlight.from_array(np.ones((2, 2, 9), "u2"), bin_width_ps=1)), {})]:
        with pytest.raises(firstlight.UsageError, match=words):
            firstlight.calibrate(*arguments, output=output, progress=False, **options)
    with pytest.raises(firstlight.BadInputError, match="nowhere.h5"):
        firstlight.calibrate("dark", tmp_path / "nowhere.h5", output=output, progress=False)
    assert not output.exists()
    output.write_text("mine")
    with pytest.raises(firstlight.OutputError, match="exists already"):
        firstlight.calibrate("dark", scans / "dark.h5", output=output, progress=False)
    with pytest.raises(firstlight.OutputError, match="is the input"):
        firstlight.calibrate("dark", scans / "dark.h5", output=scans / "dark.h5", force=True, progress=False)
    assert output.read_text() == "mine"


def test_the_options_are_the_programs(program):
    for job, options in firstlight._native.list_calibration_jobs().items():
        flags = {f.replace("-", "_") for f in re.findall(r"^  (?:-\w,)?--([a-z][a-z0-9-]+)", program("calibrate", job, "--help"), re.M)}
        shared = {"output", "update", "force", "memory", "json", "quiet", "help", "config", "version"}
        assert set(options) <= flags and flags - shared == set(options), job
