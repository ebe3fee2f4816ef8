// HubSpot's own JavaScript client against the HubSpot sandbox.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client } from "@hubspot/api-client";

const { HUBSPOT_URL: basePath, HUBSPOT_TOKEN: accessToken } = process.env;
let crm;

before(() => {
  crm = new Client({ basePath, accessToken, numberOfApiCallRetries: 0 });
});

const equals = (propertyName, value) => ({ filterGroups: [{ filters: [{ propertyName, operator: "EQ", value }] }], properties: [propertyName], limit: 100, sorts: [], after: "0" });

test("the account tells its id and its zone", async () => {
  const answer = await crm.apiRequest({ path: "/account-info/v3/details" });
  assert.ok((await answer.json()).portalId > 0);
});

test("a list is paged to its end without loss", async () => {
  const all = await crm.crm.deals.getAll(100, undefined, ["dealname", "amount"]);
  assert.ok(all.length > 2000);
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
});

test("a record is created, read, updated and archived", async () => {
  const { id } = await crm.crm.deals.basicApi.create({ properties: { dealname: "Foreign", amount: "12.50" }, associations: [] });
  assert.equal((await crm.crm.deals.basicApi.getById(id, ["amount"])).properties.amount, "12.50");
  await crm.crm.deals.basicApi.update(id, { properties: { amount: "" } });
  assert.equal((await crm.crm.deals.basicApi.getById(id, ["amount"])).properties.amount, null);
  await crm.crm.deals.basicApi.archive(id);
  await assert.rejects(crm.crm.deals.basicApi.getById(id), { code: 404 });
  assert.ok((await crm.crm.deals.basicApi.getById(id, undefined, undefined, undefined, true)).archived);
});

test("what breaks a rule is refused with HubSpot's category", async () => {
  await assert.rejects(crm.crm.deals.basicApi.create({ properties: { nothing_such: "1" }, associations: [] }), (error) => error.code === 400 && error.body.category === "VALIDATION_ERROR");
});

test("batches create, read, update, upsert and archive", async () => {
  const inputs = Array.from({ length: 100 }, (_, i) => ({ properties: { email: `foreign${i}@example.com`, firstname: `F${i}` }, associations: [] }));
  const created = await crm.crm.contacts.batchApi.create({ inputs });
  assert.deepEqual([created.status, created.results.length], ["COMPLETE", 100]);
  const ids = created.results.map(({ id }) => ({ id }));
  const read = await crm.crm.contacts.batchApi.read({ inputs: ids, properties: ["email"], propertiesWithHistory: [] });
  assert.equal(new Set(read.results.map(({ properties }) => properties.email)).size, 100);
  await crm.crm.contacts.batchApi.update({ inputs: ids.map(({ id }) => ({ id, properties: { lastname: "L" } })) });
  const upserted = await crm.crm.contacts.batchApi.upsert({ inputs: inputs.slice(0, 3).map(({ properties }) => ({ id: properties.email, idProperty: "email", properties: { lastname: "U" } })) });
  assert.ok(upserted.results.every((each) => each._new === false));
  await crm.crm.contacts.batchApi.archive({ inputs: ids.slice(50) });
  assert.equal((await crm.crm.contacts.searchApi.doSearch(equals("lastname", "L"))).total, 47);
});

test("a search filters, sorts and pages", async () => {
  const wanted = { filterGroups: [{ filters: [{ propertyName: "amount", operator: "GT", value: "0" }, { propertyName: "hs_is_closed_won", operator: "EQ", value: "true" }] }], sorts: ["-amount"], properties: ["amount"], limit: 200, after: "0" };
  const first = await crm.crm.deals.searchApi.doSearch(wanted);
  const second = await crm.crm.deals.searchApi.doSearch({ ...wanted, after: first.paging.next.after });
  assert.ok(first.total > 200);
  assert.equal(new Set([...first.results, ...second.results].map(({ id }) => id)).size, 400);
  await assert.rejects(crm.crm.deals.searchApi.doSearch({ ...wanted, after: "10000" }), { code: 400 });
});

test("a property is created, listed, written, changed and archived", async () => {
  const made = await crm.crm.properties.coreApi.create("deals", { name: "foreign_score", label: "Foreign score", type: "number", fieldType: "number", groupName: "dealinformation" });
  assert.equal(made.name, "foreign_score");
  assert.ok((await crm.crm.properties.coreApi.getAll("deals")).results.some(({ name }) => name === "foreign_score"));
  const { id } = await crm.crm.deals.basicApi.create({ properties: { dealname: "Scored", foreign_score: "42" }, associations: [] });
  assert.equal((await crm.crm.deals.searchApi.doSearch(equals("foreign_score", "42"))).results[0].id, id);
  assert.equal((await crm.crm.properties.coreApi.update("deals", "foreign_score", { label: "Score" })).label, "Score");
  await crm.crm.properties.coreApi.archive("deals", "foreign_score");
  await assert.rejects(crm.crm.properties.coreApi.getByName("deals", "foreign_score"), { code: 404 });
});

test("records are associated with labels, read in a batch, and parted", async () => {
  const company = await crm.crm.companies.basicApi.create({ properties: { name: "Foreign Ltd" }, associations: [] });
  const deal = await crm.crm.deals.basicApi.create({ properties: { dealname: "Linked" }, associations: [] });
  await crm.crm.associations.v4.basicApi.createDefault("deals", deal.id, "companies", company.id);
  const linked = await crm.crm.associations.v4.basicApi.getPage("deals", deal.id, "companies");
  assert.deepEqual(linked.results.map(({ toObjectId }) => String(toObjectId)), [company.id]);
  const batch = await crm.crm.associations.v4.batchApi.getPage("deals", "companies", { inputs: [{ id: deal.id }] });
  assert.equal(String(batch.results[0].to[0].toObjectId), company.id);
  assert.ok((await crm.crm.associations.v4.schema.definitionsApi.getAll("deals", "companies")).results.length > 0);
  await crm.crm.associations.v4.basicApi.archive("deals", deal.id, "companies", company.id);
  assert.equal((await crm.crm.associations.v4.basicApi.getPage("deals", deal.id, "companies")).results.length, 0);
});

test("history tells a value's earlier versions", async () => {
  const { id } = await crm.crm.deals.basicApi.create({ properties: { dealname: "Aged", amount: "1" }, associations: [] });
  await crm.crm.deals.basicApi.update(id, { properties: { amount: "2" } });
  const read = await crm.crm.deals.basicApi.getById(id, undefined, ["amount"]);
  assert.deepEqual(read.propertiesWithHistory.amount.map(({ value }) => value), ["2", "1"]);
});

test("two companies are merged into one", async () => {
  const [first, second] = await Promise.all(["A", "B"].map((name) => crm.crm.companies.basicApi.create({ properties: { name }, associations: [] })));
  const merged = await (await crm.apiRequest({ method: "POST", path: "/crm/v3/objects/companies/merge", body: { primaryObjectId: first.id, objectIdToMerge: second.id } })).json();
  assert.ok(merged.properties.hs_merged_object_ids.includes(second.id));
});

test("a custom object is defined, filled and found", async () => {
  const schema = await crm.crm.schemas.coreApi.create({ name: "statement", labels: { singular: "Statement", plural: "Statements" }, primaryDisplayProperty: "statement_name", requiredProperties: ["statement_name"], searchableProperties: [], secondaryDisplayProperties: [], properties: [{ name: "statement_name", label: "Name", type: "string", fieldType: "text" }], associatedObjects: ["CONTACT"] });
  const { id } = await crm.crm.objects.basicApi.create(schema.objectTypeId, { properties: { statement_name: "October" }, associations: [] });
  assert.equal((await crm.crm.objects.basicApi.getById(schema.fullyQualifiedName, id, ["statement_name"])).properties.statement_name, "October");
});

test("pipelines, owners and a GDPR deletion answer", async () => {
  assert.ok((await crm.crm.pipelines.pipelinesApi.getAll("deals")).results[0].stages.length > 0);
  assert.ok((await crm.crm.owners.ownersApi.getPage(undefined, undefined, 100)).results.length > 0);
  const { id } = await crm.crm.contacts.basicApi.create({ properties: { email: "forget@example.com" }, associations: [] });
  await crm.apiRequest({ method: "POST", path: "/crm/v3/objects/contacts/gdpr-delete", body: { objectId: id } });
  await assert.rejects(crm.crm.contacts.basicApi.getById(id), { code: 404 });
});
