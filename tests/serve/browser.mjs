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

export async function ends(page) {
  assert.deepEqual(page.complaints, []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth -
    document.documentElement.clientWidth), 0, 'the page is wider than the window');
  await page.close();
}

// What axe finds wrong with the page as it is; it needs a page that was opened with bypassCSP.
export async function axe(page) {
  await page.evaluate(installed('axe-core').source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join('; ')}`);
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
