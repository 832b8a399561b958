"""Folders and disks, against what df says; and what is said of a disk that is full, in memory or far away."""

import subprocess
import sys
from pathlib import Path

import pytest

from segdepth_app.config import SimulateConfig, build, preset_values
from segdepth_app.doctor.places import (
    LEAST_FREE_BYTES,
    LEAST_TEMPORARY_BYTES,
    concerns,
    file_facts,
    folder_facts,
    kind_of_mount,
    size_of,
)

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:40 / /net rw,relatime shared:2 - autofs systemd-1 rw
31 30 0:41 / /net/anna rw,relatime shared:3 master:1 - nfs4 server:/export rw,vers=4.2
32 27 8:1 / /media/My\040Stick rw - vfat /dev/sdb1 rw
33 27 0:50 / /mnt rw - ext4 /dev/vdb rw
34 33 0:51 / /mnt rw - tmpfs tmpfs rw
a line that is cut
""".splitlines()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/data/SegDepth", "ext4"),
        ("/net/anna/Documents", "nfs4"),
        ("/net/anna", "nfs4"),
        ("/net/annabel", "autofs"),
        ("/media/My Stick/a", "vfat"),
        ("/mnt/x", "tmpfs"),
    ],
)
def test_the_innermost_mount_counts(path, kind):
    """Of two on one point, the later one is seen."""
    assert kind_of_mount(path, MOUNTS) == kind


@pytest.mark.skipif(sys.platform != "linux", reason="GNU df")
def test_size_and_kind_of_a_disk_are_those_of_df(tmp_path):
    done = subprocess.run(
        ["df", "-B1", "--output=size,avail,fstype", tmp_path], capture_output=True, text=True, check=True
    )
    size, available, kind = done.stdout.splitlines()[1].split()
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    if not any(line.split()[4] == "/" for line in mounts):
        pytest.skip("in a root of its own (chroot) the table of mounts does not tell what lies below it")
    facts = folder_facts(tmp_path / "not" / "there")
    assert (facts["total_bytes"], facts["filesystem"], facts["exists"]) == (int(size), kind, False)
    # others write to the same disk
    assert abs(facts["free_bytes"] - int(available)) < 1e9
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_takes_nothing(tmp_path):
    (tmp_path / "file").touch()
    facts = folder_facts(tmp_path / "file" / "datasets")
    assert (facts["exists"], facts["writable"]) == (False, False)


def test_sizes_are_those_of_the_files_below(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(bytes(1000))
    (tmp_path / "two").write_bytes(bytes(234))
    assert size_of(tmp_path) == {"files": 2, "bytes": 1234}
    assert size_of(tmp_path / "gone") == {"files": 0, "bytes": 0}


def test_a_small_file_that_is_not_there_is_no_fault(tmp_path):
    assert file_facts(tmp_path / "settings.ini")["fault"] is None
    assert file_facts(tmp_path)["fault"]


def place(path, free=10**12, kind="ext4"):
    return {"path": path, "free_bytes": free, "filesystem": kind}


def said(work, temporary=None):
    return [item["message"] for item in concerns({"workspace": work, "temporary": temporary or place("/tmp")})]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ext4", None),
        (None, None),
        ("NTFS", None),
        ("nfs4", "network drive (nfs4)"),
        ("fuse.sshfs", "network drive (fuse.sshfs)"),
        ("network", "network drive"),
        ("tmpfs", "lies in memory"),
        ("vfat", "no file above 4 GB"),
    ],
)
def test_a_disk_of_an_uncommon_kind_is_told(kind, words):
    messages = said(place("/w", kind=kind))
    assert len(messages) == (words is not None)
    assert all(words in message and "/w" in message for message in messages)


def test_little_room_is_told_with_its_number_and_the_reason():
    """The number in the reason is that of the preset: twice the float16 images, while their parts are put together."""
    (message,) = said(place("/w", free=1_234_000_000))
    assert "Only 1.2 GB are free" in message
    preset = build(SimulateConfig, {**preset_values("simulate", "mixed"), "out": Path("x.h5")})
    images = preset.n_specimens * preset.n_defoci
    needed = (
        2 * images * (preset.grid.height_px // preset.grid.binning) * (preset.grid.width_px // preset.grid.binning) * 2
    )
    assert f"takes {needed / 1e9:.1f} GB" in message
    assert needed < LEAST_FREE_BYTES
    assert said(place("/w", free=LEAST_FREE_BYTES)) == []


def test_little_room_for_temporary_files_is_told():
    (message,) = said(place("/w"), place("/tmp", free=100_000_000))
    assert "Only 0.1 GB" in message
    assert f"{4096 * 4096 * 4 / 1e6:.0f} MB" in message
    assert said(place("/w"), place("/tmp", free=LEAST_TEMPORARY_BYTES, kind="tmpfs")) == []


def test_a_disk_that_does_not_say_is_not_complained_of():
    assert said(place("/w", free=None)) == []
