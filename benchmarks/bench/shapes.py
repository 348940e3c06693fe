"""A DistilBERT-base with random weights, exported as trained models are. For its speed alone.

    python -m bench.shapes FOLDER

Nothing is downloaded: the shape is transformers' default, which is the published model's, and the
WordPiece vocabulary is the bundled encoder's, which is the same 30,522 words.
"""

import sys
from pathlib import Path

WINDOW = 512


def main() -> None:
    """Write a model folder."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from reeltalk.assembly import save_settings
    from reeltalk.base_model import find_base, load_base
    from reeltalk.export import export_onnx, quantize_onnx
    from reeltalk.reviews import LABEL_NAMES
    from reeltalk.sources import Source

    folder = Path(sys.argv[1])
    config = DistilBertConfig(
        id2label=dict(enumerate(LABEL_NAMES)),
        label2id={name: number for number, name in enumerate(LABEL_NAMES)},
    )
    model = DistilBertForSequenceClassification(config).eval()
    _, tokenizer = load_base(find_base(Source("bundled", "bundled")), WINDOW, 0)
    save_settings(model, tokenizer, WINDOW, folder)
    model.save_pretrained(folder)
    export_onnx(model, folder, WINDOW)
    quantize_onnx(model, folder, WINDOW)


if __name__ == "__main__":
    main()
