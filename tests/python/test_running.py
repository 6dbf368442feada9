"""Memory, Ctrl-C, progress and threads of a run."""
import concurrent.futures
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import firstlight
import numpy as np
import pytest


def python(code, **more):
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **more)


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_a_cube_in_memory_is_not_copied(dtype):
    """512 MiB of counts: the run's peak beside them is less than a quarter of them."""
    child = python(f"""
        import firstlight, numpy as np
        def peak():
            return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
        bins = 2048
        traces = 2**29 // bins // np.dtype("{dtype}").itemsize
        counts = np.zeros((traces // 256, 256, bins), "{dtype}")
        counts[...] = 1
        counts[..., 200] = 90
        small = firstlight.reconstruct(counts[:8], "arrival", bin_width_ps=16, pulses=1e6, progress=False, backend="cpu",
                                       matched_arrival={{"response": "gaussian"}}, memory="160M")
        before = peak()
        result = firstlight.reconstruct(counts, "arrival", bin_width_ps=16, pulses=1e6, progress=False, backend="cpu",
                                        matched_arrival={{"response": "gaussian"}}, memory="160M")
        print((peak() - before) / counts.nbytes, result["counts"][0, 0])
    """)
    out, error = child.communicate(timeout=240)
    assert child.returncode == 0, error
    share, counts = map(float, out.split())
    print(f"peak beside the cube: {share:.3f} of it")
    assert counts == 2047 + 90 and share < 0.25, out


def test_ctrl_c_ends_a_run_within_a_second(sample):
    child = python(f"""
        import firstlight, sys, time
        def show(what, done, total):
            print("running", flush=True)
        while True:  # until Ctrl-C comes, whatever the machine's speed
            try:
                firstlight.reconstruct({str(sample("tomography"))!r}, "tomography-tv", backend="cpu", progress=show)
            except KeyboardInterrupt:
                print("ended", flush=True)
                sys.exit(7)
    """)
    assert child.stdout.readline() == "running\n"
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=60)
    assert child.returncode == 7 and out.endswith("ended\n"), error
    assert time.monotonic() - start < 1.5  # a second, and what the interpreter takes to end


def test_progress_may_stop_a_run(sample):
    said = []

    def show(what, done, total):
        said.append((what, done, total))
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        for _ in range(50):  # a run that is over before its first report says nothing
            firstlight.reconstruct(sample("tomography"), "tomography-tv", backend="cpu", progress=show)
    assert len(said) == 1 and 0 <= said[0][1] <= said[0][2]


def test_other_threads_run_on(sample):
    """The interpreter's lock is free while a run lasts, and runs side by side agree."""
    ticks, over = [], threading.Event()

    def tick():
        while not over.wait(0.005):
            ticks.append(time.monotonic())

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(firstlight.reconstruct, sample("star"), "transmission-fit", backend="cpu", progress=False)
                for _ in range(3)]
        results = [r.result() for r in runs]
    end = time.monotonic()
    over.set()
    ticker.join()
    assert len([t for t in ticks if start < t < end]) > (end - start) / 0.5  # none of them held it for long
    for result in results[1:]:
        assert np.array_equal(result["ballistic"], results[0]["ballistic"], equal_nan=True)
    one = firstlight.reconstruct(sample("star"), "transmission-fit", backend="cpu", threads=1, progress=False)
    assert np.array_equal(one["ballistic"], results[0]["ballistic"], equal_nan=True)


def test_a_device_that_is_not_there(sample):
    if os.path.exists("/dev/nvidia0"):
        pytest.skip("there is a GPU here")
    with pytest.raises(firstlight.DeviceError):
        firstlight.reconstruct(sample("star"), backend="cuda", progress=False)
