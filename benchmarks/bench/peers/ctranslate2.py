"""CTranslate2: the encoder in int8; the head, which it does not know, in numpy."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("ctranslate2", "tokenizers")
ENVIRONMENT = "peers"
VARIANTS = {"CTranslate2, int8, sorted batches": Variant("int8")}

_HEADS = ("pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias")


def make(folder: Path, made: Path, texts: Sequence[str]) -> None:
    """Convert the encoder, and keep the head's weights beside it."""
    import numpy as np
    import transformers
    from ctranslate2.converters import TransformersConverter

    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    weights = {name: value.numpy() for name, value in model.state_dict().items() if name in _HEADS}
    np.savez(made / "head.npz", **weights)
    encoder = made / "encoder"
    model.base_model.save_pretrained(encoder)
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(encoder)
    TransformersConverter(str(encoder)).convert(str(made / "model"), quantization="int8")


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open the converted encoder."""
    import ctranslate2
    import numpy as np

    from bench.feeding import Tokens, score_in_batches

    encoder = ctranslate2.Encoder(
        str(made / "model"), device="cpu", compute_type="int8", intra_threads=threads
    )
    head = np.load(made / "head.npz")
    weight, bias = head["classifier.weight"], head["classifier.bias"]
    tokens = Tokens(folder)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        rows = [row[: int(read)].tolist() for row, read in zip(ids, mask.sum(axis=1), strict=True)]
        output = encoder.forward_batch(rows)
        if "pre_classifier.weight" in head:  # DistilBERT's head; BERT's pooler is in the encoder
            first = np.array(output.last_hidden_state)[:, 0]
            pooled = first @ head["pre_classifier.weight"].T + head["pre_classifier.bias"]
            pooled = np.maximum(pooled, 0)
        else:
            pooled = np.array(output.pooler_output)
        return pooled @ weight.T + bias

    def score(texts: Sequence[str]) -> list[float]:
        return score_in_batches(tokens(texts), run)

    return score, made / "model" / "model.bin"
