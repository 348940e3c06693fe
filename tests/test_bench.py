import itertools
import math
import re
import sys
import time
from importlib import import_module

import pytest

from tests.conftest import REPOSITORY, run_script
from tests.tiny import easy_reviews

BENCH = ("memory", "peers", "processes", "rounds", "tables", "limits", "texts", "picture", "report")


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(REPOSITORY / "benchmarks"))
    yield {name: import_module(f"bench.{name}") for name in BENCH}
    sys.path.remove(str(REPOSITORY / "benchmarks"))


def result_of(bench, name, speeds, positive=(), file="x", reads="first 512", precision="fp32"):
    variant = bench["peers"].Variant(precision, reads)
    engine = bench["processes"].Engine(name, file, variant, "own", sys.executable)
    result = bench["rounds"].Result(engine, speeds=list(speeds), positive=list(positive))
    result.calls = {tokens: [0.01, 0.02] for tokens in bench["rounds"].CALL_TOKENS}
    return result


def test_the_ratio_is_the_median_of_each_round_s_own(bench):
    naive = result_of(bench, bench["peers"].NAIVE, [1.0, 10.0, 2.0])
    fast = result_of(bench, "fast", [3.0, 20.0, 8.0])
    assert bench["rounds"].ratio(fast, [fast, naive]) == 3.0
    assert bench["rounds"].ratio(naive, [fast, naive]) == 1.0
    assert bench["rounds"].ratio(fast, [fast]) is None


def test_the_share_of_the_peak_is_of_the_engine_s_own_number_type(bench):
    result = result_of(bench, "x", [4.0, 4.0], [0.9, 0.1])
    text = bench["tables"].speed_table(
        [result], [1, 1], {"first 512": 2 * 10**9}, {"fp32": 8e9, "int8": 1e9}
    )
    row = text.splitlines()[-1]
    assert row.endswith("| 50 % of fp32 |")  # 4 reviews/s of 1e9 operations each
    assert "| 50.00 % |" in row  # one of two told right


def test_engines_agree_with_the_fp32_that_reads_as_much(bench):
    whole = result_of(bench, "ours, fp32", [1.0], [0.9, 0.9], reads="whole")
    first = result_of(bench, bench["peers"].NAIVE, [1.0], [0.9, 0.1])
    int8 = result_of(bench, "int8", [1.0], [0.8, 0.2], precision="int8")
    results = [whole, first, int8]
    assert bench["rounds"].reference_of(int8, results) is first
    assert bench["rounds"].agreement(int8.positive, first.positive) == 1.0
    assert bench["rounds"].agreement(int8.positive, whole.positive) == 0.5


def test_a_layer_s_operations_are_counted(bench):
    encoder = bench["limits"].Encoder(layers=2, width=3, inner=5)
    # Per token: four products of 3 x 3 and two of 3 x 5, at two operations each.
    assert encoder.operations(1) == 2 * (2 * (4 * 9 + 2 * 15) + 4 * 3)
    assert encoder.operations(10) == 2 * (20 * (4 * 9 + 2 * 15) + 400 * 3)


def test_texts_are_cut_to_their_tokens_and_windows_counted(bench, tiny_model):
    ruler = bench["texts"].Ruler(tiny_model)
    sources = [text for text, _ in easy_reviews(20)]
    for tokens in (20, 90):
        for text in ruler.texts_of(tokens, sources, 3):
            assert ruler.windows(text, "first 512") == [tokens]
    # Windows of 32 over 88 tokens between the special ones, 24 tokens from start to start.
    assert ruler.windows(ruler.texts_of(90, sources, 1)[0], "whole") == [32] * 4


def test_reviews_are_dealt_out_whole(bench):
    texts = [str(number) for number in range(11)]
    dealt = bench["texts"].deal(texts, 3)
    assert [text for chunk in dealt for text in chunk] == texts
    assert {len(chunk) for chunk in dealt} == {3, 4}


def test_a_worker_that_cannot_load_says_why(bench, tmp_path):
    variant = bench["peers"].Variant("int8", "whole")
    engine = bench["processes"].Engine("ours, int8", "ours", variant, "own", sys.executable)
    with pytest.raises(bench["processes"].EngineFailedError, match="tokenizer.json is missing"):
        bench["processes"].EngineProcess(engine, tmp_path, tmp_path, 1)


def test_no_model_is_one_line(tmp_path):
    ran = run_script(REPOSITORY / "benchmarks" / "inference.py", cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.splitlines() == [
        "error: no model in models/modern or models/standard; train one with: make train"
    ]


def test_ours_and_onnx_runtime_are_measured_and_written(bench, tiny_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = import_module("bench.config").BenchmarkConfig(
        engines=("ours", "onnx_runtime"), rounds=2, calls=1, out=tmp_path / "out.md"
    )
    peaks = {kind: {"a product": 1e12} for kind in ("int8", "bf16", "fp32")}
    sections = import_module("bench.sections")
    monkeypatch.setattr(sections, "measure_peaks", lambda folder, threads: peaks)
    monkeypatch.setattr(sections, "CALL_TOKENS", (20, 30, 40))
    monkeypatch.setattr(bench["tables"], "CALL_TOKENS", (20, 30, 40))
    from reeltalk.reviews import Reviews

    rows = easy_reviews(8)
    reviews = Reviews([text for text, _ in rows], [label for _, label in rows])
    report = bench["report"].Report("the machine")
    measured = sections.Bench(
        config, tiny_model, bench["texts"].TestReviews(reviews, "easy", "easy"), tmp_path, report
    )
    measured.measure_model()
    report.write(config.out, measured.picture)
    written = config.out.read_text()
    for name in ("ours, int8", "ours, fp32", "ONNX Runtime, int8, sorted batches"):
        row = next(line for line in written.splitlines() if line.startswith(f"| {name} |"))
        assert "| 100.00 % |" in row, row  # the tiny model knows the easy reviews
    assert "(out.svg)" in written
    assert (tmp_path / "out.svg").read_text().count("<circle") == 2 * 5


@pytest.fixture
def recipes(bench, monkeypatch):
    recipes = import_module("bench.recipes")
    monkeypatch.setattr(recipes, "NAIVE_TOKENS", 64)
    return recipes


def learn(recipes, name, base, place, exam):
    from reeltalk.base_model import find_base
    from reeltalk.reviews import Reviews
    from reeltalk.sources import Source

    rows = easy_reviews(160)
    reviews = Reviews([text for text, _ in rows], [label for _, label in rows])
    base, exam = find_base(Source("path", str(base))), exam and recipes.Exam(reviews, *exam)
    if name == "naive":
        return recipes.learn_naively(base, reviews, exam, str(place))
    return recipes.learn_as_we_do(base, reviews, reviews, exam, 64, 160, str(place))


@pytest.mark.parametrize("name", ["naive", "ours"])
def test_learning_stops_at_its_score_and_scoring_is_not_timed(
    recipes, tiny_base, tmp_path, name, monkeypatch
):
    whole = learn(recipes, name, tiny_base, tmp_path / "whole", (1.0, 4))
    assert [score["examples"] for score in whole.scores] == [64, 128]
    assert whole.scores[0]["seconds"] < whole.scores[1]["seconds"] < whole.seconds
    assert whole.examples == 160
    assert 160 * 3 < whole.tokens < 160 * 64
    score, clock, waited = recipes.f1_score, time.perf_counter, []
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + 1000 * len(waited))
    monkeypatch.setattr(recipes, "f1_score", lambda *a, **k: waited.append(1) or score(*a, **k))
    stopped = learn(recipes, name, tiny_base, tmp_path / "stopped", (0.01, 4))
    assert [score["examples"] for score in stopped.scores] == [64]
    assert stopped.examples == 64
    assert stopped.scores[0]["macro_f1"] == whole.scores[0]["macro_f1"]
    assert waited
    assert stopped.seconds < 1000


def test_marks_of_alike_engines_do_not_hide_each_other(bench, tmp_path):
    names = ("a", "b", "c", "far")
    speeds = (10.0, 10.1, 10.0, 40.0)
    results = [
        result_of(bench, name, [speed], [0.9, 0.1])
        for name, speed in zip(names, speeds, strict=True)
    ]
    bench["picture"].draw(results, [1, 1], tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text()
    marks = re.findall(r'<circle class="peer" cx="([\d.]+)" cy="([\d.]+)"', drawn)[::2]
    places = [(float(x), float(y)) for x, y in marks]
    assert len(places) == 4
    assert min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) > 15
    assert places[0][1] == places[1][1]  # what hides nothing stays where it is


def test_results_are_replaced_and_what_stands_above_them_stays(bench, tmp_path):
    file = tmp_path / "bench.md"
    file.write_text("# Mine\n\nwords\n\n## Results\n\nold\n")
    report = bench["report"].Report("new")
    report.write(file, None)
    assert file.read_text() == "# Mine\n\nwords\n\n## Results\n\nnew\n"


def test_every_engine_file_keeps_to_the_interface(bench):
    pinned = {file.stem for file in (REPOSITORY / "benchmarks").glob("*.txt")}
    names = set()
    for name in bench["peers"].engine_names():
        module = bench["peers"].find_engine(name)
        assert module.ENVIRONMENT in pinned | {"own"}
        assert not names & set(module.VARIANTS), "two engines of one name"
        names |= set(module.VARIANTS)
        assert callable(module.load)
    assert bench["peers"].NAIVE in names
