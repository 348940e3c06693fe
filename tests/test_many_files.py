"""Folders, patterns and URLs of files: an output for each, and what one bad file stops."""

import shutil

import pyarrow
import pyarrow.parquet
import pytest

from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.prediction import files as files_module
from reeltalk.prediction import parts as parts_module
from reeltalk.prediction import predict
from reeltalk.prediction.inputs import plan_jobs
from reeltalk.prediction.models import model_id, open_predictor
from reeltalk.prediction.remote import check_no_key
from reeltalk.tables import read_columns, read_rows, write_rows
from reeltalk.training import hardware
from reeltalk.training.hardware import Hardware
from tests.tiny import easy_reviews

SCHEMA = pyarrow.schema([("id", pyarrow.string()), ("text", pyarrow.string())])


def write(file, rows=40, first=0):
    reviews = easy_reviews(first + rows)[first:]
    table = [{"id": f"{i:03}", "text": text} for i, (text, _) in enumerate(reviews)]
    file.parent.mkdir(parents=True, exist_ok=True)
    write_rows(file, table, ["id", "text"], SCHEMA)
    return file


def outputs(folder):
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if not path.parts[0].startswith(".")}


def score(model, out, *names, **flags):
    predict(PredictConfig(files=tuple(map(str, names)), out=out, model=model, **flags))


@pytest.fixture
def folder(tmp_path):
    """Four good files of three formats, one of them in a folder of its own."""
    write(tmp_path / "in" / "a.csv")
    write(tmp_path / "in" / "b.jsonl", first=40)
    write(tmp_path / "in" / "c.parquet", first=80)
    write(tmp_path / "in" / "old" / "a.csv", first=120)
    (tmp_path / "in" / "notes.txt").write_text("no table")
    return tmp_path / "in"


def test_a_folder_gives_each_file_the_output_it_gets_alone(tiny_model, folder, tmp_path, capsys):
    score(tiny_model, tmp_path / "out", folder)
    assert outputs(tmp_path / "out") == {"a.csv", "b.jsonl", "c.parquet", "old/a.csv"}
    assert "160 reviews scored: " in capsys.readouterr().out
    for name in outputs(tmp_path / "out"):
        alone = tmp_path / f"alone{(folder / name).suffix}"
        score(tiny_model, alone, folder / name)
        assert (tmp_path / "out" / name).read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["in/*.csv"], {"a.csv"}),
        (["in/**/*.csv"], {"a.csv", "old/a.csv"}),
        (["in/*/a.csv"], {"old/a.csv"}),
        (["in/a.csv", "in/c.parquet"], {"a.csv", "c.parquet"}),
        (["in/a.csv"], {"a.csv"}),
        (["in/[ab].*"], {"a.csv", "b.jsonl"}),
        (["file://{here}/in/*.parquet"], {"c.parquet"}),
        (["file://{here}/in"], {"a.csv", "b.jsonl", "c.parquet", "old/a.csv"}),
        (["file://{here}/in/b.jsonl"], {"b.jsonl"}),
    ],
)
def test_names_are_files_folders_patterns_and_urls(
    tiny_model, folder, tmp_path, monkeypatch, names, wanted
):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "in" / "scored"  # what is written there is no input of the next run
    for _ in range(2):
        score(tiny_model, out, *[name.format(here=tmp_path) for name in names])
        assert outputs(out) == wanted


def test_a_fetched_file_is_scored_like_a_local_one(tiny_model, folder, tmp_path):
    score(tiny_model, tmp_path / "here", folder)
    score(tiny_model, tmp_path / "fetched", f"file://{folder}")
    for name in outputs(tmp_path / "here"):
        fetched = (tmp_path / "fetched" / name).read_bytes()
        assert fetched == (tmp_path / "here" / name).read_bytes()


@pytest.mark.parametrize("name", ["a b.csv", "50%41.csv", "a#1.csv", "why?.csv", "caf\u00e9.csv"])
def test_a_listed_file_is_fetched_whatever_its_name(tiny_model, tmp_path, name):
    file, out = write(tmp_path / "in" / name), tmp_path / "out"
    write(tmp_path / "in" / "50A.csv", rows=3)
    score(tiny_model, out, f"file://{tmp_path}/in/*.csv")
    assert outputs(out) == {name, "50A.csv"}
    assert [row["text"] for row in read_rows(out / name)] == [
        row["text"] for row in read_rows(file)
    ]


def test_a_file_of_an_escaped_url_keeps_its_name(tiny_model, tmp_path):
    write(tmp_path / "in" / "a b.csv")
    score(tiny_model, tmp_path / "out", f"file://{tmp_path}/in/a%20b.csv")
    assert outputs(tmp_path / "out") == {"a b.csv"}


def test_a_pattern_of_one_folder_does_not_list_those_below(folder, monkeypatch):
    from pyarrow import fs

    asked = []
    selector = fs.FileSelector

    def seen(base, recursive):
        asked.append(recursive)
        return selector(base, recursive=recursive)

    monkeypatch.setattr(fs, "FileSelector", seen)
    for name in ("*.csv", "*/*.csv", ""):
        plan_jobs((f"file://{folder}/{name}",), folder.parent / "out")
    assert asked == [False, True, True]


@pytest.mark.parametrize("name", ["in", "in/*.csv", "file://{here}/in", "file://{here}/in/*.csv"])
def test_the_folder_of_outputs_may_hold_the_inputs(tiny_model, folder, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scored").mkdir()
    score(tiny_model, tmp_path.__class__("."), name.format(here=tmp_path))
    assert {"verdict", "positive"} <= set(read_columns(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    "name",
    [
        "s3://KEYNAME:hunter@bucket/*.csv?nosuch=1",
        "s3://KEYNAME:hun/ter@bucket/a.csv",
        "hdfs://user:hunter@host:9000/a.csv",
        "s3://bucket/*.csv?nosuch=hunter",
    ],
)
@pytest.mark.parametrize("out", [None, "out"])
def test_no_message_repeats_a_key(tiny_model, tmp_path, monkeypatch, name, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReelTalkError) as said:
        score(tiny_model, out and tmp_path / out, name)
    assert "hun" not in str(said.value)
    assert "KEYNAME" not in str(said.value)
    assert "://" in str(said.value)


@pytest.mark.parametrize(
    "name", ["hdfs://host:9000/a@b.csv", "s3://bucket/a:b@c.csv", "abfs://box@name.net/a.csv"]
)
def test_a_url_without_a_key_is_not_refused(name):
    check_no_key(name)


def test_a_bad_file_behind_a_url_is_named_by_it(tiny_model, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    write_rows(tmp_path / "in" / "b.csv", [{"review": "fine"}], ["review"])
    with pytest.raises(SystemExit):
        score(tiny_model, tmp_path / "out", f"file://{tmp_path}/in/*.csv")
    assert f"file://{tmp_path}/in/b.csv: there is no column 'text'" in capsys.readouterr().err


def test_finished_files_are_skipped_unless_they_changed(tiny_model, folder, tmp_path, capsys):
    out = tmp_path / "out"
    score(tiny_model, out, folder)
    written = {name: (out / name).stat().st_mtime_ns for name in outputs(out)}
    capsys.readouterr()
    write(folder / "a.csv", rows=41)
    score(tiny_model, out, folder)
    said = capsys.readouterr()
    assert "3 of 4 files are finished: skipped" in said.err
    assert "41 reviews scored" in said.out
    again = {name for name in outputs(out) if (out / name).stat().st_mtime_ns != written[name]}
    assert again == {"a.csv"}
    score(tiny_model, out, folder)
    assert "4 of 4 files are finished: skipped" in capsys.readouterr().err


def test_models_are_told_apart_by_the_files_that_score(tiny_model, tmp_path):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    before = model_id(model, "cpu")
    (model / "metrics.json").unlink()
    assert model_id(model, "cpu") == before
    for name in ("config.json", "tokenizer.json", "onnx/model_quantized.onnx"):
        with (model / name).open("ab") as file:
            file.write(b" ")
        assert model_id(model, "cpu") != before
        before = model_id(model, "cpu")
    (model / "tokenizer.json").unlink()
    with pytest.raises(ReelTalkError, match=r"tokenizer.json is missing; train the model again"):
        model_id(model, "cpu")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_scores_with_the_trained_weights(tiny_model, tmp_path, monkeypatch, precision):
    """On a CPU under another name, as there is no GPU here: what it runs is what a GPU would."""
    named_gpu = Hardware("cpu:0", "a GPU", precision, processes=1, is_main=True)
    monkeypatch.setattr(hardware, "find_hardware", lambda *_: named_gpu)
    write(tmp_path / "in" / "a.csv", rows=40)
    for device in ("cpu", "gpu"):
        score(tiny_model, tmp_path / device, tmp_path / "in", device=device)
    cpu, gpu = (list(read_rows(tmp_path / device / "a.csv")) for device in ("cpu", "gpu"))
    assert cpu != gpu
    assert [row["verdict"] for row in cpu] == [row["verdict"] for row in gpu]
    assert open_predictor(tiny_model, "gpu").engine.name == f"torch-{precision}"
    assert model_id(tiny_model, "cpu") != model_id(tiny_model, "gpu")


def test_a_gpu_that_is_not_there_is_said_so(tiny_model, tmp_path, monkeypatch):
    nothing = Hardware("cpu", "2 cores", "bf16", processes=1, is_main=True)
    monkeypatch.setattr(hardware, "find_hardware", lambda *_: nothing)
    write(tmp_path / "in" / "a.csv", rows=4)
    with pytest.raises(ReelTalkError, match="--device gpu: torch finds no GPU"):
        score(tiny_model, tmp_path / "out", tmp_path / "in", device="gpu")
    with pytest.raises(ReelTalkError, match="--threads 2 counts cores, and --device gpu uses none"):
        score(tiny_model, tmp_path / "out", tmp_path / "in", device="gpu", threads=2)


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_killed_run_keeps_finished_files_and_continues_its_last(
    tiny_model, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(parts_module, "PART_ROWS", 16)
    whole, out = tmp_path / "whole", tmp_path / "out"
    score(tiny_model, whole, folder)
    really, scored = files_module.score_rows, []

    def dying(predictor, rows, *where):
        scored.append(len(rows))
        if len(scored) == 5:
            raise KilledError
        return really(predictor, rows, *where)

    monkeypatch.setattr(files_module, "score_rows", dying)
    with pytest.raises(KilledError):
        score(tiny_model, out, folder)
    assert outputs(out) == {"a.csv", "b.jsonl.parts/00000000.jsonl", "b.jsonl.parts/job.json"}
    score(tiny_model, out, folder)
    assert "1 of 4 files are finished: skipped" in capsys.readouterr().err
    assert sum(scored) == 160 + scored[4]
    assert outputs(out) == outputs(whole)
    for name in outputs(out):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_bad_files_get_a_line_each_and_the_others_are_scored(tiny_model, folder, tmp_path, capsys):
    write_rows(folder / "b2.csv", [{"review": "fine"}], ["review"])
    (folder / "c2.parquet").write_bytes(b"PAR1 not really")
    (folder / "d.jsonl").write_text('{"text": "fine"}\n{"text": 5}\n')
    (folder / "e.csv").write_text("")
    (folder / "f.csv").write_text("text,stars,stars\nfine,4,5\n")
    (folder / "g.jsonl").write_text('{"text": "fine"}\n{"text": "fine", "windows": 2}\n')
    (folder / "h.csv").write_text("text,stars\n")
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as end:
        score(tiny_model, out, folder)
    assert end.value.code == 1
    said = capsys.readouterr().err
    summary = said.partition("5 of 11 files scored")[2]
    for line in (
        f"{folder}/b2.csv: there is no column 'text'; found review",
        f"{folder}/c2.parquet: this is no readable parquet file",
        f"{folder}/d.jsonl, row 2: 'text' holds 5, which is no text",
        f"{folder}/e.csv: there is no column 'text'; found none",
        f"{folder}/f.csv: there is more than one column 'stars'; rename or drop the others",
        f"{folder}/g.jsonl, row 2: the columns windows are there already",
    ):
        assert said.count(line) == 2
        assert line in summary
    assert outputs(out) == {"a.csv", "b.jsonl", "c.parquet", "h.csv", "old/a.csv"}


@pytest.mark.parametrize(
    ("names", "out", "message"),
    [
        (["in"], None, "in may be several files; name the folder for the scored ones with --out"),
        (["in/a.csv", "in/b.jsonl"], "x.csv", "each input gets a file of its own; name a folder"),
        (["in/*.tsv"], "out", r"in/\*.tsv matches no file that ends in one of"),
        (["empty"], "out", "empty holds no file"),
        (["in/a.csv", "in/none.csv"], "out", "in/none.csv: there is no such file"),
        (["in/a.csv", "in/old/a.csv"], "out", "would both go to .*out/a.csv"),
        (["in"], "in", "would replace .*in/a.csv"),
        (["in"], "in/notes.txt", "in/notes.txt is a file; name a folder"),
        (["in"], "s3://bucket/x", "outputs are written to this machine"),
        (["file:///none/*.csv"], "out", "file:///none/.*csv cannot be listed"),
        (["nosuch://bucket/*.csv"], "out", "nosuch://bucket/.*csv cannot be listed"),
    ],
)
def test_bad_names_are_refused_before_any_work(
    tiny_model, folder, tmp_path, monkeypatch, names, out, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = outputs(tmp_path)
    with pytest.raises(ReelTalkError, match=message):
        score(tiny_model, out and tmp_path.__class__(out), *names)
    assert outputs(tmp_path) == before


def test_a_file_of_someone_else_s_is_not_replaced(tiny_model, folder, tmp_path):
    write(tmp_path / "out" / "a.csv")
    with pytest.raises(ReelTalkError, match=r"out/a.csv is there already, and this command did"):
        score(tiny_model, tmp_path / "out", folder)


def test_a_folder_of_someone_else_s_does_not_make_an_output_ours(tiny_model, folder, tmp_path):
    out = tmp_path / "out"
    write(out / "a.csv")
    (out / "a.csv.parts").mkdir()
    with pytest.raises(ReelTalkError, match=r"out/a.csv is there already, and this command did"):
        score(tiny_model, out, folder)
    (out / "a.csv").unlink()
    (out / "a.csv.parts" / "notes.txt").write_text("mine")
    with pytest.raises(SystemExit):
        score(tiny_model, out, folder)
    assert outputs(out) == {"a.csv.parts/notes.txt", "b.jsonl", "c.parquet", "old/a.csv"}


def test_a_damaged_record_of_a_finished_file_makes_it_again(tiny_model, folder, tmp_path, capsys):
    out = tmp_path / "out"
    score(tiny_model, out, folder)
    (out / ".finished" / "a.csv.json").write_text("")
    score(tiny_model, out, folder)
    said = capsys.readouterr()
    assert "3 of 4 files are finished: skipped" in said.err
    assert "40 reviews scored" in said.out


def test_two_runs_do_not_write_one_folder(tiny_model, folder, tmp_path):
    from reeltalk.model_folder import only_run

    with only_run(tmp_path / "out"), pytest.raises(ReelTalkError, match="name another --out$"):
        score(tiny_model, tmp_path / "out", folder)


def test_a_large_row_group_is_read_in_pieces(tmp_path):
    """Rows of one row group, far larger than what is in memory at a time."""
    file = tmp_path / "one-group.parquet"
    texts = [f"{number:06} " + "x" * 1000 for number in range(20_000)]
    table = pyarrow.table({"text": texts})
    pyarrow.parquet.write_table(table, file, compression=None, use_dictionary=False)
    del table
    before = pyarrow.total_allocated_bytes()
    most = 0
    for number, row in enumerate(read_rows(file)):
        if number % 1024 == 0:
            most = max(most, pyarrow.total_allocated_bytes() - before)
        assert row["text"] == texts[number]
    assert most < 8e6
