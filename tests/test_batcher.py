"""Callers who ask at once are read together, each gets its own verdicts, and nobody waits long."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from reeltalk_inference.batcher import ROUND_CHARACTERS, ROUND_REVIEWS, Batcher
from reeltalk_inference.verdict import verdict_from_probability


class Model:
    """Answers with the review's length; a round waits at the gate, and is written down."""

    def __init__(self):
        self.rounds = []
        self.gate = threading.Event()
        self.entered = threading.Event()

    def predict(self, reviews):
        self.rounds.append(list(reviews))
        self.entered.set()
        assert self.gate.wait(10)
        if "poison" in reviews:
            raise RuntimeError("the model failed")
        return [verdict_from_probability(0.9, len(review), 1) for review in reviews]


@pytest.fixture
def model():
    return Model()


def ask_while_one_is_read(model, calls):
    """Start a first caller, let the others come while it is read, then open the gate."""
    batcher = Batcher(model.predict)
    with ThreadPoolExecutor(1 + len(calls)) as pool:
        first = pool.submit(batcher, ["first"])
        model.entered.wait(10)
        asked = []
        for number, reviews in enumerate(calls, 1):
            asked.append(pool.submit(batcher, reviews))
            while len(batcher._line) < number:
                pass
        model.gate.set()
        assert [verdict.tokens_read for verdict in first.result(10)] == [5]
        return asked


def lengths(future):
    return [verdict.tokens_read for verdict in future.result(10)]


def test_a_lone_caller_is_read_at_once_in_the_caller_s_own_thread():
    threads = []

    def predict(reviews):
        threads.append(threading.current_thread())
        return [verdict_from_probability(0.5, 1, 1) for _ in reviews]

    assert len(Batcher(predict)(["one", "two"])) == 2
    assert threads == [threading.current_thread()]


def test_nothing_to_read_asks_nobody(model):
    assert Batcher(model.predict)([]) == []
    assert model.rounds == []


def test_who_waits_is_read_in_one_round_and_gets_the_own_verdicts(model):
    asked = ask_while_one_is_read(model, [["a"], ["bb", "bbb"], ["cccc"]])
    assert [lengths(future) for future in asked] == [[1], [2, 3], [4]]
    assert model.rounds == [["first"], ["a", "bb", "cccc", "bbb"]]


def test_a_single_review_does_not_wait_behind_a_long_list(model):
    many = [f"{i:04d}" * 300 for i in range(64)]
    alone = ask_while_one_is_read(model, [many, ["x"]])[1]
    assert lengths(alone) == [1]
    assert "x" in model.rounds[1]


def test_rounds_are_bounded_but_a_review_longer_than_a_round_is_read(model):
    long = "x" * (ROUND_CHARACTERS + 1)
    asked = ask_while_one_is_read(model, [["a"] * 100, [long]])
    assert [len(lengths(future)) for future in asked] == [100, 1]
    for reviews in model.rounds:
        assert len(reviews) <= ROUND_REVIEWS
        assert len(reviews) == 1 or sum(map(len, reviews)) <= ROUND_CHARACTERS


def test_a_failure_is_told_to_whom_it_concerns_and_the_rest_are_answered(model):
    poisoned, *others = ask_while_one_is_read(model, [["poison"], ["bb"], ["ccc"]])
    with pytest.raises(RuntimeError, match="the model failed"):
        poisoned.result(10)
    told = [lengths(future) for future in others if future.exception(10) is None]
    assert len(told) >= 1 and set(map(tuple, told)) <= {(2,), (3,)}


def test_many_callers_at_once_all_get_their_own(tiny_model):
    from reeltalk_inference.predictor import Predictor

    predict = Predictor.from_folder(tiny_model).predict
    batcher = Batcher(predict)
    reviews = [f"the acting is great and the music superb {'very ' * (i % 7)}" for i in range(60)]
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda i: batcher(reviews[i : i + 1 + i % 5]), range(55)))
    assert got == [predict(reviews[i : i + 1 + i % 5]) for i in range(55)]
