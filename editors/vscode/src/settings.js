// What the settings `aptic` of VS Code mean to the server.
"use strict";

const path = require("node:path");

const OF_THE_SERVER = ["ledgerSchema", "dialect", "events", "timeZone", "databases"];

/** The server's settings: those alone that it knows, for it refuses others. */
function settingsOf(settings) {
  return Object.fromEntries(OF_THE_SERVER.map((name) => [name, settings.get(name)]).filter(([, value]) => value !== undefined));
}

/** The program and its arguments; a relative path is one of the folder, a bare name one of PATH. */
function commandOf(words, folder) {
  const [program, ...rest] = words;
  const isPath = program.includes("/") || program.includes(path.sep);
  return [isPath && folder ? path.resolve(folder, program) : program, ...rest];
}

module.exports = { commandOf, settingsOf };
