"""Throughput against accuracy, drawn as SVG text for light and dark pages."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bench.rounds import Result, accuracy

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 330, 40, 60
RADIUS = 9

_STYLE = """
text { font: 13px sans-serif; fill: #24292f }
.axis { stroke: #8c959f; stroke-width: 1 }
.peer { fill: #6e7781 }
.ours { fill: #1a7f37 }
.number { font-size: 11px; fill: #ffffff; text-anchor: middle; font-weight: bold }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .peer { fill: #6e7681 }
  .ours { fill: #2ea043 }
  .number { fill: #ffffff }
}
"""


def draw(results: Sequence[Result], labels: Sequence[int], file: Path) -> None:
    """Write a picture: reviews per second (logarithmic) across, accuracy in percent upwards.

    Engines are numbered from the fastest; the list beside the picture names them.
    """
    measured = sorted((one for one in results if not one.failed), key=lambda one: -one.speed)
    points = [(one.speed, 100 * accuracy(one.positive, labels)) for one in measured]
    lowest, highest = math.floor(min(y for _, y in points)), math.ceil(max(y for _, y in points))
    highest = max(highest, lowest + 1)
    speeds = _ticks(min(x for x, _ in points), max(x for x, _ in points))
    bounds = (speeds[0], speeds[-1], float(lowest), float(highest))
    parts = [_axes(speeds, bounds)]
    places = _apart([_place(*point, bounds) for point in points])
    for number, (result, (x, y)) in enumerate(zip(measured, places, strict=True), start=1):
        kind = "ours" if result.engine.file == "ours" else "peer"
        row = TOP + 22 * number
        name = escape(result.engine.name)
        mark = f'<text class="number" x="{{x:.1f}}" y="{{y:.1f}}">{number}</text>'
        parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}"/>')
        parts.append(mark.format(x=x, y=y + 4))
        side = WIDTH - RIGHT + 30
        parts.append(f'<circle class="{kind}" cx="{side}" cy="{row - 4}" r="{RADIUS}"/>')
        parts.append(mark.format(x=side, y=row))
        parts.append(f'<text x="{side + 16}" y="{row}">{name}</text>')
    box = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    title = "<title>Reviews per second against accuracy, by engine</title>"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>{title}<style>{_STYLE}</style>'
    file.write_text(svg + "\n" + "\n".join(parts) + "\n</svg>\n", encoding="utf-8")


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Move a mark that would hide another one upwards, until both can be read."""
    taken: list[tuple[float, float]] = []
    for x, y in places:
        while any(math.dist((x, y), other) < 1.7 * RADIUS for other in taken):
            y -= 1
        taken.append((x, y))
    return taken


def _axes(speeds: Sequence[float], bounds: tuple[float, float, float, float]) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    lines = [
        f'<path class="axis" fill="none" d="M{LEFT} {TOP} V{bottom} H{right}"/>',
        f'<text x="{LEFT}" y="{TOP - 16}">accuracy, %</text>',
        f'<text x="{right}" y="{bottom + 44}" text-anchor="end">reviews per second</text>',
    ]
    for speed in speeds:
        x, _ = _place(speed, bounds[2], bounds)
        lines.append(f'<path class="axis" d="M{x:.1f} {bottom} v5"/>')
        lines.append(f'<text x="{x:.1f}" y="{bottom + 22}" text-anchor="middle">{speed:g}</text>')
    step = max(1, round((bounds[3] - bounds[2]) / 8))
    for percent in range(int(bounds[2]), int(bounds[3]) + 1, step):
        _, y = _place(speeds[0], percent, bounds)
        lines.append(f'<path class="axis" d="M{LEFT} {y:.1f} h-5"/>')
        lines.append(f'<text x="{LEFT - 9}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>')
    return "\n".join(lines)


def _ticks(least: float, most: float) -> list[float]:
    """Give 1, 2 and 5 times powers of ten from just below `least` to just above `most`."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    ticks = [digit * 10.0**power for power in range(first, last + 1) for digit in (1, 2, 5)]
    below = max((tick for tick in ticks if tick <= least), default=ticks[0])
    above = min((tick for tick in ticks if tick > most), default=ticks[-1])
    return [tick for tick in ticks if below <= tick <= above]


def _place(
    speed: float, percent: float, bounds: tuple[float, float, float, float]
) -> tuple[float, float]:
    slowest, fastest, lowest, highest = bounds
    across = math.log(speed / slowest) / math.log(fastest / slowest)
    upwards = (percent - lowest) / (highest - lowest)
    x = LEFT + 15 + across * (WIDTH - RIGHT - LEFT - 30)
    return x, HEIGHT - BOTTOM - 15 - upwards * (HEIGHT - BOTTOM - TOP - 30)
