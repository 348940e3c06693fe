"""What was measured, printed as it comes and written into a Markdown file at the end."""

from pathlib import Path

from reeltalk.terminal import say

RESULTS = "## Results"


class Report:
    """Titled pieces of Markdown, in order."""

    def __init__(self, opening: str) -> None:
        """Begin with the machine and the command."""
        self._pieces: list[str] = []
        self.add("", opening)

    def add(self, title: str, text: str) -> None:
        """Print a piece and keep it."""
        piece = f"{title}\n\n{text}" if title else text
        self._pieces.append(piece)
        say(piece + "\n")

    def write(self, file: Path, picture: Path | None) -> None:
        """Replace everything from "## Results" on; what a person wrote above it stays."""
        before = file.read_text(encoding="utf-8") if file.is_file() else "# Reading speed\n"
        before = before.partition(RESULTS)[0].rstrip()
        pieces = [before, RESULTS, *self._pieces]
        if picture is not None:
            pieces.insert(3, f"![Reviews per second against accuracy]({picture.name})")
        file.write_text("\n\n".join(pieces) + "\n", encoding="utf-8")
