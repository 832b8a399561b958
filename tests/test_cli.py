"""The command line: what is parsed, what stays unloaded, exit codes, and what goes to which stream."""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from segdepth_app import cli, config
from segdepth_app.errors import Cancelled, SegDepthError
from segdepth_app.jobs import registry
from segdepth_app.reporting import Command
from segdepth_app.verbs.about import public_jobs
from segdepth_app.verbs.options import field_help
from tests.cli_tools import job_that, settings_of

ROOT = Path(__file__).parents[1]
VERBS = (
    "demo simulate verify convergence movie image train export-cluster evaluate study align calibrate infer saliency "
    "trace columns export report dose describe doctor self-test schema view"
).split()
HEAVY = ("torch", "lightning", "scipy", "h5py", "matplotlib", "PySide6", "numpy")


def test_every_verb_of_the_contract_is_there():
    (choices,) = [a.choices for a in cli.build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    assert sorted(choices) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_on_stdout(verb, capsys):
    assert cli.main([verb, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: segdepth {verb}")
    assert err == ""


@pytest.mark.parametrize("argv", [["schema", "simulate"], ["--help"], ["train", "--help"], ["--version"]], ids=str)
def test_help_and_schema_load_nothing_heavy(argv):
    script = (
        "import sys; from segdepth_app.cli import main; code = main(sys.argv[1:]);"
        f"print(code, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *argv], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.strip() == "0 []"


def test_image_options_become_its_settings():
    settings = settings_of(
        *"image particle.cif --out a.tif --pixel-size-pm 8 --shape 300,500 --defocus-nm -3 --focal-spread-nm 3".split(),
        *"--image-spread-pm 0 --c3-um -12.5 --c5-mm 2 --dose 2.5 --potential kirkland --seed 7".split(),
    )
    assert settings == config.ImageConfig(
        structure=Path("particle.cif"),
        out=Path("a.tif"),
        pixel_size_pm=8,
        height_px=300,
        width_px=500,
        defocus_nm=-3,
        focal_spread_nm=3,
        image_spread_pm=0,
        c3_um=-12.5,
        c5_mm=2,
        dose_e_per_px=2.5,
        potential="kirkland",
        seed=7,
    )


def test_infer_options_become_its_settings():
    settings = settings_of(
        *"infer --model m a.dm4 b.dm4 --pixel-size-pm 8.8 --dose 2 --vacuum 1,2,30,40 --mirror --out r.h5".split()
    )
    assert settings == config.InferConfig(
        model="m",
        series=(Path("a.dm4"), Path("b.dm4")),
        pixel_size_pm=8.8,
        dose_e_per_px=2,
        vacuum="1,2,30,40",
        mirror=True,
        out=Path("r.h5"),
    )


def test_saliency_takes_x_before_y():
    settings = settings_of(*"saliency --model m a.tif --frame 3 --pixel 612,88 --depth 6 --out s.npy".split())
    assert (settings.x_px, settings.y_px, settings.frame, settings.depth) == (612, 88, 3, 6)


@pytest.mark.parametrize("text", ["--dose 1 2.5 5", "--dose 1,2.5,5", "--dose 1 --dose 2.5,5"])
def test_evaluate_takes_several_doses_however_they_are_written(text):
    settings = settings_of(*f"evaluate --model m --dataset d.h5 --out e {text}".split())
    assert settings.doses_e_per_px == (1.0, 2.5, 5.0)


def test_dose_none_means_a_clean_image():
    assert settings_of(*"image a.csv --out a.tif --dose none".split()).dose_e_per_px is None


def test_set_changes_a_nested_setting_of_a_preset():
    settings = settings_of(
        *"simulate --preset quick --set n_specimens=7 --set specimen.wedge_faces=exit --out a.h5".split()
    )
    plain = settings_of(*"simulate --preset quick --out a.h5".split())
    assert (settings.n_specimens, settings.specimen.wedge_faces) == (7, "exit")
    assert settings.model_copy(update={"n_specimens": plain.n_specimens, "specimen": plain.specimen}) == plain


def test_verify_options_become_its_settings():
    settings = settings_of(*"verify d.h5 --recompute 5 --device cpu".split())
    assert settings == config.VerifyConfig(dataset=Path("d.h5"), recompute=5, device="cpu")


@pytest.mark.parametrize("source", ["preset", "file"])
def test_convergence_takes_a_datasets_settings_and_leaves_what_has_no_say(source, tmp_path):
    """How many specimens there are, how they are split and who makes them does not matter for the sampling."""
    of_dataset = settings_of(*"simulate --preset mixed --out d.h5 --device cpu".split())
    path = tmp_path / "config.json"
    path.write_text(of_dataset.model_dump_json(), encoding="utf-8")
    start = ["--preset", "mixed"] if source == "preset" else [str(path)]
    settings = settings_of(
        "convergence", *start, *"--against-pm 2 --samplings-pm 4,8 --set optics.focal_step_nm=1.5 --out c.json".split()
    )
    assert settings == config.ConvergenceConfig(
        preset="mixed",
        specimen=of_dataset.specimen,
        optics=of_dataset.optics.model_copy(update={"focal_step_nm": 1.5}),
        grid=of_dataset.grid,
        seed=of_dataset.seed,
        against_pm=2,
        samplings_pm=(4, 8),
        out=Path("c.json"),
    )


def test_a_settings_file_gives_back_the_same_settings(tmp_path):
    before = settings_of(*"train --preset quick --dataset d.h5 --out run --set max_epochs=3".split())
    path = tmp_path / "config.json"
    path.write_text(before.model_dump_json(), encoding="utf-8")
    assert settings_of("train", str(path), "--out", "run") == before


def test_resume_takes_the_settings_that_the_run_kept(tmp_path):
    before = settings_of(*"train --preset quick --dataset d.h5 --set max_epochs=3 --out".split(), str(tmp_path))
    (tmp_path / "config.json").write_text(before.model_dump_json(), encoding="utf-8")
    assert settings_of("train", "--resume", "--out", str(tmp_path)) == before.model_copy(update={"resume": True})


def test_help_carries_the_fields_sentence_range_and_default():
    text = field_help(config.ImageConfig, "defocus_nm")
    assert text == "Defocus C1; above 0 is overfocus (-100 to 100; default 6)."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Cancelled("The job was cancelled."), 130),
        (KeyboardInterrupt(), 130),
        (SegDepthError("The loss is not a number.", "Lower the learning rate."), 1),
        (MemoryError(), 1),
        (OSError(28, "No space left on device", "a.h5"), 1),
        (PermissionError(13, "Permission denied", "a.h5"), 2),
        (ZeroDivisionError("division by zero\nand more"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_fault_is_one_line_and_an_exit_code(error, code, monkeypatch, capsys):
    def fail(_settings, _reporter):
        raise error

    job_that(monkeypatch, fail)
    assert cli.main(["demo"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("segdepth: ")
    assert err.count("\n") == 1


def test_a_table_is_aligned_on_stdout_and_one_event_for_programs(monkeypatch, capsys):
    rows = [{"check": "splits", "n_wrong": 0, "share": 0.5}, {"check": "a", "n_wrong": 12, "share": None}]
    job_that(monkeypatch, lambda _settings, reporter: reporter.table("checks", rows))
    assert cli.main(["demo"]) == 0
    assert capsys.readouterr().out == "check   n wrong  share\nsplits        0    0.5\na            12      -\n"
    assert cli.main(["demo", "--json"]) == 0
    table = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (table["event"], table["name"], table["rows"]) == ("table", "checks", rows)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("export FILE --tiff a.tif", "is a dataset, not a result. Name a folder for it with --out."),
        ("export FILE --out o --specimens 1,x", "--specimens needs 2 whole numbers"),
        ("export FILE --out o --specimens 99", "has no specimen 99"),
        ("export OTHER --out o", "is not a dataset. --out is for datasets; a result takes --tiff, --csv or --figure."),
        ("export OTHER --tiff a.tif --split test", "--split and --specimens choose from a dataset."),
        ("export MISSING --out o", "not found"),
    ],
)
def test_export_tells_datasets_and_results_apart(argv, words, tmp_path, capsys):
    import h5py

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["format"] = "segdepth-result-1"
    dataset = Path(__file__).parent / "datasets" / "golden" / "first_format.h5"
    places = {"FILE": str(dataset), "OTHER": str(tmp_path / "other.h5"), "MISSING": str(tmp_path / "none.h5")}
    places |= {"o": str(tmp_path / "o")}
    assert cli.main([places.get(word, word) for word in argv.split()]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_export_writes_a_dataset_and_names_the_folder(tmp_path, capsys):
    dataset = Path(__file__).parent / "datasets" / "golden" / "first_format.h5"
    assert cli.main(["export", str(dataset), "--out", str(tmp_path / "o"), "--specimens", "0,3"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'o'}\n"
    assert sorted(path.name for path in (tmp_path / "o").glob("*.tif")) == [
        "specimen_000000.tif",
        "specimen_000003.tif",
    ]


def test_debug_adds_the_traceback(monkeypatch, capsys):
    monkeypatch.setenv("SEGDEPTH_DEBUG", "1")
    job_that(monkeypatch, lambda *_: 1 / 0)
    assert cli.main(["demo"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_json_puts_events_and_nothing_else_on_stdout(monkeypatch, capsys):
    def work(_settings, reporter):
        reporter.started(device="cpu")
        for done in range(1, 201):
            reporter.progress(done, 200, "images")
        reporter.artifact(Path("Größe.h5"))

    job_that(monkeypatch, work)
    assert cli.main(["demo", "--json"]) == 0
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in (events[0], *events[-3:])] == ["started", "progress", "artifact", "end"]
    assert events[-3]["done"] == 200
    # 200 steps take a few ms, ten lines a second may be written
    assert len(events) < 10
    assert events[-2]["path"] == "Größe.h5"
    assert events[-1]["reason"] == "done"
    assert err == ""


def test_json_tells_faults_on_both_streams(monkeypatch, capsys):
    def fail(_settings, _reporter):
        raise SegDepthError("The loss is not a number.", "Lower the learning rate.")

    job_that(monkeypatch, fail)
    assert cli.main(["demo", "--json"]) == 1
    out, err = capsys.readouterr()
    error, end = (json.loads(line) for line in out.splitlines())
    assert (error["event"], error["message"], error["hint"]) == (
        "error",
        "The loss is not a number.",
        "Lower the learning rate.",
    )
    assert (end["event"], end["reason"]) == ("end", "failed")
    assert err == "segdepth: The loss is not a number. Lower the learning rate.\n"


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (["demo"], Command.CANCEL),
        (["train", "--dataset", "d.h5", "--out", "run"], Command.PAUSE),
        (["infer", "--model", "m", "a.tif", "--out", "r.h5"], Command.PAUSE),
    ],
    ids=["demo", "train", "infer"],
)
def test_ctrl_c_pauses_what_can_go_on_and_cancels_anything_else(argv, asked, monkeypatch, capsys):
    heard = []

    def work(_settings, reporter):
        os.kill(os.getpid(), signal.SIGINT)
        heard.append(reporter.command())
        reporter.raise_if_cancelled()

    before = signal.getsignal(signal.SIGINT)
    job_that(monkeypatch, work)
    assert cli.main(argv) == 130
    assert heard == [asked]
    assert signal.getsignal(signal.SIGINT) is before


def test_finished_files_are_named_on_stdout(monkeypatch, capsys):
    job_that(monkeypatch, lambda _settings, reporter: reporter.artifact(Path("a.h5")))
    assert cli.main(["demo"]) == 0
    assert capsys.readouterr().out == "a.h5\n"


@pytest.mark.parametrize(
    ("width", "parameters"),
    [(16, 1_175_563), (32, 4_691_979), (64, 18_747_403), (96, 42_166_283), (130, 77_308_411)],
)
def test_describe_counts_the_parameters_of_the_papers_table(width, parameters, capsys):
    assert cli.main(["describe", "--network", "paper", "--width", str(width), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == parameters


@pytest.mark.parametrize("denoiser", ["separate", "joint"])
def test_describe_counts_a_denoiser_too(denoiser, capsys):
    """By hand at width 64: the segmenter's 18,747,403 less its head's 1,111,051, and 64 + 1 for one channel."""
    assert cli.main(["describe", "--network", "paper", "--width", "64", "--denoiser", denoiser, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["denoiser_parameters"] == 17_636_417
    assert told["parameters"] == 18_747_403 + 17_636_417


def test_describe_counts_transposed_convolutions(capsys):
    """4 channels² + channels at each doubling: 128, 64, 32 and three times 16 channels at width 16."""
    assert cli.main(["describe", "--network", "paper", "--width", "16", "--upsampling", "transposed", "--json"]) == 0
    added = sum(4 * n * n + n for n in (128, 64, 32, 16, 16, 16))
    assert json.loads(capsys.readouterr().out)["parameters"] == 1_175_563 + added


@pytest.mark.parametrize("job", public_jobs())
def test_schema_tells_every_setting_with_its_sentence(job, capsys):
    assert cli.main(["schema", job]) == 0
    schema = json.loads(capsys.readouterr().out)
    model = registry.find_job(job).config_class()
    assert set(schema["properties"]) == set(model.model_fields)
    assert schema["additionalProperties"] is False


def test_a_broken_pipe_is_no_fault():
    """As in `segdepth schema train | head -n 1`."""
    script = f"{sys.executable} -m segdepth_app schema train | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {script}"], cwd=ROOT, capture_output=True, timeout=60)
    assert done.stderr == b""


def test_without_a_terminal_stderr_gets_whole_lines_only(monkeypatch, capsys):
    def work(_settings, reporter):
        reporter.started(device="cpu")
        for unit, total in (("images", 3), ("epochs", 2)):
            for done in range(1, total + 1):
                reporter.progress(done, total, unit)
        reporter.epoch(epoch=1, loss=0.41234567)
        reporter.warning("The pixel size is a guess.")

    job_that(monkeypatch, work)
    assert cli.main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Running on cpu.\nepoch 1  loss 0.4123\nWarning: The pixel size is a guess.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="process groups get signals in another way there")
def test_ctrl_c_in_a_terminal_ends_a_simulation_with_nothing_left(tmp_path):
    """Ctrl-C reaches the whole group: the job and every process it has started."""
    small = "--set grid.height_px=128 --set grid.width_px=128 --set n_defoci=1 --set n_specimens=500 --set workers=2"
    line = f"simulate --preset quick {small} --out {tmp_path / 'a.h5'} --device cpu --json"
    job = subprocess.Popen(
        [sys.executable, "-m", "segdepth_app", *line.split()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for text in job.stdout:
        if json.loads(text)["event"] == "progress":
            break
    os.killpg(job.pid, signal.SIGINT)
    out, err = job.communicate(timeout=60)
    assert job.returncode == 130
    assert json.loads(out.splitlines()[-1])["reason"] == "cancelled"
    heard, sentence = err.splitlines()
    assert heard == "Cancelling … (again to end at once)"
    assert sentence.startswith("segdepth: ")
    assert list(tmp_path.iterdir()) == []
