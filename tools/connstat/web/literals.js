// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Values as the server's conditions spell them: what the page shows so finds the same value again.

const ownFields = ['id', 'type', 'pid', 'worker', 'key', 'started', 'started_at', 'age', 'age_s'];
// Integers beyond 2^53 become BigInts: a number would be another one. No text holds a NUL, so that
// a text which begins with one can stand for such an integer.
function parseExactly(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g,
    (token) => token.startsWith('"') ? token : `"\\u0000${token}"`);
  return JSON.parse(marked, (name, value) =>
    typeof value === 'string' && value.startsWith('\0') ? BigInt(value.slice(1)) : value);
}

function quoted(text) {
  const inside = text.replace(/[\\"]/g, '\\$&')
    .replace(unsafe, escaped);
  return `"${inside}"`;
}

const isSpecial = (text) => text === '' || text.startsWith('~') || /[\s="<>|()\\]|&&/.test(text)
  || text.search(unsafe) >= 0;

// A key, a type or a time: it may look like a number.
const bare = (text) => isSpecial(text) ? quoted(text) : text;

function literal(value) {
  if (typeof value !== 'string') return Object.is(value, -0) ? '-0' : String(value);
  const looksOtherwise = /^(-|true|false|NaN|-?Infinity|[-+\d.eE]+)$/.test(value);
  return looksOtherwise ? quoted(value) : bare(value);
}

const bareName = (name) => isSpecial(name) || /[!~*^&]/.test(name) ? quoted(name) : name;
const metadataName = (name) =>
  bareName(name.startsWith('.') || ownFields.includes(name) ? `.${name}` : name);
