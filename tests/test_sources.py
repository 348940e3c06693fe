import socket
import time

import pytest

from reeltalk import sources
from reeltalk.config import HUB_BASE, HUB_DATASET
from reeltalk.errors import ReelTalkError
from reeltalk.sources import Hub, Source, choose_base, choose_dataset, say_substitutes
from tests.conftest import NO_HUB


class FakeHub:
    """A Hub of which it is already known whether it answers."""

    endpoint = "https://hub.example"

    def __init__(self, reachable):
        self.reachable = reachable


def point_to(monkeypatch, url):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def test_the_defaults_are_the_hub_s(hub):
    assert choose_dataset(None, Hub()) == Source("hub", HUB_DATASET)
    assert choose_base(None, Hub()) == Source("hub", HUB_BASE)


def test_the_hub_is_asked_once(hub):
    probe = Hub()
    assert probe.reachable
    assert probe.reachable
    assert len(hub.log) == 1


def test_without_the_hub_the_bundled_ones_stand_in(monkeypatch):
    monkeypatch.setattr(sources, "_is_cached", lambda repo_id, what: False)
    stand_in = Source("bundled", "bundled", substituted=True)
    assert choose_dataset(None, FakeHub(False)) == stand_in
    assert choose_base(None, FakeHub(False)) == stand_in


def test_what_was_named_is_never_replaced():
    with pytest.raises(ReelTalkError) as error:
        choose_base("someone/encoder", FakeHub(False))
    assert "--base someone/encoder" in str(error.value)
    assert "https://hub.example does not answer" in str(error.value)


def test_what_is_bundled_needs_no_hub():
    assert choose_dataset("bundled", FakeHub(False)).kind == "bundled"


def test_a_path_is_never_asked_of_the_hub(hub, tmp_path):
    assert choose_dataset(str(tmp_path), Hub()) == Source("path", str(tmp_path))
    assert hub.log == []


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "a/b/c", "reviews .csv"])
def test_a_path_that_is_not_there_is_no_repo(name, hub):
    with pytest.raises(ReelTalkError, match="there is no such file or folder"):
        choose_dataset(name, Hub())
    assert hub.log == []


def test_what_is_in_the_cache_is_read_there(monkeypatch):
    monkeypatch.setattr(sources, "_is_cached", lambda repo_id, what: repo_id == HUB_BASE)
    assert choose_base(None, FakeHub(False)) == Source("hub", HUB_BASE, offline=True)
    assert choose_dataset(None, FakeHub(False)).kind == "bundled"


def test_a_refused_connection_is_known_at_once(monkeypatch):
    point_to(monkeypatch, NO_HUB)
    begun = time.monotonic()
    assert not Hub().reachable
    assert time.monotonic() - begun < 2


def test_a_hub_that_hangs_is_given_up_in_time(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_to(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        assert not Hub(timeout_s=0.3).reachable
        assert time.monotonic() - begun < 2
    assert sources.PROBE_TIMEOUT_S < 3


def test_offline_mode_asks_nothing(monkeypatch, hub):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not Hub().reachable
    assert hub.log == []


@pytest.mark.parametrize("name", ["my_reviews.csv", "data/my_reviews.parquet"])
def test_a_mistyped_file_is_no_repo(name, hub):
    with pytest.raises(ReelTalkError, match="there is no such file or folder"):
        choose_dataset(name, Hub())
    assert hub.log == []


@pytest.mark.parametrize(
    ("substituted", "costs"),
    [((True, True), "about "), ((True, False), "about "), ((False, True), "about ")],
)
def test_what_stands_in_is_said_with_what_it_costs(capsys, substituted, costs):
    reviews, encoder = (Source("bundled", "bundled", substituted=one) for one in substituted)
    say_substitutes(FakeHub(False), reviews, encoder)
    said = capsys.readouterr().out
    assert said.startswith("the Hub (https://hub.example) does not answer: using the bundled ")
    assert said.count("\n") == 1
    assert costs in said
    assert "%" in said


def test_what_was_named_needs_no_word(capsys):
    say_substitutes(FakeHub(False), Source("bundled", "bundled"), Source("path", "models/x"))
    assert capsys.readouterr().out == ""
