"""Draws docs/images/fit.png: what component_fit makes of sample_data/star.h5. Called by scripts/dev/pictures.

All open pixels are added up by the time after their own arrivals. The model is built here anew, from the layers and the
shapes that the result's provenance names, so the picture also checks that these say all there is to know.
"""
import h5py
import matplotlib.pyplot as plt
import numpy as np

BLUE, AQUA, YELLOW, GREY = "#2a78d6", "#1baf7a", "#eda100", "#8a8a86"


def outcomes(result):
    """What the stages of the run found out."""
    found = result["entry/process/survey"]
    return {n.decode(): v for n, v in zip(found["name"][...], found["value"][...])}


def curves_of(scan, found, until_ps, step_ps=1.0):
    """Integrals of the three curves over time after the arrival."""
    t = np.arange(-300, until_ps, step_ps)
    irf, irf_t = scan["entry/calibration/irf"][...], scan["entry/calibration/irf_t"][...] * 1e12
    whole = np.cumsum(irf)
    edges = irf_t + (irf_t[1] - irf_t[0]) / 2
    response = np.interp(t, edges, whole / whole[-1], left=0, right=1)
    later = np.arange(0, until_ps, step_ps) + step_ps / 2
    snake = np.exp(-later / found["snake_decay_ps"])
    diffuse = later ** (found["gamma_shape"] - 1) * np.exp(-later / found["gamma_scale_ps"])
    scattered = [np.convolve(response, shape / shape.sum())[: len(t)] for shape in (snake, diffuse)]
    return t, response, scattered


def draw(result_path, scan_path, picture):
    with h5py.File(result_path) as result, h5py.File(scan_path) as scan:
        layer = {n: result["entry/image"][n][...] for n in ("ballistic", "snake", "diffuse", "background", "mask")}
        counts = scan["entry/data/counts"][...].astype(float)
        time_ps = scan["entry/data/t"][...] * 1e12
        width = scan["entry/calibration/bin_width_correction"][...]
        skew = scan["entry/calibration/t0_map"][...] * 1e12
        flat = scan["entry/calibration/flat"][...]
        pulses = float(scan["entry/exposure/pulses"][()])
        found = outcomes(result)
        is_open = (scan["entry/truth/transmission"][...] == 1) & ((layer["mask"] & 15) == 0)
        bin_ps = time_ps[1] - time_ps[0]
        edges = time_ps[0] - bin_ps / 2 + bin_ps * np.concatenate([[0], np.cumsum(width / width.mean())])
        t, response, scattered = curves_of(scan, found, 1800)
    places = np.arange(-150, 1300, 10.0)
    sums = np.zeros((5, len(places)))  # counts, ballistic, snake, diffuse, background
    norm = [np.interp(found["fitted_until_ps"], t, s) for s in scattered]
    for y, x in np.argwhere(is_open):
        arrival = found["arrival_ps"] + skew[y, x]
        trace = counts[y, x]
        live = 1 - (np.cumsum(trace) - trace / 2) / pulses
        at = edges - arrival
        parts = [layer["ballistic"][y, x] * flat[y, x] * np.diff(np.interp(at, t, response))]
        for name, curve, whole in zip(("snake", "diffuse"), scattered, norm):
            parts.append(layer[name][y, x] * flat[y, x] / whole * np.diff(np.interp(at, t, curve)))
        parts.append(layer["background"][y, x] * flat[y, x] / found["purity_window_ps"] * np.diff(edges))
        place = np.floor(((at[:-1] + at[1:]) / 2 - places[0]) / 10).astype(int)
        good = (place >= 0) & (place < len(places))
        for row, values in enumerate([trace] + [live * p for p in parts]):
            np.add.at(sums[row], place[good], values[good])
    n = is_open.sum()
    model = sums[1:].sum(axis=0)
    figure, (top, below) = plt.subplots(2, 1, figsize=(9, 5.6), dpi=144, sharex=True,
                                        gridspec_kw={"height_ratios": [3, 1], "hspace": 0.08})
    middle = places + 5
    top.plot(middle, sums[0] / n, ".", color="#222222", markersize=4, label="counts per open pixel")
    top.plot(middle, model / n, color="#222222", linewidth=1, label="fit")
    for values, name, colour in ((sums[1], "ballistic", BLUE), (sums[2], "snake", AQUA), (sums[3], "diffuse", YELLOW),
                                 (sums[4], "background", GREY)):
        top.plot(middle, values / n, color=colour, linewidth=2, label=name)
    top.set_yscale("log")
    top.set_ylim(0.03, 60)
    top.set_ylabel("counts per bin of 10 ps")
    top.legend(frameon=False, ncol=2, loc="upper right")
    below.axhline(0, color="#888888", linewidth=1)
    below.plot(middle, (sums[0] - model) / np.sqrt(np.maximum(model, 1)), ".", color="#222222", markersize=4)
    below.set_ylabel("residual, σ")
    below.set_xlabel("time after the arrival of unscattered light, ps")
    for axes in (top, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e6e6e2", linewidth=0.6)
        axes.set_axisbelow(True)
    figure.savefig(picture, metadata={"Software": None}, bbox_inches="tight")
    plt.close(figure)
    return n, (sums[0] - model) / np.sqrt(np.maximum(model, 1))
