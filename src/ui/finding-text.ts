/** The sentence of each finding. The compiler asks for one for every code of base/findings.ts. */
import type { JsonValue } from '../base/errors.ts';
import type { FindingCode } from '../base/findings.ts';
import { formatBytes } from '../base/units.ts';

type Args = Readonly<Record<string, JsonValue>>;

/** The argument as text; lists are joined, and what is missing becomes the fallback. */
function say(args: Args, key: string, fallback = 'unknown'): string {
  const value = args[key];
  if (value === undefined || value === null || value === '') return fallback;
  if (Array.isArray(value))
    return listed(value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : `${item}`)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const LISTED = 6;

function listed(items: readonly string[]): string {
  if (items.length === 0) return 'none';
  const more = items.length - LISTED;
  return more > 0 ? `${items.slice(0, LISTED).join(', ')} and ${more} more` : items.join(', ');
}

/** A phrase that is left out when the argument is missing; `%` stands for the argument. */
function phrase(args: Args, key: string, pattern: string): string {
  const value = say(args, key, '');
  return value === '' ? '' : pattern.replace('%', () => value);
}

/** "1 node", "3 nodes"; "some nodes" when the number is missing. */
function count(args: Args, key: string, one: string, many = `${one}s`): string {
  const value = args[key];
  if (typeof value !== 'number') return `some ${many}`;
  return value === 1 ? `1 ${one}` : `${value} ${many}`;
}

function bytes(args: Args, key: string): string {
  const value = args[key];
  return typeof value === 'number' ? formatBytes(value) : 'an unknown amount';
}

function short(args: Args, key: string): string {
  return say(args, key).slice(0, 12);
}

/** Behind "because NAME". */
const BATCHING_BLOCKERS: ReadonlyMap<string, string> = new Map([
  ['scalar', 'has no axes'],
  ['fixed', 'has a fixed first axis'],
  ['rank-unknown', 'has an unknown number of axes'],
  ['other-axis', 'has a first axis that is not the batch'],
]);

export const FINDING_TEXT: Readonly<Record<FindingCode, (args: Args) => string>> = {
  CUSTOM_DOMAIN: (a) =>
    `Operators of the domain ${say(a, 'domain')} are not part of ONNX Runtime${phrase(a, 'operators', ': %')}.`,
  UNKNOWN_OPERATOR: (a) =>
    `${say(a, 'operator')} is not an operator of ${say(a, 'domain', 'ONNX')}${phrase(a, 'opset', ' opset %')}.`,
  IR_TOO_NEW: (a) =>
    `IR version ${say(a, 'irVersion')} is newer than what ONNX Runtime reads${phrase(a, 'max', ' (%)')}.`,
  OPSET_TOO_NEW: (a) =>
    `Opset ${say(a, 'opset')} of ${say(a, 'domain', 'ai.onnx')} is newer than what ONNX Runtime knows${phrase(a, 'max', ' (%)')}.`,
  OPSET_OLD: (a) =>
    `Opset ${say(a, 'opset')} is old${phrase(a, 'needed', '; some methods need % and convert the model first')}.`,
  INITIALIZER_IS_INPUT: (a) =>
    `${upper(count(a, 'count', 'weight'))} can be overridden as inputs, as in models of IR version 3; ONNX Runtime folds less of such a graph.`,
  ALREADY_QUANTIZED: (a) =>
    `The model is quantized already${phrase(a, 'operators', ' (%)')}; quantizing it again adds error and saves little.`,
  NO_WEIGHTS: () => 'The model has no weights, so there is nothing to quantize.',
  WEIGHTS_IN_CONSTANTS: (a) => `${upper(count(a, 'count', 'weight'))} sit in Constant nodes and not in initializers.`,
  UNNAMED_NODES: (a) => `${upper(count(a, 'count', 'node'))} without a name; quantizers name them by their outputs.`,
  DYNAMIC_SHAPE: (a) =>
    `${say(a, 'name', say(a, 'input', 'An input'))} has dynamic axes${phrase(a, 'axes', ': %')}${phrase(a, 'dims', ': %')}; figures that depend on them need --bind or data.`,
  SHAPES_NOT_INFERRED: (a) =>
    `The shapes inside the graph could not be inferred${phrase(a, 'reason', ': %')}; compute and memory are unknown.`,
  CONTROL_FLOW: (a) =>
    `The model branches or loops${phrase(a, 'operators', ' (%)')}; operators inside are counted once and stay as they are.`,
  SEQUENCE_STATE: (a) =>
    `The model keeps state between calls${phrase(a, 'inputs', ' in %')}${phrase(a, 'pairs', ' in %')}; the caller must carry it.`,
  DATA_RANDOM: () =>
    'The samples are random noise: figures of accuracy prove nothing. Give real samples with --data PATH.',
  DATA_FEW_SAMPLES: (a) =>
    `Only ${count(a, 'samples', 'sample')}${phrase(a, 'needed', ' (at least % are advised)')}: the figures are rough.`,
  DATA_SHARED: (a) =>
    `Calibration and evaluation use the same ${count(a, 'samples', 'sample')}, because there are too few to split.`,
  METHOD_SKIPPED: (a) => `${say(a, 'method', 'A method')} was not tried: ${say(a, 'reason', 'it does not apply')}.`,
  METHOD_FAILED: (a) => `${say(a, 'method', 'A method')} failed: ${say(a, 'reason')}`,
  CANDIDATE_REJECTED: (a) =>
    `${say(a, 'candidate', say(a, 'method', 'A candidate'))} is rejected: ${say(a, 'reason')}.`,
  QUANTIZATION_DOES_NOT_PAY: (a) => `Quantizing does not pay for this model${phrase(a, 'reason', ': %')}.`,
  OUTPUT_NOT_FINITE: (a) =>
    `${say(a, 'output', 'An output')} has ${count(a, 'count', 'value')} that are NaN or infinite where the original is finite.`,
  ARTIFACT_MISSING: (a) => `${say(a, 'file', 'A file')} is missing${phrase(a, 'artifact', ' (%)')}.`,
  ARTIFACT_CHANGED: (a) => `${say(a, 'file', 'A file')} is not as nimify wrote it${phrase(a, 'artifact', ' (%)')}.`,
  ARTIFACT_INVALID: (a) =>
    `${say(a, 'file', say(a, 'artifact', 'A file'))}: ${sentence(say(a, 'problem', say(a, 'reason', 'is not valid')))}`,
  ARTIFACT_DISAGREES: (a) =>
    `${say(a, 'file', say(a, 'artifact', 'A file'))}: ${say(a, 'what', 'a value')} is ${say(a, 'found', 'missing')}, but the service says ${say(a, 'expected', 'something else')}.`,
  MODEL_CHANGED: (a) =>
    `The bytes of ${say(a, 'file', 'the model')} changed: SHA-256 ${short(a, 'found')}… instead of ${short(a, 'expected')}….`,
  BATCHING_OFF: (a) =>
    `The server does not join requests into batches${phrase(a, 'tensor', ', because % ')}${a.reason ? (BATCHING_BLOCKERS.get(say(a, 'reason')) ?? say(a, 'reason')) : ''}.`,
  TRITON_TYPE_UNSUPPORTED: (a) =>
    `Triton cannot serve ${say(a, 'name', say(a, 'tensor', 'a tensor'))} of the type ${say(a, 'dataType', say(a, 'type'))}.`,
  TRITON_IR_TOO_NEW: (a) =>
    `Triton ${say(a, 'tritonTag', '')} reads models up to IR version ${say(a, 'maxIrVersion')}${phrase(a, 'onnxRuntime', ' (ONNX Runtime %)')}; this one has ${say(a, 'irVersion')}.`,
  LATENCY_HISTOGRAM_MISSING: (a) =>
    `Triton ${say(a, 'tritonTag', '')} has no latency histogram, so the latency objective is not watched; newer releases have it.`,
  METRIC_UNKNOWN: (a) =>
    `${phrase(a, 'file', '%: ')}${say(a, 'metric')}${phrase(a, 'place', ' in %')} is not a metric that the server exports.`,
  NODE_TOO_OLD: (a) => `Node ${say(a, 'found')} is too old; nimify needs ${say(a, 'needed')} or newer.`,
  RUNTIME_MISSING: (a) => `${say(a, 'reason', 'onnxruntime-node cannot be loaded.')}${phrase(a, 'hint', ' %')}`,
  RUNTIME_PROVIDERS: (a) => `${say(a, 'version')} with ${say(a, 'providers')}`,
  SQLITE_MISSING: (a) => `${say(a, 'reason', 'better-sqlite3 cannot be loaded.')}${phrase(a, 'hint', ' %')}`,
  SQLITE_TOO_OLD: (a) =>
    `SQLite ${say(a, 'found')} may damage the catalog when processes write at once; ${say(a, 'needed')} or newer is needed: npm install better-sqlite3`,
  CATALOG_DAMAGED: (a) => `The catalog cannot be used: ${say(a, 'reason')}${phrase(a, 'hint', ' %')}`,
  DATA_FOLDER_UNWRITABLE: (a) =>
    `${say(a, 'folder', 'The data folder')} cannot be written (${say(a, 'reason')}); set NIMIFY_HOME to a folder of yours.`,
  DISK_LOW: (a) =>
    `${upper(bytes(a, 'freeBytes'))} is free in ${say(a, 'folder', 'the data folder')}; ${bytes(a, 'neededBytes')} are advised.`,
  TOOL_FOUND: (a) => `${say(a, 'version', 'found')}, for ${say(a, 'purpose', 'later steps')}`,
  TOOL_NOT_FOUND: (a) => `not found${phrase(a, 'reason', ' (%)')}; only needed for ${say(a, 'purpose', 'later steps')}`,
  CHECK_OK: (a) => say(a, 'detail', 'in order'),
};

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
