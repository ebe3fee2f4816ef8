// What public SOQL grammars say of texts: a JSON string a line on stdin, a JSON object a line on stdout, in that order:
// {"jetstream": true, "apex": false}. tests/connectors/sandbox/salesforce/soql_texts.py makes texts to ask about.

import { createInterface } from "node:readline";

import { ApexErrorListener, ApexParserFactory } from "@apexdevtools/apex-parser";
import { isQueryValid } from "@jetstreamapp/soql-parser-js";

class Errors extends ApexErrorListener {
  count = 0;

  apexSyntaxError() {
    this.count += 1;
  }
}

/** Whether the SOQL part of the Apex grammar takes the whole text. */
function apexAccepts(text) {
  const parser = ApexParserFactory.createParser(text);
  const errors = new Errors();
  const lexer = parser.getTokenStream().tokenSource;
  for (const recognizer of [lexer, parser]) {
    recognizer.removeErrorListeners();
    recognizer.addErrorListener(errors);
  }
  parser.query();
  return errors.count === 0 && parser.getCurrentToken().type === -1; // -1: the end of the text
}

function accepts(grammar, text) {
  try {
    return grammar(text);
  } catch {
    return false; // a grammar that fails on a text does not take it
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const text = JSON.parse(line);
  const answer = { jetstream: accepts(isQueryValid, text), apex: accepts(apexAccepts, text) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
