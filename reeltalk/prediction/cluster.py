"""Scores files with Ray Data, on the cores or GPUs of a machine or a cluster: the engine `ray`.

Ray's part is everything between this machine's disk and the model: it streams numbered parts of
the files to a pool of actors, holds back the reading when they are busy, and gives a part whose
actor has died to another. Files are read, and outputs written, on the machine that the command
runs on, in the same parts as the engine `local`: the others need no share of its disk, a CSV's
cells stay the text that they are, and one engine goes on where the other was stopped. The model
travels through Ray's object store.

The only module that knows Ray.
"""

import importlib.util
import logging
import os
import pickle
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reeltalk_inference.cores import available_cores

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.prediction.actors import Scorer, pack_model, read_files
from reeltalk.prediction.files import UNREADABLE
from reeltalk.prediction.inputs import error_line, fetch
from reeltalk.prediction.models import Device
from reeltalk.prediction.parts import Parts
from reeltalk.prediction.progress import Progress
from reeltalk.terminal import warn

PROBE_TIMEOUT_S = 5.0

OBJECT_STORE_BYTES = 512 * 2**20
"""Memory for the parts on their way, and the model, where this command starts Ray."""

READERS = 2
READER_BYTES = 128 * 2**20
ACTOR_BYTES = 512 * 2**20
GPU_ACTOR_BYTES = 2 * 2**30
"""Memory that Ray sets aside for a process; without it, 2.6 GB: more than small machines have."""

MOST_RETRIES = 3
"""How often a part goes to another actor; one that each of them dies of ends the run."""

# One message is one row of Ray's data, so that a part is never split and never waits for others.
_BYTES_PER_BLOCK = 1


def check_cluster(address: str | None) -> None:
    """Refuse, before any work, a Ray that is not installed or an address without a cluster.

    Raises:
        ReelTalkError: within `PROBE_TIMEOUT_S`.
    """
    if not importlib.util.find_spec("ray"):
        raise ReelTalkError(
            "--engine ray needs Ray, which is not installed; install it with: "
            ".venv/bin/pip install --constraint constraints.txt --editable '.[ray]'"
        )
    if address is None:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), PROBE_TIMEOUT_S).close()
    except (OSError, UnicodeError, OverflowError) as error:
        raise ReelTalkError(
            f"--ray-address {address}: no cluster listens there ({first_line(error)}); start one "
            "with: RAY_USAGE_STATS_ENABLED=0 ray start --head --include-dashboard=false"
        ) from error


def score_on_cluster(
    model: Path, device: Device, outputs: list[Parts], address: str | None, most: int | None
) -> tuple[int, list[str]]:
    """Score files on a cluster; what is wrong with one is said, and the others are scored.

    Args:
        model: the model folder, on this machine.
        device: what an actor has one of.
        outputs: what is to be made.
        address: host:port of the cluster; None: a Ray of our own on this machine.
        most: actors at most; None: one for each core, or GPU, that there is.

    Returns:
        The rows in the finished outputs and in those begun, and the errors, a line each.

    Raises:
        ReelTalkError: if Ray does not start, or the cluster has no such device.
    """
    ray = _start(address, most if device == "cpu" else None)
    from ray.data.exceptions import ExecutionTimeoutError

    progress = Progress()
    errors: dict[int, str] = {}
    try:
        found = int(ray.cluster_resources().get(device.upper(), 0))
        if device == "gpu" and not found:
            raise ReelTalkError(
                f"--device gpu: Ray finds none on {address or 'this machine'}; leave the flag out, "
                "and the cores score"
            )
        actors = max(1, min(found, most or found))
        warn(f"Ray: actors {actors}, machines {sum(node['Alive'] for node in ray.nodes())}")
        opened = [(parts, parts.finished()) for parts in outputs]
        packed = ray.put(pack_model(model, device))
        messages = _stream(ray, opened, packed, device, actors)
        _write(messages, opened, progress, errors)
    except (ray.exceptions.RayError, ExecutionTimeoutError) as error:
        errors[-1] = _reason(error)
        warn(f"error: {errors[-1]}")
    finally:
        progress.close()
        ray.shutdown()
    return progress.rows, list(errors.values())


def _reason(error: Exception) -> str:
    """Say why Ray gave up, and whether giving the command again would help."""
    from ray.exceptions import UserCodeException

    cause = getattr(error, "cause", None) or error
    # What an actor cannot begin with stands in Ray's account of how it died.
    _, is_ours, said = str(cause).rpartition(f"{ReelTalkError.__name__}: ")
    if is_ours:
        return f"Ray gave up: {said.strip().splitlines()[0]}"
    again = "" if isinstance(error, UserCodeException) else "; the same command goes on from here"
    return f"Ray gave up ({first_line(cause)}){again}"


def _start(address: str | None, cores: int | None) -> Any:  # noqa: ANN401
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray
    import ray.data

    own: dict[str, Any] = {
        "num_cpus": cores or available_cores(),
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }
    try:
        ray.init(
            address=address or "local",
            logging_level=logging.ERROR,
            log_to_driver=False,
            **own if address is None else {},
        )
    except Exception as error:  # Ray raises the bare class where a part of it does not start
        where = f"--ray-address {address}" if address else "Ray does not start on this machine"
        raise ReelTalkError(f"{where}: {first_line(error)}") from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = _BYTES_PER_BLOCK
    # A slow model, or a wait for machines, is no mistake.
    context.execution_no_progress_timeout_s = -1
    return ray


def _stream(
    ray: Any,  # noqa: ANN401
    opened: list[tuple[Parts, set[int]]],
    model: Any,  # noqa: ANN401
    device: Device,
    actors: int,
) -> Iterator[dict[str, Any]]:
    """Yield what comes back from the actors, as it comes."""
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    inputs = [
        {"output": place, "packed": pickle.dumps(parts_and_finished)}
        for place, parts_and_finished in enumerate(opened)
    ]
    dataset = (
        ray.data.from_items(inputs, override_num_blocks=len(inputs))
        .map_batches(
            read_files,
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.TaskPoolStrategy(READERS),
            num_cpus=0,
            memory=READER_BYTES,
            label_selector=here,
        )
        .map_batches(
            Scorer,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_args=(model, device),
            compute=ray.data.ActorPoolStrategy(size=actors),
            num_cpus=1 if device == "cpu" else 0,
            num_gpus=1 if device == "gpu" else None,
            memory=ACTOR_BYTES if device == "cpu" else GPU_ACTOR_BYTES,
            max_task_retries=MOST_RETRIES,
        )
    )
    for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from table.to_pylist()


def _write(
    messages: Iterator[dict[str, Any]],
    opened: list[tuple[Parts, set[int]]],
    progress: Progress,
    errors: dict[int, str],
) -> None:
    """Write the scored parts as they come, and join the parts of each file once it has all.

    Args:
        messages: what the actors give.
        opened: the outputs, with the numbers of their finished parts; those written are added.
        progress: counts the rows.
        errors: takes the first error of each output, by its place in `opened`.
    """
    wanted: dict[int, int] = {}
    described: set[int] = set()
    for message in messages:
        place, number = message["output"], message["number"]
        parts, finished = opened[place]
        if place in errors:
            continue
        try:
            if message["kind"] == "error":
                raise ReelTalkError(pickle.loads(message["payload"]))
            if place not in described:
                parts.take_columns(fetch(parts.job, parts.dir))
                described.add(place)
            if message["kind"] == "end":
                wanted[place] = number
                progress.skip(pickle.loads(message["payload"]))
            else:
                rows = pickle.loads(message["payload"])
                parts.write(number, rows)
                finished.add(number)
                progress.add(len(rows))
            if len(finished) == wanted.get(place):
                parts.join()
        except UNREADABLE as error:
            errors[place] = error_line(error, parts.job, parts.dir)
            warn(f"error: {errors[place]}")
            parts.drop_if_empty()
