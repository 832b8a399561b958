"""The `explore` child: serves one series and, with a model, saliency maps of it. No widgets."""

from typing import Any

from segdepth_app.gui.child import ServingChild


class ExploreChild(ServingChild):
    """A running `explore` job."""

    def __init__(self, jobs: Any, options: dict[str, Any], model: str | None, title: str) -> None:
        ended = ("The helper that reads the series has ended.", "Open the series again.")
        super().__init__(jobs, "explore", {**options, "model": model}, title, ended=ended)
