"""The detector's MTF: closed forms, and files with every mistake a table can have."""

import numpy as np
import pytest
import torch

from segdepth_app.config import DetectorConfig
from segdepth_app.errors import InputError
from segdepth_app.microscope.mtf import mtf_of, read_mtf


def test_ideal_detector_has_no_mtf():
    assert mtf_of(DetectorConfig()) is None


@pytest.mark.parametrize(("exponent", "half"), [(1, 0.5**0.5), (2, 0.5**0.25), (0.5, 0.5 ** (0.5**0.5))])
def test_parametric_mtf_by_hand(exponent, half):
    """At 0, half of Nyquist, Nyquist and twice Nyquist."""
    detector = DetectorConfig(mtf="parametric", mtf_at_nyquist=0.5, mtf_exponent=exponent)
    got = mtf_of(detector)(torch.tensor([[0.0, 4.7], [9.4, 18.8]]), 9.4)
    assert got.dtype == torch.float32
    assert got.shape == (2, 2)
    np.testing.assert_allclose(got.ravel(), [1, half, 0.5, 0.5**2**exponent], rtol=1e-6)


def test_parametric_mtf_of_exponent_two_is_a_gaussian_blur():
    """m = exp(-2π²s²g²) at Nyquist is the transfer of a Gaussian of standard deviation s, everywhere."""
    spread, nyquist = 0.02, 9.4
    at_nyquist = float(np.exp(-2 * np.pi**2 * spread**2 * nyquist**2))
    mtf = mtf_of(DetectorConfig(mtf="parametric", mtf_at_nyquist=at_nyquist, mtf_exponent=2))
    g = torch.linspace(0, 13, 40, dtype=torch.float64)
    np.testing.assert_allclose(mtf(g, nyquist), np.exp(-2 * np.pi**2 * spread**2 * g.numpy() ** 2), rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "cycles_per_px,mtf\n0,1\n0.25,0.8\n0.5,0.3\n",
        "nyquist_fraction,mtf\n0,1\n0.5,0.8\n1,0.3\n",
        "\ufeff# of my camera\r\ncycles_per_px, mtf\r\n\r\n0 , 1.0004\r\n0.25,0.8\r\n# noisy from here\r\n0.5,0.3\r\n",
        "cycles_per_px,mtf\n0.0625,0.95\n0.25,0.8\n0.5,0.3\n",
    ],
    ids=["cycles", "fractions", "remarks", "starts-late"],
)
def test_file_is_interpolated_and_holds_its_last_value(tmp_path, text):
    """Straight lines between its points, from 1 at 0."""
    path = tmp_path / "µ mtf.csv"
    path.write_text(text, encoding="utf-8", newline="")
    mtf = mtf_of(DetectorConfig(mtf="file", mtf_file=path))
    g = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], dtype=torch.float64)
    np.testing.assert_allclose(mtf(g, 4.0), [1, 0.9, 0.8, 0.55, 0.3, 0.3], rtol=1e-6)


def test_interpolation_is_numpys(tmp_path):
    path = tmp_path / "mtf.csv"
    points = [(0, 1), (0.11, 1.1), (0.2, 0.7), (0.43, 0.71), (0.6, 0.02)]
    path.write_text("cycles_per_px,mtf\n" + "".join(f"{f},{v}\n" for f, v in points), encoding="utf-8")
    g = np.random.default_rng(0).uniform(0, 3, (7, 9))
    got = read_mtf(path)(torch.from_numpy(g), 2.0)
    # 2.0 is half a cycle per pixel
    np.testing.assert_allclose(got, np.interp(g / 4, *zip(*points, strict=True)), rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("frequency,mtf\n0,1\n0.5,0.5\n", "Line 1 .*no heading.*cycles_per_px,mtf"),
        ("# nothing else\n", "Line 1 .*no heading"),
        ("cycles_per_px,mtf,error\n0,1,0\n", "Line 1 .*no heading"),
        ("cycles_per_px,mtf\n", "no points"),
        ("cycles_per_px,mtf\n0,1\n0.5;0.5\n", "Line 3 .*two numbers"),
        ("cycles_per_px,mtf\n0,1\n0.5,0.5,7\n", "Line 3 .*two numbers"),
        ("cycles_per_px,mtf\n0,1\n# a\n\n0.3,high\n", "Line 5 .*two numbers"),
        ("cycles_per_px,mtf\n0,1\n0.5,1.3\n", r"Line 3 .*1\.3 at 0\.5.*0 to 1\.2"),
        ("cycles_per_px,mtf\n0,1\n0.5,-0.1\n", "Line 3 .*0 to 1"),
        ("cycles_per_px,mtf\n0,1\n0.5,nan\n", "Line 3 .*0 to 1"),
        ("cycles_per_px,mtf\n0,1\ninf,0.5\n", "Line 3 .*0 or more"),
        ("cycles_per_px,mtf\n-0.1,1\n0.5,0.5\n", "Line 2 .*0 or more"),
        ("cycles_per_px,mtf\n0,1\n0.3,0.6\n0.3,0.5\n0.5,0.4\n", "Line 4 .*increase"),
        ("cycles_per_px,mtf\n0,0.8\n0.5,0.5\n", "Line 2 .*frequency 0"),
        ("cycles_per_px,mtf\n0.2,0.8\n0.5,0.5\n", r"Line 2 .*0\.4 of the Nyquist"),
        ("cycles_per_px,mtf\n0,1\n0.4,0.5\n", r"ends at 0\.8 of the Nyquist"),
        ("", "empty"),
    ],
)
def test_unusable_file_is_refused_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "mtf.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=complaint) as error:
        read_mtf(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_binary_or_missing_file_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a readable CSV"):
        read_mtf(tmp_path / "x.csv")
    with pytest.raises(InputError, match="MTF file not found"):
        read_mtf(tmp_path / "none.csv")
