"""The API answers as /openapi.json says: schemathesis asks what the schema allows, and more."""

import tempfile
from pathlib import Path
from unittest import mock

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import schemathesis  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from schemathesis.config import SchemathesisConfig  # noqa: E402

from tests.deployment.conftest import DEPLOYMENT  # noqa: E402

REFUSED = ["400", "405", "413", "415", "422"]
CHECKS = {"negative_data_rejection": {"expected-statuses": REFUSED}}
FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def make_api() -> FastAPI:
    """The Space's app with an empty page, and a rate limit that answers for nothing."""
    import serving
    from feedback import FeedbackFile
    from limits import RateLimit
    from reeltalk_inference.ladder import Ladder
    from reeltalk_inference.loading import load_words

    ladder = Ladder(load_words(DEPLOYMENT / "word_model.json"), [])
    feedback = FeedbackFile(Path(tempfile.gettempdir()) / "no-feedback-is-given")
    with mock.patch.object(serving, "RateLimit", lambda: RateLimit(per_minute=1_000_000)):
        return serving.make_app(ladder, feedback, lambda *_: FastAPI())


# Schemathesis makes a test of each operation when tests are collected.
SCHEMA = schemathesis.openapi.from_asgi(
    "/openapi.json", make_api(), config=SchemathesisConfig.from_dict({"checks": CHECKS})
)


@pytest.fixture
def app():
    return make_api()


@SCHEMA.parametrize()
@FEW
def test_every_answer_is_what_the_schema_says(case):
    case.call_and_validate()


def test_every_status_that_callers_meet_is_in_the_schema(app):
    predict = app.openapi()["paths"]["/v1/predict"]["post"]
    assert set(predict["responses"]) == {"200", "400", "413", "415", "422", "429", "500"}
    assert "Retry-After" in predict["responses"]["429"]["headers"]
    assert set(app.openapi()["paths"]["/healthz"]["get"]["responses"]) == {"200"}


@pytest.mark.parametrize(
    ("method", "path", "kind", "body", "status"),
    [
        ("POST", "/v1/predict", "application/json", b'{"texts": ["\xff"]}', 400),
        ("GET", "/v1/predict", "application/json", b"", 405),
        ("POST", "/healthz", "application/json", b"{}", 405),
        ("POST", "/v1/predict", "application/x-www-form-urlencoded", b'{"texts": ["a"]}', 415),
        ("POST", "/v1/predict", "", b'{"texts": ["a"]}', 415),
        ("POST", "/v1/predict", "application/json", b"{", 422),
    ],
)
def test_each_refusal_is_one_line_of_json(app, method, path, kind, body, status):
    headers = {"Content-Type": kind} if kind else {}
    answer = TestClient(app).request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"detail"} and "\n" not in answer.json()["detail"]


def test_what_is_not_the_api_s_is_the_page_s(app):
    assert "ReelTalk is starting" in TestClient(app).get("/").text
