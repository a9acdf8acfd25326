// docs/reference/openapi.json, as a validator sees it that knows nothing of us.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

const document = async () =>
  JSON.parse(await readFile(new URL("../../docs/reference/openapi.json", import.meta.url), "utf8"));

const validate = async (described) => new Validator().validate(described);

test("the document follows OpenAPI 3.1", async () => {
  const described = await document();
  assert.match(described.openapi, /^3\.1\./);
  const { valid, errors } = await validate(described);
  assert.ok(valid, JSON.stringify(errors, null, 2));
});

test("a document that does not is refused", async () => {
  const described = await document();
  delete described.info.title;
  assert.equal((await validate(described)).valid, false);
});
