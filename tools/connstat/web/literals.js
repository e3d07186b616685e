// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Spells values as the server's conditions do, so that whoever copies a value from the page into the
// filter "where" finds that very value.

const ownFields = ['id', 'type', 'pid', 'worker', 'key', 'started', 'started_at', 'age', 'age_s',
  'idle', 'idle_s'];
// Parses JSON and makes BigInts of integers of 16 digits or more: a JavaScript number would round
// them. JSON.parse cannot be told so; therefore such an integer is first made a string that begins
// with a NUL, which no text of a segment contains, and turned back afterwards.
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

// For keys, types and times. Unlike a text in metadata they need no quotes where they look like a
// number, because a condition on them takes nothing but a word.
const bare = (text) => isSpecial(text) ? quoted(text) : text;

function literal(value) {
  if (typeof value !== 'string') return Object.is(value, -0) ? '-0' : String(value);
  const looksOtherwise = /^(-|true|false|NaN|-?Infinity|[-+\d.eE]+)$/.test(value);
  return looksOtherwise ? quoted(value) : bare(value);
}

const bareName = (name) => isSpecial(name) || /[!~*^&]/.test(name) ? quoted(name) : name;
const metadataName = (name) =>
  bareName(name.startsWith('.') || ownFields.includes(name) ? `.${name}` : name);
