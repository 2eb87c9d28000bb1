"""The hub, played by a small server on this machine and asked by the hub's own client."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sartor.base.hub import cached_ids
from sartor.base.resolve import resolve
from sartor.core.errors import BaseModelError

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """One public repository, `hem/tiny-bert`, one gated, `hem/gated`; the rest is unknown."""

    folder: Path
    asked: list[str]

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if "hem/gated" in path:
            return self._send(403, b"{}", {"X-Error-Code": "GatedRepo"}, with_body)
        if "hem/tiny-bert" not in path:
            return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, with_body)
        if path.startswith("/api/") and "/tree/" in path:
            return self._send(200, json.dumps(self._tree()).encode(), {}, with_body)
        if path.startswith("/api/"):
            info = {"id": "hem/tiny-bert", "sha": COMMIT, "siblings": []}
            return self._send(200, json.dumps(info).encode(), {}, with_body)
        content = (self.folder / path.split(f"/resolve/{COMMIT}/")[1]).read_bytes()
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        return self._send(200, content, headers, with_body)

    def _tree(self) -> list[dict[str, object]]:
        return [
            {"type": "file", "path": str(path.relative_to(self.folder)), "size": size, "oid": "b"}
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and (size := path.stat().st_size) >= 0
        ]

    def _send(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@pytest.fixture
def hub(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    model.write("pytorch_model.bin", "pickle")
    model.write("modeling_evil.py", "raise SystemExit")
    model.write("onnx/config.json", "{}")
    model.write("README.md", "---\nlicense: mit\n---\n")
    for name in ("chat_template.jinja", "generation_config.json"):
        model.write(name, "{}")
    for name in ("consolidated.safetensors", "original/model.safetensors"):
        model.write(name, "the same weights for another program")
    handler = type("OneHub", (Hub,), {"folder": model.folder, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_hub_model_is_fetched_without_pickle_and_code_and_serves_offline_afterwards(hub) -> None:
    base = resolve("hem/tiny-bert", offline=False)
    assert (base.source, base.hub_id, base.licence) == ("hub", "hem/tiny-bert", "MIT")
    fetched = {path.split("/")[-1] for path in hub.asked if "/resolve/" in path}
    weights = {"config.json", "tokenizer.json", "model.safetensors", "README.md"}
    assert fetched == weights | {"chat_template.jinja", "generation_config.json"}
    assert not any(word in path for path in hub.asked for word in ("onnx", "original"))
    hub.asked.clear()
    assert resolve("hem/tiny-bert", offline=True) == base
    assert hub.asked == []
    assert cached_ids() == ["hem/tiny-bert"]


def test_offline_nothing_is_asked(hub) -> None:
    with pytest.raises(BaseModelError):
        resolve("hem/tiny-bert", offline=True)
    assert hub.asked == []


def test_an_unknown_model_gets_the_near_name_of_a_cached_one(hub) -> None:
    resolve("hem/tiny-bert", offline=False)
    with pytest.raises(BaseModelError, match="is no model on the hub") as refusal:
        resolve("hem/tiny-brt", offline=False)
    assert "Did you mean `hem/tiny-bert`?" in refusal.value.fix


def test_a_gated_model_says_where_its_terms_are(hub) -> None:
    with pytest.raises(BaseModelError, match="accepted its terms") as refusal:
        resolve("hem/gated", offline=False)
    assert "https://huggingface.co/hem/gated" in refusal.value.fix


def test_a_hub_out_of_reach_is_said(hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(BaseModelError, match="the hub cannot be reached"):
        resolve("hem/tiny-bert", offline=False)
