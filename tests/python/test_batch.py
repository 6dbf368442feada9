"""firstlight.batch on one machine and on Dask: whatever happens to single scans and workers, the rest is as by hand."""
import json
import os
import pathlib
import shutil
import signal
import time

import firstlight
import h5py
import numpy as np
import pytest


@pytest.fixture
def scans(tmp_path, sample):
    """Makes so many scans, no two alike, in a folder."""
    def make(number):
        folder = tmp_path / "scans"
        folder.mkdir()
        for i in range(number):
            path = folder / f"scan_{i:02}.h5"
            shutil.copy(sample("bars"), path)
            with h5py.File(path, "r+") as f:
                counts = f["entry/data/counts"]
                trace = counts[0, 0]
                trace[trace.argmax()] += i
                counts[0, 0] = trace
        return folder
    return make


def layers_of(path):
    with h5py.File(path) as f:
        return {n: d[...] for n, d in f["entry/image"].items()}


def expect_as_by_hand(outcome, folder):
    """The layers of every scan that was done are those of reconstruct()."""
    for item in outcome:
        if item.status == "failed":
            continue
        by_hand = firstlight.reconstruct(folder / f"{item.name}.h5", backend="cpu", progress=False)
        found = layers_of(item.path)
        for name in by_hand:
            assert np.array_equal(found[name].view("u1"), by_hand[name].view("u1")), (item.name, name)


def running_in(folder):
    """Processes whose command line names the folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(entry)
        except OSError:  # it ended
            pass
    return found


def test_one_bad_file_never_stops_the_rest(tmp_path, scans):
    folder = scans(4)
    (folder / "scan_01.h5").write_bytes((folder / "scan_00.h5").read_bytes()[:3000])
    said = []
    outcome = firstlight.batch(folder, tmp_path / "out", backend="cpu", jobs=2,
                               progress=lambda what, done, total: said.append((what, done, total)))
    assert [i.status for i in outcome] == ["ok", "failed", "ok", "ok"] and len(outcome) == 4
    assert "scan_01.h5" in outcome["scan_01"].reason and outcome["scan_01"].path is None
    assert said and all(what == "batch" and total == 4 for what, _, total in said)
    expect_as_by_hand(outcome, folder)
    assert np.array_equal(outcome["scan_02"].open()["ballistic"], layers_of(outcome[2].path)["ballistic"], equal_nan=True)
    with pytest.raises(firstlight.BadInputError, match="scan_01 has no result"):
        outcome["scan_01"].open()
    with pytest.raises(firstlight.BatchError, match="1 of 4 scans failed, the others are done:\n  scan_01: .*scan_01.h5") as e:
        firstlight.batch(folder, tmp_path / "out", backend="cpu", resume=True, check=True, progress=False)
    assert [i.status for i in e.value.outcome] == ["kept", "failed", "kept", "kept"]
    outcome.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "3 of 4 scans reconstructed" in page and page.count("data:image/png;base64,") == 3
    assert [s["name"] for s in json.loads((tmp_path / "report.json").read_text())["scans"]] == [i.name for i in outcome]


def test_parameters_and_manifests(tmp_path, scans, program):
    folder = scans(2)
    manifest = tmp_path / "list.toml"
    manifest.write_text("recipe = \"arrival\"\n[[scan]]\npath = \"scans/scan_00.h5\"\noutput = \"foam\"\n"
                        "[[scan]]\npath = \"scans/scan_01.h5\"\nrecipe = \"transmission\"\n")
    outcome = firstlight.batch(manifest, tmp_path / "out", backend="cpu", progress=False)
    assert [i.name for i in outcome] == ["foam", "scan_01"]
    assert "matched_arrival" in outcome["foam"].open().recipe and "attenuation" in outcome[1].open().recipe
    gate = {"open_ps": np.int64(-40), "close_ps": 10.5, "shape": "soft"}
    outcome = firstlight.batch([folder / "scan_00.h5", firstlight.open(folder / "scan_01.h5")], tmp_path / "narrow",
                               "transmission", backend="cpu", progress=False, time_gate=gate, tone_map={"invert": True})
    by_hand = firstlight.reconstruct(folder / "scan_01.h5", "transmission", backend="cpu", progress=False, time_gate=gate,
                                     tone_map={"invert": True})
    assert outcome["scan_01"].open().recipe == by_hand.recipe


def test_what_is_wrong_is_said_before_anything_runs(tmp_path, scans):
    folder = scans(1)
    for wrong, error, text in (({"time_gaet": {}}, firstlight.UsageError, "did you mean \"time_gate\""),
                               ({"time_gate": {"opne_ps": 1}}, firstlight.UsageError, "opne_ps"),
                               ({"time_gate": 3}, firstlight.UsageError, "a stage's parameters are a dict"),
                               ({"time_gate": {"open_ps": [1]}}, firstlight.UsageError, "time_gate.open_ps: cannot take"),
                               ({"recipe": "transmision"}, firstlight.UsageError, "transmision")):
        with pytest.raises(error, match=text):
            firstlight.batch(folder, tmp_path / "out", **wrong)
    with pytest.raises(firstlight.BadInputError, match="gone.h5: is not there"):
        firstlight.batch(folder / "gone.h5", tmp_path / "out")
    with pytest.raises(firstlight.UsageError, match="is in memory"):
        firstlight.batch(firstlight.from_array(np.ones((2, 2, 8), "u2"), bin_width_ps=16), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(firstlight.OutputError, match="the folder cannot be made"):
        firstlight.batch(folder, tmp_path / "file/out")


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="dask.distributed is missing")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
                                  memory_limit="1GiB") as running:
        yield running


@pytest.fixture
def client(cluster):
    distributed = pytest.importorskip("distributed")
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


def pids_of(client):
    return client.run(os.getpid)


def test_a_worker_that_is_killed_loses_nothing(tmp_path, scans, client):
    folder = scans(8)
    (folder / "scan_03.h5").write_bytes((folder / "scan_00.h5").read_bytes()[:3000])
    killed = []

    def show(what, done, total):
        if done < 3 or killed:
            return
        pids = pids_of(client)
        busy = {address: keys for address, keys in client.processing().items() if keys and address in pids}
        if busy:
            address, keys = next(iter(busy.items()))
            os.kill(pids[address], signal.SIGKILL)
            killed.append((address, keys))

    outcome = firstlight.batch(folder, tmp_path / "out", backend="cpu", client=client, progress=show)
    assert len(killed) == 1, "no worker was busy when it was to be killed"
    assert killed[0][0] not in pids_of(client)  # another one is in its place
    assert [i.name for i in outcome.failed] == ["scan_03"] and "truncated" in outcome["scan_03"].reason
    assert {i.status for i in outcome} <= {"ok", "kept", "failed"} and len(outcome) == 8
    expect_as_by_hand(outcome, folder)
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if ".part" in p.name) == []
    lines = [json.loads(line) for line in (tmp_path / "out/batch.jsonl").read_text().splitlines()]
    assert sorted(r["name"] for r in lines) == [i.name for i in outcome]
    again = firstlight.batch(folder, tmp_path / "out", backend="cpu", client=client, resume=True, progress=False)
    assert sum(i.status == "kept" for i in again) == 7


def test_whoever_stops_a_batch_on_dask_stops_its_scans(tmp_path, scans, client, sample):
    folder = scans(1)  # of no views: fails at once
    for i in range(2):
        shutil.copy(sample("tomography"), folder / f"turning_{i}.h5")

    def stop(what, done, total):
        while not running_in(folder):
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # minutes of work
        firstlight.batch(folder, tmp_path / "out", "tomography-tv", backend="cpu", client=client, progress=stop,
                         os_sart_tv={"iterations": 1000, "tv_steps": 1000})
    end = time.monotonic() + 5
    while running_in(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert running_in(folder) == []
    assert [p.name for p in (tmp_path / "out").iterdir() if p.name.endswith((".h5", ".part"))] == []
    outcome = firstlight.batch(folder, tmp_path / "out", backend="cpu", client=client, resume=True, progress=False)
    assert not outcome.failed


def test_a_killed_scan_is_tried_again(tmp_path, scans, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is missing")
    from firstlight import dask_batch
    folder = scans(2)
    tries = {"scan_00": [-9], "scan_01": [-9, -9, -9]}
    real = dask_batch._native.run_item

    def dies_first(item, *more):
        if tries[item["name"]]:
            code = tries[item["name"]].pop()
            return json.dumps({"name": item["name"], "scan": item["scan"], "status": "failed", "code": code,
                               "reason": "it was killed (signal 9), perhaps because memory ran out"})
        return real(item, *more)

    monkeypatch.setattr(dask_batch._native, "run_item", dies_first)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster, \
            distributed.Client(cluster) as client:
        outcome = firstlight.batch(folder, tmp_path / "out", backend="cpu", client=client, retries=2, progress=False)
    assert [i.status for i in outcome] == ["ok", "failed"]
    assert outcome["scan_01"].reason == "it was killed (signal 9), perhaps because memory ran out"


def test_each_worker_has_a_gpu_of_its_own(monkeypatch):
    from firstlight.dask_batch import device_of, visible_devices
    for order in ("0,1,10,2", "2,10,1,0"):  # as dask-cuda rotates them
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", order)
        assert visible_devices() == ["0", "1", "2", "10"]
    assert [device_of(name, ["0", "1", "10"]) for name in ("0", "1", "2", "3")] == ["0", "1", "10", "0"]
    assert device_of("SLURMCluster-4", ["GPU-a", "GPU-b"]) == "GPU-a" and device_of("tcp", ["7"]) == "7"
    assert device_of("3", []) == ""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_devices() == []
