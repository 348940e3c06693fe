import numpy as np
import pytest
import torch

from reeltalk.base_model import find_base, load_base
from reeltalk.calibration import fit_temperature, fold_temperature
from reeltalk.metrics import expected_calibration_error
from reeltalk.sources import Source


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_of_a_miscalibrated_model_is_found(temperature):
    random = np.random.default_rng(0)
    honest = random.normal(0, 2, 40_000)
    labels = (random.random(40_000) < 1 / (1 + np.exp(-honest))).astype(int)
    assert fit_temperature(honest * temperature, labels) == pytest.approx(temperature, rel=0.03)


def test_calibrating_lowers_the_error():
    random = np.random.default_rng(1)
    honest = random.normal(0, 2, 5000)
    labels = (random.random(5000) < 1 / (1 + np.exp(-honest))).astype(int)
    margins = honest * 3
    fitted = margins / fit_temperature(margins, labels)
    before, after = (1 / (1 + np.exp(-m)) for m in (margins, fitted))
    assert expected_calibration_error(labels, before) > 0.1
    assert expected_calibration_error(labels, after) < 0.02


def test_a_few_reviews_without_a_mistake_make_no_certainty():
    margins, labels = np.array([3.0, 2.0, -3.0, -2.5]), np.array([1, 1, 0, 0])
    certain = 1 / (1 + np.exp(-margins.max() / fit_temperature(margins, labels)))
    assert certain < 0.9


def test_the_temperature_divides_every_consumer_s_logits(tiny_model):
    model, tokenizer = load_base(find_base(Source("path", str(tiny_model))), 32, 0)
    batch = tokenizer(["The story is great.", "awful"], padding=True, return_tensors="pt")
    model.eval()
    with torch.no_grad():
        before = model(**batch).logits
        fold_temperature(model, 2.5)
        after = model(**batch).logits
    assert torch.allclose(after, before / 2.5, atol=1e-6)
