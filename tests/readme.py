"""The README taken apart: its tree, its commands, its links and its Python."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def blocks(language):
    """The contents of the README's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)


def tree_paths():
    """The paths in the README's tree, folders with a slash at their end."""
    folder, paths = "", []
    for line in blocks("text")[0].splitlines():
        indented, name = line.startswith("  "), line.split()[0]
        if not indented:
            folder = name if name.endswith("/") else ""
        paths.append(folder + name if indented else name)
    return paths


def commands():
    """The commands in the README's shell blocks, continued lines joined, comments dropped."""
    for block in blocks("bash"):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.split("  #")[0].strip()
            if command:
                yield command


def links():
    """The README's links that lead to files of the project."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", README.read_text("utf-8"))
    return [link for link in found if "://" not in link]
