// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// A headless Chromium for scripts that are run as node SCRIPT SCENARIO URL PICTURES, where
// playwright-core and axe-core are installed in the working directory. What only the outside can
// do a scenario asks for by a line of JSON on standard output, and gets the answer as a line on
// standard input.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const installed = createRequire(`${process.cwd()}/`);
const { chromium } = installed('playwright-core');
const [scenario] = process.argv.slice(2);
export const [url, pictures] = process.argv.slice(3);
const patience_ms = 30000;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function please(...words) {
  console.log(JSON.stringify(words));
  return JSON.parse((await answers.next()).value);
}

export const number = (text) => Number(text.replace(/[^\d.-]/g, ''));

// A page on which nothing may appear in the console, and which may ask nobody else.
export async function open(browser, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, ...options });
  page.setDefaultTimeout(patience_ms);
  page.complaints = [];
  page.on('console', (message) => page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      page.complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

export const text = (page, selector) => page.locator(selector).innerText();
export const texts = (page, selector) => page.locator(selector).allInnerTexts();
// Of each row the texts of its cells: of a row that is replaced meanwhile, too, whose innerText would
// run them together.
export const cells = (page, selector) => page.locator(selector).evaluateAll((rows) =>
  rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
export const live = (page) => page.waitForSelector('#state[data-state="live"]');

export async function eventually(condition, what) {
  for (const end = Date.now() + patience_ms; ;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function fits(page, what = '') {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth -
    document.documentElement.clientWidth), 0, `the page is wider than the window: ${what}`);
}

export async function ends(page) {
  assert.deepEqual(page.complaints, []);
  await fits(page);
  await page.close();
}

// What axe finds wrong with the page as it is; it needs a page that was opened with bypassCSP.
export async function axe(page) {
  await page.evaluate(installed('axe-core').source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join('; ')}`);
}

// A picture of the page in each size and theme, and what axe finds in it: nothing. The page was opened
// with bypassCSP.
export async function lookAt(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [[390, 844], [1400, 900], [2560, 1300]]) {
      const what = `${name}-${width}-${colorScheme}`;
      await page.setViewportSize({ width, height });
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await page.screenshot({ path: `${pictures}/${what}.png`, fullPage: true });
      await fits(page, what);
      if (width < 2000) assert.deepEqual(await axe(page), [], what);
    }
  }
}

// The same of a page of its own, once it is in this state.
export async function look(browser, name, state = 'live') {
  const page = await open(browser, { bypassCSP: true });
  await page.waitForSelector(`#state[data-state="${state}"]`);
  await page.waitForTimeout(1500); // the lists have come
  await lookAt(page, name);
  page.complaints = page.complaints.filter((words) => !/status of 503/.test(words));
  await ends(page);
}

export async function play(scenarios) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    await scenarios[scenario](browser);
  } finally {
    await browser.close();
  }
  process.exit(0);
}
