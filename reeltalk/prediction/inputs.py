"""Which files a command line means, local or behind a URL, and where the rows of each go.

A file behind a URL is fetched to this machine's disk when its turn comes, and read from there
like any other.
"""

import glob
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import flush_to_disk
from reeltalk.prediction.remote import Remote, download, is_url, list_remote, shown
from reeltalk.tables import SUFFIXES

_WILDCARDS = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Job:
    """A file to score.

    Attributes:
        source: its absolute path, or its URL without options.
        out: the file that its rows go to.
        version: size and time of change; another version is another file.
        remote: where it is to be fetched from; None: it is on this machine.
    """

    source: str
    out: Path
    version: str
    remote: Remote | None = None

    @classmethod
    def of(cls, file: Path, out: Path) -> "Job":
        """Describe the scoring of a local file."""
        status = file.stat()
        return cls(str(file.resolve()), out.absolute(), f"{status.st_size} {status.st_mtime_ns}")


def names_many(name: str) -> bool:
    """Say whether a name may stand for more than one file."""
    return is_url(name) or Path(name).is_dir() or not Path(name).exists() and _has_wildcard(name)


def plan_jobs(names: tuple[str, ...], out_dir: Path) -> list[Job]:
    """List the files that the names mean, each with its place in `out_dir`.

    A folder or a pattern keeps its subfolders. What lies in `out_dir` is no input.

    Raises:
        ReelTalkError: if a name means no file, or two files would go to one place.
    """
    jobs: dict[Path, Job] = {}
    for name in names:
        found = list(_remote(name, out_dir) if is_url(name) else _local(name, out_dir))
        if not found:
            what = "matches no file" if _has_wildcard(name) else "holds no file"
            raise ReelTalkError(f"{shown(name)} {what} that ends in one of {', '.join(SUFFIXES)}")
        for job in found:
            other = jobs.setdefault(job.out, job)
            if other.source != job.source:
                raise ReelTalkError(
                    f"{other.source} and {job.source} would both go to {job.out}; score them "
                    "with an --out each"
                )
            if job.out.resolve() == Path(job.remote.path if job.remote else job.source).resolve():
                raise ReelTalkError(f"--out {out_dir} would replace {job.source}; name another")
    return list(jobs.values())


def fetch(job: Job, folder: Path) -> Path:
    """Give the local file to read: the source itself, or its copy in `folder`, made once."""
    if job.remote is None:
        return Path(job.source)
    copy = _copy(job, folder)
    if not copy.exists():
        unfinished = folder / f"unfinished-input{job.out.suffix}"
        download(job.remote, unfinished)
        flush_to_disk(unfinished)
        unfinished.replace(copy)
    return copy


def error_line(error: BaseException, job: Job, folder: Path) -> str:
    """Word an error in one line, with the source named where the error names its copy."""
    return str(error).replace(str(_copy(job, folder)), job.source)


def _copy(job: Job, folder: Path) -> Path:
    return folder / f"input{job.out.suffix}"


def _local(name: str, out_dir: Path) -> Iterator[Job]:
    path = Path(name)
    if path.is_file():
        yield Job.of(path, out_dir / path.name)
        return
    if path.is_dir():
        base = path
        found = (Path(folder, file) for folder, _, files in os.walk(path) for file in files)
    elif _has_wildcard(name):
        base = Path(*_before_wildcards(path.parts))
        found = (Path(file) for file in glob.glob(name, recursive=True))
    else:
        raise ReelTalkError(f"{name}: there is no such file")
    folder = out_dir.resolve()
    for file in sorted(found):
        inside = file.relative_to(base)
        if file.is_file() and _is_table(inside) and not _is_written_here(file, base, folder):
            yield Job.of(file, out_dir / inside)


def _remote(url: str, out_dir: Path) -> Iterator[Job]:
    scheme, _, path = url.partition("?")[0].partition("://")
    parts = PurePosixPath(path).parts
    fixed = tuple(_before_wildcards(parts))
    pattern = parts[len(fixed) :]
    base_url = f"{scheme}://{PurePosixPath(*fixed)}"
    folder = out_dir.resolve()
    for remote, base, inside, version in list_remote(url, base_url, deep=len(pattern) != 1):
        written_here = scheme == "file" and _is_written_here(Path(remote.path), Path(base), folder)
        if _fits(inside, pattern) and _is_table(inside) and not written_here:
            out = out_dir / (inside if inside.parts else base.name)
            yield Job("/".join([base_url, *inside.parts]), out.absolute(), version, remote)


def _is_written_here(file: Path, base: Path, folder: Path) -> bool:
    """Say whether a found file is in the folder of outputs, where that is inside what is read."""
    return base.resolve() in folder.parents and folder in file.resolve().parents


def _before_wildcards(parts: tuple[str, ...]) -> Iterator[str]:
    return itertools.takewhile(lambda part: not _has_wildcard(part), parts)


def _fits(inside: PurePosixPath, pattern: tuple[str, ...]) -> bool:
    same_depth = len(inside.parts) == len(pattern)
    return not pattern or same_depth and all(map(fnmatchcase, inside.parts, pattern))


def _is_table(inside: PurePath) -> bool:
    """Say whether a file of a folder is an input: a table, not hidden, and no part of another."""
    hidden = any(part.startswith(".") or part.endswith(".parts") for part in inside.parts)
    return not hidden and (not inside.parts or inside.suffix.lower() in SUFFIXES)


def _has_wildcard(name: str) -> bool:
    return _WILDCARDS.search(name) is not None
