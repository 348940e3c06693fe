"""Draws what a terminal showed as docs/terminal.svg, the README's picture.

    make train 2>/dev/null | python docs/draw_terminal.py

Lines that begin with "$ " are drawn as commands.
"""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

PICTURE = Path(__file__).with_name("terminal.svg")
WIDTH = 104


def main() -> None:
    """Read standard input, write the picture."""
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        for line in sys.stdin.read().splitlines():
            style = "bold bright_yellow" if line.startswith("$ ") else ""
            console.print(Text(line, style=style), soft_wrap=False)
        svg = console.export_svg(title="ReelTalk", theme=DIMMED_MONOKAI)
    # A picture asks no other host for anything: the reader's own monospaced font will do.
    svg = re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.S)
    PICTURE.write_text(svg.replace("Fira Code, monospace", "monospace"), encoding="utf-8")


if __name__ == "__main__":
    main()
