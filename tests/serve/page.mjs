// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// The dashboard on good days: node page.mjs SCENARIO URL PICTURES; see browser.mjs.

import assert from 'node:assert/strict';

import { cells, ends, eventually, live, look, lookAt, number, open, play, please, text, texts } from './browser.mjs';

// What the cards and the table of types say, as "connstat --json" says it.
async function shown(page) {
  const counts = {
    total_connections: number(await text(page, '#card-connections')),
    total_channels: number(await text(page, '#card-channels')),
  };
  for (const row of await page.locator('#types tbody tr').all())
    counts[await row.getAttribute('data-type')] = number(await row.locator('td').nth(1).innerText());
  return counts;
}

async function sameNumbers(page) {
  const plural = (type) => ({ lobby_channel: 'lobby_channels' })[type] ?? `${type}s`;
  let last;
  await eventually(async () => {
    const counts = await please('connstat', '--json');
    const page_counts = await shown(page);
    last = { counts, page_counts };
    return Object.entries(page_counts).every(([name, count]) =>
      counts[name.startsWith('total_') ? name : plural(name)] === count);
  }, 'the numbers of connstat --json').catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
  assert.equal(Object.keys(last.page_counts).length, 11);
}

const scenarios = {
  async numbers(browser) {
    const page = await open(browser);
    await live(page);
    await sameNumbers(page);
    await please('register', 'webrtc_peer', 5);
    await sameNumbers(page);
    await eventually(async () =>
      (await texts(page, '#workers-table tbody td:nth-child(4)')).join() === '357', 'the worker');
    assert.equal((await text(page, '#types tr[data-type="lobby_channel"] td.used')).trim(), '29 %');
    assert.match(await text(page, '#cards'), /29 %/);
    await page.waitForSelector('#chart-live canvas');
    assert.ok((await page.content()).length < 400000);
    await ends(page);
  },

  // 60 of ws_socket with user_id n % 10, 2 of user_channel: one with a key and one hostile.
  async filters(browser) {
    const page = await open(browser);
    const rows = () => page.locator('#entries tbody tr');
    await live(page);
    await eventually(async () => await text(page, '#entries-total') === '72 open', 'all');
    assert.equal(await rows().count(), 25);

    const ids = new Set();
    for (const pageNumber of [1, 2, 3]) {
      await eventually(async () => await text(page, '#page-place') === `Page ${pageNumber}`, 'page');
      for (const id of await texts(page, '#entries tbody td:last-child')) ids.add(id);
      if (pageNumber < 3) await page.click('#page-on');
    }
    assert.equal(ids.size, 72);
    assert.ok(await page.isDisabled('#page-on'));
    await page.click('#page-back');
    await eventually(async () => await text(page, '#page-place') === 'Page 2', 'the page before');

    await page.selectOption('#filter-type', 'user_channel');
    await eventually(async () => await text(page, '#entries-total') === '2 match', 'a type');
    await page.click('#filter-clear');
    await page.fill('#filter-where', 'user_id=3 n>40');
    await eventually(async () => await text(page, '#entries-total') === '2 match', 'conditions');
    await page.fill('#filter-where', '');
    await page.fill('#filter-key', '4711');
    await eventually(async () => await text(page, '#entries-total') === '1 match', 'a key');
    await page.click('#filter-clear');
    await page.fill('#filter-search', 'no such thing');
    await page.getByText('No entry matches.').waitFor();

    await page.fill('#filter-search', 'onerror');
    await eventually(async () => (await text(page, '#entries')).includes('<img src=x onerror='),
      'hostile metadata as text');
    await page.click('#filter-clear');

    await page.fill('#filter-group', 'user_id');
    await eventually(async () => (await text(page, '#entries-total')).startsWith('11 groups'), 'groups');
    const groups = await cells(page, '#entries tbody tr');
    assert.ok(groups.some(([name, count]) => name === '3' && count === '6'), groups.join('; '));
    await page.locator('#entries tbody button', { hasText: /^3$/ }).click();
    await eventually(async () => await text(page, '#entries-total') === '6 match', 'one group');
    assert.equal(await page.inputValue('#filter-where'), 'user_id=3');
    await page.click('#filter-clear');

    // What a group or a cell shows, clicked, finds its own entries: 64-bit integers, quotes,
    // texts that look like numbers, what is no finite number, and those without the field.
    await page.fill('#filter-group', 'odd');
    await eventually(async () => (await text(page, '#entries-total')).startsWith('11 groups'), 'odd ones');
    const odd = (await cells(page, '#entries tbody tr')).map(([name]) => name);
    assert.ok(odd.includes('9007199254740993') && odd.includes('"42"') && odd.includes('NaN'), odd.join('; '));
    for (const [place, name] of odd.entries()) {
      await page.fill('#filter-where', '');
      await page.fill('#filter-group', 'odd');
      await eventually(async () => await rows().count() === odd.length, 'the groups again');
      await rows().nth(place).locator('button').click();
      const count = name === 'without it' ? '62 match' : '1 match';
      await eventually(async () => await text(page, '#entries-total') === count, `${name} found`);
    }
    await page.click('#filter-clear');
    await page.fill('#filter-where', 'odd=9007199254740993');
    await eventually(async () => await text(page, '#entries-total') === '1 match', 'a large integer');
    await page.locator('#entries .meta button').click();
    await eventually(async () => await page.inputValue('#filter-where') === 'odd=9007199254740993', 'once');
    await page.fill('#filter-where', 'user_id==3');
    await page.getByText('stands in quotes').waitFor();
    assert.equal(await page.getAttribute('#filter-where', 'aria-invalid'), 'true');
    await page.fill('#filter-where', 'nosuch=3');
    await eventually(async () => (await text(page, '#entries-total')).includes('no entry has a field'), 'a remark');
    assert.ok(page.complaints.splice(0).every((complaint) => / 400 /.test(complaint)));
    await page.click('#filter-clear');

    await page.click('#types tr[data-type="user_channel"]');
    await eventually(async () => await text(page, '#charts-title') === 'user_channel', 'one type');
    assert.equal(await page.inputValue('#filter-type'), 'user_channel');
    await page.click('#all-types');
    assert.equal(await page.inputValue('#filter-type'), '');
    await ends(page);
  },

  async network(browser) {
    const page = await open(browser);
    await live(page);
    const row = page.locator('#entries tbody tr').first(), button = row.locator('.network');
    await eventually(async () => (await row.innerText()).includes('socket 0x10000000000'), 'the cookie');
    await button.click();
    await eventually(async () => (await button.innerText()) === 'network gone', 'what the kernel tells');
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    await button.click();
    await eventually(async () => await button.getAttribute('aria-expanded') === 'false', 'closed again');
    await row.locator('button', { hasText: '0x10000000000' }).click();
    await eventually(async () => await text(page, '#entries-total') === '1 match', 'found by its cookie');
    await ends(page);
  },

  async keyboard(browser) {
    const page = await open(browser, { colorScheme: 'dark' });
    await live(page);
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), 'dark');
    await page.keyboard.press('t');
    assert.equal(await theme(), 'light');
    await page.reload();
    await live(page);
    assert.equal(await theme(), 'light');
    await page.keyboard.press('/');
    await page.keyboard.type('user');
    assert.equal(await page.inputValue('#filter-search'), 'user');

    // Everything that can be pressed can be reached, and a row keeps the focus while it updates.
    await page.locator('#types tbody button').nth(1).focus();
    await page.keyboard.press('Enter');
    await eventually(async () => await text(page, '#charts-title') === 'user_channel', 'Enter');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'user_channel');
    const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select')]
      .filter((element) => !(element.labels?.length || element.textContent.trim() ||
        element.getAttribute('aria-label'))).map((element) => element.outerHTML));
    assert.deepEqual(unnamed, []);
    await ends(page);
  },

  async away(browser) {
    const page = await open(browser, { bypassCSP: true });
    await live(page);
    await please('destroy');
    await page.waitForSelector('#state[data-state="none"]');
    assert.match(await text(page, '#banner'), /No segment "game"/);
    await please('create');
    await live(page);
    assert.ok(await page.isHidden('#banner'));
    // Chromium itself tells of an answer that found no segment.
    assert.deepEqual(page.complaints.filter((words) => !/status of 503/.test(words)), []);

    await please('stop');
    await page.waitForSelector('#state[data-state="lost"]');
    assert.match(await text(page, '#banner'), /does not answer\. What you see is of \d\d:/);
    await lookAt(page, 'server-gone');
    await please('start');
    await live(page);
    assert.ok(await page.isHidden('#banner'));
    page.complaints = []; // Chromium itself tells of the refused connections
    await ends(page);
  },

  async token(browser) {
    const page = await open(browser);
    await page.waitForSelector('#sign-in:not([hidden])');
    await page.fill('#token', 'not the token at all');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token.').waitFor();
    await page.fill('#token', 'the-token-of-this-test');
    await page.keyboard.press('Enter');
    await live(page);
    await sameNumbers(page);
    page.complaints = []; // Chromium itself tells of the 401
    await page.reload();
    await live(page);
    await ends(page);
  },

  async empty(browser) {
    const page = await open(browser);
    await live(page);
    await page.getByText('There are no entries.').waitFor();
    await page.getByText('No worker has died.').waitFor();
    await ends(page);
  },

  // Under the swarm: numbers move, then rest, and are those of the terminal.
  async game(browser) {
    const page = await open(browser);
    await live(page);
    await eventually(async () => number(await text(page, '#card-opened')) > 0, 'a rate');
    await page.waitForSelector('#entries tbody tr:nth-child(5)');
    await look(browser, 'good');
    await please('kill-a-worker');
    await page.getByText('SIGKILL').first().waitFor();
    await please('rest');
    await sameNumbers(page);
    await eventually(async () => {
      const listed = (await please('connstat', 'list', '--limit', '1', '--json')).entries[0];
      await page.fill('#filter-search', listed.id);
      return (await texts(page, '#entries tbody td:last-child')).includes(listed.id);
    }, 'an entry of connstat list');
    await page.click('#filter-clear');
    await ends(page);
  },
};

await play(scenarios);
