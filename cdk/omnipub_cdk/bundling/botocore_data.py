"""botocore's descriptions of AWS, cut to the operations that are called: reading them is most of a client's start."""

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omnipub_cdk.bundling.errors import BundleError

_KEPT = ("endpoint-rule-set-1", "service-2")
"""Of a service's files: the rules of its address and its operations. Nothing here pages or waits through botocore."""

_PROSE = ("documentation", "documentationUrl")


def trim(data: Path, operations: Mapping[str, Sequence[str]]) -> None:
    """Rewrite the folder botocore/data so that it describes only `operations`, uncompressed.

    Raises:
        BundleError: A service or operation is not known to this botocore.
    """
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        if folder.name not in operations:
            shutil.rmtree(folder)
    for service, wanted in sorted(operations.items()):
        versions = sorted(path for path in (data / service).glob("*") if path.is_dir())
        if not versions:
            raise BundleError(
                f"botocore does not know the service '{service}' of OPERATIONS in bundling/tables.py.",
                hint="Write it as botocore's folder is called, e.g. dynamodb.",
            )
        for old in versions[:-1]:
            shutil.rmtree(old)
        _trim_service(versions[-1], service, wanted)
    _trim_endpoints(data / "endpoints.json", operations)


def _trim_service(folder: Path, service: str, wanted: Sequence[str]) -> None:
    files = {path.name.removesuffix(".gz").removesuffix(".json"): _read(path) for path in sorted(folder.iterdir())}
    shutil.rmtree(folder)
    folder.mkdir()
    # botocore's own corrections of what AWS publishes; it would lay them over the description at each start.
    _merge(files["service-2"], files.get("service-2.sdk-extras", {}).get("merge", {}))
    _keep_operations(files["service-2"], service, wanted)
    for name in _KEPT:
        _write(folder / f"{name}.json", files[name])


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(name), dict):
            _merge(base[name], value)
        else:
            base[name] = value


def _keep_operations(model: dict[str, Any], service: str, wanted: Sequence[str]) -> None:
    unknown = sorted(set(wanted) - set(model["operations"]))
    if unknown:
        raise BundleError(
            f"{service} has no operation {', '.join(unknown)}, which OPERATIONS in bundling/tables.py names.",
            hint="Write operations as AWS does, e.g. TransactWriteItems.",
        )
    model["operations"] = {name: value for name, value in model["operations"].items() if name in wanted}
    shapes = model["shapes"]
    needed: set[str] = set()
    waiting = list(_shapes_in(model["operations"]))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(_shapes_in(shapes[name]))
    model["shapes"] = {name: value for name, value in shapes.items() if name in needed}
    # Not in all of it: botocore insists on the prose about a client's own parameters.
    _drop_prose(model["operations"])
    _drop_prose(model["shapes"])


def _shapes_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        for value in part.values():
            yield from _shapes_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from _shapes_in(value)


def _drop_prose(part: Any) -> None:
    if isinstance(part, dict):
        for name in _PROSE:
            if isinstance(part.get(name), str):
                del part[name]
        for value in part.values():
            _drop_prose(value)
    elif isinstance(part, list):
        for value in part:
            _drop_prose(value)


def _trim_endpoints(path: Path, operations: Mapping[str, Sequence[str]]) -> None:
    """The old table of addresses is read for every client, though the rule sets have replaced it."""
    table = _read(path)
    for partition in table["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in operations}
    _write(path, table)


def _read(path: Path) -> dict[str, Any]:
    raw = path.read_bytes()
    model: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return model


def _write(path: Path, model: dict[str, Any]) -> None:
    path.write_text(json.dumps(model, separators=(",", ":")), encoding="utf-8")
