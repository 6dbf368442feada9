"""Image and volume stages on layers: what closed forms say, and what the same stages make of a scan."""
import firstlight
import numpy as np
import pytest

from firstlight import stages

QUIET = {"progress": False, "backend": "cpu"}
C = 299792458.0


@pytest.fixture
def gated(sample):
    """The star, gated."""
    chain = firstlight.open(sample("star"))
    for name in ("pixel_mask", "pile_up", "dark_counts", "expected_arrival", "time_gate"):
        chain = getattr(stages, name)(chain, **QUIET)
    return chain


def same(a, b):
    return a.dtype == b.dtype and np.array_equal(a.view("u1"), b.view("u1"))


def test_layers_of_a_dict_or_a_result_give_what_the_chain_gives(gated):
    for stage in (stages.poisson_tv, stages.inpainting):
        whole = stage(gated)
        for layers in (stage({n: gated[n] for n in gated}, **QUIET), stage(gated.result(), **QUIET),
                       stage({n: gated[n] for n in gated if n != "mask"}, mask=gated["mask"], **QUIET)):
            assert all(same(layers[n], whole[n]) for n in whole)
    assert not same(stages.poisson_tv(gated)["ballistic"], gated["ballistic"])


def test_inpainting_fills_from_neighbours():
    values = np.array([[1.0, 2, 3], [4, 99, 6], [7, 8, 9]])
    filled = stages.inpainting({"ballistic": values}, mask=values == 99, **QUIET)
    assert filled["ballistic"][1, 1] == pytest.approx(5) and filled["mask"][1, 1] == 2
    assert filled["ballistic"].dtype == np.float32 and values[1, 1] == 99


def test_attenuation_is_the_logarithm_of_counts():
    rng = np.random.default_rng(1)
    s, r = rng.uniform(500, 900, (5, 7)), rng.uniform(1e5, 2e5, (5, 7))
    made = stages.attenuation({"ballistic": s, "ballistic_sigma": np.sqrt(s)}, pulses=4e6, reference_pulses=1e6,
                              filter_transmission=0.5, scattered="ignored",
                              reference_layers={"ballistic": r, "ballistic_sigma": np.sqrt(r)}, **QUIET)
    assert np.allclose(made["optical_depth"], -np.log(s / (r * 4 / 0.5)), rtol=1e-5)
    assert np.allclose(made["optical_depth_sigma"], np.sqrt(1 / s + 1 / r), rtol=1e-5)
    with pytest.warns(UserWarning, match="no gated image of a reference scan"):
        stages.attenuation({"ballistic": s, "ballistic_sigma": s}, **QUIET)


def test_depth_is_half_the_way_of_light():
    arrival, sigma = np.linspace(1e-9, 3e-9, 12).reshape(3, 4), np.full((3, 4), 2e-12)
    depths = stages.depth_map({"arrival": arrival, "arrival_sigma": sigma, "arrival_last": arrival + 1e-9},
                              path="reflection", reference="given", reference_ps=500, refractive_index=1.33, **QUIET)
    assert np.allclose(depths["depth"], C * (arrival - 500e-12) / 2.66, rtol=1e-5)
    assert np.allclose(depths["depth_sigma"], C * 2e-12 / 2.66, rtol=1e-5)
    assert np.allclose(depths["depth_last"] - depths["depth"], C * 1e-9 / 2.66, rtol=1e-4)
    named = firstlight.from_array(np.ones((3, 4, 8), "u2"), bin_width_ps=16, path="reflection")
    assert np.allclose(stages.depth_map({"arrival": arrival}, scan=named, reference="given", reference_ps=500,
                                        refractive_index=1.33, **QUIET)["depth"], depths["depth"])


def blob(columns=33, views=48, mu=200.0, width_m=2e-3):
    """Optical depths [view, 1, x] of mu exp(-r^2 / 2 w^2), whose line integrals are sqrt(2 pi) w mu exp(-x^2 / 2 w^2)."""
    x = (np.arange(columns) - columns // 2) * 0.5e-3
    depth = np.sqrt(2 * np.pi) * width_m * mu * np.exp(-x**2 / (2 * width_m**2))
    return np.tile(depth, (views, 1, 1)), {"x_mm": x * 1e3, "view_angle_deg": np.arange(views) * 180 / views, **QUIET}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["filtered_backprojection", "os_sart_tv", "ml_tr"])
def test_a_blob_has_its_mu(name):
    depth, described = blob()
    s = 1e6 * np.exp(-depth)
    layers = {"optical_depth": depth, "optical_depth_sigma": np.full_like(depth, 1e-3),
              "ballistic": s, "ballistic_sigma": np.sqrt(s)}
    if name == "ml_tr":
        described.update(exposure="equal", reference_layers={"ballistic": np.full((1, 33), 1e6),
                                                             "ballistic_sigma": np.full((1, 33), 1e3)})
    volume = getattr(stages, name)(layers, **described)
    assert isinstance(volume, firstlight.Volume) and volume.values.shape == (1, 33, 33) and volume.unit == "1/m"
    y, x = np.meshgrid(volume.axes["y"][0], volume.axes["x"][0], indexing="ij")
    truth = 200 * np.exp(-np.hypot(x, y)**2 / (2 * 2e-3**2))
    error = np.abs(volume.values[0] - truth)[np.hypot(x, y) < 7e-3]
    # Of 200 / m at most. Where all rays cross, in the middle voxel, iterations may leave more.
    assert error.mean() < 1 and np.percentile(error, 95) < 4, (error.mean(), np.percentile(error, [95, 99, 100]))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_volume_of_a_result_is_that_of_the_recipe(sample):
    whole = firstlight.reconstruct(sample("tomography"), "tomography", **QUIET)
    volume = stages.filtered_backprojection(whole, **QUIET)
    assert same(volume.values, whole.volume.values) and volume.name == whole.volume.name == "mu"


def test_tone_map_gives_colours(gated):
    ramp = np.tile(np.arange(256.0), (4, 1))
    grey = stages.tone_map({"counts": ramp}, layer="counts", colormap="gray", window="fixed", low=0, high=255)
    assert grey.shape == (4, 256, 3) and grey.dtype == np.uint8
    assert (np.diff(grey[0, :, 0].astype(int)) >= 0).all() and grey[0, 0, 0] == 0 and grey[0, 255, 0] == 255
    fine = stages.tone_map({"counts": np.stack([ramp, ramp])}, layer="counts", bits="16")
    assert fine.shape == (2, 4, 256, 3) and fine.dtype == np.uint16 and fine.max() > 255
    bad = np.zeros((4, 256), bool)
    bad[1, 7] = True
    hidden = stages.tone_map({"counts": ramp}, layer="counts", mask=bad)
    assert not np.array_equal(hidden[1, 7], hidden[0, 7]) and np.array_equal(hidden[1, 8], hidden[0, 8])
    of_chain = stages.tone_map(gated, scale="linear")
    assert np.array_equal(of_chain, stages.tone_map(gated.result(), scale="linear"))
    assert of_chain.shape == (*gated["ballistic"].shape, 3) and len(np.unique(of_chain)) > 16


IMAGE = np.ones((3, 4))


@pytest.mark.parametrize("call, error, words", [
    (lambda: stages.poisson_tv({"ballistic": IMAGE}, **QUIET), firstlight.BadInputError,
     r"poisson_tv: there is no layer ballistic_sigma \(got ballistic\)"),
    (lambda: stages.poisson_tv({"balistic": IMAGE}, **QUIET), firstlight.BadInputError, "did you mean \"ballistic\""),
    (lambda: stages.poisson_tv({}, **QUIET), firstlight.BadInputError, "there are no layers"),
    (lambda: stages.inpainting({"ballistic": IMAGE, "snr": np.ones((4, 3))}), firstlight.BadInputError,
     r"snr is \[4, 3\], ballistic \[3, 4\] \(layers lie on each other\)"),
    (lambda: stages.inpainting({"ballistic": np.ones(3)}), firstlight.BadInputError, r"ballistic is \[3\]"),
    (lambda: stages.inpainting({"ballistic": np.ones((0, 3))}), firstlight.BadInputError, r"ballistic is \[0, 3\]"),
    (lambda: stages.inpainting({"ballistic": np.full((2, 2), "a")}), firstlight.BadInputError, "layers are real numbers"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, mask=IMAGE), firstlight.BadInputError, "a mask holds flags"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, mask=np.ones((2, 2), bool)), firstlight.BadInputError,
     r"mask is \[2, 2\]"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, radius=3), firstlight.UsageError, "no option \"radius\""),
    (lambda: stages.inpainting({"ballistic": IMAGE}, radius_px="far"), firstlight.UsageError, "inpainting.radius_px"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, x_m=[1, 2]), firstlight.BadInputError, "x_m has 2 values"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, scan="star"), firstlight.UsageError, "scan: cannot take str"),
    (lambda: stages.inpainting({"ballistic": IMAGE}, strict=True), firstlight.UsageError, "strict has no effect"),
    (lambda: stages.time_gate({"ballistic": IMAGE}), firstlight.BadInputError, "time_gate: got layers"),
    (lambda: stages.confocal_diffuse({"depth": IMAGE}, path="confocal", **QUIET), firstlight.BadInputError,
     "confocal_diffuse: got layers .it works on the light of all traces"),
    (lambda: stages.filtered_backprojection({"optical_depth": np.ones((4, 2, 5))}, **QUIET), firstlight.BadInputError,
     "view"),
    (lambda: stages.depth_map({"arrival": IMAGE}, **QUIET), firstlight.BadInputError, "light path is transmission"),
    (lambda: stages.depth_map({"arrival": IMAGE}, path="reflection", reference_ps=3, **QUIET), firstlight.UsageError,
     "depth_map.reference_ps has no effect"),
    (lambda: stages.attenuation({"ballistic": IMAGE, "ballistic_sigma": IMAGE}, reference_layers={"ballistic": np.ones((2, 2))},
                                **QUIET), firstlight.BadInputError, "one view of 3 x 4 pixels is wanted"),
    (lambda: stages.attenuation({"ballistic": IMAGE, "ballistic_sigma": IMAGE}, reference="required", **QUIET),
     firstlight.BadInputError, "no gated image of a reference scan"),
    (lambda: stages.tone_map({"counts": IMAGE}), firstlight.BadInputError, "there is no layer ballistic .got counts"),
    (lambda: stages.tone_map({"ballistic": IMAGE}, colormap="virids"), firstlight.UsageError, "did you mean \"viridis\""),
    (lambda: stages.tone_map(IMAGE), firstlight.BadInputError, "tone_map: got no layers"),
])
def test_what_cannot_be_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_no_stage_looks_at_a_layer_that_is_not_there():
    """A new stage says in layers_needed() (host/pipeline/layer_stage.cpp) what it cannot do without."""
    for one in firstlight.stage_list():
        if one["kind"] in ("images", "volumes") and one["name"] != "inpainting":
            with pytest.raises(firstlight.BadInputError, match=f"{one['name']}: (there is no layer|got layers)"):
                getattr(stages, one["name"])({"snr": IMAGE}, **QUIET)
