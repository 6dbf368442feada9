#!/usr/bin/env python3
"""A batch on a real Slurm of one node: slurm_batch.py FIRSTLIGHT SLURM_BATCH SAMPLE_SCAN

Starts munged, slurmctld and slurmd of its own (own folder, ports and socket), submits a job array by scripts/slurm_batch,
cancels it while it runs, submits it again, and compares every result with a run without Slurm.
Exit code 77 with a reason where Slurm or the rights to run it are missing.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
SCANS = 16


def skip(reason):
    print(f"SKIPPED: {reason}")
    raise SystemExit(SKIPPED)


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"FAILED: {what} did not happen within {seconds} s")


def check(good, what):
    if not good:
        raise SystemExit(f"FAILED: {what}")


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Slurm:
    def __init__(self, folder):
        self.folder = folder
        self.servers = []
        self.host = socket.gethostname().split(".")[0]
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in ("state", "spool"):
            (folder / name).mkdir()
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        control, node = free_ports(2)
        (folder / "slurm.conf").write_text(f"""ClusterName=test
SlurmctldHost={self.host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={control}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
MinJobAge=300
KillWait=2
ReturnToService=2
NodeName={self.host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4096 State=UNKNOWN
PartitionName=main Nodes={self.host} Default=YES State=UP MaxTime=INFINITE
""")

    def start(self):
        folder = self.folder
        self.serve("munged", "--foreground", "--force", f"--key-file={folder}/munge.key",
                   f"--socket={folder}/munge.socket", f"--pid-file={folder}/munged.pid",
                   f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed")
        wait_for("the socket of munged", (folder / "munge.socket").exists, 20)
        self.serve("slurmctld", "-D")
        self.serve("slurmd", "-D")
        wait_for("an idle node", lambda: "idle" in self.run("sinfo", "-h", "-o", "%T").stdout, 60)

    def serve(self, name, *words):
        log = open(self.folder / f"{name}.out", "w")
        self.servers.append(subprocess.Popen([shutil.which(name, path=PATH), *words], env=self.environment, stdout=log,
                                             stderr=log, stdin=subprocess.DEVNULL))

    def run(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60)

    def stop(self):
        for server in reversed(self.servers):
            server.send_signal(signal.SIGTERM)
        for server in self.servers:
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()

    def waits_or_runs(self, job):
        return bool(self.run("squeue", "-h", "-j", job).stdout.strip())


def layers(firstlight, result, folder):
    """The bytes of the image that the result is about, of its errors and of the optical depth."""
    found = []
    for layer in ("ballistic", "ballistic_sigma", "optical_depth"):
        path = folder / f"{layer}.npy"
        subprocess.run([firstlight, "export", result, "-o", path, "--format", "npy", "--layer", layer, "--force"],
                       check=True, capture_output=True)
        found.append(path.read_bytes())
    return found


def main():
    firstlight, slurm_batch, sample = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    for program in ("munged", "slurmctld", "slurmd", "sbatch"):
        if shutil.which(program, path=PATH) is None:
            skip(f"there is no {program} here (Debian: slurm-wlm, munge)")
    if os.geteuid() != 0:
        skip("only root can run a Slurm of its own here")
    with tempfile.TemporaryDirectory(prefix="firstlight_slurm_") as name:
        folder = pathlib.Path(name)
        (folder / "scans").mkdir()
        for i in range(SCANS):
            shutil.copy(sample, folder / "scans" / f"scan_{i:02}.h5")
        (folder / "scans" / "scan_05.h5").write_bytes(sample.read_bytes()[:20000])
        (folder / "slurm").mkdir()
        slurm = Slurm(folder / "slurm")
        try:
            slurm.start()
            array(firstlight, slurm_batch, slurm, folder)
        except BaseException:
            for log in sorted((folder / "slurm").glob("*.out")) + sorted((folder / "out").glob("slurm_*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
            raise
        finally:
            slurm.stop()


def array(firstlight, slurm_batch, slurm, folder):
    out = folder / "out"

    def results():
        return sorted(path.name for path in out.glob("*.result.h5"))

    def submit():
        said = subprocess.run([slurm_batch, "--submit", "--shards", "3", "--mem", "1G", "--program", firstlight, "--",
                               "scans", "-o", "out", "--backend", "cpu"], cwd=folder, env=slurm.environment,
                              capture_output=True, text=True, timeout=60)
        check(said.returncode == 0, f"slurm_batch: {said.stderr}")
        return re.search(r"array (\d+)\nreport (\d+)", said.stdout).groups()

    job, report = submit()
    wait_for("a first result", results, 60)
    slurm.run("scancel", job)
    wait_for("the end of the cancelled array", lambda: not slurm.waits_or_runs(job), 60)
    wait_for("the end of its report", lambda: not slurm.waits_or_runs(report), 60)
    before = len(results())
    print(f"cancelled after {before} of {SCANS} scans")
    check(before < SCANS - 1, "the array was done before it was cancelled")

    job, report = submit()
    wait_for("the end of the report", lambda: not slurm.waits_or_runs(report), 180)
    check(len(results()) == SCANS - 1, f"{len(results())} results of {SCANS - 1}")
    check(not list(out.glob(".*.part")), "something half-written is left")
    records = json.loads((out / "report.json").read_text())["scans"]
    failed = [record["name"] for record in records if record["status"] == "failed"]
    check(len(records) == SCANS and failed == ["scan_05"], f"report of {len(records)} scans, failed: {failed}")
    check(f"{SCANS - 1} of {SCANS} scans reconstructed" in (out / "report.html").read_text(), "the page")

    # All scans are copies of one, so one run without Slurm says what all must be.
    subprocess.run([firstlight, "reconstruct", "scans/scan_00.h5", "-o", "serial.h5", "--backend", "cpu", "--quiet"],
                   cwd=folder, check=True)
    serial = layers(firstlight, folder / "serial.h5", folder)
    for result in results():
        check(layers(firstlight, out / result, folder) == serial, f"{result} differs from a run without Slurm")
    print(f"{SCANS - 1} results are those of a run without Slurm, bit for bit")


if __name__ == "__main__":
    main()
