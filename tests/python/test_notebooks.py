"""The example notebooks run from top to bottom, and show what their texts say."""
import json
import pathlib

import numpy as np
import pytest

pytest.importorskip("xarray", reason="xarray is missing")
matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is missing")
matplotlib.use("Agg")
NOTEBOOKS = pathlib.Path(__file__).parents[2] / "docs/notebooks"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a notebook's cells in an empty folder; returns its variables."""
    def run(name):
        monkeypatch.chdir(tmp_path)
        variables = {}
        notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == [] and cell["execution_count"] is None, "committed without outputs"
                exec(compile("".join(cell["source"]), f"{name}, {cell['id']}", "exec"), variables)
        matplotlib.pyplot.close("all")
        return variables
    return run


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_counts_to_image(run, tmp_path):
    shown = run("counts_to_image")
    assert 0.9 < shown["pulls"].std() < 1.2 and -1.2 < shown["pulls"].mean() < 0 and shown["good"].sum() > 1500
    assert np.nanmedian(shown["result"]["purity"]) > 0.95
    assert (tmp_path / "bars.result.h5").exists()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_folder_of_scans(run, tmp_path):
    shown = run("folder_of_scans")
    assert [i.name for i in shown["outcome"].failed] == ["torn"] and len(shown["done"]) == 3
    assert shown["images"].optical_depth.shape == (3, 48, 48)
    difference = shown["clear"] - shown["expected"]
    assert abs(difference[:2]).max() < 0.1  # beyond there is not enough light
    assert "3 of 4 scans reconstructed" in (tmp_path / "report.html").read_text()


def test_notebooks_are_linked():
    for document in ("README.md", "docs/python.md"):
        text = (NOTEBOOKS.parents[1] / document).read_text()
        assert all(n.name in text for n in NOTEBOOKS.glob("*.ipynb")), document
