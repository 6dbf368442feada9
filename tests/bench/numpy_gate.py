"""Gate images as one would write them in NumPy, on the whole cube: numpy_gate.py gate|chain FOLDER ROWS COLUMNS BINS ARRIVAL

Prints the median seconds of three runs; reading the cubes is not counted. The same work as the rows of gate_rows.cpp.
"""
import pathlib
import statistics
import sys
import time

import numpy as np

OPEN, CLOSE, GUARD, RISE, PULSES = -5, 10, 50, 4, 1e5


def gate_images(cube, arrival):
    first, last, lead = int(arrival + OPEN), int(arrival + CLOSE), int(arrival - GUARD)
    gate = cube[..., first:last].sum(axis=-1, dtype=np.float64)
    before = cube[..., :lead].mean(axis=-1, dtype=np.float64)
    counts = cube.sum(axis=-1, dtype=np.float64)
    ballistic = gate - before * (last - first)
    sigma = np.sqrt(gate + (last - first) ** 2 * before / lead)
    return counts, ballistic, sigma, ballistic / sigma


def edge(x):
    return 0.5 * (1 + np.sin(np.pi * np.clip(x / RISE, -0.5, 0.5)))


def corrected_gate(cube, arrival, skew):
    y = cube.astype(np.float32)
    alive = PULSES - (np.cumsum(y, axis=-1) - y)
    share = y / alive
    detections = -np.log1p(-share) * PULSES
    position = np.arange(cube.shape[-1], dtype=np.float32) + 0.5 - (arrival + skew[..., None])
    weight = edge(position - OPEN) * (1 - edge(position - CLOSE))
    lead = position < -GUARD
    before = np.where(lead, detections, 0).sum(axis=-1) / lead.sum(axis=-1)
    ballistic = (weight * detections).sum(axis=-1) - before * weight.sum(axis=-1)
    variance = (weight**2 * detections).sum(axis=-1) + weight.sum(axis=-1) ** 2 * before / lead.sum(axis=-1)
    return ballistic, variance


def chain(cube, reference, arrival, skew):
    signal, variance = corrected_gate(cube, arrival, skew)
    full, full_variance = corrected_gate(reference, arrival, skew)
    return -np.log(signal / full), np.sqrt(variance / signal**2 + full_variance / full**2)


def main():
    what, folder, (rows, columns, bins), arrival = sys.argv[1], pathlib.Path(sys.argv[2]), map(int, sys.argv[3:6]), float(sys.argv[6])
    shape = (rows, columns, bins)
    cube = np.fromfile(folder / "scan.u2", np.uint16).reshape(shape)
    reference = np.fromfile(folder / "reference.u2", np.uint16).reshape(shape)
    skew = np.linspace(-2, 2, rows * columns, dtype=np.float32).reshape(rows, columns)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        if what == "gate":
            gate_images(cube, arrival)
        else:
            chain(cube, reference, arrival, skew)
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
