"""A panel behind a net, simulated: one pixel's trace, the strongest surface and the last one, for scripts/dev/pictures."""
import json

import h5py
import matplotlib.pyplot as plt
import numpy as np

SCENE = """title = "A panel behind a net"
path = "reflection"
[[layer]]
thickness_mm = 1000
refractive_index = 1.0003
mu_s_per_mm = 0.0008
mu_a_per_mm = 0.00002
g = 0.85
[[target]]
kind = "reflection"
z_mm = 400
pattern = "png"
file = "net.png"
width_mm = 300
reflectivity = 0.5
[[target]]
kind = "reflection"
z_mm = 700
pattern = "star"
wedges = 12
radius_mm = 95
inner_radius_mm = 8
cell_um = 500
reflectivity = 0.8
[source]
kind = "wide"
width_mm = 300
photons_per_pulse = 2e8
pulse_fwhm_ps = 50
[detector]
rows = 64
columns = 64
pixel_um = 4000
numerical_aperture = 0.01
focus_mm = 600
bins = 224
bin_width_ps = 32
first_edge_ps = -1000
efficiency = 0.2
pulses = 2e3
[photon_transport]
seed = 7
photons = 2000000
[detector_response]
seed = 7
statistics = "first_photon"
fwhm_ps = 120
tail_ps = 200
tail_share = 0.05
skew_ps = 30
dark_rate_hz = 20000
"""


def net(path, side=300, mesh=3):
    """White threads that cover a bit more than half of the light."""
    y, x = np.indices((side, side))
    threads = ((x % mesh == 0) | (y % mesh == 0)).astype(float)
    plt.imsave(path, threads, cmap="gray", vmin=0, vmax=1)


def draw(firstlight, folder, picture):
    scene, scan, result = folder / "net.toml", folder / "net.h5", folder / "net.result.h5"
    scene.write_text(SCENE)
    net(folder / "net.png")
    firstlight("simulate", scene, "-o", scan, "--force", "--quiet")
    firstlight("reconstruct", scan, "-o", result, "--force", "--quiet", "--backend", "cpu", "--recipe", "depth",
               "--adaptive_gate.surfaces", "strongest_and_last")
    firstlight("export", result, "-o", folder / "net.ply", "--format", "ply", "--force", "--quiet")
    with h5py.File(scan) as file:
        counts, time = file["entry/data/counts"][...], file["entry/data/t"][...] * 1e9
    with h5py.File(result) as file:
        layers = {name: file["entry/image"][name][...] for name in 
                  ("depth", "depth_last", "arrival", "arrival_last", "ballistic_last")}
    two = layers["arrival"] != layers["arrival_last"]
    behind = np.where(two, layers["ballistic_last"], -1)
    y, x = np.unravel_index(np.argsort(behind, axis=None)[-two.sum() // 4], two.shape)
    figure = plt.figure(figsize=(12.6, 4.25), dpi=144)
    axes = figure.add_axes((0.045, 0.14, 0.28, 0.64))
    axes.step(time, counts[y, x], where="mid", color="#31688e", linewidth=1)
    for name, label in (("arrival", "strongest"), ("arrival_last", "last")):
        axes.axvline(layers[name][y, x] * 1e9, color="#d95f02", linewidth=1, linestyle="--")
        axes.text(layers[name][y, x] * 1e9 + 0.08, counts[y, x].max() * 0.95, label, color="#d95f02", fontsize=10)
    axes.set_xlabel("time, ns", fontsize=10)
    axes.set_title("Counts of one pixel", fontsize=15, fontweight="bold", loc="left", pad=12)
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(False)
    for left, name, title in ((0.36, "depth", "Strongest surface"), (0.69, "depth_last", "Last surface")):
        axes = figure.add_axes((left, 0.055, 0.26, 0.78))
        drawn = axes.imshow(layers[name] * 1e3, cmap="viridis", vmin=350, vmax=750, interpolation="nearest")
        axes.set_title(title, fontsize=15, fontweight="bold", loc="left", pad=12)
        axes.set_xticks([])
        axes.set_yticks([])
        bar = figure.colorbar(drawn, ax=axes, fraction=0.046, pad=0.03)
        bar.ax.text(0.5, -0.03, "mm", transform=bar.ax.transAxes, fontsize=10.5, ha="center", va="top")
    figure.savefig(picture, metadata={"Software": None})
    print(json.dumps({"picture": picture.name, "pixels with two surfaces": int(two.sum())}))
