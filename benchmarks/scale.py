"""A large file scored, killed and continued, with the memory it takes; and Ray beside one process.

    python benchmarks/scale.py models/standard

The rows are those of data/slang.csv again and again, each with a number of its own.
"""

import csv
import filecmp
import itertools
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional, require
from reeltalk.prediction.parts import PART_ROWS
from reeltalk.tables import SUFFIXES, write_rows

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure large files on one model folder."""

    model: Positional[Path] = Path("models/standard")
    """Model folder."""
    rows: int = 1_000_000
    """Rows of the file that is killed and continued; 0: leave that out."""
    ray_rows: int = 100_000
    """Rows of the file that Ray and one process score; 0: leave that out."""
    format: str = ".csv"
    """The files' format: .csv, .tsv, .jsonl or .parquet."""
    kill_at: float = 0.5
    """Share of the rows after which the run is killed."""
    threads: int = 2
    """Cores: threads of the one process, and actors of Ray."""
    folder: Path | None = None
    """Where the files go, for a while; the system's folder for such where it is not given."""

    def __post_init__(self) -> None:
        """Check ranges."""
        require(self.format in SUFFIXES, "--format", self.format, ", ".join(SUFFIXES))
        require(0 < self.kill_at < 1, "--kill-at", self.kill_at, "between 0 and 1")


@dataclass(frozen=True)
class Measured:
    """What a run took: seconds, rows per second from its first part on, and what it said."""

    seconds: float
    rows_per_s: float
    said: str


def main() -> None:
    """Measure and print two tables."""
    config = parse(BenchmarkConfig)
    with tempfile.TemporaryDirectory(dir=config.folder) as folder:
        if config.rows:
            _kill_and_continue(config, Path(folder))
        if config.ray_rows:
            _compare_engines(config, Path(folder))


def _kill_and_continue(config: BenchmarkConfig, folder: Path) -> None:
    file = folder / f"large{config.format}"
    _write_file(file, config.rows)
    print(f"{config.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB\n", flush=True)
    whole, out = folder / f"whole{config.format}", folder / f"out{config.format}"
    stop = round(config.kill_at * config.rows / PART_ROWS)
    runs = {
        "uninterrupted": _predict(config, file, whole, config.rows),
        "killed": _predict(config, file, out, config.rows, kill_at_part=stop),
        "continued": _predict(config, file, out, config.rows),
    }
    print("| run | seconds | rows/s |\n|---|---|---|")
    for name, measured in runs.items():
        print(f"| {name} | {measured.seconds:,.0f} | {measured.rows_per_s:,.0f} |")
    print("\n| rows | resident, MB: uninterrupted | continued |\n|---|---|---|")
    memory = {name: dict(_memory(measured.said)) for name, measured in runs.items()}
    for rows in memory["uninterrupted"]:
        cells = (memory[name].get(rows, "") for name in ("uninterrupted", "continued"))
        print(f"| {rows} | {' | '.join(cells)} |")
    same = filecmp.cmp(whole, out, shallow=False)
    print(f"\nkilled and continued, byte for byte the same: {same}\n", flush=True)


def _compare_engines(config: BenchmarkConfig, folder: Path) -> None:
    file = folder / f"small{config.format}"
    _write_file(file, config.ray_rows)
    outs = {engine: folder / f"{engine}{config.format}" for engine in ("local", "ray")}
    print(f"{config.ray_rows:,} rows\n\n| engine | seconds | rows/s from the first part on |")
    print("|---|---|---|", flush=True)
    for engine, out in outs.items():
        measured = _predict(config, file, out, config.ray_rows, engine=engine)
        print(f"| {engine} | {measured.seconds:.1f} | {measured.rows_per_s:,.0f} |", flush=True)
    print(f"\nthe same, byte for byte: {filecmp.cmp(*outs.values(), shallow=False)}")


def _write_file(file: Path, count: int) -> None:
    """Write `count` numbered rows."""
    with (REPOSITORY / "data" / "slang.csv").open(encoding="utf-8", newline="") as stream:
        texts = itertools.cycle([row["text"] for row in csv.DictReader(stream)])
    rows = [{"id": str(number), "text": next(texts)} for number in range(count)]
    schema = pyarrow.schema([("id", pyarrow.string()), ("text", pyarrow.string())])
    write_rows(file, rows, ["id", "text"], schema)


def _predict(
    config: BenchmarkConfig,
    file: Path,
    out: Path,
    rows: int,
    engine: str = "local",
    kill_at_part: int | None = None,
) -> Measured:
    """Run the command; kill it once it has written so many parts."""
    flags = ["--model", config.model.resolve(), "--out", out, "--engine", engine]
    flags += ["--threads", config.threads]
    command = [sys.executable, "-m", "reeltalk", "predict", file, *flags]
    log = out.with_name(f"{out.name}.log")
    begun = time.perf_counter()
    first_s, parts_at_first = 0.0, 0
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*map(str, command)], cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=stream
        )
        before = _count_parts(out)
        while process.poll() is None:
            parts = _count_parts(out)
            if not first_s and parts > before:
                first_s, parts_at_first = time.perf_counter(), parts
            if kill_at_part is not None and parts >= kill_at_part:
                process.kill()
            time.sleep(0.2)
    ended, said = time.perf_counter(), log.read_text()
    if process.returncode != (0 if kill_at_part is None else -9):
        raise RuntimeError(f"the run ended with {process.returncode}: {said}")
    if not first_s:
        raise RuntimeError("no part was seen while the run went on; give it more rows")
    scored = (rows if kill_at_part is None else kill_at_part * PART_ROWS) - (
        parts_at_first * PART_ROWS
    )
    return Measured(ended - begun, scored / (ended - first_s), said)


def _count_parts(out: Path) -> int:
    return sum(1 for _ in out.with_name(f"{out.name}.parts").glob("[0-9]*"))


def _memory(said: str) -> list[tuple[str, str]]:
    return re.findall(r"([\d,]+) rows, ([\d,]+) MB resident", said)


if __name__ == "__main__":
    run(main)
