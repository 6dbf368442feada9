"""Reconstructs line integrals with scikit-image and ASTRA and compares errors; 77: neither is there.

tomography.py FILE VIEWS COLUMNS ITERATIONS, with float32: angles (rad), line integrals [view][column] in pixels, then
images [column][column]: truth, filtered_backprojection, os_sart_tv after ITERATIONS.
"""

import sys

import numpy as np

views, columns, iterations = (int(a) for a in sys.argv[2:5])
data = np.fromfile(sys.argv[1], np.float32)
angles, data = data[:views], data[views:]
integrals, data = data[: views * columns].reshape(views, columns), data[views * columns :]
truth, backprojected, iterated = data.reshape(3, columns, columns).astype(np.float64)


def error(image):
    return np.sqrt(np.sum((image - truth) ** 2) / np.sum(truth**2))


compared, fine = 0, True
try:
    from skimage.transform import iradon

    image = iradon(integrals.T.astype(np.float64), theta=-np.degrees(angles.astype(np.float64)), circle=True)
    print(f"filtered backprojection: {error(backprojected):.4f}, scikit-image's iradon {error(image):.4f}")
    fine &= error(backprojected) <= 1.001 * error(image)  # the same method; rounding
    compared += 1
except ImportError:
    pass
try:
    import astra

    volume = astra.create_vol_geom(columns, columns)
    beam = astra.create_proj_geom("parallel", 1.0, columns, angles.astype(np.float64))
    projector = astra.create_projector("linear", beam, volume)
    config = astra.astra_dict("SIRT")
    config["ProjectorId"] = projector
    config["ProjectionDataId"] = astra.data2d.create("-sino", beam, integrals)
    config["ReconstructionDataId"] = astra.data2d.create("-vol", volume, 0)
    config["option"] = {"MinConstraint": 0.0}
    algorithm = astra.algorithm.create(config)
    astra.algorithm.run(algorithm, iterations)
    image = astra.data2d.get(config["ReconstructionDataId"])[::-1]  # its y points upwards
    print(f"{iterations} iterations: os_sart_tv {error(iterated):.4f}, ASTRA's SIRT {error(image):.4f}")
    fine &= error(iterated) <= error(image)
    compared += 1
except ImportError:
    pass
sys.exit(77 if compared == 0 else 0 if fine else 1)
