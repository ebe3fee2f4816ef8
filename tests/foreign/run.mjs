// Serves both sandboxes, runs the tests of this folder against them, and ends with their exit code.
// usage: node run.mjs [path of the salesops command]

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const salesops = process.argv[2] ?? "../../.venv/bin/salesops";
const folder = mkdtempSync(join(tmpdir(), "salesops-foreign-"));

/** What a served sandbox prints of itself, by name, once it serves; and its process. */
async function serve(crm) {
  const words = ["--project", folder, "sandbox", "serve", "--crm", crm, "--port", "0", "--calm", "--as-of", "2026-10-31"];
  const child = spawn(salesops, words, { stdio: ["ignore", "pipe", "inherit"] });
  const told = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = line.match(/^ {2}(\S.*?) {2,}(\S.*)$/) ?? [];
    if (name) told[name] = value;
    if (line.startsWith("Ctrl-C")) return { child, told };
  }
  throw new Error(`the ${crm} sandbox ended before it served`);
}

const running = await Promise.all([serve("salesforce"), serve("hubspot")]);
const [salesforce, hubspot] = running.map(({ told }) => told);
const env = {
  ...process.env,
  NODE_EXTRA_CA_CERTS: salesforce["CA file"],
  SALESFORCE_URL: salesforce.address,
  SALESFORCE_CLIENT_ID: salesforce["client id"],
  SALESFORCE_SECRET: salesforce.secret,
  SALESFORCE_USERNAME: salesforce.username,
  SALESFORCE_PASSWORD: salesforce.password,
  HUBSPOT_URL: hubspot.address,
  HUBSPOT_TOKEN: hubspot.token,
};
const tests = spawn(process.execPath, ["--test", "--test-reporter=spec", "--test-concurrency=1"], { stdio: "inherit", env });
const code = await new Promise((done) => tests.on("exit", (status) => done(status ?? 1)));
for (const { child } of running) child.kill("SIGTERM");
rmSync(folder, { recursive: true, force: true });
process.exit(code);
