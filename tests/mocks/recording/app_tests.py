"""An application's own tests, recorded against the mocks server at `base_url` and played without it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from openai import AsyncOpenAI, OpenAI

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

URL = os.environ["APP_BASE_URL"]
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "[rc:app.0] Hello"}]
HELLO: dict[str, Any] = {"model": "m", "messages": MESSAGES}
KEYED = {"authorization": "Bearer planted-key-4711"}


def client() -> OpenAI:
    return OpenAI(base_url=URL, api_key="planted-key-4711", max_retries=0)


def async_client() -> AsyncOpenAI:
    return AsyncOpenAI(base_url=URL, api_key="planted-key-4711", max_retries=0)


@pytest.mark.responses_recorded
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_plain(library: Any) -> None:
    answer = library.post(f"{URL}/chat/completions", json=HELLO, headers=KEYED)

    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"] == "The capital is Dublin."


@pytest.mark.responses_recorded
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_async(library: Any) -> None:
    async def ask() -> list[bytes]:
        async with (
            library.AsyncClient() as http,
            http.stream("POST", f"{URL}/chat/completions", json={**HELLO, "stream": True}) as answer,
        ):
            return [part async for part in answer.aiter_raw()]

    parts = asyncio.run(ask())

    assert len(parts) > 5
    assert parts[-1].endswith(b"data: [DONE]\n\n")


def test_sdk_plain(responses_recording: Any) -> None:
    with client() as sdk:
        said = sdk.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

    assert said == "The capital is Dublin."
    assert len(responses_recording) == 1


@pytest.mark.responses_recorded
def test_sdk_streamed() -> None:
    with client() as sdk, sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True) as stream:
        first = next(iter(stream))
        texts = [chunk.choices[0].delta.content or "" for chunk in stream]

    assert first.choices[0].delta.role == "assistant"
    assert "".join(texts) == "The capital is Dublin."


@pytest.mark.responses_recorded
def test_sdk_async() -> None:
    async def ask() -> tuple[str, str]:
        async with async_client() as sdk:
            plain, stream = await asyncio.gather(
                sdk.chat.completions.create(model="m", messages=MESSAGES),
                sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True),
            )
            streamed = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            return str(plain.choices[0].message.content), streamed

    assert asyncio.run(ask()) == ("The capital is Dublin.", "The capital is Dublin.")


@pytest.mark.responses_recorded
def test_stopped_early() -> None:
    with client() as sdk, sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True) as stream:
        assert next(iter(stream)).choices[0].delta.role == "assistant"


@pytest.mark.responses_recorded
def test_twice() -> None:
    body = {**HELLO, "model": os.environ.get("APP_MODEL", "m")}
    answers = [httpx.post(f"{URL}/chat/completions", json=body).json() for _ in range(2)]

    assert [each["choices"][0]["finish_reason"] for each in answers] == ["stop", "stop"]


def test_not_recorded() -> None:
    if os.environ.get("APP_IS_UP"):
        assert httpx.get(f"{URL}/models").status_code == 200
