// The official JavaScript client.
import {
  AzureKeyCredential,
  KnowledgeRetrievalClient,
  SearchClient,
  SearchIndexClient,
} from "@azure/search-documents";
import assert from "node:assert/strict";

const env = process.env;
const endpoint = env.CONFORMANCE_ENDPOINT;
const managed = env.CONFORMANCE_MANAGED;
const key = new AzureKeyCredential(env.CONFORMANCE_ADMIN_KEY);
const options = { allowInsecureConnection: true };
const name = "javascript-sdk";
const indexes = new SearchIndexClient(endpoint, key, options);
const client = new SearchClient(endpoint, name, key, options);
const texts = {
  storm: "Storm damage to roofs is covered up to 900 euros.",
  water: "Water damage by broken pipes is covered, floods are not.",
  theft: "Theft of bicycles is covered when they were locked.",
};
const vectors = { storm: [1, 0, 0], water: [0.6, 0.8, 0], theft: [0, 0, 1] };

async function step(what, run, refusal) {
  let outcome = refusal ? "fails" : "works";
  let note = refusal ? `${refusal} was expected` : "";
  try {
    await run();
  } catch (error) {
    const said = `${error.code ?? ""} ${error.message}`;
    const named = refusal && said.includes(refusal);
    [outcome, note] = named ? ["refused", refusal] : ["fails", said];
  }
  console.log(JSON.stringify({ step: what, outcome, note: note.slice(0, 300) }));
}

async function all(results) {
  const found = [];
  for await (const each of results.results) found.push(each);
  return found;
}

await step("create the index", async () => {
  await indexes.createOrUpdateIndex({
    name,
    fields: [
      { name: "id", type: "Edm.String", key: true, filterable: true },
      { name: "content", type: "Edm.String", searchable: true },
      { name: "about", type: "Edm.String", filterable: true, facetable: true },
      {
        name: "vector",
        type: "Collection(Edm.Single)",
        searchable: true,
        vectorSearchDimensions: 3,
        vectorSearchProfileName: "near",
      },
    ],
    vectorSearch: {
      algorithms: [{ name: "hnsw", kind: "hnsw" }],
      profiles: [{ name: "near", algorithmConfigurationName: "hnsw" }],
    },
  });
});
await step("add documents", async () => {
  const documents = Object.entries(texts).map(([id, content]) => ({
    id,
    content,
    about: id,
    vector: vectors[id],
  }));
  const { results } = await client.uploadDocuments(documents);
  assert(results.every((each) => each.succeeded));
  assert.equal(await client.getDocumentsCount(), 3);
});
const near = (vector) => ({ queries: [{ kind: "vector", vector, fields: ["vector"] }] });
await step("vector search", async () => {
  const found = await all(await client.search("*", { vectorSearchOptions: near([0, 0, 1]) }));
  assert.equal(found[0].document.id, "theft");
});
await step("hybrid search", async () => {
  const asked = { vectorSearchOptions: near([0.6, 0.8, 0]), facets: ["about"] };
  const found = await all(await client.search("broken pipes", asked));
  assert.equal(found[0].document.id, "water");
});
await step("filter", async () => {
  const found = await all(await client.search("*", { filter: "about ne 'storm'" }));
  assert.deepEqual(new Set(found.map((each) => each.document.id)), new Set(["water", "theft"]));
});
await step(
  "full Lucene syntax",
  async () => all(await client.search("storm", { queryType: "full" })),
  "NotServed",
);
await step("managed index: hybrid, encoded by the service", async () => {
  const reader = new SearchClient(endpoint, managed, key, options);
  const queries = [{ kind: "text", text: "storm damage", fields: ["vector"] }];
  const asked = { vectorSearchOptions: { queries }, top: 3 };
  const found = await all(await reader.search("storm", asked));
  assert(found.some((each) => each.document.text.toLowerCase().includes("storm")));
});
await step("managed index: knowledge retrieval", async () => {
  const base = new KnowledgeRetrievalClient(endpoint, managed, key, options);
  const found = await base.retrieve({
    intents: [{ type: "semantic", search: "storm damage" }],
  });
  assert(found.references.length > 0);
});
await step("delete", async () => {
  await client.deleteDocuments("id", ["storm"]);
  assert.equal(await client.getDocumentsCount(), 2);
  await indexes.deleteIndex(name);
});
