"""How long `omnipub up` takes to be ready on a table, and how much memory it and its sandbox hold meanwhile."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from omnipub.onebox.data_directory import STATE, TOKEN

READY_WITHIN = 300
PAUSE = 5
OK = 200
BIN = Path(sys.executable).parent
API = ("messages", "messages?status=published", "messages?status=failed&channel=facebook", "certifications")


def omnipub(*arguments: str) -> list[str]:
    return [str(BIN / "omnipub"), *arguments]


def memory(pid: int) -> dict[str, int]:
    """Resident now and at most, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {
        name: int(line.split()[1]) // 1024 for line in lines for name in ("VmRSS", "VmHWM") if line.startswith(name)
    }


def up(folder: Path, minutes: float) -> None:
    """Run the system on a table, ask it for lists meanwhile, and print what it took."""
    (folder / STATE).unlink(missing_ok=True)
    began = time.monotonic()
    process = subprocess.Popen(
        omnipub("up", "--port", "0", "--data", str(folder)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not (folder / STATE).exists():
            assert process.poll() is None, "it did not start"
            assert time.monotonic() < began + READY_WITHIN, "it was not ready in time"
            time.sleep(0.05)
        ready = time.monotonic() - began
        state = json.loads((folder / STATE).read_text())
        (sandbox,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        headers = {"Authorization": f"Bearer {(folder / TOKEN).read_text().strip()}"}
        asked, seen = 0, []
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            for path in API:
                answer = urllib3.request("GET", f"{state['address']}/api/v1/{path}", headers=headers, timeout=30)
                assert answer.status == OK, answer.data
                asked += 1
            seen.append(memory(process.pid)["VmRSS"])
            time.sleep(PAUSE)
        doctor = json.loads(
            subprocess.run(omnipub("doctor", "--json", "--data", str(folder)), capture_output=True, check=False).stdout
        )
        (beat,) = (one for one in doctor["findings"] if one["name"] == "scheduler")
        assert beat["verdict"] == "ok", beat
        for name, pid in (("omnipub up", process.pid), ("its sandbox", int(sandbox))):
            now = memory(pid)
            print(f"{name:12} {now['VmRSS']:5} MB resident, {now['VmHWM']:5} MB at most")
        print(
            f"ready after {ready:.1f} s; {asked} lists in {minutes:g} min; from {min(seen)} to {max(seen)} MB resident"
        )
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
