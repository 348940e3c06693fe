"""Throughput on a GPU, by number type and batch size, and the whole recipe on IMDb.

python -m bench.gpu FOLDER
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import run_module
from bench.tables import cell, table

PRECISIONS = ("fp32", "bf16", "fp16")
BATCHES = (1, 8, 32, 128, 512)
WINDOW = 256
REPEATS = 5
NOT_HERE = "not run here: no GPU"


def gpu_section(folder: Path, dataset: str) -> str:
    """Measure in processes of their own; say so where there is no GPU.

    Args:
        folder: model folder to read with.
        dataset: what the recipe learns, as --dataset takes it.
    """
    found = json.loads(run_module("bench.gpu", folder))
    if found["gpu"] is None:
        return NOT_HERE
    heads = ["precision", *(f"batch of {batch}, windows/s" for batch in BATCHES)]
    rows = [[precision, *map(cell, speeds)] for precision, speeds in found["speeds"].items()]
    return (
        f"{found['gpu']}; windows of {WINDOW} tokens.\n\n{table(heads, rows)}\n\n"
        f"{train_line(dataset)}"
    )


def train_line(dataset: str) -> str:
    """Train stage 1 on all of the set with the recipe's own settings; say how long and how well."""
    script = Path(__file__).resolve().parents[2] / "train_model.py"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "standard"
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, str(script), "--dataset", dataset, "--output-dir", str(folder)],
            stdout=sys.stderr,
            check=True,
        )
        seconds = time.perf_counter() - begun
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    right = 100 * metrics["test"]["accuracy"]
    return (
        f"`train_model.py --dataset {dataset}`, from the first line to the measured model folder: "
        f"{seconds / 60:.1f} minutes; {right:.2f} % of {metrics['test']['rows']:,} test reviews "
        "right."
    )


def main() -> None:
    """Print windows per second as JSON; {"gpu": null} where there is no GPU."""
    import torch

    if not torch.cuda.is_available():
        print(json.dumps({"gpu": None}))
        return
    speeds = {
        precision: [measure(Path(sys.argv[1]), precision, batch, "cuda") for batch in BATCHES]
        for precision in PRECISIONS
    }
    print(json.dumps({"gpu": torch.cuda.get_device_name(), "speeds": speeds}))


def measure(folder: Path, precision: str, batch: int, device: str) -> float:
    """Give windows per second, the median of some batches of random ids."""
    import torch
    from transformers import AutoModelForSequenceClassification

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=kind)
    model = model.eval().to(device)
    window = min(WINDOW, model.config.max_position_embeddings)
    ids = torch.randint(5, model.config.vocab_size, (batch, window), device=device)
    taken = []
    with torch.inference_mode():
        for _ in range(REPEATS + 1):
            begun = time.perf_counter()
            model(input_ids=ids).logits.cpu()  # the copy waits for the GPU to finish
            taken.append(time.perf_counter() - begun)
    return batch / statistics.median(taken[1:])


if __name__ == "__main__":
    main()
