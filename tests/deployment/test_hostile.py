"""Whatever text is sent, it is shown as text or refused: properties over generated texts."""

import csv
import json
import re

import pytest

pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from tests.deployment.test_cards import HOSTILE  # noqa: E402

PIECES = st.sampled_from(
    [
        HOSTILE,
        "</textarea>",
        "${alert(1)}",
        "{{7*7}}",
        "=1+1",
        "@SUM",
        "\u202e",
        "\0",
        "great",
        "\n",
    ]
)
# Any code point, lone surrogates as well.
TEXTS = st.lists(st.one_of(PIECES, st.text(st.characters(), max_size=40)), max_size=6).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def client(ladder):
    from limits import RateLimit
    from rest import add_routes

    app = FastAPI()
    add_routes(app, ladder, RateLimit(per_minute=1_000_000))
    return TestClient(app)


@FEW
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_any_texts_get_a_verdict_each(client, texts):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/predict", content=json.dumps({"texts": texts}), headers=headers)
    if all(map(is_text, texts)):
        assert answer.status_code == 200
        assert len(answer.json()["verdicts"]) == len(texts)
    else:
        assert answer.status_code in (200, 422)


@FEW
@given(body=JSON | st.fixed_dictionaries({"texts": JSON}) | st.binary(max_size=60))
def test_no_body_at_all_is_a_server_error(client, body):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/predict", content=sent, headers=headers)
    assert answer.status_code in (200, 400, 413, 422)


@FEW
@given(review=TEXTS)
def test_no_text_becomes_markup_on_the_page(ladder, review):
    from page.review_tab import explain_review, score_review

    if not review.strip():
        return
    drawn = score_review(review, ladder)[0] + explain_review(review, ladder)
    assert "${" not in drawn and "{{" not in drawn
    tags = {tag.lower() for tag in re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", drawn)}
    assert tags <= {"section", "h2", "h3", "p", "span", "div", "b", "ul", "li", "ol", "mark"}


@FEW
@given(cells=st.lists(TEXTS, min_size=1, max_size=4), name=TEXTS)
def test_no_cell_of_a_scored_file_is_a_formula(tmp_path, cells, name):
    from tables import Table, write_scored

    file = tmp_path / "scored.csv"
    # Tables are read without NUL.
    cells, name = [cell.replace("\0", "") for cell in cells], name.replace("\0", "")
    table = Table([name], [[cell] for cell in cells])
    write_scored(file, table, [("positive", "Confident", "0.9")] * len(cells))
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    for cell in (cell for row in rows for cell in row):
        is_number = re.fullmatch(r"[+-]?\d+([.,]\d+)?%?", cell.strip())
        assert is_number or not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")), cell


def is_text(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)
