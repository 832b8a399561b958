"""Reads the report's page back with the standard library's parser, and writes small studies."""

import json
from html.parser import HTMLParser
from pathlib import Path

from segdepth_app.evaluation.study_records import FORMAT

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Texts, tables {(last heading, caption): rows of cells} and the attributes that point somewhere.

    A cell is its text, or the numbers in its <data> elements. Raises: AssertionError where tags are not nested.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.heading = self.caption = ""
        self.tables: dict[tuple[str, str], list[list]] = {}
        self.rows: list[list] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[name] for name in ("src", "href") if name in found]
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h2", "h3"):
            self.heading = ""
        elif tag == "table":
            self.caption, self.rows = "", []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "data":
            if "td" in self.open:
                before = self.rows[-1][-1]
                self.rows[-1][-1] = [*(before if isinstance(before, list) else ()), float(found["value"])]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            self.tables[self.heading, self.caption] = self.rows

    def handle_data(self, text):
        self.texts.append(text)
        if "h2" in self.open or "h3" in self.open:
            self.heading += text
        elif "caption" in self.open:
            self.caption += text
        elif self.open and self.open[-1] in ("td", "th"):
            cell = self.rows[-1][-1]
            self.rows[-1][-1] = cell if isinstance(cell, list) else cell + text

    @property
    def text(self) -> str:
        """Everything that is read."""
        return " ".join(self.texts)


def write_study(folder: Path, **changes) -> Path:
    """A study with one table, one plot and one picture that is not drawn."""
    (folder / "figures").mkdir(parents=True)
    curve = {"label": "a <model>", "role": "model", "x": [1.0, 2.5], "y": [0.5, None], "low": [0.4, None]}
    record = {
        "format": FORMAT,
        "kind": "noise",
        "state": "paused",
        "created": "2024-05-01T10:00:00+00:00",
        "config": {"seed": 7},
        "steps": [{"name": "s", "label": "Evaluate", "what": "evaluate", "state": "done", "place": "evaluations/s"}],
        "tables": [
            {
                "name": "main/../table",
                "title": "Table & more",
                "columns": [{"key": "model", "title": "Model"}, {"key": "accuracy", "title": "Accuracy"}],
                "rows": [
                    {"model": "试样", "accuracy": 0.123456789012345, "accuracy_low": 0.1, "accuracy_high": 0.2},
                    {"model": "b", "accuracy": None},
                ],
            }
        ],
        "plots": [
            {
                "name": "plot",
                "title": "Accuracy by dose",
                "x": {"label": "dose λ (e/px)", "log": True},
                "y": {"label": "accuracy", "low": 0, "high": 1},
                "curves": [{**curve, "high": [0.6, None]}],
            }
        ],
        "pictures": [{"name": "map", "title": "A map", "text": "Of something."}],
        "notes": ["column_accuracy is null: no columns."],
        "provenance": {"models": [{"name": "m", "sha256": "abc"}]},
        **changes,
    }
    (folder / "study.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return folder
