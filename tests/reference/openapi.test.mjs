// docs/reference/openapi.json, as a validator sees it that knows nothing of us.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';

async function readDocument() {
  return JSON.parse(await readFile(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8'));
}

function validate(document) {
  return new Validator().validate(document);
}

test('the document follows OpenAPI 3.1', async () => {
  const document = await readDocument();
  assert.match(document.openapi, /^3\.1\./);
  const { valid, errors } = await validate(document);
  assert.ok(valid, JSON.stringify(errors, null, 2));
});

test('a document that does not is refused', async () => {
  const document = await readDocument();
  delete document.info.title;
  assert.equal((await validate(document)).valid, false);
});
