"""`make bench`: ReelTalk's reading speed against what else runs the same model on this machine.

    python benchmarks/inference.py --quick
    python benchmarks/inference.py models/standard --out benchmarks/inference.md

Every engine has a process of its own (bench/worker.py), and they take turns: in each round each
reads the same reviews. Engines are the files of bench/peers/; what they need that the project
does not have is installed into benchmarks/.peers/ first. A table is printed as soon as it is
measured; --out writes them all below "## Results", and a picture beside that file.
"""

import shlex
import sys
import tempfile
from pathlib import Path

from bench.config import BenchmarkConfig
from bench.feeding import POSITIVE
from bench.report import Report
from bench.sections import Bench
from bench.tables import describe_machine
from bench.texts import read_test
from reeltalk_inference.cores import available_cores
from reeltalk_inference.engine import FP32_FILE, INT8_FILE
from reeltalk_inference.model_config import read_model_config

from reeltalk.command_line import parse, run
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import check_file_place
from reeltalk.prediction.models import find_model
from reeltalk.terminal import say


def main() -> None:
    """Measure section by section."""
    config = parse(BenchmarkConfig)
    config = config.shortened() if config.quick else config
    check_file_place(config.out)
    folder = find_model(config.model)
    check_model(folder)
    opening = describe_machine(f"python {shlex.join(sys.argv)}", available_cores())
    test = read_test(config.dataset, config.reviews)
    report = Report(opening)
    report.add("", f"Reviews: {len(test.reviews):,} of {test.where}.")
    with tempfile.TemporaryDirectory(prefix="reeltalk-bench-") as place:
        bench = Bench(config, folder, test, Path(place), report)
        for section in config.sections:
            getattr(bench, f"measure_{section}")()
    if config.out is not None:
        report.write(config.out, bench.picture)
        say(f"written: {config.out}")


def check_model(folder: Path) -> None:
    """Refuse a model that the engines cannot all read.

    Raises:
        ReelTalkError: if a file is missing or the labels stand the other way round.
    """
    for name in (FP32_FILE, INT8_FILE, "model.safetensors"):
        if not (folder / name).is_file():
            raise ReelTalkError(f"{folder / name} is missing; train the model again: make train")
    if read_model_config(folder / "config.json").positive != POSITIVE:
        raise ReelTalkError(
            f"{folder}: POSITIVE is not label {POSITIVE}; the benchmark reads models that "
            "train_model.py made"
        )


if __name__ == "__main__":
    run(main)
