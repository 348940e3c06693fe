"""/docs: the OpenAPI schema as one page of HTML, which asks no other host for anything."""

import html
import json
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>ReelTalk API</title>
<style>:root{{color-scheme:light dark}}body{{font:1rem/1.6 system-ui,sans-serif;max-width:50rem;
margin:2rem auto;padding:0 1rem}}pre{{overflow-x:auto;padding:.8rem;border:1px solid #8886;
border-radius:8px;font-size:.85rem}}</style></head><body><h1>ReelTalk API</h1>
<p>As a schema: <a href="openapi.json">openapi.json</a></p>{operations}
<h2>Schemas</h2><pre tabindex="0">{schemas}</pre></body></html>"""


def add_docs(app: FastAPI) -> None:
    """Add /docs to an app whose routes are all there."""
    schema = app.openapi()
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    )
    schemas = _as_text(schema.get("components", {}).get("schemas", {}))
    page = _PAGE.format(operations=operations, schemas=schemas)

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page)


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    answers = "".join(
        f"<li><b>{code}</b> {html.escape(answer['description'])}</li>"
        for code, answer in operation["responses"].items()
    )
    return (
        f"<h2>{method.upper()} {html.escape(path)}</h2>"
        f"<p>{html.escape(operation.get('description', ''))}</p><ul>{answers}</ul>"
    )


def _as_text(schemas: dict[str, Any]) -> str:
    return html.escape(json.dumps(schemas, indent=2))
