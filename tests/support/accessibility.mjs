// What a screen reader is told of a page: Chromium's own accessibility tree.

import assert from 'node:assert/strict';

const NAMED_ROLES = new Set(['button', 'checkbox', 'combobox', 'image', 'link', 'radio', 'textbox']);

/** The nodes that are not hidden from a screen reader. */
export async function accessibleNodes(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes.filter((node) => !node.ignored).map(nodeOf);
}

/** The node that keys typed now would go to. */
export async function focused(page) {
  const nodes = await accessibleNodes(page);
  const { role, name } = nodes.findLast((node) => node.focused) ?? {};
  return `${role} ${name}`;
}

/** Every control has a name, and headings, landmark, title and language are as a screen reader expects. */
export async function assertAccessible(page) {
  const nodes = await accessibleNodes(page);
  const nameless = nodes.filter((node) => NAMED_ROLES.has(node.role) && !node.name);
  assert.deepEqual(nameless, [], 'every control has a name');
  const mainHeadings = nodes.filter((node) => node.role === 'heading' && node.level === 1 && node.name);
  assert.equal(mainHeadings.length, 1, 'there is one main heading');
  assert.equal(nodes.filter((node) => node.role === 'main').length, 1, 'there is one main landmark');
  assert.match(await page.title(), /\S/);
  assert.match(await page.locator('html').getAttribute('lang'), /^[a-z]{2}/);
}

function nodeOf({ role, name, description, properties = [] }) {
  const property = (wanted) => properties.find((property) => property.name === wanted)?.value.value;
  return {
    role: role?.value,
    name: name?.value?.trim(),
    description: description?.value,
    level: property('level'),
    focused: property('focused') ?? false,
    invalid: property('invalid'),
  };
}
