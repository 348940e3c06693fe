"""Results as Markdown: tables of engines and limits, and what machine and versions they are of."""

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.limits import highest
from bench.rounds import CALL_TOKENS, Result, accuracy, agreement, percentile, ratio, reference_of

_SHOWN_FLAGS = ("amx", "avx512_vnni", "avx_vnni", "avx512_bf16")
_PACKAGES = ("torch", "transformers", "onnxruntime", "tokenizers", "numpy")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: float | None) -> str:
    """Write a number with three digits that count; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def speed_table(
    results: Sequence[Result],
    labels: Sequence[int] | None,
    operations: Mapping[str, int],
    peaks: Mapping[str, float],
) -> str:
    """Show throughput, its spread, its ratio to the naive pipeline, verdicts and calls.

    Args:
        results: one per engine.
        labels: of the reviews; None where the weights mean nothing.
        operations: what reading all the reviews takes, by how much of them is read.
        peaks: the machine's operations per second by number type.
    """
    heads = ["engine", "reads", "reviews/s", "spread", "ratio", "accuracy", "as fp32", "mean Δp"]
    heads += [f"{tokens} tokens, p50 / p95 ms" for tokens in CALL_TOKENS] + ["of the peak"]
    rows = []
    for result in results:
        variant = result.engine.variant
        if result.failed:
            rows.append([result.engine.name, f"not measured: {result.failed}"] + [""] * 10)
            continue
        calls = [
            " / ".join(cell(1000 * percentile(result.calls[tokens], part)) for part in (50, 95))
            for tokens in CALL_TOKENS
        ]
        per_review = operations[variant.reads] / len(result.positive)
        share = result.speed * per_review / peaks[variant.precision]
        rows.append(
            [
                result.engine.name,
                variant.reads,
                cell(result.speed),
                f"{cell(min(result.speeds))} to {cell(max(result.speeds))}",
                cell(ratio(result, results)),
                *_verdict_cells(result, results, labels),
                *calls,
                f"{100 * share:.0f} % of {variant.precision}",
            ]
        )
    return table(heads, rows)


def weight_table(results: Sequence[Result]) -> str:
    """Show what each engine weighs before it has read anything, and at its most."""
    rows = []
    for result in results:
        if not result.failed:
            opened = result.opened
            versions = ", ".join(f"{name} {number}" for name, number in opened["versions"].items())
            cells = [cell(opened[key]) for key in ("file_mb", "import_s", "load_s")]
            rows.append([result.engine.name, *cells, cell(result.peak_mb), versions])
    heads = ["engine", "file, MB", "import, s", "load, s", "peak memory, MB", "versions"]
    return table(heads, rows)


def peaks_table(measured: Sequence[Mapping[str, Mapping[str, float]]]) -> str:
    """Show every product's speed, the better of its measurements, and what counts as the peak."""
    peaks = highest(measured)
    rows = []
    for precision in measured[0]:
        for product in measured[0][precision]:
            best = max(one[precision][product] for one in measured)
            mark = "the peak" if best == peaks[precision] else ""
            rows.append([precision, product, cell(best / 1e9), mark])
    return table(["type", "product", "billion operations/s", ""], rows)


def describe_machine(command: str, threads: int) -> str:
    """Say on what, when, with what and how this was measured."""
    model, flags = _processor()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    shown = [flag for flag in flags if flag.startswith(_SHOWN_FLAGS)]
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"    {command}\n\n{today.day} {today:%B %Y}; {model}, {cores} cores, {threads} threads "
        f"for each engine ({', '.join(shown) or 'none of ' + ', '.join(_SHOWN_FLAGS)}); "
        f"{platform.system()}, Python {platform.python_version()}; load before the run {load}; "
        f"{versions}."
    )


def _verdict_cells(
    result: Result, results: Sequence[Result], labels: Sequence[int] | None
) -> list[str]:
    reference = reference_of(result, results)
    share, moved = "–", "–"
    if reference is not None and reference is not result:
        if labels is not None:
            share = f"{100 * agreement(result.positive, reference.positive):.1f} %"
        pairs = zip(result.positive, reference.positive, strict=True)
        moved = f"{sum(abs(one - other) for one, other in pairs) / len(result.positive):.4f}"
    right = "–" if labels is None else f"{100 * accuracy(result.positive, labels):.2f} %"
    return [right, share, moved]


def _processor() -> tuple[str, list[str]]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine(), []
    fields = dict(reversed([line.partition("\t")[::2] for line in lines if "\t" in line]))
    named = {name.strip(" \t:"): value.strip(" \t:") for name, value in fields.items()}
    return named.get("model name", platform.machine()), named.get("flags", "").split()
