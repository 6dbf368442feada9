"""The two halves of scripts/dev/soak: `write FILE SIZE` makes a scan (`write_events`: of photon events in random
order), `run PROGRAM FOLDER MEMORY THREADS` measures.

Figures are those of the kernel (wait4): peak resident memory of the program and of the small process that opens files
first, and user + system time over wall time * threads. Where other programs hold the cores too, the time that the
program's threads were ready and waited for one (schedstat) counts as work: it is not the program that was idle.
"""
import os
import sys
import time

LEAST_CPU_USE = 0.8


def bytes_of(size):
    return int(float(size[:-1]) * {"M": 1 << 20, "G": 1 << 30}[size[-1]])


def write(path, size):
    """Poisson counts of a peak on a tail, unpacked chunks; one random block of 256 x 256 traces laid side by side."""
    import h5py
    import numpy as np

    bins, columns, side = 2048, 1024, 16
    rows = max(side, bytes_of(size) // (bins * 2 * columns) // side * side)
    t = (np.arange(bins) + 0.5) * 8e-12
    arrival = 4e-9
    after = np.clip(t - arrival, 0, None)
    mean = 0.2 + 20 * np.exp(-0.5 * ((t - arrival) / 20e-12) ** 2) + 3 * (after > 0) * np.exp(-after / 1e-9)
    random = np.random.default_rng(1)
    blocks = [random.poisson(mean, (side, side, bins)).astype("<u2").tobytes() for _ in range(16)]
    irf_t = (np.arange(41) - 20) * 8e-12
    with h5py.File(path, "w") as f:
        f.attrs["firstlight_format"] = "acquisition"
        f.attrs["firstlight_version"] = "1.0.0"
        entry = f.create_group("entry")
        entry.attrs["kind"] = "histogram"
        entry.attrs["path"] = "transmission"
        data = entry.create_group("data")
        data.attrs["axes"] = ["y", "x", "t"]
        counts = data.create_dataset("counts", (rows, columns, bins), "<u2", chunks=(side, side, bins))
        number = 0
        for y in range(0, rows, side):
            for x in range(0, columns, side):
                counts.id.write_direct_chunk((y, x, 0), blocks[number * 7 % 16])
                number += 1
        calibration = entry.create_group("calibration")
        for name, value, unit, place in (("t", t, "s", data), ("arrival", arrival, "s", calibration),
                                         ("irf", np.exp(-0.5 * (irf_t / 20e-12) ** 2), "1", calibration),
                                         ("irf_t", irf_t, "s", calibration)):
            place[name] = value
            place[name].attrs["units"] = unit
    print(f"   {rows} x {columns} pixels, {bins} bins, {number} chunks, {os.path.getsize(path) / 2**20:.0f} MiB")


def write_events(path, size):
    """Photon events of 256 x 256 pixels in random order, 14 bytes each, unpacked chunks; a peak of 10 bins on a flat."""
    import h5py
    import numpy as np

    side, bins, at_once = 256, 1024, 1 << 22
    tags = bytes_of(size) // 14
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as f:
        f.attrs["firstlight_format"], f.attrs["firstlight_version"] = "acquisition", "1.0.0"
        entry = f.create_group("entry")
        entry.attrs["kind"], entry.attrs["path"] = "events", "transmission"
        data = entry.create_group("data")
        columns = {name: data.create_dataset(name, (tags,), kind, chunks=(1 << 16,))
                   for name, kind in (("detectors", "<u4"), ("nanotimes", "<u2"), ("timestamps", "<i8"))}
        columns["detectors"].attrs["shape"] = [side, side]
        columns["nanotimes"].attrs["tcspc_unit_s"], columns["nanotimes"].attrs["tcspc_num_bins"] = 1e-11, bins
        columns["timestamps"].attrs["unit_s"] = 1e-7
        for begin in range(0, tags, at_once):
            n = min(at_once, tags - begin)
            nanotimes = random.integers(0, bins, n, dtype=np.uint16)
            early = random.random(n, dtype=np.float32) < 0.3
            nanotimes[early] = 500 + nanotimes[early] % 10
            columns["detectors"][begin:begin + n] = random.integers(0, side * side, n, dtype=np.uint32)
            columns["nanotimes"][begin:begin + n] = nanotimes
            columns["timestamps"][begin:begin + n] = np.arange(begin, begin + n)
        irf_t = (np.arange(21) - 10) * 1e-11
        calibration = entry.create_group("calibration")
        for name, value, unit in (("arrival", 5.05e-9, "s"), ("irf_t", irf_t, "s"),
                                  ("irf", (abs(irf_t) <= 5e-11).astype(float), "1")):
            calibration[name] = value
            calibration[name].attrs["units"] = unit
    print(f"   {tags} events, {os.path.getsize(path) / 2**20:.0f} MiB")


def waiting_seconds(process):
    """By thread: how long it was ready to run while other threads had the cores."""
    seconds = {}
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/schedstat") as f:
                seconds[thread] = int(f.read().split()[1]) * 1e-9
    except OSError:
        pass  # it ended meanwhile
    return seconds


def reconstruct(program, folder, memory, threads, name):
    """Runs once; returns the result's file, peak MiB, wall seconds, CPU use, and the same with waiting for a core."""
    out = os.path.join(folder, name + ".h5")
    words = [program, "reconstruct", os.path.join(folder, "scan.h5"), "-o", out, "--backend", "cpu", "--quiet",
             "--memory", memory, "--threads", str(threads)]
    start = time.monotonic()
    child = os.posix_spawn(program, words, os.environ)
    waited, ended = {}, 0
    while ended == 0:
        time.sleep(0.02)
        waited |= waiting_seconds(child)
        ended, status, used = os.wait4(child, os.WNOHANG)
    wall = time.monotonic() - start
    busy = used.ru_utime + used.ru_stime
    if status != 0:
        sys.exit(f"error: {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return out, used.ru_maxrss / 1024, wall, busy / (wall * threads), (busy + sum(waited.values())) / (wall * threads)


def same_images(one, other):
    """Compared in a process of its own: numpy's memory is not to count as the program's."""
    script = ("import h5py, numpy, sys\n"
              "a, b = (h5py.File(p)['entry/image'] for p in sys.argv[1:])\n"
              "sys.exit(list(a) != list(b) or any(a[n][()].tobytes() != b[n][()].tobytes() for n in a))")
    return os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", script, one, other]) == 0


def run(program, folder, memory, threads):
    failures = []
    first = None
    for name, limit, lanes in (("asked", memory, threads), ("more_memory", f"{bytes_of(memory) >> 19}M", threads),
                               ("one_thread", memory, 1)):
        out, peak, wall, cpu, use = reconstruct(program, folder, limit, lanes, name)
        print(f"   memory {limit:>6}, threads {lanes:2}: peak {peak:6.0f} MiB, {wall:6.1f} s, CPU use {100 * cpu:.0f} %, "
              f"{100 * use:.0f} % with waiting for cores that others held")
        if peak > bytes_of(limit) / 2**20:
            failures.append(f"{name}: peak of {peak:.0f} MiB is over {limit}")
        if first is None:
            first = out
            if use < LEAST_CPU_USE:
                failures.append(f"{name}: CPU use {100 * use:.0f} % is under {100 * LEAST_CPU_USE:.0f} %")
        elif not same_images(first, out):
            failures.append(f"{name}: its images differ")
    if not failures:
        print("   images are the same to the bit for every memory and number of threads")
    for failure in failures:
        print("   FAILED: " + failure)
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "write_events":
        write_events(sys.argv[2], sys.argv[3])
    else:
        sys.exit(run(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])))
