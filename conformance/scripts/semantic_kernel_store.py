"""Semantic Kernel's AzureAISearchCollection. It takes https alone."""

import asyncio
import warnings
from dataclasses import dataclass
from typing import Annotated

from semantic_kernel.connectors.azure_ai_search import AzureAISearchCollection
from semantic_kernel.data.vector import VectorStoreField, vectorstoremodel
from steps import ADMIN_KEY, DIMENSIONS, ENDPOINT, MANAGED, TEXTS, embed, step

warnings.simplefilter("ignore")


@vectorstoremodel(collection_name="semantic-kernel")
@dataclass
class Note:
    id: Annotated[str, VectorStoreField("key")]
    about: Annotated[str, VectorStoreField("data", is_indexed=True)]
    content: Annotated[str, VectorStoreField("data", is_full_text_indexed=True)]
    vector: Annotated[list[float] | None, VectorStoreField("vector", dimensions=DIMENSIONS)] = None


@vectorstoremodel(collection_name=MANAGED)
@dataclass
class Chunk:
    chunk_id: Annotated[str, VectorStoreField("key")]
    text: Annotated[str, VectorStoreField("data", is_full_text_indexed=True)]
    source_uri: Annotated[str, VectorStoreField("data", is_indexed=True)]
    vector: Annotated[list[float] | None, VectorStoreField("vector", dimensions=DIMENSIONS)] = None


def opened(kind):
    return AzureAISearchCollection(record_type=kind, search_endpoint=ENDPOINT, api_key=ADMIN_KEY)


def ran(make):
    return lambda: asyncio.run(make())


async def create():
    async with opened(Note) as notes:
        await notes.ensure_collection_exists()
        assert await notes.collection_exists()


async def add():
    async with opened(Note) as notes:
        await notes.upsert([Note(k, k, text, embed(text)) for k, text in TEXTS.items()])
        assert (await notes.get("storm")).content == TEXTS["storm"]


async def found(results, key):
    hits = [hit async for hit in results.results]
    assert hits, "nothing was found"
    assert hits[0].record.id == key, hits[0].record.id
    return hits


async def by_vector():
    async with opened(Note) as notes:
        await found(await notes.search(vector=embed(TEXTS["theft"]), top=2), "theft")


async def by_both():
    async with opened(Note) as notes:
        query = "broken pipes"
        results = await notes.hybrid_search(
            query, vector=embed(query), additional_property_name="content", top=2
        )
        await found(results, "water")


async def filtered():
    async with opened(Note) as notes:
        results = await notes.search(
            vector=embed("damage"), filter="lambda x: x.about == 'water'", top=3
        )
        assert len(await found(results, "water")) == 1


async def contained():
    async with opened(Note) as notes:
        results = await notes.search(
            vector=embed("damage"), filter="lambda x: x.about in 'water'", top=3
        )
        await found(results, "water")


async def deleted():
    async with opened(Note) as notes:
        await notes.delete("storm")
        assert await notes.get("storm") is None


async def dropped():
    async with opened(Note) as notes:
        await notes.ensure_collection_deleted()


async def managed():
    async with opened(Chunk) as chunks:
        listed = await chunks.get(top=3, order_by={"chunk_id": True})
        assert any("storm" in each.text.lower() for each in listed)
        assert (await chunks.get(listed[0].chunk_id)).text == listed[0].text


step("create the index", ran(create))
step("add documents", ran(add))
step("vector search", ran(by_vector))
step("hybrid search", ran(by_both))
step("filter", ran(filtered))
step("filter by `in` (search.ismatch)", ran(contained), refusal="InvalidFilter")
step("delete", ran(deleted))
step("delete the index", ran(dropped))
step("managed index: list and look up", ran(managed))
