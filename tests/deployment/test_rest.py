"""The HTTP API keeps its contract, and answers bad requests with a status and one clear line."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient


@pytest.fixture
def client(ladder):
    from limits import RateLimit
    from rest import add_routes

    app = FastAPI()
    add_routes(app, ladder, RateLimit())
    return TestClient(app)


def test_a_verdict_has_exactly_these_fields(client):
    answer = client.post("/v1/predict", json={"texts": ["a wonderful film"]}).json()
    assert set(answer) == {"level", "model", "revision", "verdicts"}
    (verdict,) = answer["verdicts"]
    assert set(verdict) == {
        "label", "probabilities", "confidence", "tokens_read", "tokens_total", "windows",
    }  # fmt: skip
    assert sum(verdict["probabilities"].values()) == pytest.approx(1)


def test_a_text_with_nothing_to_read_has_no_label(client):
    (verdict,) = client.post("/v1/predict", json={"texts": ["..."]}).json()["verdicts"]
    assert verdict["label"] is None and verdict["probabilities"] == {}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"texts": []}, 422, "empty"),
        ({"texts": ["x"] * 65}, 413, "at most 64"),
        ({"texts": ["x" * 20_001]}, 413, "texts[0] has 20,001 characters"),
        ({"texts": "one"}, 422, "texts: "),
        ({"texts": [1]}, 422, "texts.0: "),
        ({"texts": ["x"], "extra": 1}, 422, "extra: "),
        ({}, 422, "texts: "),
    ],
)
def test_bad_requests_are_told_why(client, body, status, words):
    answer = client.post("/v1/predict", json=body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_the_limits_themselves_are_allowed(client):
    texts = ["good " * 4000] + ["bad"] * 63
    assert client.post("/v1/predict", json={"texts": texts}).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"texts": ["\\ud800", "\\u0000"]}', b'"\\udfff"']
)
def test_no_body_is_a_server_error(client, body):
    headers = {"Content-Type": "application/json"}
    assert client.post("/v1/predict", content=body, headers=headers).status_code in (200, 422)


def test_a_body_over_the_limit_is_refused_before_it_is_read(client):
    from limits import MOST_BODY_BYTES

    answer = client.post("/v1/predict", content=b" " * (MOST_BODY_BYTES + 1))
    assert answer.status_code == 413 and "bytes" in answer.json()["detail"]


def test_a_client_that_asks_too_often_is_told_when_to_come_back():
    from limits import RateLimit

    now = [0.0]
    limit = RateLimit(per_minute=2, clock=lambda: now[0])
    assert [limit.wait_s("one") for _ in range(3)] == [0, 0, 30]
    assert limit.wait_s("another") == 0
    now[0] = 31.0
    assert limit.wait_s("one") == 0
