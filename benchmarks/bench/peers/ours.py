"""ReelTalk's Predictor. "First 512" is its engine without its windows: what the peers read."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import FIRST_512, WHOLE, Score, Variant

PACKAGES = ("reeltalk_inference",)
ENVIRONMENT = "own"
VARIANTS = {
    "ours, int8": Variant("int8", WHOLE),
    "ours, fp32": Variant("fp32", WHOLE),
    "ours, int8, first 512": Variant("int8", FIRST_512),
}


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open the model folder as the command line and the Space do, with one of its files."""
    from reeltalk_inference import Predictor
    from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
    from reeltalk_inference.model_config import read_model_config
    from reeltalk_inference.tokens import ReviewTokenizer

    tokenizer = ReviewTokenizer.from_file(folder / "tokenizer.json")
    config = read_model_config(folder / "config.json")
    file = folder / (INT8_FILE if variant.precision == "int8" else FP32_FILE)
    engine = OnnxEngine(file, threads)
    predictor = Predictor(tokenizer, engine, config)

    def score_whole(texts: Sequence[str]) -> list[float]:
        verdicts = predictor.predict(texts)
        return [verdict.probabilities.get("POSITIVE", 0.5) for verdict in verdicts]

    def score_first(texts: Sequence[str]) -> list[float]:
        from bench.feeding import MOST_TOKENS, positive

        most = MOST_TOKENS - tokenizer.special_tokens
        windows = [tokenizer.frame(ids[:most]) for ids in tokenizer.encode(texts)]
        return positive(engine.logits(windows))

    return (score_whole if variant.reads == WHOLE else score_first), file
