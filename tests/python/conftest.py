"""What the tests of the Python package share. FIRSTLIGHT_BUILD names the build whose package and program they test."""
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("FIRSTLIGHT_BUILD", SOURCE / "build"))
firstlight = pytest.importorskip("firstlight", reason="the Python module is not built: nanobind is missing")


@pytest.fixture
def program():
    """Runs the firstlight program, and expects that it succeeds."""
    def run(*words):
        outcome = subprocess.run([BUILD / "bin/firstlight", *map(str, words)], capture_output=True, text=True)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout
    return run


@pytest.fixture
def sample():
    """The path of a sample scan."""
    return lambda name: SOURCE / "sample_data" / f"{name}.h5"
