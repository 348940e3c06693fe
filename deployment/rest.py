"""The plain HTTP API: /healthz, /v1/predict and /openapi.json. Its contract is stable."""

import time

from body_limit import BodyLimit, problem
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from limits import MOST_CHARACTERS, MOST_TEXTS, RateLimit
from pydantic import BaseModel, ConfigDict, Field
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.verdict import Verdict


class Texts(BaseModel):
    """What /v1/predict takes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    texts: list[str] = Field(
        description=f"1 to {MOST_TEXTS} reviews of at most {MOST_CHARACTERS:,} characters each",
        examples=[["A quiet, generous film.", "Two hours I will not get back."]],
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

    @app.post(
        "/v1/predict",
        response_model=Verdicts,
        responses={code: {"model": Problem} for code in (413, 422, 429)},
    )
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
        """Name the field and what is wrong with it; never repeat what was sent."""
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(
            422, f"{where or 'body'}: {first['msg']}".encode("utf-8", "replace").decode()
        )

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
