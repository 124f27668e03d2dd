// What JavaScript has no number for: unsigned 64-bit words, as two halves of 32 bits. `draws` says what they are for.
"use strict";

// As in Python: the first of equals.
function min(a, b) { return b < a ? b : a; }
function max(a, b) { return b > a ? b : a; }

// The upper half of the product of two unsigned 32-bit halves.
function upper(a, b) {
  const a1 = a >>> 16, a0 = a & 65535, b1 = b >>> 16, b0 = b & 65535;
  const one = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) >>> 0;
  const other = (Math.imul(a0, b1) + (one & 65535)) >>> 0;
  return (Math.imul(a1, b1) + (one >>> 16) + (other >>> 16)) | 0;
}

// `draws.absorb`: the state after one more word, which may be a number below 2^53.
function absorb(state, word) {
  const wordLow = word >>> 0, wordHigh = ((word - wordLow) / 4294967296) | 0;
  return absorbed(state.high, state.low, wordHigh, wordLow | 0);
}

function absorbed(stateHigh, stateLow, wordHigh, wordLow) {
  let low = (stateLow ^ wordLow) | 0, high = (stateHigh ^ wordHigh) | 0;
  const sum = (low >>> 0) + 0x7f4a7c15;
  low = sum | 0;
  high = (high + 0x9e3779b9 + (sum > 4294967295 ? 1 : 0)) | 0;
  let a = low ^ ((low >>> 30) | (high << 2)), b = high ^ (high >>> 30);
  low = Math.imul(a, 0x1ce4e5b9);
  high = (upper(a, 0x1ce4e5b9) + Math.imul(b, 0x1ce4e5b9) + Math.imul(a, 0xbf58476d)) | 0;
  a = low ^ ((low >>> 27) | (high << 5));
  b = high ^ (high >>> 27);
  low = Math.imul(a, 0x133111eb);
  high = (upper(a, 0x133111eb) + Math.imul(b, 0x133111eb) + Math.imul(a, 0x94d049bb)) | 0;
  return {high: high ^ (high >>> 31), low: low ^ ((low >>> 31) | (high << 1))};
}

// `draws.prefix`: the state of all of an address but its id. The seed is a word.
function draws_prefix(seed, replicate, month, purpose) {
  const first = absorbed(0, 0, seed.high, seed.low);
  return absorb(absorb(absorb(first, replicate), month), purpose);
}

// `draws.uniform_at`: the uniform number in [0, 1) at an id.
function draws_uniform_at(state, word) {
  const mixed = absorb(state, word);
  return ((mixed.high >>> 0) * 2097152 + (mixed.low >>> 11)) * 1.1102230246251565e-16;
}
