"""Everything `segdepth doctor` finds, and how it says it."""

import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segdepth_app import __version__, paths
from segdepth_app.doctor import places, versions
from segdepth_app.doctor.gpu import devices
from segdepth_app.doctor.places import GB, MEASURED, concern, file_facts, folder_facts, size_of
from segdepth_app.doctor.screen import missing_for_window
from segdepth_app.errors import InputError
from segdepth_app.models.card import DEFAULT_MODEL, as_shipped, read_card, shipped_models
from segdepth_app.shipped import INSTALL_AGAIN, Comparison, compared, shipped_files

Findings = dict[str, Any]
MOST_NAMES = 5
NOT_OURS = "Move what is not SegDepth's out of its folder, or install SegDepth again."
WORDS_AND_PICTURES = ("guide/", "icons/")
EMPTY_COMPARISON = Comparison(listed=())


def examine() -> Findings:
    """Everything `doctor --json` prints. Nothing is written that stays."""
    found: Findings = {
        "segdepth": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "system": versions.system(),
        "executable": sys.executable,
        "frozen": paths.is_frozen(),
        "versions": versions.packages(),
        # torch before Qt: on Windows it cannot be loaded after it
        "devices": devices(),
        "libraries": versions.libraries(),
        "missing_for_window": missing_for_window(),
        "folders": {name: folder_facts(place()) for name, place in places.FOLDERS.items()},
        "temporary": folder_facts(Path(tempfile.gettempdir())),
        "installation": folder_facts(paths.resources().parent),
        "sizes": {name: size_of(places.FOLDERS[name]()) for name in MEASURED},
        "settings": file_facts(paths.settings_file()),
        "log": str(paths.log_folder() / "window.log"),
        **shipped_resources(),
        "default_model": DEFAULT_MODEL,
        "model": default_model(),
    }
    return found | {"faults": list(faults(found)), "warnings": list(warnings(found))}


def shipped_resources() -> Findings:
    """Every shipped file with its size and SHA-256, by its path below resources/; and how they differ from the list."""
    root = paths.resources()
    files: dict[str, dict[str, Any]] = {}
    for name, path in shipped_files(root).items():
        try:
            files[name] = {"bytes": path.stat().st_size, "sha256": paths.sha256_of(path)}
        except OSError as error:
            files[name] = {"bytes": None, "sha256": None, "fault": error.strerror or str(error)}
    hashes = {name: facts["sha256"] for name, facts in files.items()}
    try:
        differences, fault = compared(root, hashes), None
    except InputError as error:
        differences, fault = EMPTY_COMPARISON, error.message
    return {
        "resources": files,
        "shipped": {
            "listed": len(differences.listed),
            "fault": fault,
            "missing": differences.missing,
            "changed": differences.changed,
            "extra": differences.extra,
        },
    }


def default_model() -> Findings:
    """The model that is used where none is named."""
    path = shipped_models().get(DEFAULT_MODEL)
    if path is None:
        return {"name": DEFAULT_MODEL, "path": None, "fault": "The shipped model is missing."}
    try:
        card = read_card(as_shipped(path))
    except InputError as error:
        return {"name": DEFAULT_MODEL, "path": str(path), "fault": error.message}
    return {
        "name": DEFAULT_MODEL,
        "path": str(path),
        "fault": None,
        "network": card.network.kind,
        "parameters": card.parameters,
        "pixel_size_pm": card.pixel_size_pm,
        "metrics": card.metrics,
    }


def faults(found: Findings) -> Iterator[dict[str, str]]:
    """What makes numbers wrong or keeps SegDepth from working; where there is any, the exit code is 1."""
    shipped = found["shipped"]
    if shipped["fault"]:
        yield concern(shipped["fault"], INSTALL_AGAIN)
    if shipped["changed"]:
        only_words = all(name.startswith(WORDS_AND_PICTURES) for name in shipped["changed"])
        so = "" if only_words else ", so that numbers could be wrong"
        yield concern(f"Not as shipped{so}: {_named(shipped['changed'])}.", INSTALL_AGAIN)
    if shipped["missing"]:
        yield concern(f"Shipped, but missing: {_named(shipped['missing'])}.", INSTALL_AGAIN)
    if shipped["extra"]:
        yield concern(f"Not shipped, but among the shipped files: {_named(shipped['extra'])}.", NOT_OURS)
    model = found["model"]
    damaged = (*shipped["changed"], *shipped["missing"])
    if model["fault"] and f"models/{model['name']}.safetensors" not in damaged and not shipped["fault"]:
        yield concern(model["fault"], INSTALL_AGAIN)
    absent = [name for name, version in found["versions"].items() if version is None]
    if absent:
        yield concern(f"Not installed: {_named(absent)}.", INSTALL_AGAIN)
    if "torch cannot be loaded" in (found["devices"]["no_gpu_because"] or ""):
        yield concern(f"{found['devices']['no_gpu_because'].capitalize()}.", INSTALL_AGAIN)
    refused = [folder["path"] for folder in found["folders"].values() if not folder["writable"]]
    # where the workspace takes nothing, so do the folders in it
    outermost = [path for path in refused if str(Path(path).parent) not in refused]
    if outermost:
        yield concern(
            f"Nothing can be written to {_named(outermost)}.",
            "Ask for the right to write there, or set SEGDEPTH_HOME to a folder of your own.",
        )
    if not found["temporary"]["writable"]:
        yield concern(
            f"No temporary file can be written to {found['temporary']['path']}.", "Set TMPDIR to a folder of your own."
        )


def warnings(found: Findings) -> Iterator[dict[str, str]]:
    """What should be known, though SegDepth works."""
    yield from places.concerns({**found["folders"], "temporary": found["temporary"]})
    if found["libraries"]["Qt"] == versions.NOT_LOADED:
        yield concern(
            "Qt cannot be loaded: no window can open; the command line works.",
            "Install the system libraries that the README names.",
        )
    if found["missing_for_window"]:
        yield concern(
            f"The system lacks libraries of the window: {', '.join(found['missing_for_window'])}.",
            "Have them installed; without them only the command line works (and a session of Wayland's, perhaps).",
        )
    settings = found["settings"]
    if settings["fault"]:
        yield concern(
            f"The window's settings cannot be read: {settings['path']} ({settings['fault']}).",
            "Get the right to read this file, or delete it; the window then starts with its defaults.",
        )


def report_lines(found: Findings) -> list[str]:
    """The findings for a person; the last lines are the verdict."""
    kind = "installed program" if found["frozen"] else "from source"
    return [
        f"SegDepth {found['segdepth']} ({kind}), Python {found['python']}, {found['executable']}",
        *_system_lines(found),
        *_device_lines(found["devices"]),
        "  ".join(f"{name} {version or 'missing'}" for name, version in found["versions"].items()),
        "  ".join(f"{name} {version}" for name, version in found["libraries"].items()),
        *_folder_lines(found),
        f"settings: {found['settings']['path']} ({_state_of_settings(found['settings'])})",
        f"log: {found['log']}",
        _model_line(found["model"]),
        _shipped_line(found["shipped"]),
        *verdict_lines(found),
    ]


def verdict_lines(found: Findings) -> list[str]:
    """Faults, then warnings, each with what to do; or that all is well."""
    lines = [f"FAULT: {item['message']} {item['advice']}" for item in found["faults"]]
    lines += [f"Note: {item['message']} {item['advice']}" for item in found["warnings"]]
    return lines if found["faults"] else [*lines, "Everything is in place."]


def _system_lines(found: Findings) -> list[str]:
    system = found["system"]
    threads = ", ".join(f"{name}={value}" for name, value in system["threads"].items()) or "no settings"
    return [
        f"System: {system['name']}, {found['platform']}",
        f"Locale: {system['locale']}, file names in {system['file_names']}, output in {system['text']}",
        f"Threads: {found['devices'].get('cpu_threads', 'unknown')} of torch ({threads})",
    ]


def _device_lines(device: Findings) -> list[str]:
    lines = [f"CPU: {device['cpu']}, {device['cpu_cores']} cores"]
    lines += [f"GPU: {gpu['name']}, {gpu['memory_gib']} GiB" for gpu in device["gpus"]]
    if not device["gpus"]:
        lines.append(f"GPU: none, because {device['no_gpu_because']}.")
    return lines


def _folder_lines(found: Findings) -> Iterator[str]:
    for name, folder in found["folders"].items():
        words = ["writable" if folder["writable"] else "NOT writable"]
        if not folder["exists"]:
            words.append("not made yet")
        if name in found["sizes"] and folder["exists"]:
            size = found["sizes"][name]
            words.append(f"{size['bytes'] / GB:.2f} GB in {size['files']} files")
        yield f"{name}: {folder['path']} ({', '.join(words)})"
    yield f"temporary: {found['temporary']['path']}"
    disks: dict[Any, list[str]] = {}
    facts = {**found["folders"], "temporary files": found["temporary"], "SegDepth itself": found["installation"]}
    for name, folder in facts.items():
        disks.setdefault(folder["disk"], []).append(name)
    for names in disks.values():
        yield f"Disk of {', '.join(names) if len(disks) > 1 else 'all of these'}: {_room(facts[names[0]])}"


def _room(folder: Findings) -> str:
    if folder["free_bytes"] is None:
        return "room unknown"
    kind = f" ({folder['filesystem']})" if folder["filesystem"] else ""
    return f"{folder['free_bytes'] / GB:.1f} of {folder['total_bytes'] / GB:.1f} GB free{kind}"


def _state_of_settings(settings: Findings) -> str:
    if settings["fault"]:
        return f"NOT readable: {settings['fault']}"
    return "readable" if settings["exists"] else "none yet"


def _model_line(model: Findings) -> str:
    return f"Model: {model['name']} ({model['fault'] or format(model['parameters'], ',') + ' parameters'})"


def _shipped_line(shipped: Findings) -> str:
    if shipped["fault"]:
        return "Shipped files: cannot be compared"
    different = [f"{len(shipped[kind])} {kind}" for kind in ("missing", "changed", "extra") if shipped[kind]]
    if different:
        return f"Shipped files: {shipped['listed']}, of them {', '.join(different)}"
    return f"Shipped files: {shipped['listed']}, all as they were shipped"


def _named(names: list[str] | tuple[str, ...]) -> str:
    """Some names, and how many more."""
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
