"""Scoring from the command line: texts, standard input, and files that survive a kill."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from reeltalk_inference import Predictor

from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.prediction import parts as parts_module
from reeltalk.prediction import predict, progress
from reeltalk.prediction.files import score_file
from reeltalk.prediction.inputs import Job
from reeltalk.prediction.parts import Parts
from reeltalk.prediction.progress import Progress
from reeltalk.prediction.verdict_rows import VERDICT_COLUMNS
from reeltalk.tables import read_columns, read_rows, write_rows
from tests.conftest import REPOSITORY, run_script
from tests.tiny import easy_reviews

ROWS = [
    {"id": f"{number:03}", "text": text, "stars": str(label * 4 + 1)}
    for number, (text, label) in enumerate(easy_reviews(70))
]
SCHEMA = pyarrow.schema([(name, pyarrow.string()) for name in ("id", "text", "stars")])


@pytest.fixture(scope="module")
def predictor(tiny_model):
    return Predictor.from_folder(tiny_model)


def predict_file(predictor, file, out, text_column="text", model_id="m"):
    counted = Progress()
    score_file(predictor, Parts(Job.of(file, out), text_column, model_id, None), counted)
    counted.close()
    return counted.rows


def write(file, rows=ROWS):
    write_rows(file, rows, list(rows[0]), SCHEMA)
    return file


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_a_file_keeps_its_format_and_columns_and_gains_the_verdicts(
    predictor, tmp_path, suffix, monkeypatch
):
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    file, out = write(tmp_path / f"in{suffix}"), tmp_path / f"out{suffix}"
    assert predict_file(predictor, file, out) == 70
    assert read_columns(out) == ["id", "text", "stars", *VERDICT_COLUMNS]
    rows = list(read_rows(out))
    verdicts = predictor.predict([row["text"] for row in ROWS])
    for row, original, verdict in zip(rows, ROWS, verdicts, strict=True):
        assert {name: row[name] for name in original} == original
        assert row["verdict"] == verdict.label
        assert float(row["positive"]) == pytest.approx(verdict.probabilities["POSITIVE"], abs=1e-6)
        assert int(row["tokens_read"]) == int(row["tokens_total"]) == verdict.tokens_total
    assert {path.name for path in tmp_path.iterdir()} == {file.name, out.name}


def test_parquet_types_are_kept(predictor, tmp_path):
    table = pyarrow.table({"text": ["great", "awful"], "votes": pyarrow.array([1, 2], "int8")})
    pyarrow.parquet.write_table(table, tmp_path / "in.parquet")
    predict_file(predictor, tmp_path / "in.parquet", tmp_path / "out.parquet")
    schema = pyarrow.parquet.read_schema(tmp_path / "out.parquet")
    assert schema.field("votes").type == pyarrow.int8()
    assert schema.field("positive").type == pyarrow.float64()


def test_rows_without_text_get_no_verdict_and_stop_nothing(predictor, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "great"}\n{"text": null}\n{"text": ""}\n{"text": "\\ud83d great"}\n')
    predict_file(predictor, file, tmp_path / "out.jsonl")
    rows = list(read_rows(tmp_path / "out.jsonl"))
    assert [row["verdict"] is None for row in rows] == [False, True, True, False]
    assert rows[1]["confidence"] == "Can't tell"


def test_a_number_in_place_of_a_text_names_its_row(predictor, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "great"}\n{"text": 5}\n')
    with pytest.raises(ReelTalkError, match="row 2: 'text' holds 5, which is no text"):
        predict_file(predictor, file, tmp_path / "out.jsonl")


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_killed_run_goes_on_and_gives_the_same_bytes(predictor, tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    file = write(tmp_path / f"in{suffix}")
    predict_file(predictor, file, tmp_path / f"whole{suffix}")
    scored = []

    class DyingPredictor:
        def predict(self, texts):
            scored.append(len(texts))
            if len(scored) == 3:
                raise KilledError
            return predictor.predict(texts)

    out = tmp_path / f"out{suffix}"
    with pytest.raises(KilledError):
        predict_file(DyingPredictor(), file, out)
    assert not out.exists()
    assert predict_file(DyingPredictor(), file, out) == 70
    assert scored == [16, 16, 16, 16, 16, 6]
    assert out.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def interrupted(predictor, file, out, monkeypatch, parts_written):
    """Leave the parts of a run that was killed."""
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    calls = []

    class DyingPredictor:
        def predict(self, texts):
            calls.append(len(texts))
            if len(calls) > parts_written:
                raise KilledError
            return predictor.predict(texts)

    with pytest.raises(KilledError):
        predict_file(DyingPredictor(), file, out)
    return out.with_name(f"{out.name}.parts")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_part_that_a_power_cut_emptied_is_scored_again(
    predictor, tmp_path, suffix, kept, monkeypatch
):
    file, out = write(tmp_path / f"in{suffix}"), tmp_path / f"out{suffix}"
    part = interrupted(predictor, file, out, monkeypatch, 3) / f"00000001{suffix}"
    part.write_bytes(part.read_bytes()[: int(kept * part.stat().st_size)])
    assert predict_file(predictor, file, out) == 70
    predict_file(predictor, file, tmp_path / f"whole{suffix}")
    assert out.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def test_a_damaged_part_of_parquet_is_named_and_scored_by_the_next_run(
    predictor, tmp_path, monkeypatch
):
    file, out = write(tmp_path / "in.parquet"), tmp_path / "out.parquet"
    part = interrupted(predictor, file, out, monkeypatch, 3) / "00000001.parquet"
    content = bytearray(part.read_bytes())
    content[4:60] = bytes(56)
    part.write_bytes(content)
    with pytest.raises(ReelTalkError, match="00000001.parquet was damaged .* scores it again"):
        predict_file(predictor, file, out)
    assert predict_file(predictor, file, out) == 70
    assert [row["id"] for row in read_rows(out)] == [row["id"] for row in ROWS]


def test_a_job_file_that_a_power_cut_emptied_begins_anew(predictor, tmp_path, monkeypatch):
    file, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    (interrupted(predictor, file, out, monkeypatch, 2) / "job.json").write_text("")
    assert predict_file(predictor, file, out) == 70
    assert len(list(read_rows(out))) == 70


def test_bytes_are_on_the_disk_before_their_names(predictor, tmp_path, monkeypatch):
    """As seen by the calls: each rename of a file comes after a flush of that file."""
    flushed, renamed = set(), []
    fsync, replace = os.fsync, Path.replace

    def seen_fsync(descriptor):
        flushed.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def seen_replace(self, target):
        renamed.append((Path(target).name, self.stat().st_ino in flushed))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "replace", seen_replace)
    predict_file(predictor, write(tmp_path / "in.csv"), tmp_path / "out.csv")
    assert renamed == [("job.json", True), ("00000000.csv", True), ("out.csv", True)]
    assert tmp_path.stat().st_ino in flushed


def test_a_folder_that_only_looks_like_parts_is_left_alone(predictor, tmp_path):
    file, notes = write(tmp_path / "in.csv"), tmp_path / "out.csv.parts" / "my_notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    with pytest.raises(ReelTalkError, match="out.csv.parts is there already, and this command"):
        predict_file(predictor, file, tmp_path / "out.csv")
    assert notes.read_text() == "mine"


@pytest.mark.parametrize("change", ["input", "model"])
def test_parts_of_another_job_are_not_continued(predictor, tmp_path, monkeypatch, change):
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    file, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"

    class DyingPredictor:
        calls = 0

        def predict(self, texts):
            DyingPredictor.calls += 1
            if DyingPredictor.calls == 2:
                raise KilledError
            return predictor.predict(texts)

    with pytest.raises(KilledError):
        predict_file(DyingPredictor(), file, out)
    if change == "input":
        write(file, [row | {"text": row["text"] + " Really."} for row in ROWS])
    scored = []

    class CountingPredictor:
        def predict(self, texts):
            scored.append(len(texts))
            return predictor.predict(texts)

    predict_file(CountingPredictor(), file, out, model_id="m" if change == "input" else "other")
    assert sum(scored) == 70
    assert [row["text"] for row in read_rows(out)] == [row["text"] for row in read_rows(file)]


def test_memory_does_not_grow_with_the_file(predictor, tmp_path, monkeypatch):
    """Reading is never more than one part ahead of scoring."""
    monkeypatch.setattr(parts_module, "PART_ROWS", 8)
    ahead, read = [], [0]

    def counted(file):
        for row in read_rows(file):
            read[0] += 1
            yield row

    class CountingPredictor:
        scored = 0

        def predict(self, texts):
            ahead.append(read[0] - self.scored)
            self.scored += len(texts)
            return predictor.predict(texts)

    monkeypatch.setattr(parts_module, "read_rows", counted)
    predict_file(CountingPredictor(), write(tmp_path / "a.csv"), tmp_path / "b.csv")
    assert len(ahead) == 9
    assert max(ahead) <= 9


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"files": ("nowhere.csv",)}, "there is no such file"),
        ({"files": ("in.txt",)}, "the format '.txt' is unknown"),
        ({"files": ("in.csv",), "out": "out.jsonl"}, "the output has the input's format"),
        ({"files": ("in.csv",), "out": "in.csv"}, "is the input itself"),
        (
            {"files": ("in.csv",), "text_column": "review"},
            "no column 'review'; found id, text, stars",
        ),
        ({"files": ("in.csv",), "model": "no/model"}, "no model in .*no/model; train one with"),
        ({"text": "hello", "model": "no/model"}, "no model in .*no/model"),
    ],
)
def test_bad_input_is_said_in_one_line(tmp_path, monkeypatch, flags, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "in.csv")
    paths = {name: tmp_path / flags[name] for name in ("out", "model") if name in flags}
    with pytest.raises(ReelTalkError, match=message):
        predict(PredictConfig(**flags | paths))


def test_memory_is_said_every_100_000_rows(predictor, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "ROWS_BETWEEN_LINES", 32)
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    predict_file(predictor, write(tmp_path / "in.csv"), tmp_path / "out.csv")
    said = re.findall(r"(\d+) rows, ([\d,]+) MB resident", capsys.readouterr().err)
    assert [rows for rows, _ in said] == ["32", "64"]
    assert all(20 < int(resident.replace(",", "")) < 20_000 for _, resident in said)


def test_a_scored_file_is_not_scored_again(predictor, tiny_model, tmp_path):
    predict_file(predictor, write(tmp_path / "in.csv"), tmp_path / "out.csv")
    with pytest.raises(ReelTalkError, match="was it scored before"):
        predict(PredictConfig(files=(str(tmp_path / "out.csv"),), model=tiny_model))


def test_one_text_is_answered_in_words_and_bars(tiny_model, capsys):
    predict(PredictConfig(text="The story is great and the cast wonderful.", model=tiny_model))
    said = capsys.readouterr().out
    assert said.startswith("Positive (")
    assert "positive #" in said
    predict(PredictConfig(text="...", model=tiny_model))
    assert capsys.readouterr().out.startswith("Can't tell")
    predict(PredictConfig(text="The story is great.", model=tiny_model, json=True))
    assert set(json.loads(capsys.readouterr().out)) == set(VERDICT_COLUMNS)


def test_standard_input_is_answered_line_by_line(tiny_model):
    process = subprocess.Popen(
        [sys.executable, "-m", "reeltalk", "predict", "--model", str(tiny_model)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    predictor = Predictor.from_folder(tiny_model)
    for line in ("The story is great.", "The story is awful.", ""):
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert answer["verdict"] == predictor.predict([line])[0].label
    process.stdin.write(b"caf\xe9\n")
    process.stdin.close()
    assert process.wait(timeout=30) == 2


def test_prediction_imports_neither_torch_nor_transformers(tiny_model):
    code = (
        "import sys; sys.argv = ['x', 'predict', '--text', 'great', '--model', sys.argv[1]];"
        "from reeltalk.__main__ import main; main();"
        "print(sorted({'torch', 'transformers', 'datasets', 'pyarrow'} & set(sys.modules)))"
    )
    ran = run_script("-c", code, tiny_model)
    assert ran.stdout.strip().endswith("[]"), ran
