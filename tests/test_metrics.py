import numpy as np
import pytest

from reeltalk.metrics import compare, expected_calibration_error, measure


def test_every_figure_of_a_small_case_is_right():
    labels = [0, 0, 0, 1, 1, 1, 1, 1]
    positive = np.array([0.1, 0.2, 0.6, 0.9, 0.8, 0.7, 0.6, 0.4])
    scores = measure(labels, positive, np.array([10, 70, 70, 300, 300, 300, 2000, 2000]))
    assert scores.rows == 8
    assert scores.accuracy == 6 / 8
    assert scores.confusion == [[2, 1], [1, 4]]
    negative, positive_class = scores.per_class["NEGATIVE"], scores.per_class["POSITIVE"]
    assert negative == pytest.approx(
        {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "support": 3}
    )
    assert positive_class["precision"] == pytest.approx(4 / 5)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores.macro_precision == pytest.approx((2 / 3 + 4 / 5) / 2)
    of_truth = [0.9, 0.8, 0.4, 0.9, 0.8, 0.7, 0.6, 0.4]
    assert scores.nll == pytest.approx(-np.log(of_truth).mean())
    assert scores.brier == pytest.approx(np.mean([(1 - p) ** 2 for p in of_truth]))
    assert scores.by_length == [
        {"tokens": "1-64", "rows": 1, "accuracy": 1.0},
        {"tokens": "65-128", "rows": 2, "accuracy": 0.5},
        {"tokens": "257-512", "rows": 3, "accuracy": 1.0},
        {"tokens": "over 1024", "rows": 2, "accuracy": 0.5},
    ]


def test_the_interval_is_wilson_s():
    """95 of 100: 0.8882 to 0.9785 (Newcombe 1998, method 3)."""
    positive = np.array([0.9] * 95 + [0.1] * 5)
    low, high = measure([1] * 100, positive).accuracy_interval
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)


def test_a_calibrated_model_has_no_error():
    positive = np.array([0.75] * 4 + [0.25] * 4)
    assert expected_calibration_error(np.array([1, 1, 1, 0, 0, 0, 0, 1]), positive) == 0


def test_an_overconfident_model_is_off_by_its_overconfidence():
    positive = np.full(10, 1.0)
    assert expected_calibration_error(np.array([1] * 6 + [0] * 4), positive) == pytest.approx(0.4)


def test_calibration_is_a_mean_over_bins_by_their_size():
    positive = np.array([0.99] * 3 + [0.55])
    truth = np.array([1, 1, 1, 0])
    expected = 3 / 4 * 0.01 + 1 / 4 * 0.55
    assert expected_calibration_error(truth, positive) == pytest.approx(expected)


def test_mcnemar_counts_what_only_one_gets_right():
    labels = [1] * 20
    first = np.array([0.9] * 15 + [0.1] * 5)
    second = np.array([0.1] * 3 + [0.9] * 12 + [0.9] * 5)
    outcome = compare(labels, first, second)
    assert (outcome.only_first, outcome.only_second) == (3, 5)
    assert outcome.p_value == pytest.approx(0.7265625)


def test_equal_models_do_not_differ():
    positive = np.array([0.9, 0.1])
    assert compare([1, 0], positive, positive).p_value == 1


def test_figures_are_json():
    import json

    content = measure([0, 1], np.array([0.2, 0.7]), np.array([5, 5])).as_json()
    assert json.loads(json.dumps(content)) == content
    assert content["accuracy"] == 1.0
