// The official JavaScript client against a served index; prints what it got as JSON.
import { AzureKeyCredential, SearchClient } from "@azure/search-documents";

const [endpoint, vector] = [process.argv[2], JSON.parse(process.argv[3])];
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
const client = (name) => new SearchClient(endpoint, name, new AzureKeyCredential("any"), options);
const hotels = client("hotels");
const told = {};

async function all(found) {
  const hits = [];
  for await (const hit of found.results) hits.push(hit);
  return hits;
}

const text = await hotels.search("beach", {
  filter: "category eq 'Luxury'",
  orderBy: ["rating desc", "hotelId"],
  select: ["hotelId", "Address/City"],
  facets: ["category,sort:value"],
  highlightFields: "hotelName",
  includeTotalCount: true,
});
told.count = text.count;
told.facets = text.facets;
told.text = (await all(text)).map((hit) => [hit.document, Object.keys(hit.highlights)]);

const paged = await client("many-hotels").search("*", { select: ["hotelId"], orderBy: ["hotelId"] });
told.paged = (await all(paged)).map((hit) => hit.document.hotelId);

const hybrid = await hotels.search('"Beach Pool Hotel 1"', {
  vectorSearchOptions: {
    queries: [{ kind: "vector", vector, fields: ["vector"], kNearestNeighborsCount: 5 }],
  },
});
told.hybrid = (await all(hybrid)).map((hit) => [hit.document.hotelId, hit.score]);

told.document = await hotels.getDocument("00003", { selectedFields: ["hotelId", "tags"] });
told.documents = await hotels.getDocumentsCount();
told.suggested = (await hotels.suggest("harb", "sg", { select: ["hotelId"] })).results;
told.completed = (await hotels.autocomplete("harb", "sg")).results;
try {
  await all(await hotels.search("x", { filter: "nope eq 1" }));
} catch (error) {
  told.error = [error.statusCode, error.message];
}
console.log(JSON.stringify(told));
