// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Writes numbers and times the way people read them.

const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

const number = (value) => integers.format(value);

function rate(value) {
  if (value === null || value === undefined) return '–';
  return value > 0 && value < 10 ? tenths.format(value) : integers.format(value);
}

function compact(value) {
  if (Math.abs(value) < 10000) return tenths.format(value);
  return Math.abs(value) < 1e6 ? `${tenths.format(value / 1e3)}k` : `${tenths.format(value / 1e6)}M`;
}

// Whole percents that are reached. 100 * 29 / 100 is 29; 29 / 100 * 100 is less, and would be 28.
function percent(part, whole) {
  const value = whole > 0 ? 100 * part / whole : 0;
  return value > 0 && value < 1 ? '< 1 %' : `${Math.floor(value)} %`;
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

function duration(seconds) {
  if (seconds === null) return '–';
  seconds = Math.max(0, Math.floor(seconds));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${days} d ${hours % 24} h`;
}

const since = (time) => (Date.now() - Date.parse(time)) / 1000;
const clock = (time) => new Date(time).toLocaleTimeString('en-GB');
const moment = (time) => time === null ? 'not known' : new Date(time).toLocaleString('sv-SE');
