"""Doses in every unit, against figures worked out by hand."""

import json

import pytest

from segdepth_app import cli
from segdepth_app.units import dose_of_frame, dose_per_area, dose_per_px


def said(capsys, *argv):
    """What `segdepth dose` says as JSON."""
    assert cli.main(["dose", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rate_and_frame_time_give_the_dose_per_pixel():
    """5,000 e/Å²/s for 0.13 s on (0.053 Å)² are 1.83 electrons."""
    assert dose_of_frame(5000, 0.13) == pytest.approx(650)
    assert dose_per_px(650, 5.3) == pytest.approx(1.826, abs=5e-4)


def test_dose_per_pixel_and_per_area_are_each_others_inverse():
    """λ = 2.5 at 5.3 pm is 890 e/Å²; the same area dose at four times the pixel is 16 times the electrons."""
    assert dose_per_area(2.5, 5.3) == pytest.approx(890, abs=0.1)
    assert dose_per_px(dose_per_area(2.5, 5.3), 5.3) == pytest.approx(2.5)
    assert dose_per_px(dose_per_area(2.5, 5.3), 21.2) == pytest.approx(40)


@pytest.mark.parametrize(
    "given",
    [("--rate", "5000"), ("--dose-per-a2", "650"), ("--dose", "1.82585")],
    ids=["rate", "area", "pixel"],
)
def test_whichever_is_given_the_verb_says_all(capsys, given):
    facts = said(capsys, "--pixel-size-pm", "5.3", *given, "--frame-time-s", "0.13")
    assert facts == pytest.approx(
        {
            "pixel_size_pm": 5.3,
            "dose_e_per_px": 1.82585,
            "dose_e_per_a2": 650,
            "frame_time_s": 0.13,
            "rate_e_per_a2_s": 5000,
        },
        rel=1e-9,
    )


def test_without_a_frame_time_there_is_no_rate(capsys):
    facts = said(capsys, "--pixel-size-pm", "5.3", "--dose", "2.5")
    assert sorted(facts) == ["dose_e_per_a2", "dose_e_per_px", "pixel_size_pm"]


def test_the_verb_speaks_to_a_person_as_well(capsys):
    assert cli.main("dose --pixel-size-pm 5.3 --rate 5000 --frame-time-s 0.13".split()) == 0
    assert capsys.readouterr().out.splitlines() == [
        "λ = 1.826 e/px at 5.3 pm/px",
        "650 e/Å² per frame",
        "5000 e/Å²/s, 14.04 e/px/s at 0.13 s per frame",
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--pixel-size-pm 5.3", "none given"),
        ("--pixel-size-pm 5.3 --dose 2 --rate 5", "--dose and --rate given"),
        ("--pixel-size-pm 5.3 --rate 5", "--frame-time-s"),
        ("--pixel-size-pm 0 --dose 2", "--pixel-size-pm needs a number above 0, not '0'"),
        ("--pixel-size-pm 5.3 --dose nan", "--dose needs a number above 0, not 'nan'"),
        ("--pixel-size-pm 5.3 --dose-per-a2 much", "--dose-per-a2 needs a number above 0"),
        ("--pixel-size-pm 5.3 --dose 2 --frame-time-s inf", "--frame-time-s needs a number above 0"),
        ("--dose 2", "--pixel-size-pm"),
    ],
)
def test_unusable_question_gets_one_line(capsys, words, complaint):
    assert cli.main(["dose", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert complaint in err
