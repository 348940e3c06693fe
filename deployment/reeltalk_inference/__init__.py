"""Reads reviews with a saved model: the layer that users' verdicts come from, with no torch.

Knows numpy, onnxruntime and tokenizers, and runs alone as a copy of this folder.
"""

from reeltalk_inference.predictor import Predictor
from reeltalk_inference.verdict import Verdict

__all__ = ["Predictor", "Verdict"]
