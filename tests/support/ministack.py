"""An emulator of AWS, installed where nothing else is and started on a free port of this machine.

ministack pins botocore, so it has an environment of its own: `.cache/ministack-VERSION`, or where
OMNIPUB_MINISTACK says. What it cannot show: throttling, partial batches, lost answers (`faulty_botocore` adds
them), and indexes that lag behind their table, which no emulator has.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "1.5.33"
CRYPTOGRAPHY = "50.0.2"
ROOT = Path(__file__).parent.parent.parent
SERVICES = "s3,dynamodb,kinesis,sqs,lambda,iam,sts,kms,logs,monitoring"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
STARTS_WITHIN = 60.0


def environment() -> Path:
    """Where it is installed, now at the latest."""
    path = Path(os.environ.get("OMNIPUB_MINISTACK") or ROOT / ".cache" / f"ministack-{VERSION}")
    if not (path / "bin" / "ministack").exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([_python(), "-m", "venv", path], check=True)  # noqa: S603  an interpreter of this machine
        subprocess.run(  # noqa: S603  likewise
            [path / "bin" / "pip", "install", "-q", f"ministack=={VERSION}", f"cryptography=={CRYPTOGRAPHY}"],
            check=True,
        )
    return path


@contextmanager
def running(log: Path, services: str = SERVICES) -> Iterator[str]:
    """Its address while it runs; it forgets everything when it ends."""
    binary = environment() / "bin" / "ministack"
    url = f"http://127.0.0.1:{_free_port()}"
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": url.rpartition(":")[2],
        "IOT_MTLS_ENABLED": "0",  # else it listens on every address
        "SFTP_ENABLED": "0",
        "SERVICES": services,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(log.parent / "state"),
    }
    with log.open("w") as output:
        process = subprocess.Popen([binary], env=variables, stdout=output, stderr=output)  # noqa: S603  our own
        try:
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _python() -> str:
    """Python 3.13 as Lambda has it, if it is here; else this one, which the adapters do not mind."""
    found = [shutil.which("python3.13"), *sorted(Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))]
    for one in found:
        if one and subprocess.run([one, "-c", ""], check=False, capture_output=True).returncode == 0:  # noqa: S603
            return str(one)
    return sys.executable


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=2):  # noqa: S310  our own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"ministack did not start:\n{log.read_text()[-2000:]}")
