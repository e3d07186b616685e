// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Talks to the server: asks it for documents, and reads its stream of samples. Both send the token,
// if the server wants one. An EventSource cannot send headers; so the stream is read with fetch.

const server = {
  token: sessionStorage.getItem('connstat-token') ?? '',
  silence_ms: 5000, // a sample comes every second: after so long without one the server is away
  wait_ms: 1000, // how long to wait before the first new attempt
  last: null, // id of the last sample: a stream opened anew goes on after it
  abort: null, // ends the stream
  begun: early, // the stream that was asked for before this script had come
  answers: new Map(), // by address: the last answer and its ETag, for If-None-Match
  onSample() {},
  onState() {},
};

function headers(more) {
  return { ...(server.token ? { Authorization: `Bearer ${server.token}` } : {}), ...more };
}

function place(path, parameters = []) {
  const query = new URLSearchParams(parameters);
  if (address.get('segment')) query.set('segment', address.get('segment'));
  return path + (query.size ? `?${query}` : '');
}

async function refused(response) {
  const problem = await response.json().then((answer) => answer.error, () => response.statusText);
  return Object.assign(new Error(problem), { status: response.status });
}

function remember(url, etag, answer) {
  server.answers.delete(url);
  if (server.answers.size >= 16) server.answers.delete(server.answers.keys().next().value);
  if (etag) server.answers.set(url, { etag, answer });
}

async function askFor(url, signal) {
  const known = server.answers.get(url);
  const response = await fetch(url, { headers: headers(known && { 'If-None-Match': known.etag }), signal, cache: 'no-store' });
  if (response.status === 304 && known) return known.answer;
  if (!response.ok) throw await refused(response);
  const answer = parseExactly(await response.text());
  remember(url, response.headers.get('ETag'), answer);
  return answer;
}

const ask = (path, parameters, signal) => askFor(place(path, parameters), signal);

async function* lines(body, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    yield* parts;
  }
}

async function take(line) {
  if (line.startsWith('id: ')) server.last = line.slice(4);
  else if (line.startsWith('retry: ')) server.wait_ms = Number(line.slice(7));
  else if (line.startsWith('data: ')) await server.onSample(JSON.parse(line.slice(6)));
}

async function listen() {
  const { abort, response: begun } = server.begun ?? { abort: new AbortController() };
  server.begun = null;
  server.abort = abort;
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), server.silence_ms);
  };
  alive();
  try {
    const response = await (begun ?? fetch(place('events'), {
      headers: headers(server.last && { 'Last-Event-ID': server.last }), signal: abort.signal, cache: 'no-store' }));
    if (!response.ok) throw await refused(response);
    for await (const line of lines(response.body, alive)) await take(line);
    throw new Error('the stream ended');
  } finally {
    clearTimeout(timer);
  }
}

// Called when another segment was chosen: ends the stream, and follow() opens that segment's at once.
function listenAnew() {
  server.last = null;
  server.changed = true;
  server.abort?.abort();
}

async function follow() {
  for (let wait_ms = server.wait_ms; ;) {
    const started = Date.now();
    try {
      await listen();
    } catch (problem) {
      if (server.changed) wait_ms = 0;
      else if (problem.status === 401) await signIn(problem);
      else server.onState(problem.status === 404 || problem.status === 503 ? 'none' : 'lost', problem);
    }
    if (server.changed || Date.now() - started > 10000) wait_ms = server.changed ? 0 : server.wait_ms;
    server.changed = false;
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
    wait_ms = Math.min(Math.max(wait_ms, 700) * 1.5, 5000);
  }
}

// Asks for the token; resolves when somebody has entered one. Whether it is the right one shows when
// follow() tries it, and asks again if not.
function signIn() {
  const form = $('sign-in');
  $('sign-in-problem').textContent = server.token ? 'That is not the token.' : '';
  form.hidden = false;
  $('main').hidden = true;
  server.onState('token');
  $('token').focus();
  return new Promise((resolve) => form.addEventListener('submit', (event) => {
    event.preventDefault();
    server.token = $('token').value.trim();
    sessionStorage.setItem('connstat-token', server.token);
    $('token').value = '';
    form.hidden = true;
    $('main').hidden = false;
    resolve();
  }, { once: true }));
}
