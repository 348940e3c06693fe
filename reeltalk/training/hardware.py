"""What this machine trains on: device, arithmetic, and how many processes share the work."""

import os
from dataclasses import dataclass
from typing import Literal

from reeltalk_inference.cores import available_cores

from reeltalk.errors import ReelTalkError

Precision = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Hardware:
    """Where and how training computes.

    Attributes:
        device: torch's name of it: "cpu", "cuda" or "mps".
        name: what to call it in a plan.
        precision: arithmetic of the matrix products.
        processes: how many processes train together.
        is_main: whether this one speaks and writes.
    """

    device: str
    name: str
    precision: Precision
    processes: int
    is_main: bool


def find_hardware(device: Literal["auto", "cpu"], precision: str) -> Hardware:
    """Look at the machine and choose the arithmetic it is fastest in.

    Raises:
        ReelTalkError: if the device cannot compute in the precision asked for.
    """
    import torch

    chosen = "cpu"
    if device == "auto" and torch.cuda.is_available():
        chosen = "cuda"
    elif device == "auto" and torch.backends.mps.is_available():
        chosen = "mps"
    able = _precisions(chosen)
    if precision != "auto" and precision not in able:
        raise ReelTalkError(
            f"--precision {precision}: {_name(chosen)} computes only in {', '.join(able)}"
        )
    processes = int(os.environ.get("WORLD_SIZE", 1))
    if processes == 1 and "OMP_NUM_THREADS" not in os.environ:
        # torch counts the machine's cores; a container may use fewer.
        torch.set_num_threads(available_cores())
    return Hardware(
        chosen,
        _name(chosen),
        able[0] if precision == "auto" else precision,  # type: ignore[arg-type]
        processes,
        int(os.environ.get("RANK", 0)) == 0,
    )


def _precisions(device: str) -> tuple[Precision, ...]:
    """List what a device computes in natively, fastest first."""
    import torch

    if device == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", "fp16", "fp32"
        return "fp16", "fp32"
    if device == "cpu" and any(
        has for name, has in torch.cpu.get_capabilities().items() if name.endswith("bf16")
    ):
        return "bf16", "fp32"
    return ("fp32",)


def _name(device: str) -> str:
    import torch

    if device == "cuda":
        return torch.cuda.get_device_name()
    if device == "cpu":
        return f"{torch.get_num_threads()} CPU cores"
    return "Apple GPU"
