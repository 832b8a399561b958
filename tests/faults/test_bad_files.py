"""Every verb, every file it reads, every way such a file can be bad."""

import os
import shutil

import pytest
from refusals import assert_refused

# {bad} stands for the bad file, {kind} for a good one of that kind
READERS = {
    "simulate-settings": ("settings", "simulate {bad} --out set.h5"),
    "movie-settings": ("settings", "movie {bad} --out movie.tif"),
    "train-settings": ("settings", "train {bad} --dataset {dataset} --out run"),
    "train-dataset": ("dataset", "train --preset quick --dataset {bad} --out run --device cpu"),
    "image-structure": ("structure", "image {bad} --out image.tif --shape 64,64 --device cpu"),
    "evaluate-model": ("model", "evaluate --model {bad} --dataset {dataset} --out judged --device cpu"),
    "evaluate-dataset": ("dataset", "evaluate --model {model} --dataset {bad} --out judged --device cpu"),
    "infer-model": ("model", "infer --model {bad} {series} --out result.h5 --device cpu"),
    "infer-series": ("series", "infer --model {model} {bad} --out result.h5 --device cpu"),
    "saliency-model": ("model", "saliency --model {bad} {series} --pixel 5,5 --out map.npy --device cpu"),
    "saliency-series": ("series", "saliency --model {model} {bad} --pixel 5,5 --out map.npy --device cpu"),
    "trace-result": ("result", "trace {bad} --pixel 5,5 --csv trace.csv"),
    "columns-result": ("result", "columns {bad} --csv columns.csv"),
    "export-tiff": ("result", "export {bad} --tiff depth.tif"),
    "export-csv": ("result", "export {bad} --csv columns.csv"),
    "export-figure": ("result", "export {bad} --figure figure.png"),
    "describe-model": ("model", "describe {bad}"),
}


def missing(path, _good):
    pass


def empty(path, _good):
    path.touch()


def truncated(path, good):
    content = good.read_bytes()
    # a CSV cut between two rows is a shorter CSV: cut within the first
    path.write_bytes(content[: 30 if good.suffix == ".csv" else len(content) // 2])


def a_text(path, _good):
    path.write_text("Not what you think.\nReally not.\n", encoding="utf-8")


def of_zeros(path, _good):
    path.write_bytes(bytes(4096))


def an_empty_folder(path, _good):
    path.mkdir()


def a_loop_of_links(path, _good):
    path.symlink_to(path)


BAD = (missing, empty, truncated, a_text, of_zeros, an_empty_folder, a_loop_of_links)


@pytest.mark.parametrize("make_bad", BAD, ids=lambda make: make.__name__)
@pytest.mark.parametrize("reader", READERS)
def test_a_bad_file_is_refused_in_one_line(reader, make_bad, attempt, good, place):
    kind, line = READERS[reader]
    bad = place / f"bad{good[kind].suffix}"
    make_bad(bad, good[kind])
    argv = [part.format(bad=bad.name, **good) for part in line.split()]
    assert_refused(attempt(*argv), bad.name)


@pytest.mark.parametrize("wrong", ["dataset", "model", "series", "result", "structure"])
@pytest.mark.parametrize("reader", READERS)
def test_a_good_file_of_another_kind_is_refused_in_one_line(reader, wrong, attempt, good, place):
    kind, line = READERS[reader]
    if kind == wrong:
        pytest.skip("that is the right kind")
    # under the name of the right kind, as a mixed-up copy would be
    bad = place / f"bad{good[kind].suffix}"
    shutil.copy(good[wrong], bad)
    argv = [part.format(bad=bad.name, **good) for part in line.split()]
    assert_refused(attempt(*argv), bad.name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may read everything")
@pytest.mark.parametrize("reader", READERS)
def test_a_file_one_may_not_read_is_refused_in_one_line(reader, attempt, good, place):
    kind, line = READERS[reader]
    bad = place / f"bad{good[kind].suffix}"
    shutil.copy(good[kind], bad)
    bad.chmod(0)
    argv = [part.format(bad=bad.name, **good) for part in line.split()]
    assert_refused(attempt(*argv), bad.name)
