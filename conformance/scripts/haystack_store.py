"""Haystack's AzureAISearchDocumentStore and its three retrievers."""

from haystack import Document
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils import Secret
from haystack_integrations.components.retrievers.azure_ai_search import (
    AzureAISearchBM25Retriever,
    AzureAISearchEmbeddingRetriever,
    AzureAISearchHybridRetriever,
)
from haystack_integrations.document_stores.azure_ai_search import AzureAISearchDocumentStore
from steps import ADMIN_KEY, DIMENSIONS, ENDPOINT, MANAGED, TEXTS, embed, step


def opened(index):
    return AzureAISearchDocumentStore(
        api_key=Secret.from_token(ADMIN_KEY),
        azure_endpoint=Secret.from_token(ENDPOINT),
        index_name=index,
        embedding_dimension=DIMENSIONS,
        metadata_fields={"about": str, "length": int},
    )


STORE = opened("haystack")
DOCUMENTS = [
    Document(id=key, content=text, meta={"about": key, "length": len(text)}, embedding=embed(text))
    for key, text in TEXTS.items()
]
WATER = {"field": "meta.about", "operator": "==", "value": "water"}
LONG = {
    "operator": "AND",
    "conditions": [
        {"field": "meta.length", "operator": ">", "value": 10},
        {"field": "meta.about", "operator": "in", "value": ["storm", "theft"]},
    ],
}


def add():
    assert STORE.write_documents(DOCUMENTS, policy=DuplicatePolicy.OVERWRITE) == len(DOCUMENTS)
    assert STORE.count_documents() == len(DOCUMENTS)


def first(found, key):
    assert found["documents"], "nothing was found"
    assert found["documents"][0].id == key, found["documents"][0].id


def filtered():
    found = STORE.filter_documents(filters=LONG)
    assert {each.id for each in found} == {"storm", "theft"}, found


def by_vector():
    retriever = AzureAISearchEmbeddingRetriever(document_store=STORE)
    first(retriever.run(query_embedding=embed(TEXTS["storm"])), "storm")


def by_words():
    retriever = AzureAISearchBM25Retriever(document_store=STORE)
    first(retriever.run(query="locked bicycles"), "theft")


def by_both():
    retriever = AzureAISearchHybridRetriever(document_store=STORE)
    query = "broken pipes"
    first(retriever.run(query=query, query_embedding=embed(query)), "water")
    narrow = retriever.run(query="damage", query_embedding=embed("damage"), filters=WATER)
    assert [each.id for each in narrow["documents"]] == ["water"]


def deleted():
    STORE.delete_documents(["storm"])
    assert STORE.count_documents() == len(DOCUMENTS) - 1


def semantic():
    retriever = AzureAISearchBM25Retriever(document_store=STORE, query_type="semantic")
    retriever.run(query="storm")


def managed():
    # It makes what no list of indexes holds, and an alias is in none: a release's own name is.
    # The names of a managed index's fields are not Haystack's, so its client is asked.
    found = list(opened(f"{MANAGED}-v1").client.search("storm damage", top=3))
    assert any("storm" in each["text"].lower() for each in found)


step("create the index", STORE.count_documents)
step("add documents", add)
step("vector search", by_vector)
step("text search", by_words)
step("hybrid search, with a filter", by_both)
step("filter", filtered)
step("semantic ranking", semantic, refusal="SemanticRankingUnavailable")
step("delete", deleted)
step("delete all", lambda: STORE.delete_all_documents(recreate_index=True))
step("managed index: read, by its release's name", managed)
