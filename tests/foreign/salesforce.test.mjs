// jsforce against the Salesforce sandbox.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import jsforce from "jsforce";

const { SALESFORCE_URL: url, SALESFORCE_CLIENT_ID: clientId, SALESFORCE_SECRET: clientSecret } = process.env;
const { SALESFORCE_USERNAME: username, SALESFORCE_PASSWORD: password } = process.env;
const VERSION = "60.0";
const MANY = 20_000;
let crm;

const chunks = (rows, size) => Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));
const named = (count, start) => Array.from({ length: count }, (_, i) => ({ Name: `${start} ${String(i).padStart(5, "0")}` }));

before(async () => {
  crm = new jsforce.Connection({ instanceUrl: url, loginUrl: url, version: VERSION, oauth2: { clientId, clientSecret, loginUrl: url } });
  await crm.authorize({ grant_type: "client_credentials" });
});

test("client credentials sign in, and the identity is the integration user's", async () => {
  const identity = await crm.identity();
  assert.equal(identity.username, username);
  assert.match(identity.organization_id, /^00D/);
});

test("a user name and a password sign in over SOAP", async () => {
  const other = new jsforce.Connection({ loginUrl: url, version: VERSION });
  const signed = await other.login(username, password);
  assert.match(signed.id, /^005/);
  assert.ok((await other.query("SELECT Id FROM User LIMIT 1")).totalSize === 1);
  await other.logout();
});

test("a wrong password is refused as Salesforce refuses it", async () => {
  const other = new jsforce.Connection({ loginUrl: url, version: VERSION });
  await assert.rejects(other.login(username, "wrong"), /INVALID_LOGIN/);
});

test("versions and limits can be read", async () => {
  const versions = await crm.request("/services/data");
  assert.ok(versions.some(({ version }) => version === VERSION));
  assert.ok((await crm.limits()).DailyApiRequests.Max > 0);
  assert.ok(crm.limitInfo.apiUsage.used > 0);
});

test("the org and its objects are described", async () => {
  const all = await crm.describeGlobal();
  assert.ok(["Account", "Opportunity", "User", "Task"].every((name) => all.sobjects.some((each) => each.name === name)));
  const opportunity = await crm.sobject("Opportunity").describe();
  const stage = opportunity.fields.find(({ name }) => name === "StageName");
  assert.equal(stage.type, "picklist");
  assert.ok(stage.picklistValues.some(({ value }) => value === "Closed Won"));
  assert.ok(opportunity.childRelationships.some(({ relationshipName }) => relationshipName === "OpportunityLineItems"));
});

test("a query is paged to its end, in order, without loss", async () => {
  const seen = [];
  const query = crm.query("SELECT Id, Name, Owner.Name, Amount FROM Opportunity ORDER BY Id");
  const total = (await crm.query("SELECT COUNT() FROM Opportunity")).totalSize;
  await query.on("record", (record) => seen.push(record.Id)).run({ autoFetch: true, maxFetch: 100_000 });
  assert.ok(total > 2000);
  assert.equal(new Set(seen).size, total);
  assert.deepEqual(seen, [...seen].sort());
});

test("parents, children, aggregates and fluent queries answer", async () => {
  const [account] = (await crm.query("SELECT Id, Name, (SELECT Id, StageName FROM Opportunities) FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity) LIMIT 1")).records;
  assert.ok(account.Opportunities.records.length > 0);
  const groups = await crm.query("SELECT StageName, COUNT(Id) n, SUM(Amount) FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY StageName");
  assert.ok(groups.records.every(({ n }) => n > 1));
  const won = await crm.sobject("Opportunity").find({ IsWon: true, Amount: { $gt: 0 } }, "Id, Amount").limit(5).sort("-Amount").execute();
  assert.equal(won.length, 5);
  assert.ok(won[0].Amount >= won[4].Amount);
});

test("a record is created, read, updated and deleted", async () => {
  const accounts = crm.sobject("Account");
  const created = await accounts.create({ Name: "Foreign", NumberOfEmployees: 7 });
  assert.ok(created.success);
  assert.equal((await accounts.retrieve(created.id)).NumberOfEmployees, 7);
  assert.ok((await accounts.update({ Id: created.id, NumberOfEmployees: null })).success);
  assert.equal((await accounts.retrieve(created.id)).NumberOfEmployees, null);
  assert.ok((await accounts.destroy(created.id)).success);
  await assert.rejects(accounts.retrieve(created.id), /ENTITY_IS_DELETED|NOT_FOUND/);
});

test("what breaks a rule is refused with Salesforce's code", async () => {
  await assert.rejects(crm.sobject("Opportunity").create({ Name: "No stage" }), { errorCode: "REQUIRED_FIELD_MISSING" });
  await assert.rejects(crm.query("SELECT Nothing__c FROM Account"), { errorCode: "INVALID_FIELD" });
  await assert.rejects(crm.query("SELECT Id FROM Account WHERE"), { errorCode: "MALFORMED_QUERY" });
});

test("a custom field is made, granted, and takes an upsert by external id", async () => {
  const [field] = [await crm.metadata.create("CustomField", { fullName: "Account.Foreign_Key__c", label: "Foreign key", type: "Text", length: 40, externalId: true, unique: true })];
  assert.ok(field.success, JSON.stringify(field));
  const [set] = [await crm.metadata.create("PermissionSet", { fullName: "Foreign", label: "Foreign", fieldPermissions: [{ field: "Account.Foreign_Key__c", readable: true, editable: true }], objectPermissions: [{ object: "Account", allowCreate: true, allowRead: true, allowEdit: true, allowDelete: true, viewAllRecords: true, modifyAllRecords: true }] })];
  assert.ok(set.success, JSON.stringify(set));
  const [{ Id: permissionSet }] = (await crm.query("SELECT Id FROM PermissionSet WHERE Name = 'Foreign'")).records;
  const { user_id: user } = await crm.identity();
  await crm.sobject("PermissionSetAssignment").create({ PermissionSetId: permissionSet, AssigneeId: user });
  const first = await crm.sobject("Account").upsert({ Name: "By key", Foreign_Key__c: "k1" }, "Foreign_Key__c");
  const second = await crm.sobject("Account").upsert({ Name: "By key again", Foreign_Key__c: "k1" }, "Foreign_Key__c");
  assert.deepEqual([first.created, second.created, second.id ?? first.id], [true, false, first.id]);
});

test("collections take 200 records a call and answer in order", async () => {
  const rows = named(450, "Collected");
  const results = await crm.sobject("Account").create(rows, { allowRecursive: true });
  assert.deepEqual(new Set(results.map(({ success }) => success)), new Set([true]));
  const read = await crm.sobject("Account").retrieve(results.map(({ id }) => id));
  assert.deepEqual(read.map(({ Name }) => Name), rows.map(({ Name }) => Name));
  const mixed = await crm.sobject("Account").update([{ Id: results[0].id, Name: "Kept" }, { Id: results[1].id, Name: "x".repeat(300) }]);
  assert.deepEqual(mixed.map(({ success }) => success), [true, false]);
  assert.equal(mixed[1].errors[0].statusCode, "STRING_TOO_LONG");
});

test("composite requests refer to what came before", async () => {
  const answer = await crm.requestPost(`/services/data/v${VERSION}/composite`, {
    compositeRequest: [
      { method: "POST", url: `/services/data/v${VERSION}/sobjects/Account`, referenceId: "made", body: { Name: "Composite" } },
      { method: "GET", url: `/services/data/v${VERSION}/sobjects/Account/@{made.id}?fields=Name`, referenceId: "read" },
    ],
  });
  assert.equal(answer.compositeResponse[1].body.Name, "Composite");
});

test(`Bulk 2.0 loads ${MANY} rows and a bulk query reads them back`, async () => {
  crm.bulk2.pollInterval = 100;
  crm.bulk2.pollTimeout = 300_000;
  const results = await crm.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: named(MANY, "Bulk2") });
  assert.deepEqual([results.successfulResults.length, results.failedResults.length, results.unprocessedRecords.length], [MANY, 0, 0]);
  const stream = await crm.bulk2.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk2 %'");
  const names = (await stream.toArray()).map(({ Name }) => Name);
  assert.equal(new Set(names).size, MANY);
});

test("the first Bulk API still loads and queries", async () => {
  crm.bulk.pollInterval = 100;
  crm.bulk.pollTimeout = 120_000;
  const rows = named(500, "Bulk1");
  const results = await crm.bulk.load("Account", "insert", rows);
  assert.equal(results.filter(({ success }) => success).length, 500);
  const read = await (await crm.bulk.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk1 %'")).toArray();
  assert.equal(read.length, 500);
});

test("deletions and changes of a span are listed", async () => {
  const { id } = await crm.sobject("Account").create({ Name: "Short-lived" });
  await crm.sobject("Account").destroy(id);
  const [start, end] = [-3_600_000, 120_000].map((shift) => new Date(Date.now() + shift).toISOString());
  const deleted = await crm.sobject("Account").deleted(start, end);
  assert.ok(deleted.deletedRecords.some((each) => each.id === id));
  assert.ok((await crm.sobject("Account").updated(start, end)).ids.length > 0);
});

test("a search finds records by their words", async () => {
  await crm.sobject("Account").create({ Name: "Quetzalcoatl Trading" });
  const found = await crm.search("FIND {Quetzalcoatl} IN ALL FIELDS RETURNING Account(Id, Name)");
  assert.deepEqual(found.searchRecords.map(({ Name }) => Name), ["Quetzalcoatl Trading"]);
});

test("metadata is described, listed and read", async () => {
  assert.ok((await crm.metadata.describe(VERSION)).metadataObjects.length > 0);
  const listed = await crm.metadata.list([{ type: "CustomObject" }], VERSION);
  assert.ok(listed.some(({ fullName }) => fullName === "Account"));
  const read = await crm.metadata.read("CustomField", ["Account.Foreign_Key__c"]);
  assert.equal([read].flat()[0].label, "Foreign key");
});

test("tooling queries answer", async () => {
  const fields = await crm.tooling.query("SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Foreign_Key'");
  assert.equal(fields.records[0].TableEnumOrId, "Account");
});

test("rows left over go in chunks", async () => {
  const { records } = await crm.query("SELECT Id FROM Account WHERE Name LIKE 'Collected %'", { maxFetch: 1000, autoFetch: true });
  for (const part of chunks(records.map(({ Id }) => Id), 200)) {
    assert.ok((await crm.sobject("Account").destroy(part)).every(({ success }) => success));
  }
});
