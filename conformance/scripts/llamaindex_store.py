"""LlamaIndex's AzureAISearchVectorStore. Its client refuses plain http."""

from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient
from azure.search.documents.indexes import SearchIndexClient
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import MetadataFilters
from llama_index.core.vector_stores.types import (
    ExactMatchFilter,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.vector_stores.azureaisearch import AzureAISearchVectorStore, IndexManagement
from steps import ADMIN_KEY, DIMENSIONS, ENDPOINT, MANAGED, TEXTS, embed, step

KEPT = {}


def create():
    KEPT["store"] = AzureAISearchVectorStore(
        search_or_index_client=SearchIndexClient(ENDPOINT, AzureKeyCredential(ADMIN_KEY)),
        index_name="llamaindex",
        index_management=IndexManagement.CREATE_IF_NOT_EXISTS,
        id_field_key="id",
        chunk_field_key="chunk",
        embedding_field_key="embedding",
        embedding_dimensionality=DIMENSIONS,
        metadata_string_field_key="metadata",
        doc_id_field_key="doc_id",
        filterable_metadata_field_keys=["about"],
    )


def add():
    nodes = [
        TextNode(
            id_=key,
            text=text,
            metadata={"about": key},
            embedding=embed(text),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc-{key}")},
        )
        for key, text in TEXTS.items()
    ]
    assert KEPT["store"].add(nodes) == list(TEXTS)


def ask(text, mode, filters=None):
    return KEPT["store"].query(
        VectorStoreQuery(
            query_embedding=embed(text),
            query_str=text,
            similarity_top_k=2,
            mode=mode,
            filters=filters,
        )
    )


def first(found, key):
    assert found.ids, "nothing was found"
    assert found.ids[0] == key, found.ids


def filtered():
    only = MetadataFilters(filters=[ExactMatchFilter(key="about", value="water")])
    assert ask("damage", VectorStoreQueryMode.DEFAULT, only).ids == ["water"]


def deleted():
    KEPT["store"].delete("doc-storm")
    assert "storm" not in ask(TEXTS["storm"], VectorStoreQueryMode.DEFAULT).ids


def managed():
    client = SearchClient(ENDPOINT, MANAGED, AzureKeyCredential(ADMIN_KEY))
    store = AzureAISearchVectorStore(
        search_or_index_client=client,
        id_field_key="chunk_id",
        chunk_field_key="text",
        embedding_field_key="vector",
        metadata_string_field_key="metadata",
        doc_id_field_key="doc_id",
    )
    found = store.query(
        VectorStoreQuery(
            query_str="storm damage",
            similarity_top_k=3,
            mode=VectorStoreQueryMode.SPARSE,
        )
    )
    assert any("storm" in node.get_content().lower() for node in found.nodes)


DEFAULT, SPARSE, HYBRID, SEMANTIC = (
    VectorStoreQueryMode.DEFAULT,
    VectorStoreQueryMode.SPARSE,
    VectorStoreQueryMode.HYBRID,
    VectorStoreQueryMode.SEMANTIC_HYBRID,
)
step("create the index", create)
step("add documents", add)
step("vector search", lambda: first(ask(TEXTS["storm"], DEFAULT), "storm"))
step("text search", lambda: first(ask("locked bicycles", SPARSE), "theft"))
step("hybrid search", lambda: first(ask("broken pipes", HYBRID), "water"))
step("filter", filtered)
step("semantic ranking", lambda: ask("storm", SEMANTIC), refusal="SemanticRankingUnavailable")
step("delete", deleted)
step("managed index: read", managed)
