"""Microsoft Agent Framework's context provider, in both of its modes, on a managed index."""

import asyncio
import warnings

from agent_framework import AgentSession, Message, SessionContext
from agent_framework_azure_ai_search import AzureAISearchContextProvider
from steps import ADMIN_KEY, ENDPOINT, MANAGED, step

warnings.simplefilter("ignore")


async def told(**options):
    provider = AzureAISearchContextProvider(
        endpoint=ENDPOINT, api_key=ADMIN_KEY, top_k=3, **options
    )
    async with provider:
        question = Message(role="user", contents=["storm damage"])
        context = SessionContext(input_messages=[question])
        await provider.before_run(agent=None, session=AgentSession(), context=context, state={})
        messages = [m for each in context.context_messages.values() for m in each]
        assert any("storm" in message.text.lower() for message in messages[1:]), messages


async def by_words():
    # It encodes by the service only where the definition names a vectorizer; ours names none.
    await told(index_name=MANAGED)


async def agentic():
    await told(mode="agentic", knowledge_base_name=MANAGED)


step("managed index: text search", lambda: asyncio.run(by_words()))
step("managed index: agentic retrieval (knowledge base)", lambda: asyncio.run(agentic()))
