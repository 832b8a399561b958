"""The wizard's page about where the training runs: on this computer, or on a cluster later. No Qt."""

from pathlib import Path
from typing import Any

from segdepth_app.config import ClusterConfig
from segdepth_app.gui import drafts
from segdepth_app.gui.train.draft import Draft, Page
from segdepth_app.gui.train.review import free_name
from segdepth_app.gui.train.settings import fields_of

HERE, CLUSTER = "here", "cluster"
CLUSTER_FIELDS = tuple(field for field in ClusterConfig.model_fields if field not in ("train", "folder"))
"""What a cluster's queue wants to know."""
PREFIX = "cluster."
"""Of its fields on this page."""


class WherePage(Page):
    """This computer, or a folder for a cluster."""

    name, title = "where", "Where"
    hint = "A training runs on this computer, or is exported as a folder with a batch script for a cluster."
    fields = fields_of("where")

    def __init__(self, draft: Draft, exports: Path) -> None:
        """`exports`: the folder in which a cluster's folder is suggested."""
        super().__init__(draft)
        self.exports = exports
        self.place = HERE
        self.cluster: dict[str, Any] = {name: drafts.default(ClusterConfig, name) for name in CLUSTER_FIELDS} | {
            "folder": ""
        }

    def on_ready(self) -> None:
        """Suggests a folder that does not exist yet."""
        if not self.cluster["folder"]:
            self.cluster["folder"] = str(self.exports / free_name(self.exports))
        super().on_ready()

    def set(self, field: str, value: Any) -> None:
        """The user typed something; fields of the cluster begin with PREFIX."""
        if field == "place":
            self.place = str(value)
        elif field.startswith(PREFIX):
            self.cluster[field.removeprefix(PREFIX)] = value
        else:
            self.typed[field] = value
        self.check()

    def own_complaints(self) -> dict[str, str]:
        if self.place == HERE:
            return {}
        found = drafts.complaints(ClusterConfig, self.cluster_values(self.draft.values))
        ours = {name: text for name, text in found.items() if name in CLUSTER_FIELDS}
        if not str(self.cluster["folder"]).strip():
            ours["folder"] = "Choose the folder to make."
        elif _is_used(Path(str(self.cluster["folder"]))):
            ours["folder"] = "There is something in this folder. Name one that is new or empty."
        elif not ours and (sharing := self._sharing()):
            ours["gpus"] = sharing
        return {PREFIX + name: text for name, text in ours.items()}

    def _sharing(self) -> str:
        """Why a batch cannot be shared by so many; empty where it can."""
        batch, nodes, gpus = (
            int(self.draft.current("batch_size")),
            int(self.cluster["nodes"]),
            int(self.cluster["gpus"]),
        )
        ranks = nodes * max(gpus, 1)
        what = "GPUs" if gpus else "nodes"
        return f"{ranks} {what} share each batch, which has {batch} crops. Take fewer." if batch < ranks else ""

    def cluster_values(self, train: dict[str, Any]) -> dict[str, Any]:
        """Raw settings of the export."""
        return {**self.cluster, "train": train}


def _is_used(folder: Path) -> bool:
    try:
        return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError:
        return True
