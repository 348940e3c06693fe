"""The sections of `make bench`, one method each."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reeltalk_inference.cores import available_cores

from bench import growth
from bench.config import BenchmarkConfig
from bench.environments import MissingEnvironmentError, python_of
from bench.gpu import gpu_section
from bench.limits import highest, measure_peaks
from bench.peers import engine_names, find_engine
from bench.picture import draw
from bench.processes import BENCHMARKS, Engine, EngineFailedError, make_files, run_module
from bench.report import Report
from bench.rounds import CALL_TOKENS, Result, take_turns
from bench.tables import peaks_table, speed_table, weight_table
from bench.texts import Ruler, TestReviews, deal
from reeltalk.config import BUNDLED, ReviewSource
from reeltalk.reviews import read_reviews
from reeltalk.sources import Source

CALIBRATION_REVIEWS = 200


class Bench:
    """What the sections share: engines, reviews, and where converted models lie."""

    picture: Path | None = None

    def __init__(
        self, config: BenchmarkConfig, folder: Path, test: TestReviews, place: Path, report: Report
    ) -> None:
        """Make the environments that are missing."""
        self._config, self._folder, self._test = config, folder, test.reviews
        self._set = test.name
        self._place, self._report = place, report
        self._threads = available_cores()
        self._engines = list(self._find_engines(config.engines or engine_names()))
        self._made: dict[Path, dict[str, Path]] = {}

    def measure_model(self) -> None:
        """Compare engines on the trained model."""
        chunks = deal(self._test.texts, self._config.rounds)
        results = self._compare("The trained model", self._folder, chunks, self._test.labels)
        if self._config.out is not None:
            self.picture = self._config.out.with_suffix(".svg")
            draw(results, self._test.labels, self.picture)

    def measure_shape(self) -> None:
        """Compare engines on DistilBERT's shape, in speed alone."""
        folder = self._place / "distilbert-shape"
        run_module("bench.shapes", folder)
        texts = self._test.texts[: self._config.shape_reviews]
        chunks = deal(texts, self._config.rounds)
        title = "DistilBERT's shape, random weights: speed alone"
        self._compare(title, folder, chunks, None)

    def measure_growth(self) -> None:
        """See how ReelTalk's cost grows."""
        quick, texts = self._config.quick, self._test.texts
        report, folder = self._report, self._folder
        report.add("### A cold shell", growth.cold_table(folder, 3 if quick else 7))
        made = self._convert(folder)
        chunks = deal(texts[: 40 if quick else 300], self._config.rounds)
        engines = [one for one in self._engines if one.file == "ours" or not quick]
        one_and_two = growth.threads_table(engines, folder, made, chunks)
        report.add("### Threads", one_and_two)
        lengths = growth.lengths_table(folder, texts, 5 if quick else 20)
        report.add("### A review's length", lengths)
        callers = growth.callers_table(folder, texts, 2 if quick else 10)
        report.add("### Callers at once, who share one Predictor", callers)
        rows = growth.rows_table(folder, texts, self._config.rows)
        report.add(f"### Rows of a CSV file, {growth.ROW_TOKENS} tokens each", rows)

    def measure_gpu(self) -> None:
        """Measure on a GPU, where there is one."""
        self._report.add("### On a GPU", gpu_section(self._folder, self._set))

    def measure_training(self) -> None:
        """Run benchmarks/training.py on the same set, one round fewer, for time's sake."""
        flags = ["--dataset", self._set, "--rounds", "2", "--naive-rows", "48"]
        command = [sys.executable, str(BENCHMARKS / "training.py"), *flags]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        tables = ran.stdout[ran.stdout.index("| recipe") :].strip()
        self._report.add("### Training, the naive recipe against ours", tables)

    def _compare(
        self,
        title: str,
        folder: Path,
        chunks: Sequence[Sequence[str]],
        labels: Sequence[int] | None,
    ) -> list[Result]:
        made, ruler = self._convert(folder), Ruler(folder)
        texts = [text for chunk in chunks for text in chunk]
        calls = {
            tokens: deal(
                ruler.texts_of(tokens, texts, self._config.calls * len(chunks)), len(chunks)
            )
            for tokens in CALL_TOKENS
        }
        first = measure_peaks(folder, self._threads)
        results = take_turns(self._engines, folder, made, chunks, calls, self._threads)
        peaks = [first, measure_peaks(folder, self._threads)]
        reads = {result.engine.variant.reads for result in results}
        operations = {each: ruler.operations(texts, each) for each in reads}
        rounds = f"{len(texts):,} reviews in {len(chunks)} rounds; medians of the rounds."
        speeds = speed_table(results, labels, operations, highest(peaks))
        self._report.add(f"### {title}", f"{rounds}\n\n{speeds}\n\n{weight_table(results)}")
        self._report.add("Matrix products alone, before and after:", peaks_table(peaks))
        return results

    def _find_engines(self, names: Sequence[str]) -> Iterator[Engine]:
        """Give every variant of every engine; leave out, and say, what cannot be installed."""
        for name in names:
            module = find_engine(name)
            try:
                python = python_of(module.ENVIRONMENT)
            except MissingEnvironmentError as error:
                self._report.add("", f"{name} is not measured: {error}")
                continue
            for label, variant in module.VARIANTS.items():
                yield Engine(label, name, variant, module.ENVIRONMENT, python)

    def _convert(self, folder: Path) -> dict[str, Path]:
        """Let engines with a format of their own write it, once for each model."""
        if folder in self._made:
            return self._made[folder]
        bundled = read_reviews(Source("bundled", BUNDLED), ReviewSource())[0]["train"]
        made: dict[str, Path] = {}
        for engine in self._engines:
            if engine.file in made:
                continue
            made[engine.file] = self._place / f"{len(self._made)}-{engine.file}"
            made[engine.file].mkdir()
            if hasattr(find_engine(engine.file), "make"):
                texts = bundled.texts[:CALIBRATION_REVIEWS]
                try:
                    make_files(engine, folder, made[engine.file], texts)
                except EngineFailedError as error:
                    self._report.add("", f"{engine.file} cannot convert the model: {error}")
        self._made[folder] = made
        return made
