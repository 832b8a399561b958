"""Command lines that are spelt wrong or out of range: the line names what is wrong and what to do."""

import pytest
from refusals import assert_refused

LINES = {
    "no verb": ("--json", "VERB"),
    "unknown verb": ("frobnicate", "frobnicate"),
    "unknown option": ("doctor --fast", "--fast"),
    "an option cut short": ("infer --mod m s.tif --out r.h5", "--mod"),
    "a missing option": ("infer s.tif --out r.h5", "--model"),
    "an option without its value": ("image a.csv --out", "--out"),
    "too many arguments": ("describe a b", "b"),
    "no number": ("image a.csv --out a.tif --defocus-nm six", "defocus_nm"),
    "out of range": ("image a.csv --out a.tif --defocus-nm 1e9", "defocus_nm", "100"),
    "not a number at all": ("image a.csv --out a.tif --defocus-nm nan", "defocus_nm"),
    "a dose of nothing": ("image a.csv --out a.tif --dose 0", "--dose"),
    "a dose in words": ("image a.csv --out a.tif --dose much", "--dose", "much"),
    "three edges": ("image a.csv --out a.tif --shape 1,2,3", "--shape", "1,2,3"),
    "one edge": ("image a.csv --out a.tif --shape 512", "--shape", "512"),
    "a wrong potential": ("image a.csv --out a.tif --potential mine", "potential"),
    "a wrong ending": ("image {structure} --out a.docx", "a.docx"),
    "evaluation without noise": ("evaluate --model m --dataset d.h5 --out e --dose none", "--dose"),
    "a wrong split": ("evaluate --model m --dataset d.h5 --out e --split exam", "split"),
    "a pixel with one number": ("trace r.h5 --pixel 5", "--pixel"),
    "a pixel beyond the frame": ("trace {result} --pixel 5000,5", "5000"),
    "a frame beyond the series": ("saliency --model {model} {series} --frame 99 --pixel 5,5 --out s.npy", "99"),
    "a depth beyond the classes": ("saliency --model m s.tif --pixel 5,5 --depth 11 --out s.npy", "depth"),
    "no such model": ("infer --model nobody {series} --out r.h5", "nobody"),
    "no such preset": ("simulate --preset nobody --out a.h5", "nobody", "quick"),
    "preset and file": ("simulate {settings} --preset quick --out a.h5", "--preset"),
    "an unknown setting": ("simulate --set colour=red --out a.h5", "colour"),
    "a setting without a value": ("simulate --set n_specimens --out a.h5", "--set"),
    "a setting below a value": ("simulate --set out.x=1 --out a.h5", "out"),
    "ranges the wrong way round": ("simulate --set optics.c1_low_nm=99 --out a.h5", "optics", "Swap"),
    "no such job": ("schema nobody", "nobody"),
    "describe nothing": ("describe", "--network"),
    "describe two things": ("describe m --network fast", "describe"),
    "a network too wide": ("describe --network fast --width 9999", "width"),
    "nothing to export": ("export {result}", "tiff, csv, events, hdf5, figure, movie"),
    "a figure of an unknown kind": ("export {result} --figure a.docx", "a.docx"),
    "a vacuum that is none": ("infer --model {model} {series} --vacuum dark --out r.h5", "vacuum"),
    "a vacuum beyond the frame": ("infer --model {model} {series} --vacuum 0,0,9999,9999 --out r.h5", "vacuum"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_wrong_command_line_is_refused_in_one_line(case, attempt, good):
    line, *words = LINES[case]
    argv = [part.format(**good) for part in line.split()]
    assert_refused(attempt(*argv), *words)


def test_a_series_without_pixel_size_names_the_option(attempt, good, place):
    import tifffile

    tifffile.imwrite(place / "bare.tif", tifffile.imread(good["series"]))
    assert_refused(attempt("infer", "--model", good["model"], "bare.tif", "--out", "r.h5"), "--pixel-size-pm")
