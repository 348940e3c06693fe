"""The only way from a visitor's text into HTML."""

import html


def escape(text: object) -> str:
    """Make a text safe inside HTML, and inert in gradio's own templates (`${...}`, `{{...}}`)."""
    escaped = html.escape(str(text).replace("\0", "\ufffd"))
    escaped = escaped.encode("utf-8", "replace").decode("utf-8")
    for sign in "${}`":
        escaped = escaped.replace(sign, f"&#{ord(sign)};")
    return escaped


def count(number: int, noun: str) -> str:
    """Write a number with its noun: "1 word", "2,000 words"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """Write a share in 0..1 as whole percent, and never as certainty."""
    if share > 0.995:
        return "&gt;99%"
    if share < 0.005:
        return "&lt;1%"
    return f"{100 * share:.0f}%"
