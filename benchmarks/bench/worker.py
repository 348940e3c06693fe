"""One engine in a process of its own, which is asked, and answers, in lines of JSON.

    python -m bench.worker serve onnx_runtime "ONNX Runtime, int8" FOLDER MADE THREADS
    python -m bench.worker make openvino FOLDER MADE < texts.json

The first line says how long import and load took. Then {"score": [texts]} is answered by seconds
and probabilities, {"each": [texts]} by the seconds of each text alone, and {"memory": true} by
the process's peak.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.memory import peak_mb
from bench.peers import Score, find_engine


def main() -> None:
    """Do what the arguments say."""
    verb, engine, *arguments = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get among the answers
    try:
        if verb == "make":
            folder, made = map(Path, arguments)
            find_engine(engine).make(folder, made, json.load(sys.stdin))
            answer: dict[str, Any] = {"made": True}
        else:
            name, folder_name, made_name, threads = arguments
            score, answer = open_engine(
                engine, name, Path(folder_name), Path(made_name), int(threads)
            )
    except Exception as error:  # noqa: BLE001  (whatever stops a peer stands in the table)
        lines = str(error).strip().splitlines()
        answer = {"failed": f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"}
    print(json.dumps(answer), file=answers, flush=True)
    if verb == "serve" and "failed" not in answer:
        for line in sys.stdin:
            print(json.dumps(answer_to(json.loads(line), score)), file=answers, flush=True)


def open_engine(
    engine: str, name: str, folder: Path, made: Path, threads: int
) -> tuple[Score, dict[str, Any]]:
    """Import and load; give the scoring function, and what that took."""
    module = find_engine(engine)
    begun = time.perf_counter()
    for package in module.PACKAGES:
        importlib.import_module(package)
    imported = time.perf_counter()
    score, file = module.load(folder, made, module.VARIANTS[name], threads)
    return score, {
        "import_s": imported - begun,
        "load_s": time.perf_counter() - imported,
        "file_mb": size_of(file) / 1e6,
        "versions": {package: version_of(package) for package in module.PACKAGES},
    }


def answer_to(question: dict[str, Any], score: Score) -> dict[str, Any]:
    """Do what one line asks."""
    if "score" in question:
        begun = time.perf_counter()
        probabilities = score(question["score"])
        return {"seconds": time.perf_counter() - begun, "positive": probabilities}
    if "each" in question:
        seconds = []
        for text in question["each"]:
            begun = time.perf_counter()
            score([text])
            seconds.append(time.perf_counter() - begun)
        return {"seconds": seconds}
    return {"peak_mb": peak_mb()}


def size_of(place: Path) -> int:
    """Give the bytes of a file, or of all files of a folder."""
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    return sum(file.stat().st_size for file in files)


def version_of(package: str) -> str:
    """Give a package's version; ReelTalk's own part has the project's."""
    name = "reeltalk" if package == "reeltalk_inference" else package
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "?"


if __name__ == "__main__":
    main()
