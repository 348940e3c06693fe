"""With gradio's `mcp` extra the named endpoints are MCP tools; without it the page starts."""

import asyncio

import pytest

pytest.importorskip("mcp.server.lowlevel", reason="gradio's mcp extra is not installed")
pytest.importorskip(
    "gradio.mcp", reason="gradio's mcp extra is not installed", exc_type=ImportError
)


def test_the_four_endpoints_are_tools_and_answer(offline_space):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def use():
        address = f"{offline_space.url}/gradio_api/mcp/"
        async with (
            streamablehttp_client(address) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            tools = [tool.name for tool in (await session.list_tools()).tools]
            answer = await session.call_tool("predict", {"text": "A superb film."})
            return tools, answer

    offline_space.wait_for_page()
    tools, answer = asyncio.run(use())
    assert tools == ["predict", "predict_batch", "compare", "explain"]
    assert not answer.isError and "'POSITIVE'" in answer.content[0].text
