"""Several processes that train one network: who is who, how they are started, what they agree on.

Each takes its share of every batch (training.batches) and gradients are averaged, so a run depends on their number
in its rounding only. Rank 0 writes; the others compute. On one computer rank 0 starts the others; under SLURM's
srun or torchrun they are there already, and the environment says who is who.
"""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import distributed

from segdepth_app.config import TrainConfig
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.reporting import Command

JOIN_S, LAST_WORDS_S = 30.0, 2.0
_TO_LEADER: list[Connection] = []
"""In a follower: where it says that it is ready, or what went wrong."""
COMMANDS = (None, Command.STOP, Command.PAUSE, Command.CANCEL)
"""In rising order: where ranks were told different things, the last of these counts."""


@dataclass(frozen=True)
class Team:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    n_nodes: int = 1
    is_started: bool = False  # by srun or torchrun

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    @property
    def per_node(self) -> int:
        """Processes on each computer."""
        return self.size // self.n_nodes


ALONE = Team()


def find_team(config: TrainConfig, device: torch.device) -> Team:
    """Who trains: as srun or torchrun says, else as the settings say.

    Raises: InputError where there are fewer GPUs than asked for, fewer crops than processes, or other nodes asked
    for than were given.
    """
    team = _started(os.environ) or _wanted(config, device)
    if config.batch_size < team.size:
        raise InputError(
            f"A batch of {config.batch_size} crops cannot be shared by {team.size} processes.",
            "Raise the batch size, or take fewer devices.",
        )
    return team


def _started(environment: "os._Environ[str] | dict[str, str]") -> Team | None:
    if "TORCHELASTIC_RUN_ID" in environment:
        size, per_node = int(environment["WORLD_SIZE"]), int(environment["LOCAL_WORLD_SIZE"])
        return Team(int(environment["RANK"]), size, max(1, size // per_node), True)
    # in a batch script outside srun the first two are set as well
    is_task = {"SLURM_NTASKS", "SLURM_PROCID", "SLURM_STEP_ID"} <= environment.keys()
    is_shell = environment.get("SLURM_JOB_NAME") in ("bash", "interactive")
    if is_task and not is_shell and int(environment["SLURM_NTASKS"]) > 1:
        n_nodes = int(environment.get("SLURM_STEP_NUM_NODES", environment.get("SLURM_NNODES", "1")))
        return Team(int(environment["SLURM_PROCID"]), int(environment["SLURM_NTASKS"]), n_nodes, True)
    return None


def _wanted(config: TrainConfig, device: torch.device) -> Team:
    if config.nodes > 1:
        raise InputError(
            f"The settings ask for {config.nodes} computers, but this process was started on one.",
            "Start it with srun or torchrun (see `segdepth export-cluster`), or set nodes to 1.",
        )
    if device.type != "cuda":
        return Team(size=config.devices or 1)
    found = torch.cuda.device_count()
    if config.devices > found:
        raise InputError(
            f"The settings ask for {config.devices} GPUs; this computer has {found}.", "Set devices to 0 to take all."
        )
    return Team(size=config.devices or min(found, config.batch_size))


Follow = Callable[[TrainConfig, Team], None]


@contextmanager
def followers(follow: Follow, config: TrainConfig, team: Team) -> Iterator[None]:
    """Runs `follow` in the other processes of this computer while the block runs; nothing where they are started.

    A follower comes here too, and says that it is ready to train; the block begins when all are.

    Raises: SegDepthError with a follower's own words where one cannot begin, or the block fails because one did.
    """
    if team.size == 1 or team.is_started or not team.leads:
        if _TO_LEADER:
            _TO_LEADER[0].send("")
        yield
        return
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    context = multiprocessing.get_context("spawn")
    started: list[tuple[Any, Connection]] = []
    for rank in range(1, team.size):
        mine, theirs = context.Pipe(duplex=False)
        arguments = (follow, config, Team(rank, team.size), address, theirs)
        process = context.Process(target=_follow, args=arguments, daemon=True, name=f"rank-{rank}")
        process.start()
        theirs.close()
        started.append((process, mine))
    try:
        for _, pipe in started:
            if words := _answer(pipe):
                raise SegDepthError(f"One of the {team.size} processes cannot begin: {words}")
        with _environment({**address, "LOCAL_RANK": "0", "NODE_RANK": "0"}):
            yield
    except RuntimeError as error:
        # a lost peer is noticed as a broken connection; what happened is for the peer to say
        told = [_answer(pipe) for _, pipe in started if pipe.poll(LAST_WORDS_S)]
        if told:
            raise SegDepthError(f"One of the {team.size} processes failed: {told[0]}") from error
        raise
    finally:
        with suppress(Exception):  # the others may be gone
            distributed.destroy_process_group()
        for process, _ in started:
            process.join(JOIN_S)
            process.terminate()
            process.join()


def _follow(follow: Follow, config: TrainConfig, team: Team, address: dict[str, str], pipe: Connection) -> None:
    """The life of a follower; Ctrl-C is for the leader to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(address, LOCAL_RANK=str(team.rank), NODE_RANK="0")
    _TO_LEADER.append(pipe)
    try:
        follow(config, team)
    except BaseException as error:  # noqa: BLE001 (the border of the process: the leader tells it)
        with suppress(OSError):
            pipe.send(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from None


def _answer(pipe: Connection) -> str:
    """Nothing where the follower is ready, else what went wrong there."""
    try:
        return str(pipe.recv())
    except (OSError, EOFError):
        return "it was killed, likely because the computer ran out of memory"


def agreed(command: Command | None, device: torch.device) -> Command | None:
    """The command that all ranks act on together, after the same step."""
    if not _is_team():
        return command
    number = torch.tensor(COMMANDS.index(command), device=device)
    distributed.all_reduce(number, distributed.ReduceOp.MAX)
    return COMMANDS[int(number)]


def mean_over_team(value: torch.Tensor) -> torch.Tensor:
    """The mean of every rank's value; the value itself of one alone."""
    if not _is_team():
        return value
    total = value.clone()
    distributed.all_reduce(total)
    return total / distributed.get_world_size()


def sum_over_team(values: list[float], device: torch.device) -> list[float]:
    """Every rank's values added up; the very same of one alone."""
    if not _is_team():
        return values
    # Apple's GPUs have no float64, but no team either
    total = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(total)
    return [float(value) for value in total]


def wait_for_team() -> None:
    """Until every rank is here: else srun ends the leader, still writing, with the first that leaves."""
    if _is_team():
        distributed.barrier()


def _is_team() -> bool:
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, "WORLD_SIZE", "RANK")}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
