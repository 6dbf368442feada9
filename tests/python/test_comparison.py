"""firstlight.compare gives the keys and numbers of `firstlight compare --json`."""
import json

import firstlight
import pytest

QUIET = {"progress": False, "backend": "cpu"}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["star", "kerr", "tomography"])
def test_against_the_truth(tmp_path, program, sample, name):
    scan = firstlight.open(sample(name))
    result = firstlight.reconstruct(scan, **QUIET)
    result.save(tmp_path / "result.h5")
    more = {"bars": [(2, 2, 12, 12, 4.5)]}
    told = json.loads(program("compare", tmp_path / "result.h5", sample(name), "--json", "--bars", "2,2,12,12,4.5"))
    assert firstlight.compare(str(tmp_path / "result.h5"), str(sample(name)), **more) == told
    assert told["views"] and len(told["views"][0]) > 5
    figures = ("views", "volume")
    for other in (scan, sample(name)):
        found = firstlight.compare(result, other, **more)
        assert {k: found.get(k) for k in figures} == {k: told.get(k) for k in figures}
    held = firstlight.from_array(scan.counts[...], reference=None if scan.reference is None else scan.reference[...], **scan.attrs)
    with pytest.raises(firstlight.BadInputError, match="array: /entry/truth is missing"):
        firstlight.compare(result, held)
    held.truth = scan.truth
    assert firstlight.compare(result, held, **more)["views"] == told["views"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_against_another_result(tmp_path, program, sample):
    paths = [tmp_path / "a.h5", tmp_path / "b.h5"]
    results = [firstlight.reconstruct(sample("star"), "transmission", time_gate={"open_ps": p}, **QUIET) for p in (-60, -40)]
    for result, path in zip(results, paths):
        result.save(path)
    told = json.loads(program("compare", *paths, "--json"))
    found = firstlight.compare(*results)
    assert found["views"] == told["views"] and told["views"][0]["ballistic_rmse"] > 0
    assert firstlight.compare(*paths)["views"] == told["views"]
    same = firstlight.compare(results[0], results[0])["views"][0]
    assert same["ballistic_rmse"] == 0 and same["ballistic_ncc"] == pytest.approx(1)


def test_what_cannot_be_compared(sample):
    star = firstlight.reconstruct(sample("star"), **QUIET)
    for error, words, arguments, options in [
            (firstlight.BadInputError, "cannot be compared with .*kerr.h5", (star, sample("kerr")), {}),
            (firstlight.UsageError, "cannot take .*expected a result, or its path", (sample("star"), sample("star")), {}),
            (firstlight.UsageError, "cannot take 5", (star, 5), {}),
            (firstlight.UsageError, "--edge 1,2: not a region", (star, sample("star")), {"edges": [(1, 2)]})]:
        with pytest.raises(error, match=words):
            firstlight.compare(*arguments, **options)
