"""The official Python client; older ones refuse plain http."""

from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient
from azure.search.documents.indexes import SearchIndexClient
from azure.search.documents.indexes.models import (
    HnswAlgorithmConfiguration,
    SearchableField,
    SearchField,
    SearchIndex,
    SimpleField,
    VectorSearch,
    VectorSearchProfile,
)
from azure.search.documents.models import VectorizableTextQuery, VectorizedQuery
from steps import ADMIN_KEY, DIMENSIONS, ENDPOINT, MANAGED, TEXTS, embed, step

KEY = AzureKeyCredential(ADMIN_KEY)
NAME = "python-sdk"
indexes = SearchIndexClient(ENDPOINT, KEY)
client = SearchClient(ENDPOINT, NAME, KEY)


def create():
    fields = [
        SimpleField(name="id", type="Edm.String", key=True, filterable=True),
        SearchableField(name="content", analyzer_name="en.microsoft"),
        SimpleField(name="about", type="Edm.String", filterable=True, facetable=True),
        SearchField(
            name="vector",
            type="Collection(Edm.Single)",
            searchable=True,
            vector_search_dimensions=DIMENSIONS,
            vector_search_profile_name="near",
        ),
    ]
    search = VectorSearch(
        algorithms=[HnswAlgorithmConfiguration(name="hnsw")],
        profiles=[VectorSearchProfile(name="near", algorithm_configuration_name="hnsw")],
    )
    made = indexes.create_or_update_index(
        SearchIndex(name=NAME, fields=fields, vector_search=search)
    )
    assert made.name == NAME
    assert NAME in {each.name for each in indexes.list_indexes()}


def add():
    documents = [
        {"id": key, "about": key, "content": text, "vector": embed(text)}
        for key, text in TEXTS.items()
    ]
    assert all(each.succeeded for each in client.upload_documents(documents))
    assert client.get_document_count() == len(TEXTS)


def by_vector():
    query = VectorizedQuery(vector=embed(TEXTS["theft"]), fields="vector")
    assert next(client.search(vector_queries=[query]))["id"] == "theft"


def by_both():
    query = VectorizedQuery(vector=embed("broken pipes"), fields="vector")
    found = list(client.search("broken pipes", vector_queries=[query], facets=["about"], top=2))
    assert found[0]["id"] == "water"


def filtered():
    found = client.search("*", filter="search.in(about, 'storm,water')", order_by="search.score()")
    assert {each["id"] for each in found} == {"storm", "water"}


def managed():
    query = VectorizableTextQuery(text="storm damage", fields="vector")
    hits = list(SearchClient(ENDPOINT, MANAGED, KEY).search("storm", vector_queries=[query], top=3))
    assert any("storm" in each["text"].lower() for each in hits)
    assert hits[0]["source_modified_at"]


def refused():
    client.search("storm", query_type="full").get_facets()


def deleted():
    client.delete_documents([{"id": "storm"}])
    assert client.get_document_count() == len(TEXTS) - 1
    indexes.delete_index(NAME)


step("create the index", create)
step("add documents", add)
step("vector search", by_vector)
step("hybrid search", by_both)
step("filter", filtered)
step("full Lucene syntax", refused, refusal="NotServed")
step("managed index: hybrid, encoded by the service", managed)
step("delete", deleted)
