"""One temperature, fitted on validation and folded into the last layer (Guo et al. 2017).

Every consumer's softmax is then calibrated with no code of ours.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(margins: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature that makes validation likeliest, by Platt's smoothed labels.

    Of n reviews of a class, all of them right, Platt (1999) takes (n + 1) / (n + 2) for certain:
    a small validation set without a mistake must not make the model certain of everything.

    Args:
        margins: positive minus negative logit of each review, shape (reviews,).
        labels: 0 or 1, shape (reviews,).

    Returns:
        T in `LOWEST`..`HIGHEST`; the probabilities are softmax(logits / T).
    """
    signed = np.where(labels == 1, margins, -margins)
    counts = np.where(labels == 1, (labels == 1).sum(), (labels == 0).sum())
    right = (counts + 1) / (counts + 2)

    def nll(log_temperature: float) -> float:
        scaled = signed / np.exp(log_temperature)
        losses = right * np.logaddexp(0.0, -scaled) + (1 - right) * np.logaddexp(0.0, scaled)
        return float(losses.mean())

    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    return float(np.exp(minimize_scalar(nll, bounds=bounds, method="bounded").x))


def fold_temperature(model: "PreTrainedModel", temperature: float) -> None:
    """Divide the last linear layer by the temperature, in place."""
    import torch
    from torch import nn

    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    if last.out_features != 2:
        raise ValueError(f"the last linear layer has {last.out_features} outputs, not 2")
    with torch.no_grad():
        last.weight.div_(temperature)
        if last.bias is not None:
            last.bias.div_(temperature)
