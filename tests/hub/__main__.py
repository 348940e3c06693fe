"""Start a Hub to try things by hand: python -m tests.hub --port 8080.

Everything in it is gone when it stops.
"""

import argparse
import logging
import signal
import tempfile
import threading
from pathlib import Path

from tests.hub import Hub
from tests.hub.seeds import seed


def main() -> None:
    """Fill a Hub, say how to reach it, and print its requests until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0: a free one")
    hub = Hub().start(parser.parse_args().port)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tests.hub").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        seed(hub, Path(folder))
    print(f"HF_ENDPOINT={hub.url} HF_TOKEN=hf_test_write_alice HF_HUB_DISABLE_XET=1", flush=True)
    # Stopped either way, its files are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass


main()
