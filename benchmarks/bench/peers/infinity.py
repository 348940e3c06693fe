"""infinity-emb, a server from PyPI for encoders. Asked as a library: HTTP would come on top.

Its ONNX engine reads our int8 file, which is quicker than the one that its users have.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("infinity_emb",)
ENVIRONMENT = "infinity"
VARIANTS = {
    "infinity-emb, torch fp32": Variant("fp32"),
    "infinity-emb, ONNX Runtime int8": Variant("int8"),
}


def make(folder: Path, made: Path, texts: Sequence[str]) -> None:
    """Link the folder's files, with 512 as the tokenizer's limit instead of one window.

    infinity truncates at that limit and takes no other, and finds no ONNX file in a subfolder.
    """
    import json

    for file in folder.rglob("*"):
        if file.is_file():
            (made / "model").mkdir(exist_ok=True)
            (made / "model" / file.name).symlink_to(file.resolve())
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["model_max_length"] = 512
    (made / "model" / "tokenizer_config.json").unlink()
    (made / "model" / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Start its engine in a thread of its own, as its server does in its event loop."""
    import asyncio
    import os
    from threading import Thread

    # Its optimizer writes into the Hub's cache.
    os.environ["INFINITY_ONNX_DISABLE_OPTIMIZE"] = "1"
    import torch
    from infinity_emb import AsyncEmbeddingEngine, EngineArgs

    from bench.feeding import Cutter

    int8 = variant.precision == "int8"
    torch.set_num_threads(threads)
    cut = Cutter(folder)  # its ONNX engine does not truncate at all
    weights = folder.resolve() / ("onnx/model_quantized.onnx" if int8 else "model.safetensors")
    os.chdir(made / "model")  # it finds ONNX files nowhere but here
    engine = AsyncEmbeddingEngine.from_args(
        EngineArgs(
            model_name_or_path=".",
            engine="optimum" if int8 else "torch",
            device="cpu",
            dtype="auto" if int8 else "float32",
            bettertransformer=False,
            model_warmup=False,
        )
    )
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(engine.astart(), loop).result()

    def score(texts: Sequence[str]) -> list[float]:
        asked = engine.classify(sentences=[cut(text) for text in texts], raw_scores=False)
        answers, _ = asyncio.run_coroutine_threadsafe(asked, loop).result()
        return [
            next(label["score"] for label in answer if label["label"] == "POSITIVE")
            for answer in answers
        ]

    return score, weights
