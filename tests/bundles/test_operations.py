"""botocore's descriptions are cut to a table: it is what the shipped code calls, and the cut changes no request."""

import ast
import gzip
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.session import Session

from omnipub_cdk.bundling import BundleError, botocore_data
from omnipub_cdk.bundling.closure import closure_of
from omnipub_cdk.bundling.tables import ENTRIES, NOT_CALLED, OPERATIONS

ROOT = Path(__file__).parents[2]
DATA = Path(botocore.__file__).parent / "data"
PAIRS = [(service, operation) for service, operations in OPERATIONS.items() for operation in operations]
CREDENTIALS = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of botocore's data of these services and one more, cut."""
    folder = tmp_path_factory.mktemp("botocore") / "data"
    for service in (*OPERATIONS, "ses"):
        shutil.copytree(DATA / service, folder / service)
    for path in DATA.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    botocore_data.trim(folder, OPERATIONS)
    return folder


def called() -> dict[str, set[str]]:
    """Service → operations that the shipped modules call on clients, by their names in Python."""
    found: dict[str, set[str]] = {}
    modules = {name: path for function in ENTRIES for name, path in closure_of(function, ROOT / "src").modules.items()}
    for path in modules.values():
        nodes = list(ast.walk(ast.parse(path.read_text())))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        services = {name for call in calls if (name := _service(call)) is not None}
        names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
        # The table's adapter names some operations in a string: self._call("get_item", …).
        names |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        for service in services:
            known = {xform_name(operation): operation for operation in described(DATA, service)["operations"]}
            found.setdefault(service, set()).update(known[name] for name in names if name in known)
    return found


def _service(call: ast.Call) -> str | None:
    """The service in `clients.of("…")`, and in a client made without it."""
    makes = isinstance(call.func, ast.Attribute) and call.func.attr in {"of", "client", "resource", "create_client"}
    first = call.args[0] if makes and call.args else None
    known = isinstance(first, ast.Constant) and isinstance(first.value, str) and (DATA / first.value).is_dir()
    return first.value if known else None  # type: ignore[union-attr]  # known says it is a constant


def described(data: Path, service: str) -> dict[str, Any]:
    """A service's newest description."""
    (path,) = max((data / service).iterdir()).glob("service-2.json*")
    raw = path.read_bytes()
    model: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return model


def sent(data: Path, service: str, operation: str, given: Mapping[str, Any]) -> Any:
    """The request that a client with these descriptions would send, before it is signed."""
    session = Session()
    session.register_component(
        "data_loader", Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    )
    client = session.create_client(service, **CREDENTIALS)
    model = client.meta.service_model.operation_model(operation)
    _, request = _prepared(client, model, given)
    return request


def _prepared(client: Any, model: Any, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    context = {"client_region": "eu-west-1", "client_config": client.meta.config, "has_streaming_input": False}
    endpoint, headers, _ = client._resolve_endpoint_ruleset(model, dict(given), context)
    request = client._convert_to_request_dict(dict(given), model, endpoint, context, headers)
    kept = {name: request[name] for name in ("url_path", "query_string", "method", "body", "url")}
    return endpoint, kept | {"headers": dict(request["headers"]) | {"User-Agent": ""}}


def sample(shape: Any) -> Any:
    """A value of a shape, with all that is required and one layer of what is not."""
    return _sample(shape, 0)


def _sample(shape: Any, depth: int) -> Any:
    match shape.type_name:
        case "structure":
            union = getattr(shape, "is_tagged_union", False)
            wanted = list(shape.members)[:1] if union else shape.required_members or list(shape.members)
            if depth == 0 and not union:  # an ARN would have to be one, and stands for a name that is given as well
                wanted = [name for name in shape.members if not name.upper().endswith("ARN")]
            return {name: _sample(shape.members[name], depth + 1) for name in wanted if depth < 6}
        case "list":
            return [_sample(shape.member, depth + 1)] if depth < 6 else []
        case "map":
            return {"key": _sample(shape.value, depth + 1)} if depth < 6 else {}
        case "blob":
            return b"bytes"
        case "boolean":
            return True
        case "integer" | "long":
            return 1
        case "float" | "double":
            return 1.5
        case "timestamp":
            return "2026-11-23T12:00:00Z"
        case _:
            return shape.enum[0] if getattr(shape, "enum", None) else "text".ljust(shape.metadata.get("min", 0), "-")


def test_the_table_is_what_the_shipped_code_calls() -> None:
    listed = {service: {*operations, *NOT_CALLED.get(service, ())} for service, operations in OPERATIONS.items()}
    assert listed == called()


@pytest.mark.parametrize(("service", "operation"), PAIRS)
def test_a_request_is_the_same_with_less_to_read(trimmed: Path, service: str, operation: str) -> None:
    model = Session().get_service_model(service).operation_model(operation)
    given = sample(model.input_shape)
    assert sent(trimmed, service, operation, given) == sent(DATA, service, operation, given)


def test_an_answer_has_all_its_members_with_less_to_read(trimmed: Path) -> None:
    assert PAIRS
    for service, operation in PAIRS:
        full, cut = described(DATA, service), described(trimmed, service)
        assert cut["metadata"] == full["metadata"]
        for name in _needed(full, full["operations"][operation]):
            assert set(cut["shapes"][name].get("members", ())) == set(full["shapes"][name].get("members", ()))


def _needed(model: dict[str, Any], part: Any) -> set[str]:
    found: set[str] = set()
    waiting = [part]
    while waiting:
        match waiting.pop():
            case {"shape": str(name), **others}:
                waiting.append(others)
                if name not in found:
                    found.add(name)
                    waiting.append(model["shapes"][name])
            case dict(others):
                waiting.extend(others.values())
            case list(others):
                waiting.extend(others)
    return found


def test_other_services_and_operations_stay_out(trimmed: Path) -> None:
    assert {path.name for path in trimmed.iterdir() if path.is_dir()} == set(OPERATIONS)
    assert "Scan" not in described(trimmed, "dynamodb")["operations"]
    size = sum(path.stat().st_size for path in trimmed.rglob("*.json"))
    assert size < 600_000


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"dynamo": ("GetItem",)}, "botocore does not know the service 'dynamo'"),
        ({"dynamodb": ("get_item",)}, "dynamodb has no operation get_item"),
    ],
)
def test_a_row_that_names_nothing_is_refused(tmp_path: Path, wanted: dict[str, tuple[str, ...]], sentence: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA / "dynamodb", folder / "dynamodb")
    (folder / "dynamo").mkdir()
    with pytest.raises(BundleError, match=sentence):
        botocore_data.trim(folder, wanted)
