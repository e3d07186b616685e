// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The server: questions, and the stream of samples. Both carry the token, where one is asked for;
// an EventSource could not, so the stream is read from a fetch.

const server = {
  token: sessionStorage.getItem('connstat-token') ?? '',
  silence_ms: 5000, // a sample comes every second; after so long without one the server is gone
  onSample() {},
  onState() {},
};

function headers() {
  return server.token ? { Authorization: `Bearer ${server.token}` } : {};
}

async function ask(path, parameters = [], signal = undefined) {
  const query = new URLSearchParams(parameters).toString();
  const response = await fetch(path + (query && `?${query}`), { headers: headers(), signal, cache: 'no-store' });
  const answer = parseExactly(await response.text());
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

async function refused(response) {
  const problem = await response.json().then((answer) => answer.error, () => response.statusText);
  return Object.assign(new Error(problem), { status: response.status });
}

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

async function listen() {
  const abort = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), server.silence_ms);
  };
  alive();
  try {
    const response = await fetch('events', { headers: headers(), signal: abort.signal, cache: 'no-store' });
    if (!response.ok) throw await refused(response);
    for await (const line of lines(response.body, alive)) {
      if (line.startsWith('data: ')) await server.onSample(JSON.parse(line.slice(6)));
    }
    throw new Error('the stream ended');
  } finally {
    clearTimeout(timer);
  }
}

async function follow() {
  for (let wait_ms = 1000; ;) {
    const started = Date.now();
    try {
      await listen();
    } catch (problem) {
      if (problem.status === 401) await signIn(problem);
      else server.onState('lost', problem);
    }
    wait_ms = Date.now() - started > 10000 ? 1000 : Math.min(wait_ms * 1.5, 5000);
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
  }
}

// Resolves when a token was given; follow() finds out whether it is right.
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
