import json

import pytest
from reeltalk_inference.word_model import WordModel

from reeltalk.baseline import train_baseline
from reeltalk.config import BaselineConfig, ReviewSource
from reeltalk.errors import ReelTalkError


@pytest.fixture
def config(easy_file, tmp_path):
    return BaselineConfig(
        ReviewSource(dataset=str(easy_file)), tmp_path / "words.json", word_model_terms=200
    )


def test_the_word_model_is_small_runs_alone_and_is_right(config, capsys):
    train_baseline(config)
    said = capsys.readouterr().out
    assert "TF-IDF, " in said
    assert "word model, 200 terms" in said
    model = WordModel.from_file(config.word_model)
    assert len(model.weights) == 200
    good, bad = model.predict(["the cast is superb and funny", "a boring mess, dreadful"])
    assert (good.label, bad.label) == ("POSITIVE", "NEGATIVE")


def test_the_word_model_computes_what_scikit_learn_does(config, monkeypatch, easy_file):
    """The file's few digits and our own arithmetic give the regression's probabilities."""
    from reeltalk import baseline
    from reeltalk.sources import Source
    from reeltalk.splits import read_splits

    fitted = {}

    def keep(file, vectorizer, regression):
        fitted["theirs"] = vectorizer, regression
        return original(file, vectorizer, regression)

    original = baseline._write_word_model
    monkeypatch.setattr(baseline, "_write_word_model", keep)
    train_baseline(config)
    vectorizer, regression = fitted["theirs"]
    texts = read_splits(Source("path", str(easy_file)), config.source).test.texts
    theirs = regression.predict_proba(vectorizer.transform(texts))[:, 1]
    ours = [
        verdict.probabilities["POSITIVE"]
        for verdict in WordModel.from_file(config.word_model).predict(texts)
    ]
    assert ours == pytest.approx(theirs, abs=0.02)


def test_a_word_model_over_a_megabyte_is_refused(config, monkeypatch):
    from reeltalk import baseline

    monkeypatch.setattr(baseline, "LARGEST_WORD_MODEL_BYTES", 1000)
    with pytest.raises(ReelTalkError, match="keep fewer with --word-model-terms"):
        train_baseline(config)
    assert not config.word_model.exists()


def test_the_file_is_plain_json(config):
    train_baseline(config)
    content = json.loads(config.word_model.read_text())
    assert set(content) == {"bias", "terms"}
