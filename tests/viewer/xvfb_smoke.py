#!/usr/bin/env python3
"""A person at a real window: xvfb_smoke.py FIRSTLIGHT SAMPLE_SCAN

Starts Xvfb on a free display and `firstlight view` in it, waits for the window, drags and types with xdotool, saves the
result, ends with Ctrl+Q, and looks at what came of it: the file, the exit code, and the time the idle window took.
Exit code 77 with a reason where Xvfb or xdotool is missing.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"FAILED: {what} did not happen within {seconds} s")


class Ended(Exception):
    """The viewer has ended before its time."""


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_share(pid, seconds=3):
    """What the process takes of a core, once it is next to nothing."""
    before = cpu_seconds(pid)
    time.sleep(seconds)
    share = (cpu_seconds(pid) - before) / seconds
    return f"{100 * share:.1f} %" if share < 0.03 else None


class Person:
    """xdotool's hands on one window."""

    def __init__(self, environment):
        self.environment = environment

    def do(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.stdout.strip()

    def key(self, *keys):
        for key in keys:
            self.do("key", "--clearmodifiers", key)
            time.sleep(0.15)

    def finds(self, title):
        """The window whose title has this in it, or "". (getwindowname knows only the title that a window began with.)"""
        return self.do("search", "--onlyvisible", "--name", title).split("\n")[0]


def start_screen():
    """Xvfb on a display that it chooses itself. -noreset: else the server begins anew whenever its last client leaves,
    which xdotool does at every look, and a viewer that connects meanwhile loses its connection."""
    read, write = os.pipe()
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1366x768x24", "-nolisten", "tcp",
                               "-noreset"], pass_fds=[write], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    if not number:
        raise SystemExit("FAILED: Xvfb did not start")
    return screen, f":{number}"


def look(program, scan, folder, display):
    environment = {**os.environ, "DISPLAY": display, "XDG_STATE_HOME": str(folder / "state"), "LC_ALL": "C.UTF-8",
                   "LIBGL_ALWAYS_SOFTWARE": "1"}
    environment.pop("WAYLAND_DISPLAY", None)
    person = Person(environment)
    log = open(folder / "log", "w")
    viewer = subprocess.Popen([program, "view", scan.name, "--size", "1280x720", "--backend", "cpu"], cwd=folder,
                              env=environment, stdout=log, stderr=log)
    try:
        def window_of_scan():
            if viewer.poll() is not None:
                raise Ended
            return person.finds(scan.name)

        window = wait_for("a window with the scan's name", window_of_scan)
        person.do("windowfocus", window)

        share = wait_for("rest", lambda: idle_share(viewer.pid))

        person.do("mousemove", 300, 300, "click", 4, "click", 5, "click", 1)  # on the image
        person.do("mousemove", 300, 640, "mousedown", 1, "mousemove_relative", "--", 40, 0, "mouseup", 1)  # in the trace
        person.key("g", "r", "p", "m")  # the last, other colours, can be undone
        wait_for("the dot of what is not saved", lambda: person.finds(" " + re.escape(scan.name)))

        person.key("ctrl+q")  # asks: Save…; then where: star.result.h5, beside the scan
        saved = folder / (scan.stem + ".result.h5")

        def answered():
            time.sleep(1)
            if viewer.poll() is None:
                person.key("Return")
            return viewer.poll() is not None

        wait_for("the end", answered)
    except Ended:
        pass
    except SystemExit as failure:
        state = "is running" if viewer.poll() is None else f"has ended with code {viewer.returncode}"
        raise SystemExit(f"{failure}\nThe viewer {state} and said: {(folder / 'log').read_text()}")
    finally:
        if viewer.poll() is None:
            viewer.kill()
            viewer.wait()
        log.close()
    code = viewer.returncode
    said = (folder / "log").read_text()
    if code != 0:
        raise SystemExit(f"FAILED: exit code {code}: {said}")
    if not saved.exists():
        raise SystemExit(f"FAILED: no saved result: {sorted(p.name for p in folder.iterdir())} {said}")
    info = subprocess.run([program, "info", saved], text=True, stdout=subprocess.PIPE, check=True).stdout
    if "ballistic" not in info:
        raise SystemExit("FAILED: the saved result has no layer ballistic")
    print(f"saved {saved.name}; idle window: {share} of a core")


def main():
    program, scan = sys.argv[1], pathlib.Path(sys.argv[2])
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not installed (apt-get install xvfb xdotool)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="firstlight_view_") as name:
        folder = pathlib.Path(name)
        shutil.copy(scan, folder)
        screen, display = start_screen()
        try:
            look(program, folder / scan.name, folder, display)
        finally:
            screen.terminate()
            screen.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
