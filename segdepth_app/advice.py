"""The job `advise`: answers what the New run dialog asks, in a child process, since the window has no torch.

Requests: `network` (settings of a network; its number of parameters and pixels) and `device` (the processor, the
GPUs, and why none is used). An answer that cannot be given has a `problem` instead.
"""

from typing import Any

from pydantic import Field

from segdepth_app.config import Config, NetworkConfig, build
from segdepth_app.errors import SegDepthError
from segdepth_app.reporting import Reporter


class AdviceConfig(Config):
    """Nothing to set."""

    folder: str = Field("", description="Folder for files of answers; none are written.")


def run(config: AdviceConfig, reporter: Reporter) -> None:
    """Answers until the caller is gone."""
    reporter.started()
    for request in reporter.requests():
        try:
            found = answer_to(request)
        except SegDepthError as error:
            found = {"problem": str(error)}
        reporter.answer(request["id"], about=request["cmd"], **found)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request. Raises: InputError for settings that no network can have."""
    if request["cmd"] == "device":
        from segdepth_app.doctor.gpu import devices

        return devices()
    if request["cmd"] == "network":
        config = build(NetworkConfig, request["network"])
        from segdepth_app.models.networks import description

        facts = description(config, float(request["pixel_size_pm"]))
        return {name: value for name, value in facts.items() if name != "blocks"}
    return {"problem": f"Nothing is known about {request['cmd']!r}."}
