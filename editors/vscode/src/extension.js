// Starts the language server `aptic-definitions lsp` for the folder's definitions.
"use strict";

const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");
const { commandOf, settingsOf } = require("./settings");

let client;

async function start() {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const settings = vscode.workspace.getConfiguration("aptic");
  const [command, ...args] = commandOf(settings.get("command"), folder);
  const executable = { command, args, options: { cwd: folder }, transport: TransportKind.stdio };
  client = new LanguageClient("aptic", "Aptic service definitions", executable, {
    documentSelector: [{ language: "xml", scheme: "file", pattern: settings.get("files") }],
    initializationOptions: settingsOf(settings),
    middleware: {
      // The server knows only its own settings, and asks for them whenever they change.
      workspace: {
        configuration: (asked) =>
          asked.items.map((item) => (item.section === "aptic" ? settingsOf(vscode.workspace.getConfiguration("aptic")) : null)),
      },
    },
    synchronize: { configurationSection: "aptic", fileEvents: vscode.workspace.createFileSystemWatcher("**/*.sql") },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `The language server ${path.basename(command)} does not start: ${error.message ?? error}. ` +
        "Install aptic-webhooks with its extra `lsp`, or name the program in the setting `aptic.command`.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("aptic.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("aptic.command") || event.affectsConfiguration("aptic.files")) {
        return restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
