// The built extension in Node, with the real language server and a stand-in for the editor, of which only what the
// extension itself uses is there: the protocol's client needs an editor's own classes.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { spawn } = require("node:child_process");
const { test } = require("node:test");
const { commandOf, settingsOf } = require("../src/settings");
const manifest = require("../package.json");

const ROOT = path.resolve(__dirname, "../../..");
const COMMAND = process.env.APTIC_TEST_COMMAND ?? path.join(ROOT, ".venv/bin/aptic-definitions");

test("every setting is declared, and the server gets those alone that it knows", () => {
  const declared = manifest.contributes.configuration.properties;
  const given = settingsOf({ get: (name) => declared[`aptic.${name}`].default });
  assert.deepStrictEqual(given, { ledgerSchema: "", dialect: "", events: "", timeZone: "", databases: [] });
});

test("a path is one of the folder, and a bare name one of PATH", () => {
  assert.deepStrictEqual(commandOf(["aptic-definitions", "lsp"], "/work"), ["aptic-definitions", "lsp"]);
  assert.deepStrictEqual(commandOf([".venv/bin/aptic-definitions", "lsp"], "/work"), ["/work/.venv/bin/aptic-definitions", "lsp"]);
  assert.deepStrictEqual(commandOf(["/bin/x"], "/work"), ["/bin/x"]);
});

test("the bundle is there, and needs nothing but the editor and Node", () => {
  const bundle = fs.readFileSync(path.join(__dirname, "..", manifest.main), "utf-8");
  const needed = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map((found) => found[1]);
  const builtin = new Set(require("node:module").builtinModules);
  assert.deepStrictEqual(
    [...new Set(needed)].filter((name) => !builtin.has(name.replace("node:", ""))),
    ["vscode"],
  );
});

test("the server takes the settings, and finds what is wrong by them", async () => {
  const declared = manifest.contributes.configuration.properties;
  const own = { ledgerSchema: "fixtures/ledger/schema.sql" };
  const options = settingsOf({ get: (name) => own[name] ?? declared[`aptic.${name}`].default });
  const server = spawn(COMMAND, ["lsp"], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const send = (message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const file = path.join(ROOT, "definitions/ledgerpayment.xml");
  const text = fs.readFileSync(file, "latin1").replace("la.uniqueid as", "la.uniquid as");
  const uri = `file://${file}`;
  const rootUri = `file://${ROOT}`;
  send({ id: 1, method: "initialize", params: { processId: process.pid, rootUri, capabilities: {}, initializationOptions: options } });
  send({ method: "initialized", params: {} });
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "xml", version: 1, text } } });
  let received = "";
  for await (const chunk of server.stdout) {
    received += chunk;
    if (received.includes('"unknown-column"')) {
      break;
    }
    assert.ok(!received.includes("window/showMessage"), received);
  }
  assert.ok(received.includes('"unknown-column"'), received);
  server.kill();
});
