"""The plain HTTP API: /healthz, /v1/predict and /openapi.json. Its contract is stable."""

import time
from typing import Annotated, Any

from body_limit import BodyLimit, problem
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from limits import MOST_BODY_BYTES, MOST_CHARACTERS, MOST_TEXTS, RateLimit
from pydantic import BaseModel, ConfigDict, Field
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.verdict import Verdict


class Texts(BaseModel):
    """What /v1/predict takes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    # Bounds for the schema alone: `refuse_texts` checks them, and tells 413 from 422.
    texts: list[Annotated[str, Field(json_schema_extra={"maxLength": MOST_CHARACTERS})]] = Field(
        description=f"1 to {MOST_TEXTS} reviews of at most {MOST_CHARACTERS:,} characters each",
        examples=[["A quiet, generous film.", "Two hours I will not get back."]],
        json_schema_extra={"minItems": 1, "maxItems": MOST_TEXTS},
    )


class OneVerdict(BaseModel):
    """The answer to one review; `label` is null where there was nothing to read."""

    label: str | None
    probabilities: dict[str, float]
    confidence: str
    tokens_read: int
    tokens_total: int
    windows: int


class Verdicts(BaseModel):
    """What /v1/predict gives: who answered, and a verdict for each text, in order."""

    level: str
    model: str
    revision: str
    verdicts: list[OneVerdict]


class Health(BaseModel):
    """What /healthz gives."""

    status: str
    level: str
    model: str
    revision: str
    loading: bool
    uptime_s: float


class Problem(BaseModel):
    """What went wrong, in one line."""

    detail: str


_WHY_NOT = {
    400: "The body cannot be decoded",
    413: f"More than {MOST_TEXTS} texts, a text over {MOST_CHARACTERS:,} characters, or a body "
    f"over {MOST_BODY_BYTES:,} bytes",
    415: "The body is not sent as application/json",
    422: "The body is no JSON, or not of this shape; `detail` names the field",
    429: "Too many requests",
    500: "The model failed on this request",
}
_RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}


def _refusals() -> dict[int | str, dict[str, Any]]:
    """Describe every status with which /v1/predict refuses."""
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem, "description": why} for code, why in _WHY_NOT.items()
    }
    refusals[429]["headers"] = {"Retry-After": _RETRY_AFTER}
    return refusals


def add_routes(app: FastAPI, ladder: Ladder, rate_limit: RateLimit) -> None:
    """Add the API to an app."""
    started = time.monotonic()

    @app.get("/healthz")
    async def health() -> Health:
        """Say which model answers, and whether better ones are still being loaded."""
        best = ladder.best
        uptime_s = round(time.monotonic() - started, 3)
        return Health(
            status="ok",
            level=best.level,
            model=best.name,
            revision=best.revision,
            loading=ladder.loading,
            uptime_s=uptime_s,
        )

    @app.post("/v1/predict", response_model=Verdicts, responses=_refusals())
    def predict(texts: Texts, request: Request) -> Verdicts | JSONResponse:
        """Say whether each review is positive or negative, and how sure the model is."""
        wait_s = rate_limit.wait_s(request.client.host if request.client else "")
        if wait_s:
            return problem(429, "too many requests; wait as Retry-After says", wait_s)
        if refusal := refuse_texts(texts.texts):
            return problem(*refusal)
        best = ladder.best
        verdicts = [_as_json(verdict) for verdict in best.predict(texts.texts)]
        return Verdicts(
            level=best.level, model=best.name, revision=best.revision, verdicts=verdicts
        )

    @app.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError) -> Response:
        """Name the field and what is wrong with it; never repeat the texts that were sent."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            return problem(415, "send the body as application/json, and say so in Content-Type")
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(
            422, f"{where or 'body'}: {first['msg']}".encode("utf-8", "replace").decode()
        )

    @app.exception_handler(Exception)
    async def give_up(request: Request, error: Exception) -> Response:
        """Answer in the API's shape; the server writes the error to the log."""
        return problem(500, "this request could not be answered; the log of the Space says why")

    app.add_middleware(BodyLimit)


def refuse_texts(texts: list[str]) -> tuple[int, str] | None:
    """Give the HTTP status and the reason if these texts are too many, too long, or none."""
    if not texts:
        return 422, f"texts is empty; send 1 to {MOST_TEXTS}"
    if len(texts) > MOST_TEXTS:
        return 413, f"{len(texts)} texts are too many; send at most {MOST_TEXTS} at once"
    for position, text in enumerate(texts):
        if len(text) > MOST_CHARACTERS:
            return 413, (
                f"texts[{position}] has {len(text):,} characters; at most {MOST_CHARACTERS:,} "
                "are read"
            )
    return None


def _as_json(verdict: Verdict) -> OneVerdict:
    return OneVerdict(
        label=verdict.label,
        probabilities={label: round(p, 6) for label, p in verdict.probabilities.items()},
        confidence=verdict.confidence,
        tokens_read=verdict.tokens_read,
        tokens_total=verdict.tokens_total,
        windows=verdict.windows,
    )
