"""Start a Hub to try things by hand: python -m tests.hub --port 8080.

What training reads by default is there in small, and alice's Space is really started once it is
published. Everything is gone when it stops.
"""

import argparse
import logging
import signal
import tempfile
import threading
from pathlib import Path

from tests.hub import Hub
from tests.hub.seeds import seed
from tests.hub.space_host import SpaceHost


def main() -> None:
    """Fill a Hub, say how to reach it, and print its requests until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0: a free one")
    hub = Hub().start(parser.parse_args().port)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tests.hub").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        seed(hub, Path(folder))
        serve(hub, Path(folder))


def serve(hub: Hub, folder: Path) -> None:
    """Say how to reach it, and keep its Space up until interrupted."""
    host = SpaceHost(hub, "alice/reeltalk", folder, own_environment=False)
    host.keep_up()
    tokens = "HF_TOKEN=hf_test_write_alice SPACE_TOKEN=hf_test_read_alice"
    print(f"HF_ENDPOINT={hub.url} {tokens} HF_HUB_DISABLE_XET=1", flush=True)
    # Stopped either way, its files are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        host.stop()


main()
