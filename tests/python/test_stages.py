"""Single stages on arrays: the model they fill in is what closed forms say, their layers are those of whole recipes."""
import inspect
import pathlib
import subprocess
import sys
import textwrap

import firstlight
import h5py
import numpy as np
import pytest

from firstlight import stages

BIN_S, PULSES = 16e-12, 1e6
QUIET = {"progress": False, "backend": "cpu"}


def cube(seed=7, light=40.0):
    """8 x 6 pixels of 128 bins: dark counts, and a pulse about bin 60."""
    rng = np.random.default_rng(seed)
    t = np.arange(128)
    return rng.poisson(0.5 + light * np.exp(-((t - 60.0) / 3) ** 2 / 2), (8, 6, 128)).astype("u2")


def scan_of(counts=None, **more):
    return firstlight.from_array(cube() if counts is None else counts,
                                 **{"bin_width_s": BIN_S, "pulses": PULSES, **more})


def stage(name):
    return next(s for s in firstlight.stage_list() if s["name"] == name)


def test_dark_counts_are_rate_times_pulses_times_bin_width():
    rate = np.random.default_rng(1).uniform(100, 9000, (8, 6))
    staged = stages.dark_counts(cube(), source="rate", bin_width_ps=16, pulses=PULSES, dark_rate_hz=rate, **QUIET)
    assert np.allclose(staged.model["dark"], rate * PULSES * BIN_S, rtol=1e-6)
    assert np.all(staged.model["dark_variance"] == 0) and staged.model.units["dark"] == "counts"


def test_dark_counts_found_before_the_light():
    counts = cube()
    staged = stages.dark_counts(scan_of(counts), source="before_light", **QUIET)
    dark, variance = staged.model["dark"], staged.model["dark_variance"]
    # The mean of n bins and its variance, mean / n: so n is known from both, and the first n bins have that mean.
    n = np.rint(dark / variance).astype(int)
    seen = dark > 0
    assert seen.any() and len(set(n[seen])) == 1 and 8 < n[seen][0] < 60
    assert np.allclose(dark, counts[..., :n[seen][0]].mean(axis=-1), rtol=1e-6)


def test_edges_are_the_sums_of_bin_widths():
    correction = np.random.default_rng(2).uniform(0.8, 1.2, 128)
    correction /= correction.mean()
    staged = stages.bin_nonlinearity(scan_of(bin_width_correction=correction), **QUIET)
    truth = BIN_S * np.concatenate([[0], np.cumsum(correction)])  # the first bin begins at 0
    assert staged.model["edges"].shape == (129,)
    assert np.allclose(staged.model["edges"], truth, rtol=0, atol=1e-5 * BIN_S)


def test_live_fractions_are_coates():
    counts = cube(light=6000.0)
    staged = stages.pile_up(scan_of(counts), **QUIET)
    y = counts.astype(float)
    alive = PULSES - (np.cumsum(y, axis=-1) - y)  # cycles that have seen no photon when the bin begins
    share = np.where(y > 0, y / alive, 1e-12)
    live = staged.model["live"]
    assert live.shape == counts.shape and live.min() < 0.97
    assert np.allclose(live, alive / PULSES * share / -np.log1p(-share), rtol=1e-6)


def test_delays_gains_and_arrivals_are_those_given():
    rng = np.random.default_rng(3)
    delays, flat = rng.normal(0, 20e-12, (8, 6)), rng.uniform(0.5, 2, (8, 6))
    flat /= flat.mean()
    skewed = stages.time_skew(scan_of(t0_map_s=delays, flat=flat, arrival_s=0.97e-9), **QUIET)
    assert np.allclose(skewed.model["shift"], delays, rtol=0, atol=1e-6 * BIN_S)
    flattened = stages.flat_field(skewed)
    assert np.allclose(flattened.model["gain"], flat, rtol=1e-6)
    arrival = stages.expected_arrival(flattened, source="calibration")
    assert np.allclose(arrival.model["arrival"], 0.97e-9 + delays, rtol=0, atol=1e-5 * BIN_S)
    assert np.allclose(arrival["arrival"], 0.97e-9, rtol=1e-6)  # the layer is without the pixel's delay
    assert list(flattened.model) == ["flags", "shift", "gain"] and len(arrival.chain) == 3 and len(skewed.chain) == 1


def test_pixel_mask_and_views():
    mask = np.zeros((8, 6), "u1")
    mask[2, 3] = 2
    views = np.stack([cube(1), cube(2)])
    staged = stages.pixel_mask(scan_of(views, pixel_mask=mask, view_angle_deg=[0, 90]), source="given", **QUIET)
    assert staged.model["flags"].shape == (2, 8, 6) and np.array_equal(staged.model["flags"][1] & 15, mask)
    light = stages.corrected_light(stages.pile_up(staged))
    assert light.signal.shape == views.shape and np.isnan(light.signal[:, 2, 3]).all()
    counts, live = views[1, 0, 0].astype(float), light.model["live"][1, 0, 0]
    assert np.allclose(light.signal[1, 0, 0], counts / live, rtol=1e-5)


def test_a_deconvolution_conserves_photons_and_narrows_the_light():
    taps = np.exp(-((np.arange(-9, 10)) / 3.0) ** 2 / 2)
    counts = cube()
    staged = stages.richardson_lucy(scan_of(counts, irf=taps, irf_time_s=np.arange(-9, 10) * BIN_S), stop="iterations",
                                    iterations=20, **QUIET)
    assert staged.signal.shape == counts.shape and not staged.signal.flags.writeable
    assert np.allclose(staged.signal[..., 20:108].sum(-1), counts[..., 20:108].sum(-1), rtol=0.05)
    assert staged.signal.max() > 1.5 * counts.max()


@pytest.mark.parametrize("name, recipe", [("star", "transmission"), ("fog", "depth"), ("kerr", "kerr"),
                                          ("star", "arrival"), ("tomography", "tomography"), ("confocal", "diffuse")])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_chain_is_the_recipe_bit_for_bit(sample, name, recipe):
    given = {"matched_arrival": {"mode": "per_pixel"}} if recipe == "arrival" else {}
    if recipe == "diffuse":
        given["confocal_diffuse"] = {"inversion": "none"}  # the fastest
    whole = firstlight.reconstruct(sample(name), recipe, **given, **QUIET)
    if recipe == "tomography":
        given["attenuation"] = {"reference": "required"}
    if recipe == "kerr":
        given.update({"pixel_mask": {"guard_ps": 0.5}, "dark_counts": {"guard_ps": 0.5}})
    chain = firstlight.open(sample(name))
    for step in [s["name"] for s in whole.provenance["stages"] if s["name"] != "read"]:
        chain = getattr(stages, step)(chain, **given.get(step, {}), **QUIET)
    if isinstance(chain, firstlight.Volume):
        assert np.array_equal(chain.values.view("u1"), whole.volume.values.view("u1"))
        return
    assert list(chain) == list(whole) and chain.units == whole.units
    for layer in whole:
        assert np.array_equal(chain[layer].view("u1"), whole[layer].view("u1")), layer


@pytest.mark.parametrize("order", ["scan", "random"])
def test_photon_events_have_the_model_of_their_histograms(tmp_path, order):
    """Of events, the engine may count windows alone where layers are wanted; a model needs whole traces."""
    counts = cube()
    pixel, time = (np.repeat(i, counts.ravel()) for i in divmod(np.arange(counts.size), 128))
    shuffled = np.random.default_rng(1).permutation(pixel.size) if order == "random" else slice(None)
    with h5py.File(tmp_path / "scan.h5", "w") as f:
        f.attrs["firstlight_format"], f.attrs["firstlight_version"] = "acquisition", "1.0.0"
        f.create_group("entry").attrs.update(kind="events", path="transmission")
        detectors = f.create_dataset("entry/data/detectors", data=pixel[shuffled].astype("u4"), chunks=True)
        detectors.attrs["shape"] = [8, 6]
        nanotimes = f.create_dataset("entry/data/nanotimes", data=time[shuffled].astype("u2"), chunks=True)
        nanotimes.attrs.update(tcspc_unit_s=BIN_S, tcspc_num_bins=128)
        f.create_dataset("entry/data/timestamps", data=np.arange(pixel.size), chunks=True).attrs["unit_s"] = 1e-7
        f["entry/exposure/pulses"] = PULSES
    chains = []
    for data in (tmp_path / "scan.h5", scan_of(counts)):
        live = stages.pile_up(data, **QUIET)
        arrival = stages.expected_arrival(stages.dark_counts(live, source="before_light"), source="given", given_ps=968)
        chains.append(stages.time_gate(arrival, open_ps=-60, close_ps=40))
    events, histograms = chains
    for part in ("live", "dark", "dark_variance", "arrival", "flags"):
        assert np.array_equal(events.model[part], histograms.model[part]), part
    assert events.model["live"].min() < 1 and events.model["dark"].max() > 0
    for layer in histograms:
        assert np.array_equal(events[layer], histograms[layer], equal_nan=True), layer


def test_parts_per_pixel_do_not_bring_those_per_bin(sample):
    """Parts of one value per pixel do not bring the parts as large as the counts with them."""
    staged = stages.pile_up(sample("star"), **QUIET)
    staged.model["flags"]
    assert "live" not in staged.model._known and staged.model["live"].shape == firstlight.open(sample("star")).shape


def test_layers_need_no_copy_of_the_counts():
    child = subprocess.run([sys.executable, "-c", textwrap.dedent("""
        import numpy as np
        from firstlight import stages
        def peak():
            return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
        def gated(counts):
            live = stages.pile_up(counts, bin_width_ps=16, pulses=1e6, progress=False, backend="cpu", memory="160M")
            arrival = stages.expected_arrival(live, source="given", given_ps=3208)
            return stages.time_gate(arrival, open_ps=-40, close_ps=40)
        counts = np.ones((64, 512, 2048), "u2")
        counts[..., 200] = 90
        gated(counts[:4])["ballistic"]
        before = peak()
        gate = gated(counts)
        gate["ballistic"], gate.model["arrival"]
        print((peak() - before) / counts.nbytes)
    """)], capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, child.stderr
    print(f"peak beside the counts: {float(child.stdout):.3f} of them")
    assert float(child.stdout) < 0.25


def test_signatures_docstrings_and_completion_are_the_tables():
    names = [s["name"] for s in firstlight.stage_list()]
    assert set(names) <= set(dir(stages)) and set(names) <= set(stages.__all__)
    for one in firstlight.stage_list():
        function = getattr(stages, one["name"])
        words = {p["name"]: {"lambda": "lambda_"}.get(p["name"], p["name"]) for p in one["parameters"]}
        parameters = inspect.signature(function).parameters
        assert list(parameters) == ["data", *(words[p["name"]] for p in one["parameters"]), "scan"]
        for p in one["parameters"]:
            assert parameters[words[p["name"]]].default == p["default"]
            flat = " ".join(function.__doc__.split())
            assert f"{words[p['name']]} : " in flat and " ".join(p["meaning"].split()) in flat, p["name"]
            assert all(repr(c) in flat for c in p["choices"]) and p["unit"] in flat


def test_no_parameter_is_called_like_what_describes_a_scan(sample):
    """On counts, both are keywords of one call."""
    taken = {"reference", "dims", "name", "calibration", "backend", "threads", "memory", "strict", "progress"}
    taken |= set(firstlight.open(sample("star")).attrs)
    for one in firstlight.stage_list():
        if one["kind"] == "traces":
            assert not taken & {p["name"] for p in one["parameters"]}, one["name"]


def test_every_stage_before_the_gate_fills_in_a_part_of_the_model():
    for one in firstlight.stage_list():
        if one["family"] in ("acquisition", "corrections", "deconvolution", "first_arrival"):
            parts = [p for p, what in firstlight.staged._PARTS.items() if one["name"] in what["filled_by"]]
            assert len(parts) > 1 or one["name"] == "pixel_mask", one["name"]


@pytest.mark.parametrize("call, error, words", [
    (lambda s: stages.dark_counts(s, sauce="calibration"), firstlight.UsageError,
     "dark_counts has no parameter \"sauce\": did you mean \"source\""),
    (lambda s: stages.dark_counts(s, source="befor_light"), firstlight.UsageError, "did you mean \"before_light\""),
    (lambda s: stages.time_gate(stages.expected_arrival(s), open_ps="wide"), firstlight.UsageError,
     "time_gate.open_ps: cannot take \"wide\""),
    (lambda s: stages.time_gate(s), firstlight.UsageError, "time_gate has no arrival to refer to: put expected_arrival"),
    (lambda s: stages.pile_up(stages.dark_counts(stages.pile_up(s))), firstlight.UsageError, "\"pile_up\" is listed twice"),
    (lambda s: stages.pile_up(stages.expected_arrival(s)), firstlight.UsageError, "pile_up comes after expected_arrival"),
    (lambda s: stages.poisson_tv(s), firstlight.UsageError, "poisson_tv has no images to work on"),
    (lambda s: stages.dark_counts(s)["ballistic"], firstlight.UsageError, "nothing would come out of it"),
    (lambda s: stages.dark_counts({"ballistic": 1}), firstlight.BadInputError, "dark_counts: got layers"),
    (lambda s: stages.dark_counts(np.zeros((3, 4), "u2"), bin_width_ps=1), firstlight.BadInputError, "counts have 2 axes"),
    (lambda s: stages.dark_counts(np.zeros((3, 4, 5), "c8"), bin_width_ps=1), firstlight.BadInputError, "complex64"),
    (lambda s: stages.dark_counts(np.zeros((3, 4, 5), "u2")), firstlight.UsageError, "bin_width is missing"),
    (lambda s: stages.dark_counts(np.zeros((3, 4, 5), "u2"), bin_width_ps=1, puls=1), firstlight.UsageError,
     "did you mean \"pulses\""),
    (lambda s: stages.dark_counts(s).model["live"], KeyError, "put one of gate_sweep, pile_up before"),
    (lambda s: stages.dark_counts(s).model["drak"], KeyError, "did you mean \"dark\""),
    (lambda s: stages.dark_counts(s).signal, KeyError, "corrected_light, wiener, richardson_lucy"),
    (lambda s: stages.dark_counts(s, memory="3 apples"), firstlight.UsageError, "memory: cannot take"),
    (lambda s: stages.tim_gate(s), AttributeError, "did you mean \"time_gate\""),
])
def test_what_cannot_be_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(scan_of(arrival_s=0.97e-9))


def test_stubs_hold_every_stage():
    text = (pathlib.Path(firstlight.__path__[0]) / "stages.pyi").read_text()
    compile(text, "stages.pyi", "exec")
    for one in firstlight.stage_list():
        assert f"def {one['name']}(data: " in text
    assert "def poisson_tv(data: Result | Mapping[str, Any], /, " in text and "def poisson_tv(data: Staged, /, " in text
    assert "shape: Literal['hard', 'soft'] = 'hard'" in text and "open_ps: float | Literal['auto'] = 'auto'" in text
