"""Scaling of FFTs, whatever the size and the number of threads."""

import pytest
import torch

from segdepth_app.microscope.fourier import crop_spectrum, fft2, ifft2


@pytest.mark.parametrize("n", [64, 100, 2048])
def test_round_trip_keeps_the_scale_on_two_threads(n):
    """torch 2.13 with MKL scales a single 2048² complex64 transform twice on two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        wave = torch.ones(n, n, dtype=torch.complex64)
        spectrum = fft2(wave)
        back = ifft2(spectrum)
    finally:
        torch.set_num_threads(threads)
    assert spectrum[0, 0].real.item() == pytest.approx(n * n, rel=1e-6)
    torch.testing.assert_close(back, wave, rtol=0, atol=1e-4)


@pytest.mark.parametrize("shape", [(20, 24), (33, 31), (128, 90)])
def test_cropped_spectrum_samples_the_same_function(shape):
    """A sum of low waves on a coarser or finer grid, against the closed form."""

    def waves(h, w):
        y, x = torch.meshgrid(torch.arange(h) / h, torch.arange(w) / w, indexing="ij")
        return 1 + torch.cos(2 * torch.pi * (3 * x + 2 * y)) + 0.5 * torch.sin(2 * torch.pi * (5 * x - 4 * y))

    spectrum = fft2(waves(48, 60).to(torch.complex64))
    got = ifft2(crop_spectrum(spectrum, shape)).real
    # float32 rounding over a few thousand terms
    torch.testing.assert_close(got, waves(*shape), rtol=0, atol=2e-5)
