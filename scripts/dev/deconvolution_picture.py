#!/usr/bin/env python3
"""Makes docs/images/deconvolution.png from measured traces: scripts/dev/deconvolution_picture.py FOLDER

FOLDER holds capture_direct.mat and capture_1_0_inch.mat of the calibration data published with D. B. Lindell and
G. Wetzstein, Nature Communications 11, 4517 (2020): a pulse without anything in its way, which is the response, and
through one inch of foam. A scan is written whose pixels all hold the foam's trace and differ by one bin in their
t0_map; a gate of one bin at each pixel's arrival then reads the trace bin by bin, from counts or from what a
deconvolution made of them. Needs a built program and the packages of scripts/dev/picture_requirements.txt.
"""
import pathlib
import subprocess
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/images/deconvolution.png"
BIN = 8e-12
FIRST, BINS, SHOWN_FROM, SHOWN = 3780, 440, 60, 260  # window within the capture; bins drawn
SNR = 100  # for wiener: the automatic one takes this smooth light for white and trusts it far too much


def capture(folder, name):
    with h5py.File(folder / name) as file:
        return file["out"][:].ravel()


def write_scan(path, counts, direct):
    arrival = int(direct.argmax())
    response = np.clip(direct[arrival - 12 : arrival + 600] - np.median(direct[direct > 0]), 0, None)
    with h5py.File(path, "w") as file:
        file.attrs["firstlight_format"] = "acquisition"
        file.attrs["firstlight_version"] = "1.0.0"
        entry = file.create_group("entry")
        entry.attrs["kind"] = "histogram"
        entry.attrs["path"] = "transmission"
        data = entry.create_group("data")
        data.attrs["axes"] = ["y", "x", "t"]
        data["counts"] = np.broadcast_to(counts[FIRST : FIRST + BINS].astype("u4"), (1, SHOWN, BINS))

        def put(name, values):
            entry[name] = values
            entry[name].attrs["units"] = "s"

        put("data/t", (np.arange(BINS) + 0.5) * BIN)
        put("calibration/arrival", (arrival - FIRST + 0.5) * BIN)
        put("calibration/t0_map", (np.arange(SHOWN)[None] + FIRST + SHOWN_FROM - arrival) * BIN)
        put("calibration/irf_t", (np.arange(len(response)) - 12) * BIN)
        entry["calibration/irf"] = response
    return (np.arange(SHOWN) + FIRST + SHOWN_FROM - arrival) * BIN * 1e12  # ps after the direct pulse


def trace(scan, deconvolution):
    stem = deconvolution or "counts"
    recipe, result = ROOT / f"out/foam.{stem}.toml", ROOT / f"out/foam.{stem}.result.h5"
    stages = '"time_skew"' + (f', "{deconvolution}"' if deconvolution else "")
    recipe.write_text(f'name = "{stem}"\nstages = [{stages}, "expected_arrival", "time_gate"]\n'
                      "[time_gate]\nopen_ps = -4\nclose_ps = 4\nbackground = \"none\"\n"
                      + (f"[wiener]\nsnr = {SNR}\n" if deconvolution == "wiener" else ""))
    subprocess.run([str(ROOT / "build/bin/firstlight"), "reconstruct", str(scan), "-o", str(result), "--recipe",
                    str(recipe), "--force", "--quiet", "--backend", "cpu"], cwd=ROOT, check=True)
    with h5py.File(result) as file:
        return file["entry/image/ballistic"][:].ravel()


def slab(t, thickness=0.0254, n=1.12, absorbed=0.53, scattered=262.0, ze=0.0036):
    """Light through a slab (Patterson 1989), t in seconds after it entered; parameters as published with the data."""
    v, z0 = 299792458.0 / n, 1 / scattered
    spread = 4 * v * t / (3 * scattered)
    total = np.zeros_like(t)
    for m in range(-20, 21):
        z1 = thickness * (1 - 2 * m) - 4 * m * ze - z0
        z2 = thickness * (1 - 2 * m) - (4 * m - 2) * ze + z0
        total += z1 * np.exp(-z1 * z1 / spread) - z2 * np.exp(-z2 * z2 / spread)
    return t**-2.5 * np.exp(-absorbed * v * t) * total


def main():
    folder = pathlib.Path(sys.argv[1])
    scan = ROOT / "out/foam.h5"
    scan.parent.mkdir(exist_ok=True)
    direct = capture(folder, "capture_direct.mat")
    time = write_scan(scan, capture(folder, "capture_1_0_inch.mat"), direct)
    entered = time * 1e-12 + 0.0254 / 299792458.0  # the direct pulse needed that long for the slab's length
    theory = np.where(entered > 20e-12, slab(np.maximum(entered, 20e-12)), 0)
    lines = [("counts", trace(scan, ""), "#888888", 2.2, "-"),
             ("wiener", trace(scan, "wiener"), "#56b4e9", 1.2, "-"),
             ("richardson_lucy", trace(scan, "richardson_lucy"), "#d55e00", 1.8, "-")]
    figure, axes = plt.subplots(figsize=(9, 4.6), dpi=110)
    response = direct[int(direct.argmax()) + np.rint(time / 8).astype(int)]
    axes.semilogy(time, response / response.max(), ":", color="#444444", linewidth=1.4, label="response (no foam)")
    for name, values, colour, width, style in lines:
        shown = np.where(values > 0, values, np.nan)
        peak = np.nanmax(lines[2][1])
        axes.semilogy(time, shown / peak, style, color=colour, linewidth=width,
                      label=f"wiener, snr {SNR}" if name == "wiener" else name)
    axes.semilogy(time, theory / theory.max(), "--", color="black", linewidth=1.2, label="diffusion through the slab")
    axes.set(xlim=(time[0], time[-1]), ylim=(3e-4, 1.5), xlabel="ps after the pulse without foam",
             ylabel="light per bin of 8 ps, relative")
    axes.set_title("One inch of foam: the response taken out", fontsize=13, fontweight="bold", loc="left")
    axes.legend(frameon=False, fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Software": None})
    late = (time > 400) & (time < 1200)
    for name, values, *_ in lines + [("diffusion", theory)]:
        slope = np.polyfit(time[late], np.log(np.maximum(values[late], 1e-9)), 1)[0]
        print(f"{name}: peak at {time[values.argmax()]:.0f} ps, falls by 1/e in {-1 / slope:.0f} ps from 400 to 1200 ps")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
