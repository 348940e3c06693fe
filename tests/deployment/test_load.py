"""Fifty clients who ask for everything at once get answers or a 429, and memory stays bounded."""

import itertools
import json
import statistics
import threading
import time
import urllib.error
import urllib.request

import psutil

CLIENTS = 50
SECONDS = 8.0
MOST_MEMORY_MB = 600
GOAL_P95_S = 5.0
REVIEW = "The acting is great and the music superb, but the script is awful and boring."
ASKED = [
    ("/v1/predict", {"texts": [REVIEW]}),
    ("/v1/predict", {"texts": [REVIEW] * 16}),
    ("/v1/predict", {"texts": [REVIEW * 100]}),
    ("/healthz", None),
    ("/v1/predict", {"texts": ["<script>${1}</script> \ud800 \0"]}),
    ("/v1/predict", {"texts": ["x" * 20_001]}),
    ("/v1/predict", {"texts": 1}),
    ("/gradio_api/call/predict", {"data": [REVIEW]}),
    ("/", None),
]


def ask(space, path, body, address) -> tuple[int, dict]:
    """Give the status and the headers of an answer, whatever it is."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(space.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code, dict(error.headers)


def test_fifty_mixed_clients_meet_no_server_error_and_bounded_memory(model_space):
    met, times, broken = set(), [], []
    until = time.monotonic() + SECONDS

    def ask_on(client):
        for number in itertools.count():
            if time.monotonic() > until:
                return
            path, body = ASKED[(client + number) % len(ASKED)]
            # One client in five asks from one address all the time, and is told to wait.
            address = (
                "10.9.9.9" if client % 5 == 0 else f"10.{client}.{number // 250}.{number % 250}"
            )
            begun = time.perf_counter()
            try:
                status, headers = ask(model_space, path, body, address)
            except OSError as error:
                broken.append(error)
                continue
            times.append(time.perf_counter() - begun)
            met.add(status)
            if status == 429 and not int(headers["retry-after"]) >= 1:
                broken.append(headers)

    threads = [threading.Thread(target=ask_on, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p95_s = statistics.quantiles(times, n=20)[-1]
    print(f"{len(times)} answers, p95 {1000 * p95_s:.0f} ms, {sorted(met)}")
    assert broken == []
    assert met <= {200, 413, 422, 429}
    assert {200, 413, 422} <= met
    assert p95_s < GOAL_P95_S
    memory_mb = psutil.Process(model_space.process.pid).memory_info().rss / 1e6
    assert memory_mb < MOST_MEMORY_MB
    assert model_space.get("/healthz")["status"] == "ok"


def test_one_address_is_told_to_wait_and_others_are_not(model_space):
    tiny = {"texts": ["good"]}
    from limits import REQUESTS_PER_MINUTE

    for _ in range(2 * REQUESTS_PER_MINUTE):
        status, headers = ask(model_space, "/v1/predict", tiny, "10.8.8.8")
        if status == 429:
            break
    assert status == 429 and int(headers["retry-after"]) >= 1
    assert ask(model_space, "/v1/predict", tiny, "10.8.8.7")[0] == 200


def test_the_api_s_queue_is_bounded(ladder):
    """More callers than may wait are refused at once, and the others are answered."""
    import dataclasses
    from concurrent.futures import ThreadPoolExecutor

    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from limits import MOST_WAITING, RateLimit
    from rest import add_routes

    gate = threading.Event()
    words = ladder.at("words")

    def predict(reviews):
        assert gate.wait(20)
        return words.predict(reviews)

    ladder._replace({"words": dataclasses.replace(words, predict=predict)})
    app = FastAPI()
    add_routes(app, ladder, RateLimit(per_minute=10_000))
    with TestClient(app) as client, ThreadPoolExecutor(MOST_WAITING + 10) as pool:
        asked = [
            pool.submit(client.post, "/v1/predict", json={"texts": ["good"]})
            for _ in range(MOST_WAITING + 10)
        ]
        deadline = time.monotonic() + 20
        while sum(one.done() for one in asked) < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.get("/healthz").status_code == 200
        refused = [one.result() for one in asked if one.done()]
        gate.set()
        statuses = [one.result(20).status_code for one in asked]
    assert [one.headers["retry-after"] for one in refused] == ["1"] * 10
    assert sorted(statuses) == [200] * MOST_WAITING + [429] * 10
