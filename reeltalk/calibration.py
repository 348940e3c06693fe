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
    """Find the temperature that makes validation likeliest.

    Args:
        margins: positive minus negative logit of each review, shape (reviews,).
        labels: 0 or 1, shape (reviews,).

    Returns:
        T in `LOWEST`..`HIGHEST`; the probabilities are softmax(logits / T).
    """
    signed = np.where(labels == 1, margins, -margins)

    def nll(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signed / np.exp(log_temperature)).mean())

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
