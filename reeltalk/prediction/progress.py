"""What a long scoring shows: the rows behind it, and the memory that this process is in."""

import sys

from reeltalk.terminal import progress_bar

ROWS_BETWEEN_LINES = 100_000


class Progress:
    """A bar of rows, and a line with the resident memory every 100,000 of them."""

    def __init__(self) -> None:
        """Begin at no rows, of an unknown number."""
        self.rows = 0
        self._bar = progress_bar("scoring", "review", 0)
        self._bar.total = None

    def expect(self, rows: int) -> None:
        """Count rows that are to come."""
        self._bar.total = (self._bar.total or 0) + rows

    def skip(self, rows: int) -> None:
        """Count rows that an earlier run has scored; they took no time of this one."""
        self._bar.initial += rows
        self.add(rows)

    def add(self, rows: int) -> None:
        """Count rows that are scored and written."""
        before, self.rows = self.rows, self.rows + rows
        self._bar.update(rows)
        if before // ROWS_BETWEEN_LINES < self.rows // ROWS_BETWEEN_LINES:
            import psutil

            resident = psutil.Process().memory_info().rss / 1e6
            line = f"{self.rows:,} rows, {resident:,.0f} MB resident"
            self._bar.write(line, file=sys.stderr)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
