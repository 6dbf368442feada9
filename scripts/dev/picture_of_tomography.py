"""Draws docs/images/tomography.png: a slice of sample_data/tomography.h5 by three recipes. For scripts/dev/pictures."""
import h5py
import matplotlib.pyplot as plt
import numpy as np

RECIPES = {"tomography": "filtered backprojection", "tomography-tv": "os_sart_tv", "tomography-ml": "ml_tr"}


def draw(firstlight, scan_path, out, picture):
    with h5py.File(scan_path) as scan:
        truth = scan["entry/truth/mu"][...]
        x_mm = scan["entry/data/x"][...] * 1e3
    row = truth.shape[0] // 2
    images = {"truth": truth}
    for recipe, name in RECIPES.items():
        result = out / f"{recipe}.result.h5"
        firstlight("reconstruct", scan_path, "--recipe", recipe, "-o", result, "--force", "--quiet")
        with h5py.File(result) as file:
            images[name] = file["entry/volume/mu"][...]
    edge = (x_mm[1] - x_mm[0]) / 2
    extent = (x_mm[0] - edge, x_mm[-1] + edge, x_mm[0] - edge, x_mm[-1] + edge)
    most = truth[row].max()
    figure, places = plt.subplots(1, len(images), figsize=(14, 3.9), layout="constrained")
    for place, (name, volume) in zip(places, images.items()):
        shown = place.imshow(volume[row], extent=extent, origin="lower", vmin=0, vmax=most, cmap="gray")
        note = ""
        if name != "truth":
            error = np.sqrt(np.mean((volume - truth) ** 2) / np.mean(truth**2))
            note = f"\nerror {100 * error:.0f} %"
            print(f"{name}: error {error:.3f} of all slices")
        place.set_title(name + note, fontsize=12, loc="left")
        place.set_xlabel("X, mm")
    places[0].set_ylabel("Y, mm")
    figure.colorbar(shown, ax=places, shrink=0.8, label="μ, 1/m")
    figure.savefig(picture, metadata={"Software": None}, dpi=90)
    plt.close(figure)
