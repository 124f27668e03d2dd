// What the compiled driver's `block_of` and `run_together` do, on data that travel with a page.
"use strict";

const ARRAYS = {float64: Float64Array, int32: Int32Array, int8: Int8Array, bool: Uint8Array};

// The data of a page from its text: base64 of deflated bytes, which are the length of a header, the header, and arrays.
async function unpacked(text) {
  const page = await read(text);
  return prepared(page, page.arrays);
}

// What was written as text: a header, with its arrays.
async function read(text) {
  const packed = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const first = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const page = JSON.parse(new TextDecoder().decode(bytes.subarray(4, first)));
  let at = first;
  page.arrays = page.arrays.map((one) => {
    const stored = new ARRAYS[one.stored](one.length), own = new Uint8Array(stored.buffer);
    const size = stored.BYTES_PER_ELEMENT;
    for (let place = 0; place < size; place++) { // all first bytes, then all second ones
      for (let i = 0; i < one.length; i++) own[i * size + place] = bytes[at++];
    }
    if (one.scale === 1 && one.stored === one.type) return stored;
    return ARRAYS[one.type].from(stored, (number) => number / one.scale);
  });
  return page;
}

// A page from its header and arrays, ready to run.
function prepared(header, arrays) {
  const page = {...header, arrays};
  for (const strategy of page.strategies) prepare(page, strategy);
  page.further = withArrays(page, page.further);
  return page;
}

// Rows of rows of an array: `x[i][k]` is what Python has at `x[i, k]`.
function rowsOf(values, shape) {
  if (shape.length === 1) return values;
  const size = shape.slice(1).reduce((a, b) => a * b, 1), rows = new Array(shape[0]);
  for (let i = 0; i < shape[0]; i++) rows[i] = rowsOf(values.subarray(i * size, (i + 1) * size), shape.slice(1));
  return rows;
}

function isFill(value) { return value !== null && typeof value === "object" && "type" in value; }

function filled(one) {
  const values = new ARRAYS[one.type](one.shape.reduce((a, b) => a * b, 1));
  if (one.fill !== 0) values.fill(one.fill);
  return rowsOf(values, one.shape);
}

// Tables and lists, with the arrays of the page in their places.
function withArrays(page, value) {
  if (value === null || typeof value !== "object" || isFill(value)) return value;
  if (Array.isArray(value)) return value.map((one) => withArrays(page, one));
  if ("array" in value) return rowsOf(page.arrays[value.array], value.shape);
  if ("numbers" in value) return rowsOf(ARRAYS[value.of].from(value.numbers), value.shape);
  if ("by_column" in value) return tableOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withArrays(page, one)]));
}

// The levers of every month, from each column's values and the months that each holds for.
function tableOf({by_column, months}) {
  const table = Array.from({length: months}, () => new Float64Array(by_column.length));
  by_column.forEach(([values, lengths], column) => {
    let month = 0;
    values.forEach((value, k) => {
      for (const end = month + lengths[k]; month < end; month++) table[month][column] = value;
    });
  });
  return table;
}

// What all runs of a strategy share: its arrays, and the weights of ties, where these follow from the contexts.
function prepare(page, strategy) {
  const read = (value) => withArrays(page, value);
  strategy.levers = read(strategy.levers);
  strategy.intervention = read(strategy.intervention);
  const fields = strategy.fields = read(strategy.fields);
  for (const name of [...strategy.by.network, ...strategy.by.entries]) {
    if (name in fields && isFill(fields[name])) fields[name] = filled(fields[name]);
  }
  if (strategy.homophily !== null) Object.assign(fields, weightsOf(fields, strategy));
}

// `Network.weight` and `Network.weight_sum`.
function weightsOf(fields, {homophily: {distance, strength}, has_collaborative}) {
  const weight = new Float64Array(fields.peer.length), sums = [];
  fields.context.forEach((context, k) => {
    const start = fields.start[k], sum = new Float64Array(context.length), first = fields.first_entry[k];
    for (let i = 0; i < context.length; i++) {
      for (let entry = first + start[i]; entry < first + start[i + 1]; entry++) {
        const gap = (context[i] - context[fields.peer[entry]]) / distance;
        weight[entry] = strength / (1.0 + gap * gap);
        sum[i] += weight[entry];
      }
    }
    sums.push(sum);
  });
  return {weight, weight_sum: sums, weight_while_met: has_collaborative ? weight : new Float64Array(0)};
}

// The arrays of one run, at their start values.
function blockOf(strategy, run, nEvents) {
  const {fields, by} = strategy, block = {}, k = fields.network_of[run];
  for (const [name, value] of Object.entries(fields)) {
    block[name] = isFill(value)
      ? filled(name.startsWith("event_") ? {...value, shape: [1, nEvents]} : value)
      : value;
  }
  for (const name of by.entries) block[name] = fields[name].slice(fields.first_entry[k], fields.first_entry[k + 1]);
  for (const name of by.network) block[name] = [fields[name][k]];
  block.weight_sum = [block.weight_sum[0].slice()];
  block.first_entry = [0, block.peer.length];
  block.network_of = [0];
  block.first_site = [fields.first_site[run], fields.first_site[run + 1]];
  block.replicates = [fields.replicates[run]];
  block.n_members = [fields.n_members[run]];
  for (const name of ["keys", "tier_keys"]) block[name] = new Array(fields[name]);
  return block;
}

// One run of a strategy, by its place among those of the page, under its own levers or others; what it filled.
function runOf(page, strategy, run, levers = strategy.levers) {
  for (let nEvents = 6 * strategy.n + 64; ; nEvents *= 2) {
    const block = blockOf(strategy, run, nEvents);
    const v = {...strategy.intervention, codification: strategy.intervention.codification.slice()};
    if (!engine_run_block(block, strategy.behaviour, v, levers, page.seed, -1, strategy.months)) return block;
  }
}

// ------------------------------------------------------------------------------------------------ what runs come to

// The sum of numbers in NumPy's order, so that the last bits are the same.
function sumOf(values, first = 0, n = values.length) {
  if (n < 8) {
    let total = n > 0 ? values[first] : 0.0;
    for (let i = 1; i < n; i++) total += values[first + i];
    return total;
  }
  if (n > 128) {
    const half = Math.floor(n / 2) - Math.floor(n / 2) % 8;
    return sumOf(values, first, half) + sumOf(values, first + half, n - half);
  }
  const part = Array.from(values.subarray(first, first + 8));
  let i = 8;
  for (; i < n - n % 8; i += 8) for (let k = 0; k < 8; k++) part[k] += values[first + i + k];
  let total = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  for (; i < n; i++) total += values[first + i];
  return total;
}

// `measures.curves_of` and `measures.measures_of`, of a run: those that a page shows.
function outcomeOf(page, strategy, run, levers, block) {
  const {n, months} = strategy, sums = block.sums[0][0], at = page.sums, people = strategy.people[run];
  const delivered = new Float64Array(months + 1), reach = new Float64Array(months + 1), cost = new Float64Array(months + 1);
  let nEver = 0;
  for (let t = 0; t <= months; t++) {
    const of = (name) => sums[t][at[name]];
    nEver += of("n_first_embedded");
    reach[t] = nEver / n;
    delivered[t] = of("delivered") / people;
    if (t < months) {
      const embedded = of("n_embedded");
      cost[t] = rules_monthly_cost(strategy.cost, loops_levers_of(levers, 0, t), n, of("n_implementing"), of("supported"),
        embedded + of("n_in_name_only"), of("leaders"), of("n_preparing"), of("n_members"), embedded) / n;
    }
  }
  const late = delivered.subarray(strategy.first_late_month);
  const measures = {benefit: sumOf(late) / late.length, cumulative_benefit: sumOf(delivered) / 12.0, reach: reach[months],
    cost: sumOf(cost)};
  return {measures, curves: {delivered, reach}};
}

// Every change of state in the order of months and services, as the other drivers record them.
function changesOf(block) {
  const [month, service, to, leader] =
    ["month", "service", "to_state", "leader"].map((name) => block[`event_${name}`][0]);
  const order = Int32Array.from({length: block.counts[0][0]}, (_, place) => place);
  order.sort((a, b) => month[a] - month[b] || service[a] - service[b] || a - b);
  const ordered = (values) => values.constructor.from(order, (place) => values[place]);
  return {month: ordered(month), service: ordered(service), to: ordered(to), leader: ordered(leader)};
}

// The state of each service at each month, from the changes of state: one array a month.
function statesOf(strategy, block) {
  const [month, service, to] = ["month", "service", "to_state"].map((name) => block[`event_${name}`][0]);
  const states = [], now = new Uint8Array(strategy.n).fill(strategy.behaviour.awareness.start);
  for (let t = 0, place = 0; t <= strategy.months; t++) {
    for (; place < block.counts[0][0] && month[place] <= t; place++) now[service[place]] = to[place];
    states.push(now.slice());
  }
  return states;
}
