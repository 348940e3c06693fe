"""The About tab: what was measured, what the models are not for, privacy, and the API."""

from pathlib import PurePath
from typing import Any

import gradio as gr
from feedback import FeedbackFile
from limits import MOST_CHARACTERS, MOST_TEXTS
from reeltalk_inference.ladder import LEVELS, Ladder
from reeltalk_inference.loading import LoadedModel

from page.markup import escape

_LIMITS = """<h2>What it is for</h2>
<p>It says whether an English film or television review recommends what it reviews. It was not
made for, and is not measured on, other languages, other products, news, or judgements about
people. Two classes leave no room for indifference: a review that weighs good against bad scores
near one half and is called mixed. Irony marked by nothing but context is often read literally.
Do not use it to decide anything about a person.</p>
<h2>Privacy</h2>
<p>Your text is read in this Space's memory and is not stored. The page asks no other host for
anything. Files of the Batch tab, and their results, are deleted within two hours.
Feedback is kept only if you give it: your answer and the score, and your text only if you tick
the box. """

_FEEDBACK = {
    "here": "It is kept in files of this Space.",
    "soon": "It is kept in files of this Space, and goes to a private dataset on the Hugging Face "
    "Hub when that can be reached.",
    "hub": "It is kept in files of this Space, and goes to a private dataset on the Hugging Face "
    "Hub, which those who run this Space can read.",
}

_API = f"""<h2>API</h2>
<p>Plain HTTP, at most {MOST_TEXTS} texts of {MOST_CHARACTERS:,} characters a request.
<a href="docs">/docs</a> describes it, <code>/openapi.json</code> is its schema, and
<code>/healthz</code> says which model answers.</p>
<pre tabindex="0"><code>curl -s $SPACE/v1/predict -H "Content-Type: application/json" \\
  -d '{{"texts": ["Not bad at all."]}}'</code></pre>
<p>With gradio's client:</p>
<pre tabindex="0"><code>from gradio_client import Client
client = Client("owner/space")
client.predict("Not bad at all.", api_name="/predict")</code></pre>
<p>Named endpoints: <code>/predict</code>, <code>/predict_batch</code>, <code>/compare</code> and
<code>/explain</code>.</p>"""


class AboutTab:
    """Lays the tab out where it is made; `wire` keeps its figures true."""

    def __init__(self, ladder: Ladder, feedback: FeedbackFile) -> None:
        """Lay out the text."""
        self.text = gr.HTML(render_about(ladder, feedback), elem_id="about")

    def wire(self, ladder: Ladder, feedback: FeedbackFile, page: gr.Blocks) -> None:
        """Draw what is so now, on each visit: the models that are in, where feedback goes."""
        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        page.load(lambda: render_about(ladder, feedback), None, self.text, **quiet)


def render_about(ladder: Ladder, feedback: FeedbackFile) -> str:
    """Draw the tab."""
    models = [model for level in LEVELS if (model := ladder.at(level))]
    api = _API.replace("$", "&#36;").replace("{", "&#123;").replace("}", "&#125;")
    text = f"{_LIMITS}{_FEEDBACK[feedback.goes_to]}</p>{api}"
    return f'<div class="about"><h2>Measured</h2>{_figures(models)}{text}</div>'


def _figures(models: list[LoadedModel]) -> str:
    rows = "".join(_row(model) for model in models)
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Measured figures"><table>'
        "<thead><tr><th>Model</th><th>Accuracy (95% interval)</th><th>Test reviews</th>"
        f"<th>Calibration error</th><th>Slang</th></tr></thead><tbody>{rows}</tbody></table></div>"
        "<p>Calibration error is the mean distance between how sure a model says it is and how "
        "often it is right. Slang is accuracy on held-out remarks in the way people write now.</p>"
    )


def _row(model: LoadedModel) -> str:
    test = model.metrics.get("test") or {}
    slang = (model.metrics.get("slang") or {}).get("all") or {}
    reviews = f"{test['rows']:,} of {_source(model.metrics)}" if "rows" in test else "not measured"
    error = f"{test['ece']:.3f}" if "ece" in test else ""
    cells = (_name(model), _accuracy(test), reviews, error, _accuracy(slang) or "not measured")
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _name(model: LoadedModel) -> str:
    if model.level == "words":
        return "words: bundled, no download"
    return f"{model.level}: {model.name} at {model.revision[:12]}"


def _accuracy(scores: dict[str, Any]) -> str:
    if "accuracy" not in scores:
        return ""
    accuracy = f"{100 * scores['accuracy']:.1f}%"
    low, high = scores.get("accuracy_interval") or (None, None)
    return f"{accuracy} ({100 * low:.1f} to {100 * high:.1f})" if low is not None else accuracy


def _source(metrics: dict[str, Any]) -> str:
    """Name the test set; of a path on the machine that measured, only the last part."""
    source = str((metrics.get("reviews") or {}).get("source", "unnamed reviews"))
    return PurePath(source).name if source.startswith(("/", ".")) else source
