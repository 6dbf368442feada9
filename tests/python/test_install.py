"""pip install . in a fresh environment, then the README's script: what a new user does first."""
import os
import pathlib
import re
import subprocess
import sys

import h5py
import nanobind
import numpy as np
import pytest

SOURCE = pathlib.Path(__file__).parents[2]


def script_in(document):
    return re.search(r"```python\n(.*?)```", (SOURCE / document).read_text(), re.DOTALL).group(1)


def test_the_readme_and_the_guide_have_the_same_script():
    assert script_in("README.md") == script_in("docs/python.md")


def test_the_readmes_script_gives_the_programs_numbers(tmp_path, program, sample):
    python = tmp_path / "fresh/bin/python"
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True, env=clean)
    # pip fetches a nanobind of its own; the build takes this one, whose files ccache knows.
    installed = subprocess.run([python, "-m", "pip", "install", "--disable-pip-version-check", SOURCE, "-C",
                                f"cmake.define.FIRSTLIGHT_CUDA={os.environ['FIRSTLIGHT_CUDA']}", "-C",
                                f"cmake.define.nanobind_DIR={nanobind.cmake_dir()}"],
                               capture_output=True, text=True, env=clean)
    if installed.returncode != 0 and re.search("No matching distribution|Could not find a version|Connection",
                                               installed.stderr + installed.stdout):
        pytest.skip("PyPI could not be reached")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    found = subprocess.run([python, "-c", "import firstlight; print(firstlight.__file__)"], capture_output=True, text=True,
                           env=clean, cwd=tmp_path, check=True).stdout
    assert (tmp_path / "fresh") in pathlib.Path(found).parents
    for part in ("py.typed", "_native.pyi", "napari.yaml", "firstlight", "firstlight-probe"):
        assert (pathlib.Path(found.strip()).parent / part).exists(), part
    (tmp_path / "sample_data").symlink_to(SOURCE / "sample_data")
    batch = "import firstlight; firstlight.batch('sample_data/bars.h5', 'out', check=True, progress=False)"
    ran = subprocess.run([python, "-W", "error", "-c", script_in("README.md") + batch], capture_output=True, text=True, env=clean,
                         cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    program("reconstruct", sample("star"), "-o", tmp_path / "by_program.h5", "--quiet", "--recipe", "transmission",
            "--time_gate.open_ps", "-40", "--time_gate.close_ps", "10")
    with h5py.File(tmp_path / "by_program.h5") as a, h5py.File(tmp_path / "star.python.h5") as b:
        for name, values in a["entry/image"].items():
            assert np.array_equal(values[...].view("u1"), b["entry/image"][name][...].view("u1")), name
