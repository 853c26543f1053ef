"""LangChain's AzureSearch; the module that holds it is the only argument."""

import os
import sys
import warnings
from importlib import import_module

from steps import ADMIN_KEY, DIMENSIONS, ENDPOINT, MANAGED, TEXTS, embed, step

warnings.simplefilter("ignore")
NAME = "langchain-" + sys.argv[1].partition(".")[0].rpartition("_")[2]


def fields():
    """Return LangChain's own fields, with vectors that come back: reranking by MMR needs them."""
    from azure.search.documents.indexes import models

    return [
        models.SimpleField(name="id", type="Edm.String", key=True, filterable=True),
        models.SearchableField(name="content", type="Edm.String"),
        models.SearchField(
            name="content_vector",
            type="Collection(Edm.Single)",
            searchable=True,
            hidden=False,
            vector_search_dimensions=DIMENSIONS,
            vector_search_profile_name="myHnswProfile",
        ),
        models.SearchableField(name="metadata", type="Edm.String"),
    ]


def opened(index, fields=None):
    """Open an index; the names of its fields are read from the environment at import."""
    store = import_module(sys.argv[1]).AzureSearch
    return store(
        azure_search_endpoint=ENDPOINT,
        azure_search_key=ADMIN_KEY,
        index_name=index,
        embedding_function=embed,
        fields=fields,
    )


if len(sys.argv) > 2:  # the managed index has names of its own
    os.environ.update(
        AZURESEARCH_FIELDS_ID="chunk_id",
        AZURESEARCH_FIELDS_CONTENT="text",
        AZURESEARCH_FIELDS_CONTENT_VECTOR="vector",
        AZURESEARCH_FIELDS_TAG="metadata",
    )
    found = {}

    def read():
        # Its vectors are of the index's own encoder, so words alone are asked here.
        found["store"] = opened(MANAGED)
        results = found["store"].client.search("storm damage", top=3)
        assert any("storm" in each["text"].lower() for each in results)

    def write():
        found["store"].add_texts(["x"])

    step("managed index: read", read)
    step("managed index: write", write, refusal="ManagedIndex")
    sys.exit()

kept = {}


def create():
    kept["store"] = opened(NAME, fields())


def add():
    metadatas = [{"about": key} for key in TEXTS]
    kept["ids"] = kept["store"].add_texts(list(TEXTS.values()), metadatas, keys=list(TEXTS))
    assert len(kept["ids"]) == len(TEXTS)


def first(found, key):
    assert found, "nothing was found"
    assert found[0].page_content == TEXTS[key], found[0].page_content
    assert found[0].metadata["about"] == key


def deleted():
    kept["store"].delete(ids=["storm"])
    left = kept["store"].similarity_search(TEXTS["storm"], k=9, search_type="similarity")
    assert TEXTS["storm"] not in {each.page_content for each in left}


def retriever():
    found = kept["store"].as_retriever(k=2, search_type="hybrid").invoke("locked bicycles")
    first(found, "theft")


def diverse():
    store = kept["store"]
    found = store.max_marginal_relevance_search_with_score(TEXTS["water"], k=2, fetch_k=4)
    first([each[0] for each in found], "water")


def scored():
    found = kept["store"].similarity_search_with_relevance_scores(TEXTS["theft"], k=1)
    assert 0 < found[0][1] <= 1, found


store_of = kept.__getitem__
step("create the index", create)
step("add documents", add)
step(
    "vector search",
    lambda: first(store_of("store").vector_search(TEXTS["storm"], k=2), "storm"),
)
step(
    "hybrid search",
    lambda: first(store_of("store").hybrid_search("broken pipes", k=2), "water"),
)
step(
    "filter",
    lambda: first(
        store_of("store").similarity_search("damage", k=3, filters="id eq 'water'"), "water"
    ),
)
step("scores", scored)
step("diverse results (MMR)", diverse)
step("retriever", retriever)
step(
    "semantic ranking, with extracted answers",
    lambda: store_of("store").semantic_hybrid_search("storm", k=2),
    refusal="NotServed",
)
step("delete", deleted)
