"""What .gitattributes and .gitignore say about a path."""

import fnmatch

from dulwich.ignore import IgnoreFilter

REGULAR_LIMIT = 10_000_000
_SUFFIXES = """7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet
pb pickle pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst""".split()
GITATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in [*(f"*.{suffix}" for suffix in _SUFFIXES), "*.tar.*", "*tfevents*"]
)


def is_large(path: str, size: int, gitattributes: str) -> bool:
    """Decide as the Hub does: by .gitattributes, or by size."""
    rules = [line.split() for line in gitattributes.splitlines()]
    patterns = [words[0] for words in rules if "filter=lfs" in words[1:]]
    name = path.rpartition("/")[2]
    return size > REGULAR_LIMIT or any(
        fnmatch.fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns
    )


def is_ignored(path: str, gitignore: str) -> bool:
    """Decide as git does, which ignores all of an ignored folder."""
    patterns = [line.encode() for line in gitignore.splitlines() if line]
    parts = path.split("/")
    above = ["/".join(parts[:count]) + "/" for count in range(1, len(parts))]
    return any(IgnoreFilter(patterns).is_ignored(each) for each in [*above, path])
