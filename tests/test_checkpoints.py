import json

import pytest

from reeltalk.config import Output
from reeltalk.errors import ReelTalkError
from reeltalk.training.checkpoints import last_checkpoint, open_run, unfinished_dir

PLAN = {"seed": 42, "recipe": {"epochs": 2.0}, "learned": {"sha256": "a" * 64}}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "models" / "standard"


def checkpoint(place, step, state="{}"):
    folder = unfinished_dir(place) / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    if state is not None:
        (folder / "trainer_state.json").write_text(state)
    return folder


def test_a_first_run_begins(place):
    assert open_run(Output(place), PLAN) is None
    assert json.loads((unfinished_dir(place) / "plan.json").read_text()) == PLAN


def test_asking_to_resume_nothing_begins(place):
    assert open_run(Output(place, resume=True), PLAN) is None


def test_the_newest_whole_checkpoint_is_continued(place):
    open_run(Output(place), PLAN)
    checkpoint(place, 5)
    whole = checkpoint(place, 10)
    checkpoint(place, 15, state=None)
    checkpoint(place, 20, state='{"cut": ')
    assert last_checkpoint(unfinished_dir(place)) == whole
    assert open_run(Output(place, resume=True), PLAN) == whole


def test_an_unfinished_run_is_not_lost_unasked(place):
    open_run(Output(place), PLAN)
    checkpoint(place, 10)
    with pytest.raises(ReelTalkError, match=r"\(step 10\); continue it with --resume or discard"):
        open_run(Output(place), PLAN)
    assert last_checkpoint(unfinished_dir(place)) is not None


def test_an_unfinished_run_is_discarded_on_request(place):
    open_run(Output(place), PLAN)
    checkpoint(place, 10)
    assert open_run(Output(place, restart=True), PLAN) is None
    assert last_checkpoint(unfinished_dir(place)) is None


def test_another_plan_is_not_continued_and_the_difference_is_named(place):
    open_run(Output(place), PLAN)
    checkpoint(place, 10)
    with pytest.raises(ReelTalkError, match=r"with these flags: seed was 42"):
        open_run(Output(place, resume=True), PLAN | {"seed": 43})
    assert last_checkpoint(unfinished_dir(place)) is not None
