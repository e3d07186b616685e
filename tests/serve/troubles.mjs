// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// The dashboard in trouble, and how one lives in it: node troubles.mjs SCENARIO URL PICTURES; see
// browser.mjs.

import assert from 'node:assert/strict';

import { cells, ends, eventually, live, look, open, play, please, text, texts, url } from './browser.mjs';

const parameters = (page) => new URL(page.url()).searchParams;

const scenarios = {
  // "chat-one" is stopped and goes on.
  async stopped(browser) {
    const page = await open(browser);
    await live(page);
    assert.ok(await page.isHidden('#alerts'));
    const pid = await please('stop');
    const alert = page.locator('#alerts [data-alert="stopped"]');
    await alert.waitFor();
    assert.match(await alert.innerText(), new RegExp(`critical[^]*worker ${pid} \\(chat-one\\) is stopped[^]*kill -CONT ${pid}`));
    await eventually(async () => /^\(1!\) game/.test(await page.title()), 'the title');
    assert.match(await page.getAttribute('[data-tile="workers"]', 'class'), /critical/);
    await eventually(async () => (await cells(page, '#workers-table tbody tr'))
      .some(([first, , state]) => first === String(pid) && state === 'stopped'), 'its row');
    await look(browser, 'stopped');
    await please('go-on');
    await eventually(() => page.isHidden('#alerts'), 'a good day again');
    assert.doesNotMatch(await page.getAttribute('[data-tile="workers"]', 'class'), /critical/);
    assert.match(await page.title(), /^game/);
    await ends(page);
  },

  async full(browser) {
    const page = await open(browser);
    await live(page);
    await please('fill');
    await page.locator('#alerts [data-alert="full"]').waitFor();
    await page.locator('#alerts [data-alert="refusing"]').waitFor();
    assert.match(await page.getAttribute('[data-tile="fullest"]', 'class'), /critical/);
    assert.match(await page.getAttribute('[data-tile="opened"]', 'class'), /critical/);
    await look(browser, 'full');
    const narrow = await open(browser, { viewport: { width: 390, height: 844 } });
    await live(narrow);
    for (const column of [5, 6, 7]) // lost, refused, used: what shows trouble stays
      assert.ok(await narrow.locator(`#types tbody tr:first-child td:nth-child(${column + 1})`).isVisible());
    assert.equal(await narrow.locator('#types').evaluate(({ parentElement: room }) => room.scrollWidth - room.clientWidth), 0,
      'the table is wider than the window');
    await ends(narrow);
    await ends(page);
  },

  async gone(browser) {
    const page = await open(browser);
    await page.waitForSelector('#state[data-state="none"]');
    assert.ok(await page.isVisible('#nothing'));
    page.complaints = [];
    await look(browser, 'gone', 'none');
    await please('create');
    await live(page);
    assert.ok(await page.isHidden('#nothing'));
    await look(browser, 'empty');
    page.complaints = page.complaints.filter((words) => !/status of 503/.test(words));
    await ends(page);
  },

  // Dead workers keep their slots.
  async reaperless(browser) {
    const page = await open(browser);
    await live(page);
    await page.locator('#alerts [data-alert="no_reaper"]').waitFor();
    assert.match(await page.getAttribute('[data-tile="workers"]', 'class'), /warning/);
    await look(browser, 'no-reaper');
    await ends(page);
  },

  // The agent of a cluster that has no news.
  async cluster(browser) {
    const page = await open(browser);
    await live(page);
    const alert = page.locator('#alerts [data-alert="cluster_down"]');
    await alert.waitFor();
    assert.match(await alert.innerText(), /agent \d+ has had no news of cluster eu for \d+/);
    assert.match(await page.getAttribute('[data-tile="connections"]', 'class'), /critical/);
    await eventually(async () => /No news for/.test(await text(page, '#cluster-list')), 'the cluster');
    await look(browser, 'cluster');
    await ends(page);
  },

  // A segment of other types takes the name: nothing of the old one is left, and what was picked
  // of it is no more.
  async replaced(browser) {
    const page = await open(browser);
    await live(page);
    await page.click('#types tr[data-type="party_channel"]');
    await eventually(async () => await text(page, '#charts-title') === 'party_channel', 'picked');
    await eventually(async () => /party_channel/.test(await text(page, '#legend-live')), 'its legend');
    await please('replace');
    await eventually(async () => /orders/.test(await text(page, '#legend-live')), 'the new legend');
    assert.doesNotMatch(await text(page, '#legend-live'), /party_channel|ws_socket/);
    assert.equal(await text(page, '#charts-title'), 'All types');
    assert.deepEqual(await page.locator('#types tbody tr').evaluateAll((rows) =>
      rows.map((row) => row.dataset.type)), ['orders']);
    page.complaints = page.complaints.filter((words) => !/status of (503|400)/.test(words));
    await ends(page);
  },

  // What the address keeps.
  async address(browser) {
    const page = await open(browser);
    await live(page);
    await page.click('#ranges button[data-value="120"]');
    await page.click('#shapes button[data-value="lines"]');
    await page.click('#types th button:text("Live")');
    await page.selectOption('#filter-type', 'ws_socket');
    await page.fill('#filter-where', 'n>4');
    await eventually(async () => await text(page, '#entries-total') === '55 match', 'the filter');
    await page.click('#page-on');
    await eventually(async () => await text(page, '#page-place') === 'Page 2', 'the second page');
    const second = await texts(page, '#entries tbody td:last-child');
    for (const [name, value] of [['range', '120'], ['chart', 'lines'], ['sort', 'types.live'],
      ['type', 'ws_socket'], ['where', 'n>4'], ['page', '2']])
      assert.equal(parameters(page).get(name), value, name);

    await page.reload();
    await live(page);
    await eventually(async () => await text(page, '#page-place') === 'Page 2', 'the second page again');
    assert.deepEqual(await texts(page, '#entries tbody td:last-child'), second);
    assert.equal(await page.inputValue('#filter-where'), 'n>4');
    assert.equal(await page.getAttribute('#ranges button[data-value="120"]', 'aria-pressed'), 'true');
    assert.equal(await page.getAttribute('#types th[aria-sort]', 'aria-sort'), 'descending');
    await page.click('#filter-clear');
    await page.click('#entries th button:text("Age")');
    await eventually(() => parameters(page).get('order') === 'oldest', 'the order');
    await eventually(async () => (await cells(page, '#entries tbody tr'))[0][5].includes('first'), 'the oldest first');
    await page.goto(`${url}?older=1h`);
    await live(page);
    await eventually(async () => await text(page, '#entries-total') === '0 match', 'none so old');
    await page.goto(`${url}?group_by=user_id`);
    await live(page);
    await eventually(async () => (await text(page, '#entries-total')).startsWith('11 groups'), 'grouped');
    await page.goto(`${url}?worker=${await please('pid')}`);
    await live(page);
    await eventually(async () => / match$/.test(await text(page, '#entries-total')), 'of a worker');
    await ends(page);
  },

  // Rows are sorted by what is pressed, and hold still under the pointer.
  async sorting(browser) {
    const page = await open(browser);
    await live(page);
    const order = () => page.locator('#workers-table tbody tr td:nth-child(4)').allInnerTexts();
    await eventually(async () => (await order()).join() === '30,20,10', 'the busiest first');
    await page.click('#workers-table th button:text("Entries")');
    await page.click('#workers-table th button:text("Entries")');
    await eventually(async () => (await order()).join() === '10,20,30', 'the other way round');
    await page.hover('#workers-table tbody tr:nth-child(1) td:nth-child(4)');
    await please('grow', 0, 35); // the first of the rows would become the last
    await eventually(async () => (await order()).join() === '45,20,30', 'the same places');
    await page.mouse.move(5, 5);
    await eventually(async () => (await order()).join() === '20,30,45', 'sorted again');
    await ends(page);
  },

  async hostile(browser) {
    const page = await open(browser);
    await live(page);
    await eventually(async () => (await text(page, '#entries')).includes('\\u{202e}'), 'bidi, escaped');
    const shown = await page.evaluate(() => document.body.textContent);
    assert.doesNotMatch(shown.replace(/[\n\t]/g, ''), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/);
    await eventually(async () => (await text(page, '#workers-table')).includes('\\e[2J'), 'a label, escaped');
    await page.locator('#entries .meta button').first().click();
    await eventually(async () => await text(page, '#entries-total') === '1 match', 'found again');
    await ends(page);
  },

  // Metadata of every kind: each value is a button, which finds its own entry.
  async random(browser) {
    const page = await open(browser);
    await live(page);
    const registered = await please('registered');
    const all = `${Object.keys(registered).length} open`;
    await eventually(async () => await text(page, '#entries-total') === all, 'all of them');
    for (const [id, names] of Object.entries(registered)) {
      const buttons = page.locator('#entries tbody tr', { has: page.locator(`td:last-child:text-is("${id}")`) })
        .locator('.meta button');
      assert.equal(await buttons.count(), names.length, id);
      for (let i = 0; i < names.length; i++) {
        const shown = await buttons.nth(i).textContent();
        await buttons.nth(i).click();
        const condition = await page.inputValue('#filter-where');
        const found = `${await please('count', condition)} match`;
        await eventually(async () => await text(page, '#entries-total') === found, `${shown}: ${condition}`);
        assert.ok((await texts(page, '#entries tbody td:last-child')).includes(id), `${shown}: ${condition}`);
        await page.fill('#filter-where', '');
        await eventually(async () => await text(page, '#entries-total') === all, 'all of them again');
      }
    }
    await ends(page);
  },

  // What each entry last did, and those that have done nothing for some time.
  async idle(browser) {
    const page = await open(browser);
    await live(page);
    await eventually(async () => await text(page, '#entries-total') === '3 open', 'three entries');
    assert.match((await texts(page, '#entries th')).slice(0, 3).join(), /^Type,Age.?,Idle$/);
    await page.fill('#filter-idle', '2s');
    await eventually(async () => await text(page, '#entries-total') === '3 match', 'all of them idle');
    const touched = await please('touch');
    await eventually(async () => {
      await page.click('#entries th button:text("Age")'); // asks anew
      return await text(page, '#entries-total') === '2 match';
    }, 'one of them no more');
    assert.ok(!(await texts(page, '#entries tbody td:last-child')).includes(touched));
    assert.equal(parameters(page).get('idle'), '2s');
    await page.fill('#filter-idle', '');
    await page.fill('#filter-where', 'idle<1h');
    await eventually(async () => await text(page, '#entries-total') === '3 match', 'by a condition');
    for (const [, age, idle] of await cells(page, '#entries tbody tr')) {
      assert.match(age, /^\d+ (s|min .*)$/);
      assert.match(idle, /^\d+ (s|min .*)$/);
    }
    await page.fill('#filter-idle', 'soon');
    await page.waitForSelector('#filter-idle[aria-invalid="true"]');
    page.complaints = page.complaints.filter((words) => !/status of 400/.test(words));
    await ends(page);
  },

  async segments(browser) {
    const page = await open(browser);
    await live(page);
    await page.waitForSelector('#segments:not([hidden])');
    await eventually(async () => (await texts(page, '#segments option')).length === 2, 'two segments');
    assert.equal(await text(page, '#card-connections'), '5');
    await page.selectOption('#segments', 'shop');
    await eventually(async () => await text(page, '#card-connections') === '7', 'the other one');
    assert.equal(parameters(page).get('segment'), 'shop');
    await page.reload();
    await live(page);
    await eventually(async () => await text(page, '#card-connections') === '7', 'still the other one');
    await eventually(async () => /^.*shop · connstat/.test(await page.title()), 'the title');
    await ends(page);
  },

  // A death is marked on the charts, and the legend tells the values at the cursor.
  async charts(browser) {
    const page = await open(browser, { colorScheme: 'light' });
    await live(page);
    await page.waitForSelector('#chart-live canvas');
    const marked = () => page.evaluate(() => {
      const canvas = document.querySelector('#chart-live canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === 0xb3 && data[i + 1] === 0x26 && data[i + 2] === 0x1e) return true;
      return false;
    });
    assert.ok(!await marked());
    await please('kill');
    await page.getByText('SIGKILL').first().waitFor();
    await eventually(marked, 'the mark of the death');
    assert.equal(await text(page, '#legend-live .when'), 'now');
    const box = await page.locator('#chart-live .u-over').boundingBox();
    await page.mouse.move(box.x + box.width - 4, box.y + box.height / 2);
    await eventually(async () => /^\d\d:\d\d:\d\d$/.test(await text(page, '#legend-live .when')), 'a time');
    assert.match(await text(page, '#legend-rate .when'), /^\d\d:/);
    page.complaints = page.complaints.filter((words) => !/willReadFrequently/.test(words));
    await ends(page);
  },

  // An axis of counts has no half of a connection between two others.
  async ticks(browser) {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
      globalThis.drawn = [];
      Object.assign(CanvasRenderingContext2D.prototype, {
        clearRect(...place) {
          if (this.canvas.closest('#chart-live')) globalThis.drawn = [];
          return clearRect.apply(this, place);
        },
        fillText(words, ...place) {
          if (this.canvas.closest('#chart-live')) globalThis.drawn.push(words);
          return fillText.call(this, words, ...place);
        },
      });
    });
    await page.goto(url);
    await live(page);
    const ticks = () => page.evaluate(() => globalThis.drawn.filter((words) => !words.includes(':')));
    await eventually(async () => (await ticks()).length > 0, 'an axis');
    const drawn = await ticks();
    assert.deepEqual(drawn.filter((words) => !/^\d+$/.test(words)), [], drawn.join(' '));
    const steps = new Set(drawn.slice(1).map((words, i) => words - drawn[i]));
    assert.equal(steps.size, 1, drawn.join(' '));
    await page.close();
  },

  // Over a line of 50 kB/s and 400 ms; the outside judges what it took. Before the first sample is
  // shown, nothing is asked for but the page and, before half of the page has come, the samples.
  async slow(browser) {
    const page = await browser.newPage();
    const line = await page.context().newCDPSession(page);
    await line.send('Network.enable');
    const asked = new Map(); // by request: what, when, and how much of the page had come
    const heard = { page: 0, events: [] }; // how much, and when
    line.on('Network.requestWillBeSent', ({ requestId, request, timestamp }) => {
      const what = request.url.slice(url.length) || 'page';
      asked.set(requestId, { what, timestamp, letters: heard.page });
    });
    line.on('Network.dataReceived', ({ requestId, timestamp, dataLength }) => {
      const what = asked.get(requestId)?.what;
      if (what === 'page') heard.page += dataLength;
      if (what === 'events') heard.events.push(timestamp);
    });
    await line.send('Network.emulateNetworkConditions',
      { offline: false, latency: 400, downloadThroughput: 50000, uploadThroughput: 50000 });
    const started = Date.now();
    await page.goto(url, { waitUntil: 'commit' });
    await live(page);
    const took = Date.now() - started;
    await page.waitForSelector('#chart-live canvas');
    await please('took', took);
    const first = [...asked.values()].filter(({ timestamp }) => timestamp < heard.events[0]);
    assert.deepEqual(first.map(({ what }) => what), ['page', 'events']);
    assert.ok(first[1].letters < heard.page / 2, `${first[1].letters} of ${heard.page}`);
    await page.close();
  },
};

await play(scenarios);
