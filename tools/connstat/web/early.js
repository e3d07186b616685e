// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The first script of the page, which runs as soon as the first bytes of it have come: it asks for
// the stream of samples while the rest is still on its way. Over a slow line this saves the time of
// one request. server.js reads the stream.

const early = (() => {
  const token = sessionStorage.getItem('connstat-token');
  const segment = new URLSearchParams(location.search).get('segment');
  const abort = new AbortController();
  const response = fetch(segment ? `events?${new URLSearchParams({ segment })}` : 'events', {
    headers: token ? { Authorization: `Bearer ${token}` } : {}, signal: abort.signal, cache: 'no-store' });
  response.catch(() => {}); // who reads it will be told
  return { abort, response };
})();
