"""Writes acquisitions as other programs write them, with the counts beside them as plain bytes.

    write_fixtures.py FOLDER          every storage, filter and type: NAME.h5 and NAME.bin
    write_fixtures.py --hostile FOLDER  files that must be refused
"""
import sys
import zlib
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np


def acquisition(path, counts=None, *, t=None, axes=("y", "x", "t"), kind="histogram", how=None, **storage):
    with h5py.File(path, "w") as f:
        f.attrs["firstlight_format"] = "acquisition"
        f.attrs["firstlight_version"] = "1.0.0"
        entry = f.create_group("entry")
        entry.attrs["kind"] = kind
        entry.attrs["path"] = "transmission"
        data = entry.create_group("data")
        data.attrs["axes"] = list(axes)
        if counts is not None:
            data.create_dataset("counts", data=counts, **storage)
        bins = 8 if counts is None else counts.shape[-1]
        data["t"] = (np.arange(bins) + 0.5) * 16e-12 if t is None else t
        data["t"].attrs["units"] = "s"
        if how is not None:
            how(f, data)


def cube(dtype, shape=(13, 9, 50)):
    rng = np.random.default_rng(7)
    return rng.poisson(3.0, shape).astype(dtype)


KEPT = {"u1": "<u1", "u2": "<u2", "u4": "<u4", "f4": "<f4"}
READ_AS = {"u1": "<u1", "u2": "<u2", "u4": "<u4", "f4": "<f4", "i1": "<u1", "i2": "<u2", "i4": "<u4", "i8": "<u4",
           "u8": "<u4", "f8": "<f4"}


def readable(folder):
    def write(name, counts, **storage):
        acquisition(folder / f"{name}.h5", counts, axes=("view", "y", "x", "t")[-counts.ndim:], **storage)
        kept = READ_AS[counts.dtype.kind + str(counts.dtype.itemsize)]
        counts.astype(kept).tofile(folder / f"{name}.bin")

    for t in READ_AS:
        write(f"type_{t}", cube(t))
        if t not in ("u1", "i1"):
            write(f"big_endian_{t}", cube(">" + t), chunks=(4, 4, 16), compression="gzip")
    u2 = cube("u2")
    write("views", cube("u2", (3, 5, 4, 20)), chunks=(2, 2, 4, 7), compression="gzip")
    write("odd_chunks", u2, chunks=(5, 4, 7))
    write("long_runs", cube("u2", (6, 5, 1200)), chunks=(4, 4, 1200))
    write("split_time", cube("f4", (32, 32, 64)), chunks=(32, 32, 16), compression="gzip", shuffle=True)
    write("larger_than_data", u2, chunks=(16, 16, 64), maxshape=(None, None, None), compression="lzf")
    write("gzip", u2, chunks=(4, 4, 50), compression="gzip", compression_opts=9)
    write("lzf", u2, chunks=(4, 4, 50), compression="lzf")
    write("shuffle_lzf", u2, chunks=(4, 4, 50), compression="lzf", shuffle=True)
    write("fletcher", u2, chunks=(4, 3, 49), fletcher32=True)
    write("all_of_hdf5", cube("u4"), chunks=(4, 4, 50), compression="gzip", shuffle=True, fletcher32=True)
    noise = np.random.default_rng(3).integers(0, 65536, (8, 8, 33)).astype("u2")
    write("lzf_skipped", noise, chunks=(4, 4, 33), compression="lzf")  # the filter mask says it was of no use
    for codec in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            write(f"blosc_{codec}_{shuffle}", u2, chunks=(8, 8, 50),
                  **hdf5plugin.Blosc(cname=codec, clevel=5, shuffle=shuffle))
    write("lz4", u2, chunks=(8, 8, 50), **hdf5plugin.LZ4())
    write("lz4_blocks", cube("u2", (16, 16, 50)), chunks=(16, 16, 50), **hdf5plugin.LZ4(nbytes=1000))
    write("lz4_noise", noise, chunks=(8, 8, 33), **hdf5plugin.LZ4())
    write("zstd", u2, chunks=(8, 8, 50), **hdf5plugin.Zstd())
    for t in ("u1", "u2", "u4", "f4"):
        for codec in ("none", "lz4", "zstd"):
            write(f"bitshuffle_{codec}_{t}", cube(t, (7, 9, 53)), chunks=(7, 9, 53), **hdf5plugin.Bitshuffle(cname=codec))
    write("bitshuffle_blocks", cube("u2", (16, 16, 50)), chunks=(16, 16, 50), **hdf5plugin.Bitshuffle(nelems=64, cname="lz4"))
    # Chunks never written hold the fill value.
    for name, fill in (("sparse", 0), ("sparse_filled", 5)):
        def hole(f, data, fill=fill):
            d = data.create_dataset("counts", (12, 12, 20), "u2", chunks=(4, 4, 20), fillvalue=fill)
            d[4:8, 4:8] = 7
        acquisition(folder / f"{name}.h5", how=hole, t=(np.arange(20) + 0.5) * 1e-12)
        a = np.full((12, 12, 20), fill, "<u2")
        a[4:8, 4:8] = 7
        a.tofile(folder / f"{name}.bin")
    many = cube("u1", (40, 30, 6))
    write("many_chunks", many, chunks=(1, 1, 2), compression="gzip")


def hostile(folder):
    u2 = cube("u2")
    secret = folder / "secret.bin"
    secret.write_bytes(u2.tobytes())
    with h5py.File(folder / "secret.h5", "w") as f:
        f["counts"] = u2

    def link(f, data):
        data["counts"] = h5py.ExternalLink("secret.h5", "/counts")

    def soft(f, data):
        f["elsewhere"] = u2
        data["counts"] = h5py.SoftLink("/elsewhere")

    def external(f, data):
        data.create_dataset("counts", u2.shape, "u2", external=[(str(secret), 0, u2.nbytes)])

    def virtual(f, data):
        layout = h5py.VirtualLayout(u2.shape, "u2")
        layout[...] = h5py.VirtualSource(str(folder / "secret.h5"), "counts", u2.shape)
        data.create_virtual_dataset("counts", layout)

    def bomb(f, data):  # a chunk that claims 25 kB and unpacks to 64 MiB
        d = data.create_dataset("counts", (16, 16, 50), "u2", chunks=(16, 16, 50), compression="gzip")
        d.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(64 << 20), 9))

    def large_bomb(f, data):  # a chunk that is 1000 times smaller than it says, and says so
        d = data.create_dataset("counts", (1024, 512, 512), "u1", chunks=(1024, 512, 512), compression="gzip")
        packer = zlib.compressobj(9)
        packed = b"".join(packer.compress(bytes(16 << 20)) for _ in range(16)) + packer.flush()
        d.id.write_direct_chunk((0, 0, 0), packed)

    def elsewhere(how):  # not the counts: something that is optional
        def add(f, data):
            calibration = f.create_group("entry/calibration")
            how(f, calibration)
            calibration.move("counts", "flat")
        return add

    def huge(f, data):
        data.create_dataset("counts", (1 << 20, 1 << 20, 1 << 20), "u2", chunks=(16, 16, 64))

    def huge_contiguous(f, data):
        space = h5py.h5s.create_simple((1 << 15, 1 << 15, 1 << 12))
        h5py.h5d.create(data.id, b"counts", h5py.h5t.STD_U16LE, space)

    def huge_chunk(f, data):
        data.create_dataset("counts", (1 << 12, 1 << 12, 1 << 7), "u1", chunks=(1 << 12, 1 << 12, 1 << 7), compression="gzip")

    def cycle(f, data):
        data["counts"] = f["entry"]

    tt = (np.arange(50) + 0.5) * 16e-12
    for how in (link, soft, external, virtual, cycle):
        acquisition(folder / f"{how.__name__}.h5", how=how, t=tt)
    for how in (link, soft, external, virtual):
        acquisition(folder / f"flat_{how.__name__}.h5", u2, how=elsewhere(how))
    acquisition(folder / "bomb.h5", how=bomb, t=tt)
    acquisition(folder / "large_bomb.h5", how=large_bomb, t=np.arange(512) * 1e-12)
    # The library, not the program, unpacks texts: the one place where it may want to load a filter.
    acquisition(folder / "plugin.h5", u2, how=lambda f, d: f.create_dataset(
        "entry/provenance/assumptions", data=np.full(64, b"text", "S16"), chunks=(64,), **hdf5plugin.Blosc()))
    acquisition(folder / "huge.h5", how=huge, t=tt)
    acquisition(folder / "huge_contiguous.h5", how=huge_contiguous, t=tt)
    acquisition(folder / "huge_chunk.h5", how=huge_chunk, t=np.arange(128) * 1e-12)
    acquisition(folder / "rank_2.h5", u2[0])
    acquisition(folder / "rank_5.h5", u2[None, None])
    acquisition(folder / "compound.h5", how=lambda f, d: d.create_dataset("counts", (2, 2, 8), np.dtype([("a", "u2")])))
    acquisition(folder / "text.h5", how=lambda f, d: d.create_dataset("counts", data=np.full((2, 2, 8), b"x")))
    acquisition(folder / "order_named.h5", u2, axes=("t", "y", "x"))
    acquisition(folder / "order_by_length.h5", np.moveaxis(u2, 2, 0).copy(), t=tt)
    acquisition(folder / "uneven_t.h5", u2, t=np.geomspace(1e-12, 1e-9, 50))
    acquisition(folder / "no_t.h5", u2, how=lambda f, d: d.__delitem__("t"))
    acquisition(folder / "unit_ns.h5", u2, how=lambda f, d: d["t"].attrs.__setitem__("units", "ns"))
    acquisition(folder / "empty_axis.h5", u2[:0])
    acquisition(folder / "no_counts.h5")
    acquisition(folder / "gated.h5", u2, kind="gated")
    acquisition(folder / "newer_major.h5", u2, how=lambda f, d: f.attrs.__setitem__("firstlight_version", "2.0.0"))
    acquisition(folder / "negative.h5", -cube("i2") - 1)
    acquisition(folder / "past_u4.h5", np.full((2, 2, 8), 1 << 33, "u8"))
    acquisition(folder / "szip_like.h5", u2, chunks=(4, 4, 50), scaleoffset=8)
    acquisition(folder / "zfp.h5", cube("f4"), chunks=(4, 4, 50), **hdf5plugin.Zfp(reversible=True))
    acquisition(folder / "reference_shape.h5", u2, how=lambda f, d: f.create_dataset("entry/reference/counts", data=u2[1:]))
    acquisition(folder / "mask_shape.h5", u2, how=lambda f, d: f.create_dataset("entry/calibration/pixel_mask", data=np.zeros((3, 3), "u1")))
    acquisition(folder / "irf_without_t.h5", u2, how=lambda f, d: f.create_dataset("entry/calibration/irf", data=np.ones(20)))
    image, response = np.ones((13, 9)), np.ones(50)
    metadata = {"calibration/irf": (response, "s"), "calibration/irf_t": (tt, "ps"), "calibration/arrival": (4e-10, "ps"),
                "calibration/t0_map": (0 * image, "ps"), "calibration/dark_rate": (image, "kHz"),
                "calibration/flat": (image, "%"), "calibration/bin_width_correction": (response, "s"),
                "calibration/pixel_mask": (image.astype("u1"), "s"), "truth/depth": (image, "mm"),
                "truth/ballistic": (image, "s")}
    for path, (values, unit) in metadata.items():
        def with_unit(f, d):
            if path == "calibration/irf_t":
                f.create_dataset("entry/calibration/irf", data=response)
            f.create_dataset(f"entry/{path}", data=values).attrs["units"] = unit
        acquisition(folder / f"unit_of_{path.split('/')[1]}.h5", u2, t=tt, how=with_unit)
    acquisition(folder / "unit_unsaid.h5", u2, t=tt,
                how=lambda f, d: f.create_dataset("entry/calibration/t0_map", data=0 * image))
    with h5py.File(folder / "other_program.h5", "w") as f:
        f["meas"] = u2
    acquisition(folder / "result_instead.h5", u2, how=lambda f, d: f.attrs.__setitem__("firstlight_format", "result"))
    (folder / "not_hdf5.h5").write_bytes(b"not HDF5 at all" * 100)
    (folder / "empty.h5").write_bytes(b"")
    # Allowed, with zeros counted: NaN, infinity, negative floats.
    bad = cube("f4")
    bad[3, 2, 10], bad[4, 4, 4], bad[12, 8, 49] = np.nan, -1, np.inf
    acquisition(folder / "bad_floats.h5", bad, chunks=(4, 4, 50))
    acquisition(folder / "newer_minor.h5", u2, how=lambda f, d: f.attrs.__setitem__("firstlight_version", "1.7.0"))


if __name__ == "__main__":
    if sys.argv[1] == "--hostile":
        hostile(Path(sys.argv[2]))
    else:
        readable(Path(sys.argv[1]))
