"""Reads a PLY by what its header says, as any reader does, and checks the points of point_cloud_test: check_ply.py FILE

With the package plyfile installed, it must see the same.
"""
import sys

import numpy as np

TYPES = {"float": "<f4", "uchar": "u1", "ushort": "<u2"}

with open(sys.argv[1], "rb") as f:
    assert f.readline() == b"ply\n"
    assert f.readline() == b"format binary_little_endian 1.0\n"
    count, fields = 0, []
    for line in iter(f.readline, b"end_header\n"):
        words = line.decode("ascii").split()
        if words[0] == "element":
            assert words[1] == "vertex"
            count = int(words[2])
        elif words[0] == "property":
            fields.append((words[2], TYPES[words[1]]))
        else:
            assert words[0] == "comment", line
    points = np.frombuffer(f.read(), np.dtype(fields))
assert len(points) == count == 6, (len(points), count)
assert np.allclose(points["x"], [-0.5, -0.5, -0.5, 0, 0.5, 0.5])
assert np.allclose(points["z"], [0.6, 0.61, 0.8, 0.6, 0.62, 0.9])
assert np.allclose(points["intensity"], [1, 4, 0.5, 5, 6, 0.25])
assert np.allclose(points["depth_sigma"], [0.1, 0.2, 0.7, 0.3, 0.4, 0.8])
assert points["surface"].tolist() == [0, 0, 1, 0, 0, 1]
try:
    from plyfile import PlyData
except ImportError:
    sys.exit(0)
for name in points.dtype.names:
    assert np.array_equal(PlyData.read(sys.argv[1])["vertex"][name], points[name], equal_nan=True), name
