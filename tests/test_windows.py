import numpy as np
import pytest
from reeltalk_inference.windows import head_and_tail, pool_logits, window_starts


@pytest.mark.parametrize("tokens", [0, 1, 9, 10, 11, 17, 18, 100, 1001])
def test_windows_cover_every_token_and_end_with_the_review(tokens):
    starts = window_starts(tokens, size=10, stride=8)
    covered = {token for start in starts for token in range(start, min(start + 10, tokens))}
    assert covered == set(range(tokens))
    assert starts[-1] == max(0, tokens - 10)
    assert starts == sorted(set(starts))


def test_neighbouring_windows_overlap():
    starts = window_starts(1000, size=100, stride=75)
    assert max(np.diff(starts)) == 75


@pytest.mark.parametrize(("size", "stride"), [(10, 0), (10, 11), (10, -1)])
def test_a_stride_outside_the_window_is_refused(size, stride):
    with pytest.raises(ValueError, match=f"stride {stride}"):
        window_starts(100, size, stride)


def test_head_and_tail_keep_a_quarter_and_three_quarters():
    kept = head_and_tail(np.arange(1000), 100)
    assert kept.tolist() == [*range(25), *range(925, 1000)]


def test_a_review_within_the_limit_is_kept_whole():
    ids = np.arange(100)
    assert head_and_tail(ids, 100) is ids


def test_pooling_averages_logits_not_probabilities():
    assert pool_logits(np.array([[0.0, 8.0], [2.0, 0.0]])).tolist() == [1.0, 4.0]
