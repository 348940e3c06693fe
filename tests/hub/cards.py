"""README front matter: reading it, and the checks that the Hub makes before it takes a card."""

import json
import re
from typing import Any

import yaml

COLORS = ["red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"]
SDKS = ["gradio", "streamlit", "docker", "static"]
LICENSES = """apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m afl-3.0 agpl-3.0
artistic-2.0 bsd bsd-2-clause bsd-3-clause bsl-1.0 cc cc0-1.0 cc-by-2.0 cc-by-3.0 cc-by-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 gpl gpl-2.0
gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 llama2 llama3 gemma mpl-2.0 isc odbl wtfpl zlib unlicense unknown
other""".split()
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)\r?\n?---[ \t]*(\r?\n|\Z)", re.DOTALL)
_EMPTY = "empty or missing yaml metadata in repo card"


def read_front_matter(readme: str) -> dict[str, Any] | None:
    """The mapping between the `---` lines; None where it is missing or no YAML mapping."""
    match = _FRONT_MATTER.match(readme)
    try:
        data = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        return None
    # As the Hub sends it: dates become text.
    return json.loads(json.dumps(data, default=str)) if isinstance(data, dict) else None


def card_problems(readme: str, repo_type: str) -> tuple[list[str], list[str]]:
    """Errors and warnings of a card, in the Hub's kind of words."""
    match = _FRONT_MATTER.match(readme)
    if not match or not match[1].strip():
        if repo_type == "space":
            return ["Missing configuration in README: front matter is required"], []
        return [], [_EMPTY]
    try:
        data = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        return [f"Invalid YAML: {error}"], []
    if not isinstance(data, dict):
        return ["Metadata must be a mapping of names to values"], []
    checks = [*_common_errors(data), *(_space_errors(data) if repo_type == "space" else [])]
    if repo_type == "model":
        checks += _model_errors(data)
    return checks, []


def _common_errors(data: dict[str, Any]) -> list[str]:
    errors = []
    licenses = data.get("license", [])
    for license_id in licenses if isinstance(licenses, list) else [licenses]:
        if license_id not in LICENSES:
            errors.append(f'"license" must be one of [{", ".join(LICENSES)}]')
    for name in ("tags", "datasets", "metrics"):
        values = data.get(name, [])
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or any(not isinstance(value, str) for value in values):
            errors.append(f'"{name}" must be an array of strings')
    languages = data.get("language", [])
    for language in languages if isinstance(languages, list) else [languages]:
        if not isinstance(language, str) or not re.fullmatch(
            r"[a-z]{2,3}|code|multilingual", language
        ):
            errors.append('"language" must only contain lowercase ISO 639-1, -2 or -3 codes')
    return errors


def _model_errors(data: dict[str, Any]) -> list[str]:
    errors = []
    for index, entry in enumerate(data.get("model-index") or []):
        where = f'"model-index[{index}]'
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            errors.append(f'{where}.name" is required')
            continue
        for number, result in enumerate(entry.get("results") or []):
            missing = [name for name in ("task", "metrics") if not result.get(name)]
            errors += [f'{where}.results[{number}].{name}" is required' for name in missing]
    if not isinstance(data.get("pipeline_tag", ""), str):
        errors.append('"pipeline_tag" must be a string')
    return errors


def _space_errors(data: dict[str, Any]) -> list[str]:
    errors = []
    if data.get("sdk") not in SDKS:
        errors.append(f'"sdk" must be one of [{", ".join(SDKS)}]')
    for name in ("colorFrom", "colorTo"):
        if name in data and data[name] not in COLORS:
            errors.append(f'"{name}" must be one of [{", ".join(COLORS)}]')
    for name in ("title", "short_description", "app_file", "emoji", "sdk_version"):
        if not isinstance(data.get(name, ""), str):
            errors.append(f'"{name}" must be a string')
    if len(str(data.get("short_description", ""))) > 60:
        errors.append('"short_description" length must be less than or equal to 60 characters long')
    if str(data.get("emoji", "")).isascii() and data.get("emoji"):
        errors.append('"emoji" must be an emoji')
    if not isinstance(data.get("pinned", False), bool):
        errors.append('"pinned" must be a boolean')
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?\w*", str(data.get("sdk_version", "1.0"))):
        errors.append('"sdk_version" must be a version')
    return errors
