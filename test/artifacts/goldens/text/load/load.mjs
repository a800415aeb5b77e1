#!/usr/bin/env node
/**
 * Load on the model no for Node 20 and later, without dependencies.
 *
 * The load is open: requests leave at their times whether or not earlier ones have been answered, as those of many users
 * do. Latency counts from the time at which a request should have left, so that a slow server cannot hide by slowing
 * the load down (coordinated omission). Every request has a time limit, the run has an end, and Ctrl-C keeps what was
 * measured. Options: --help. Exit code: 0 objective met, 1 a bug, 2 wrong options, 3 objective not met,
 * 5 no server, 130 interrupted.
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { performance } from 'node:perf_hooks';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const MODEL = "no";
const DEFAULT_URL = "http://localhost:9000";
// The objective of the service: of all requests, which share has to be answered, and which within which time.
const SLO_LATENCY_MS = 33.3;
const SLO_LATENCY_RATIO = 0.99;
const SLO_AVAILABILITY_RATIO = 0.99;

// Whether the model keeps state: each request then is a sequence of its own.
const IS_SEQUENCE = false;

// One request: "sample" is the shape, "element" the hexadecimal digits of one element as binary data.
const INPUTS = [
    { "name": "input_ids", "datatype": "INT64", "shape": [-1, 128], "sample": [1, 128], "element": "0000000000000000" },
    { "name": "title \"quoted\"", "datatype": "BYTES", "shape": [-1, 1], "sample": [1, 1], "element": "0400000074657874" },
];

const OUTPUTS = [
    { "name": "logits", "datatype": "FP32", "shape": [-1, 5] },
    { "name": "score", "datatype": "FP32", "shape": [-1, 1] },
];

const HELP = `Usage: node load.mjs [options]

  --url URL                 ${DEFAULT_URL}
  --rate N                  requests per second (10)
  --duration SECONDS        how long requests leave, the ramp included (10)
  --ramp SECONDS            from 0 to the rate in a straight line (0)
  --arrival poisson|even    random or even distances (poisson; the same ones in each run)
  --timeout MS              of one request (10 times the objective, at least 1000)
  --max-in-flight N         requests beyond are not sent and count as failed (2000)
  --warm-up N               requests before the clock starts, one after the other (5)
  --request FILE            JSON of a V2 request instead of the example
  --latency-ms MS           objective: time (${SLO_LATENCY_MS})
  --latency-ratio R         objective: share of requests within that time (${SLO_LATENCY_RATIO})
  --availability-ratio R    objective: share of requests answered (${SLO_AVAILABILITY_RATIO})
  --json                    the result as JSON on stdout, the summary on stderr
  --out FILE                the result as JSON in a file
`;

const OPTIONS = {
  url: { type: 'string', default: DEFAULT_URL },
  rate: { type: 'string', default: '10' },
  duration: { type: 'string', default: '10' },
  ramp: { type: 'string', default: '0' },
  arrival: { type: 'string', default: 'poisson' },
  timeout: { type: 'string', default: String(Math.max(1000, 10 * SLO_LATENCY_MS)) },
  'max-in-flight': { type: 'string', default: '2000' },
  'warm-up': { type: 'string', default: '5' },
  request: { type: 'string' },
  'latency-ms': { type: 'string', default: String(SLO_LATENCY_MS) },
  'latency-ratio': { type: 'string', default: String(SLO_LATENCY_RATIO) },
  'availability-ratio': { type: 'string', default: String(SLO_AVAILABILITY_RATIO) },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

class UsageError extends Error {}

function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options: OPTIONS }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const number = (name, least, most = Number.MAX_SAFE_INTEGER) => {
    const value = Number(values[name]);
    if (values[name] !== '' && value >= least && value <= most) return value;
    throw new UsageError(`--${name} is ${values[name]}; it must be a number from ${least} to ${most}`);
  };
  if (!['poisson', 'even'].includes(values.arrival)) throw new UsageError(`--arrival is ${values.arrival}; it must be poisson or even`);
  if (!URL.canParse(values.url)) throw new UsageError(`--url is ${values.url}, which is no URL`);
  const options = {
    url: values.url.replace(/\/+$/, ''),
    rate: number('rate', 0.001, 1e6),
    durationS: number('duration', 0.1, 1e6),
    rampS: number('ramp', 0, 1e6),
    arrival: values.arrival,
    timeoutMs: number('timeout', 1, 3_600_000),
    maxInFlight: number('max-in-flight', 1),
    warmUp: number('warm-up', 0),
    slo: {
      latencyMs: number('latency-ms', 0),
      latencyRatio: number('latency-ratio', 0, 1),
      availabilityRatio: number('availability-ratio', 0, 1),
    },
  };
  if (options.rampS > options.durationS) throw new UsageError('--ramp is longer than --duration');
  return { options, requestFile: values.request, json: values.json, out: values.out, help: values.help };
}

/** Gives the example as a V2 request, again and again: JSON, and the tensors behind it. */
function exampleRequest() {
  const tensors = INPUTS.map(({ sample, element }) => {
    const count = sample.reduce((product, size) => product * size, 1);
    const one = Buffer.from(element, 'hex');
    return Buffer.alloc(one.length * count, one);
  });
  const inputs = INPUTS.map(({ name, datatype, sample }, index) => ({
    name,
    datatype,
    shape: sample,
    parameters: { binary_data_size: tensors[index].length },
  }));
  const outputs = OUTPUTS.map(({ name }) => ({ name, parameters: { binary_data: true } }));
  const make = (parameters) => {
    const head = Buffer.from(JSON.stringify({ ...parameters, inputs, outputs }));
    return {
      body: Buffer.concat([head, ...tensors]),
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': head.length },
    };
  };
  let sequence = 0;
  const nextSequence = () => {
    sequence += 1;
    return make({ parameters: { sequence_id: sequence, sequence_start: true, sequence_end: true } });
  };
  const request = make({});
  return IS_SEQUENCE ? nextSequence : () => request;
}

async function readRequest(file) {
  const body = await readFile(file).catch((error) => {
    throw new UsageError(`--request: ${error.message}`);
  });
  const request = { body, headers: { 'content-type': 'application/json' } };
  return () => request;
}

class Target {
  constructor(url, nextRequest, timeoutMs) {
    const isSecure = url.startsWith('https:');
    const Agent = isSecure ? HttpsAgent : HttpAgent;
    this.agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
    this.request = isSecure ? httpsRequest : httpRequest;
    this.url = url;
    this.timeoutMs = timeoutMs;
    this.nextRequest = nextRequest;
    this.open = new Set();
  }

  /** The HTTP status, or `timeout` or the code of the failure; never throws. */
  send(path = `/v2/models/${encodeURIComponent(MODEL)}/infer`, method = 'POST') {
    return new Promise((resolve) => {
      const { body, headers } = method === 'POST' ? this.nextRequest() : { headers: {} };
      let outcome;
      const request = this.request(`${this.url}${path}`, {
        method,
        agent: this.agent,
        headers: body === undefined ? headers : { ...headers, 'content-length': body.length },
      });
      const timer = setTimeout(() => {
        outcome = 'timeout';
        request.destroy();
      }, this.timeoutMs);
      this.open.add(request);
      const end = (status, text) => {
        clearTimeout(timer);
        this.open.delete(request);
        resolve({ status: outcome ?? status, text });
      };
      request.on('error', (error) => end(error.code ?? 'failed', error.message));
      request.on('response', (response) => {
        let text = '';
        // Bodies of success are read and dropped, those of failures tell why.
        response.on('data', (bytes) => {
          if (response.statusCode !== 200 && text.length < 1000) text += bytes;
        });
        response.on('end', () => end(response.statusCode, text));
        response.on('error', (error) => end(error.code ?? 'failed', error.message));
      });
      request.end(body);
    });
  }

  close() {
    for (const request of this.open) request.destroy();
    this.agent.destroy();
  }
}

/** Seconds at which requests leave: the times at which their expected number reaches the next whole (or random) one. */
function* departures({ rate, rampS, durationS, arrival }) {
  const random = mulberry32(1);
  const rampCount = (rate * rampS) / 2;
  for (let count = 0; ; count += arrival === 'even' ? 1 : -Math.log(1 - random())) {
    const at = count < rampCount ? Math.sqrt((2 * rampS * count) / rate) : rampS / 2 + count / rate;
    if (at >= durationS) return;
    yield at;
  }
}

/** Uniform in [0, 1), the same sequence for the same seed. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What was measured so far; readable at any moment. */
class Record {
  constructor() {
    this.requests = [];
    this.reasons = new Map();
    this.lagMs = [];
    this.firstProblem = undefined;
  }

  add(atS, status, latencyMs, text) {
    this.requests.push({ atS, isOk: status === 200, latencyMs });
    this.reasons.set(String(status), (this.reasons.get(String(status)) ?? 0) + 1);
    if (status !== 200) this.firstProblem ??= `${status}${text ? `: ${text}` : ''}`;
  }
}

async function drive(target, options, record, stop) {
  const inFlight = new Set();
  const start = performance.now();
  for (const atS of departures(options)) {
    const due = start + 1000 * atS;
    // In short steps, so that an interruption is not waited for.
    while (!stop.isSet && performance.now() < due) await setTimeoutAsync(Math.min(100, due - performance.now()));
    if (stop.isSet) break;
    record.lagMs.push(performance.now() - due);
    if (inFlight.size >= options.maxInFlight) {
      record.add(atS, 'not sent', 0, `${options.maxInFlight} requests were in flight`);
      continue;
    }
    const sent = target.send().then(({ status, text }) => {
      inFlight.delete(sent);
      if (!stop.isSet) record.add(atS, status, performance.now() - due, text);
    });
    inFlight.add(sent);
  }
  // Each has a time limit, so that this ends.
  await Promise.race([Promise.all(inFlight), stop.promise]);
  return (performance.now() - start) / 1000;
}

function quantile(sorted, share) {
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

function percentiles(latencies) {
  const sorted = Float64Array.from(latencies).sort();
  const mean = sorted.length === 0 ? null : sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const at = (share) => round(quantile(sorted, share));
  return { min: at(1e-9), mean: round(mean), p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function round(value) {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

function resultOf(record, options, elapsedS, isPartial) {
  const { requests } = record;
  const ok = requests.filter(({ isOk }) => isOk);
  const latencies = ok.map(({ latencyMs }) => latencyMs);
  const share = (count) => (requests.length === 0 ? 0 : count / requests.length);
  const successRatio = share(ok.length);
  const withinRatio = share(latencies.filter((ms) => ms <= options.slo.latencyMs).length);
  const { latencyRatio, availabilityRatio } = options.slo;
  return {
    schemaVersion: 1,
    model: MODEL,
    options,
    isPartial,
    requests: requests.length,
    ok: ok.length,
    failed: requests.length - ok.length,
    outcomes: Object.fromEntries([...record.reasons].sort()),
    firstProblem: record.firstProblem ?? null,
    elapsedS: round(elapsedS),
    throughputPerS: round(ok.length / Math.max(elapsedS, 1e-9)),
    latencyMs: percentiles(latencies),
    // How late this program itself was: where it is more than a few milliseconds, the machine is too small for the rate.
    lagMs: percentiles(record.lagMs),
    seconds: perSecond(requests),
    slo: { ...options.slo, successRatio, withinRatio, isMet: requests.length > 0 && withinRatio >= latencyRatio && successRatio >= availabilityRatio },
  };
}

function perSecond(requests) {
  const seconds = [];
  for (const { atS, isOk, latencyMs } of requests) {
    seconds[Math.floor(atS)] ??= { latencies: [], failed: 0 };
    const second = seconds[Math.floor(atS)];
    if (isOk) second.latencies.push(latencyMs);
    else second.failed += 1;
  }
  return Array.from(seconds, (second, index) => ({
    second: index,
    ok: second?.latencies.length ?? 0,
    failed: second?.failed ?? 0,
    p50Ms: round(quantile((second?.latencies ?? []).sort((a, b) => a - b), 0.5)),
    p99Ms: round(quantile((second?.latencies ?? []).sort((a, b) => a - b), 0.99)),
  }));
}

function summary({ options, requests, ok, failed, outcomes, firstProblem, elapsedS, throughputPerS, latencyMs, lagMs, slo, isPartial }) {
  const percent = (ratio) => `${Number((100 * ratio).toFixed(3))} %`;
  const { p50, p90, p95, p99, max } = latencyMs;
  return [
    `${MODEL} at ${options.url}${isPartial ? ' (interrupted: what was measured until then)' : ''}`,
    `  requests    ${requests} at ${options.rate}/s, ${ok} ok, ${failed} failed ${JSON.stringify(outcomes)}`,
    `  throughput  ${throughputPerS}/s over ${elapsedS} s`,
    `  latency     p50 ${p50} ms, p90 ${p90} ms, p95 ${p95} ms, p99 ${p99} ms, max ${max} ms`,
    `  objective   ${percent(slo.withinRatio)} within ${slo.latencyMs} ms (${percent(slo.latencyRatio)} wanted), ${percent(slo.successRatio)} answered (${percent(slo.availabilityRatio)} wanted): ${slo.isMet ? 'met' : 'NOT met'}`,
    ...(firstProblem === null ? [] : [`  failure     ${firstProblem}`]),
    ...((lagMs.p99 ?? 0) > 20 ? [`  note        requests left up to ${lagMs.max} ms late: this machine is busy, and latencies are too high`] : []),
    '',
  ].join('\n');
}

function stopOnSignals() {
  const stop = { isSet: false };
  stop.promise = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => {
        stop.isSet = true;
        resolve();
      });
    }
  });
  return stop;
}

async function main() {
  const { options, requestFile, json, out, help } = readOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const nextRequest = requestFile === undefined ? exampleRequest() : await readRequest(requestFile);
  const target = new Target(options.url, nextRequest, options.timeoutMs);
  const stop = stopOnSignals();
  const ready = await target.send(`/v2/models/${encodeURIComponent(MODEL)}/ready`, 'GET');
  if (ready.status !== 200) {
    target.close();
    process.stderr.write(`error: ${MODEL} is not ready at ${options.url} (${ready.status}${ready.text ? `: ${ready.text}` : ''})\n`);
    return 5;
  }
  for (let count = 0; count < options.warmUp && !stop.isSet; count += 1) await target.send();
  const record = new Record();
  const elapsedS = await drive(target, options, record, stop);
  target.close();
  const result = resultOf(record, options, elapsedS, stop.isSet);
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (out !== undefined) writeFileSync(out, document);
  process.stderr.write(json ? summary(result) : '');
  process.stdout.write(json ? document : summary(result));
  if (stop.isSet) return 130;
  return result.slo.isMet ? 0 : 3;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof UsageError ? error.message : error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
