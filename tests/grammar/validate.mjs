// Holds texts against their schemas with ajv. Usage: node validate.mjs SCHEMAS.json WALKS.jsonl
// A line of WALKS is {"schema": index, "text": "...", "valid": true|false}. Prints each disagreement
// (at most 20) and exits 1 if there was one.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [, , schemasPath, walksPath] = process.argv;
const schemas = JSON.parse(readFileSync(schemasPath, 'utf8'));
const validators = new Map();
const validator = (index) => {
  if (!validators.has(index)) {
    const ajv = new Ajv2020({ strict: false, allErrors: false });
    addFormats(ajv);
    validators.set(index, ajv.compile(schemas[index].schema));
  }
  return validators.get(index);
};

let seen = 0;
let wrong = 0;
for (const line of readFileSync(walksPath, 'utf8').split('\n')) {
  if (line === '') continue;
  const { schema, text, valid } = JSON.parse(line);
  let why = '';
  let isValid = false;
  try {
    const check = validator(schema);
    isValid = check(JSON.parse(text));
    if (!isValid) why = JSON.stringify(check.errors);
  } catch (error) {
    why = String(error);
  }
  ++seen;
  if (isValid === valid) continue;
  if (++wrong <= 20) {
    console.log(`schema ${schema} (${schemas[schema].name}): ajv says ${isValid}: ${text} ${why}`);
  }
}
console.log(`${seen} texts, ${wrong} disagreements`);
process.exit(wrong === 0 && seen > 0 ? 0 : 1);
