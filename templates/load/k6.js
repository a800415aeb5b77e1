/**
 * Load on the model <%= it.model %> for k6 (https://k6.io), whose thresholds are the objective of the service:
 *
 *   k6 run -e URL=<%= it.url %> -e RATE=50 -e DURATION=1m load/k6.js
 */
import { check } from 'k6';
import http from 'k6/http';

const MODEL = <%= it.modelLiteral %>;
const DEFAULT_URL = <%= it.urlLiteral %>;
const SLO_LATENCY_MS = <%= it.latencyMs %>;
const SLO_LATENCY_RATIO = <%= it.latencyRatio %>;
const SLO_AVAILABILITY_RATIO = <%= it.availabilityRatio %>;

// Whether the model keeps state: each request then is a sequence of its own.
const IS_SEQUENCE = <%= it.isSequence %>;

// One request: "sample" is the shape, "element" the hexadecimal digits of one element as binary data.
const INPUTS = [
<%= it.inputs %>
];

const OUTPUTS = [
<%= it.outputs %>
];

// k6 takes whole numbers only.
const RATE = Math.max(1, Math.round(Number(__ENV.RATE || 10)));

export const options = {
  scenarios: {
    // Open: requests leave at their times, whether or not earlier ones have been answered.
    infer: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: Math.max(10, Math.ceil(RATE * 0.5)),
      maxVUs: Math.max(100, 10 * RATE),
      stages: [
        { target: RATE, duration: __ENV.RAMP || '10s' },
        { target: RATE, duration: __ENV.DURATION || '1m' },
      ],
    },
  },
  thresholds: {
    http_req_failed: [`rate<=${Number((1 - SLO_AVAILABILITY_RATIO).toFixed(9))}`],
    http_req_duration: [`p(${Number((100 * SLO_LATENCY_RATIO).toFixed(7))})<=${SLO_LATENCY_MS}`],
    // Requests that k6 could not send at their time.
    dropped_iterations: ['count<1'],
  },
  summaryTrendStats: ['min', 'med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

/** k6 has no TextEncoder: what is not ASCII is escaped, which JSON allows. */
function ascii(value) {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function tensorBytes({ sample, element }) {
  const one = (element.match(/../g) || []).map((digits) => parseInt(digits, 16));
  const bytes = new Uint8Array(sample.reduce((product, size) => product * size, one.length));
  for (let at = 0; at < bytes.length; at += one.length) bytes.set(one, at);
  return bytes;
}

const tensors = INPUTS.map(tensorBytes);
const inputs = INPUTS.map(({ name, datatype, sample }, index) => ({
  name,
  datatype,
  shape: sample,
  parameters: { binary_data_size: tensors[index].length },
}));
const outputs = OUTPUTS.map(({ name }) => ({ name, parameters: { binary_data: true } }));

function makeRequest(parameters) {
  const head = ascii(Object.assign({}, parameters, { inputs, outputs }));
  const body = new Uint8Array(tensors.reduce((sum, bytes) => sum + bytes.length, head.length));
  for (let index = 0; index < head.length; index += 1) body[index] = head.charCodeAt(index);
  let end = head.length;
  for (const bytes of tensors) {
    body.set(bytes, end);
    end += bytes.length;
  }
  return { body: body.buffer, headBytes: head.length };
}

const request = makeRequest({});

/** Another sequence for each iteration of each virtual user. */
function nextRequest() {
  if (!IS_SEQUENCE) return request;
  return makeRequest({ parameters: { sequence_id: __VU * 1000000 + __ITER + 1, sequence_start: true, sequence_end: true } });
}

const url = `${(__ENV.URL || DEFAULT_URL).replace(/\/+$/, '')}/v2/models/${MODEL}/infer`;

export default function infer() {
  const { body, headBytes } = nextRequest();
  const response = http.post(url, body, {
    headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(headBytes) },
    timeout: `${Math.max(1000, 10 * SLO_LATENCY_MS)}ms`,
    responseType: 'none',
  });
  check(response, { 'status is 200': ({ status }) => status === 200 });
}
