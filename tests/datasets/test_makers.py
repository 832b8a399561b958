"""Batches on a GPU and their memory, and a disk that gets full while a dataset is made.

There is no GPU here: its memory is pretended.
"""

import errno

import numpy as np
import pytest
import torch
from dataset_toys import assert_same, contents, small_config

from segdepth_app.config import GridConfig, OpticsConfig
from segdepth_app.datasets import makers, parts, simulate_one
from segdepth_app.datasets.generate import run
from segdepth_app.datasets.makers import batch_size, bytes_per_specimen, simulate_group
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.locks import LOCK_FILE
from segdepth_app.reporting import Reporter

GB = 10**9


def a_gpu_with(monkeypatch, free):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, 2 * free))


def holds_at_most(monkeypatch, n):
    """Simulating more than n specimens at once runs out of memory; returns the sizes that were tried."""
    tried = []
    simulate = simulate_one.simulate_specimens

    def limited(config, planned, device):
        tried.append(len(planned))
        if len(planned) > n:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return simulate(config, planned, device)

    monkeypatch.setattr(simulate_one, "simulate_specimens", limited)
    return tried


def test_a_gpu_takes_as_many_as_fit(tmp_path, monkeypatch):
    """Against the rule by hand: four fifths of what is free, less the overhead, over the need of one."""
    settings = small_config(tmp_path)
    one = bytes_per_specimen(settings)
    a_gpu_with(monkeypatch, int((makers.GPU_OVERHEAD_BYTES + 10.5 * one) / 0.8))
    assert batch_size(settings, "cuda") == 10
    a_gpu_with(monkeypatch, 1000)
    assert batch_size(settings, "cuda") == 1
    a_gpu_with(monkeypatch, 10**15)
    assert batch_size(settings, "cuda") == makers.LARGEST_BATCH


@pytest.mark.parametrize(("device", "asked", "size"), [("cpu", 0, 1), ("cpu", 5, 5), ("cuda", 7, 7)])
def test_what_was_asked_for_is_taken(device, asked, size, tmp_path):
    assert batch_size(small_config(tmp_path, batch_specimens=asked), device) == size


def test_frozen_phonons_need_a_wave_each(tmp_path):
    grid = GridConfig(height_px=160, width_px=192, binning=4, wave_sampling_pm=5.3)
    plain = small_config(tmp_path, grid=grid)
    shaken = small_config(tmp_path, grid=grid, optics=OpticsConfig(thermal="frozen-phonon", n_phonons=6))
    assert bytes_per_specimen(shaken) == 6 * bytes_per_specimen(plain)


def test_a_batch_that_does_not_fit_is_made_in_two_halves(tmp_path, monkeypatch):
    settings = small_config(tmp_path, n_specimens=5)
    group = plan_dataset(settings)
    expected = simulate_group(settings, group)
    tried = holds_at_most(monkeypatch, 3)
    made = simulate_group(settings, group)
    assert tried == [5, 3, 2]
    for a, b in zip(expected, made, strict=True):
        np.testing.assert_array_equal(a.images, b.images)


@pytest.mark.parametrize(("n", "tried"), [(5, [5, 3]), (1, [1])])
def test_a_gpu_too_small_for_half_is_told_with_the_numbers(n, tried, tmp_path, monkeypatch):
    settings = small_config(tmp_path, n_specimens=n)
    sizes = holds_at_most(monkeypatch, 0)
    a_gpu_with(monkeypatch, 4 * GB)
    monkeypatch.setattr("segdepth_app.microscope.device.pick_device", lambda _: torch.device("cpu"))
    with pytest.raises(SegDepthError, match=r"take about \d+\.\d GB; the GPU has 4\.0 of 8\.0 GB free") as caught:
        simulate_group(settings, plan_dataset(settings))
    assert sizes == tried
    assert "batch_specimens" in caught.value.hint


class Disk:
    """A disk whose free space falls with every part that is written."""

    def __init__(self, monkeypatch, free, per_part):
        self.free, self.per_part = free, per_part
        monkeypatch.setattr(parts.shutil, "disk_usage", lambda _: self)
        write = parts.Parts.write

        def written(these, made):
            self.free -= self.per_part
            return write(these, made)

        monkeypatch.setattr(parts.Parts, "write", written)


def test_a_small_disk_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    """Parts and file of 4 × 2 images of 40 × 48 px of 2 bytes, and the reserve: 100.06 MB."""
    Disk(monkeypatch, parts.RESERVE_BYTES + 2 * 8 * 40 * 48 * 2 - 1, 0)
    with pytest.raises(InputError, match=r"needs about 0\.1 GB .* has 0\.1 GB free"):
        run(small_config(tmp_path), Reporter())
    Disk(monkeypatch, parts.RESERVE_BYTES + 2 * 8 * 40 * 48 * 2, 0)
    run(small_config(tmp_path), Reporter())


@pytest.mark.parametrize(("batch", "kept"), [(1, 3), (2, 4)])
def test_a_disk_that_gets_full_stops_the_job_in_time(batch, kept, tmp_path, monkeypatch):
    """Something else fills the disk meanwhile. What is finished stays, and the same command ends the dataset."""
    settings = small_config(tmp_path, n_specimens=6, batch_specimens=batch)
    with monkeypatch.context() as patch:
        Disk(patch, 2 * parts.RESERVE_BYTES, parts.RESERVE_BYTES // 3)
        with pytest.raises(SegDepthError, match=r"disk of .* is full: \d+ MB are free") as caught:
            run(settings, Reporter())
    assert f"{kept} of 6 specimens are kept" in caught.value.hint
    assert not isinstance(caught.value, InputError)
    assert not settings.out.exists()
    run(settings, Reporter())
    whole = small_config(tmp_path, "whole.h5", n_specimens=6)
    run(whole, Reporter())
    assert_same(contents(whole.out), contents(settings.out))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_part_that_cannot_be_written_leaves_no_half_and_one_clear_line(code, tmp_path, monkeypatch):
    settings = small_config(tmp_path)
    save, calls = np.savez, []

    def full(stream, **arrays):
        calls.append(1)
        if len(calls) == 3:
            stream.write(b"half a part")
            raise OSError(code, "nothing goes any more")
        save(stream, **arrays)

    monkeypatch.setattr(parts.np, "savez", full)
    with pytest.raises(SegDepthError, match="nothing more could be written"):
        run(settings, Reporter())
    names = sorted(path.name for path in parts.parts_folder(settings.out).iterdir() if path.name != LOCK_FILE)
    assert names == ["000000.npz", "000001.npz", "config.json"]


def test_a_disk_that_is_full_at_the_end_keeps_all_parts(tmp_path, monkeypatch):
    """HDF5's own words for it carry no error number."""
    settings = small_config(tmp_path)

    def full(*_arguments, **_options):
        raise OSError("Can't synchronously write data (file write failed: error message = 'No space left on device')")

    with monkeypatch.context() as patch:
        patch.setattr("segdepth_app.datasets.generate.write_dataset", full)
        with pytest.raises(SegDepthError, match=r"is full"):
            run(settings, Reporter())
    assert len(list(parts.parts_folder(settings.out).glob("*.npz"))) == 4
    run(settings, Reporter())
    assert settings.out.exists()


def test_other_faults_of_a_disk_keep_their_own_words(tmp_path, monkeypatch):
    def broken(*_arguments, **_options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(parts.np, "savez", broken)
    with pytest.raises(OSError, match="Input/output error"):
        run(small_config(tmp_path), Reporter())
