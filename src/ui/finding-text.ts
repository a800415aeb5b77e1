/** The sentence of each finding. The compiler asks for one for every code of base/findings.ts. */
import type { JsonValue } from '../base/errors.ts';
import type { FindingCode } from '../base/findings.ts';
import { formatBytes, formatRatio } from '../base/units.ts';

type Args = Readonly<Record<string, JsonValue>>;

/** The argument as text; lists and counts are joined, and what is missing becomes the fallback. */
function say(args: Args, key: string, fallback = 'unknown'): string {
  const value = args[key];
  if (value === undefined || value === null || value === '') return fallback;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value))
    return listed(value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : `${item}`)));
  return listed(
    Object.entries(value).map(([name, item]) => `${name} ${typeof item === 'object' ? JSON.stringify(item) : item}`),
  );
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
/** How samples come to be in both parts of the data. */
const SHARED_WHY: ReadonlyMap<string, string> = new Map([
  ['few', 'because there are too few to split.'],
  ['asked', 'as --share-data asks for: the figures flatter.'],
  ['found', 'which are in both paths: the figures flatter.'],
]);

const BATCHING_BLOCKERS: ReadonlyMap<string, string> = new Map([
  ['scalar', 'has no axes'],
  ['fixed', 'has a fixed first axis'],
  ['rank-unknown', 'has an unknown number of axes'],
  ['other-axis', 'has a first axis that is not the batch'],
]);

export const FINDING_TEXT: Readonly<Record<FindingCode, (args: Args) => string>> = {
  GRAPH_BROKEN: (a) =>
    a.problem === 'cycle'
      ? `The graph has a cycle: ${count(a, 'count', 'node')} wait for one another; no runtime loads it.`
      : `Nothing makes the tensor ${say(a, 'tensor', 'that a node reads')}${phrase(a, 'node', ', which % reads')}; no runtime loads the model.`,
  CUSTOM_DOMAIN: (a) =>
    `ONNX Runtime has no operators of the domain ${say(a, 'domain')}${phrase(a, 'operators', ': %')}; move that part out of the model.`,
  UNKNOWN_OPERATOR: (a) => sentence(say(a, 'reason', 'ONNX Runtime does not know an operator of this model')),
  IR_TOO_NEW: (a) =>
    `IR version ${say(a, 'irVersion')} is newer than what ONNX Runtime reads${phrase(a, 'supported', ' (up to %)')}.`,
  OPSET_TOO_NEW: (a) =>
    `Opset ${say(a, 'version')} of ${say(a, 'domain', 'ai.onnx')} is newer than what ONNX Runtime knows${phrase(a, 'supported', ' (up to %)')}.`,
  OPSET_OLD: (a) =>
    `Opset ${say(a, 'version')} is old${phrase(a, 'needed', '; one scale per channel needs % and the quantizer converts the model first')}.`,
  INITIALIZER_IS_INPUT: (a) =>
    `${upper(count(a, 'count', 'weight'))} can be overridden as inputs${phrase(a, 'irVersion', ', as in models of IR version %')}; ONNX Runtime folds less of such a graph.`,
  ALREADY_QUANTIZED: (a) =>
    `The model is quantized already${phrase(a, 'operators', ' (%)')}${phrase(a, 'dataTypes', ', with weights in %')}; quantizing again adds error and saves little.`,
  NO_WEIGHTS: () => 'The model has no weights, so there is nothing to quantize.',
  WEIGHTS_IN_CONSTANTS: (a) =>
    `Most weights sit in Constant nodes: ${say(a, 'constants', 'some')} elements, against ${say(a, 'initializers', 'some')} in initializers.`,
  UNNAMED_NODES: (a) =>
    `${upper(count(a, 'count', 'node'))} of ${say(a, 'nodeCount', 'all')} without a name; quantizers name them by operator and place, such as Conv_12.`,
  DYNAMIC_SHAPE: (a) => `${say(a, 'input', 'An input')} has dynamic axes${phrase(a, 'bind', ': %')}. ${bindHint(a)}`,
  SHAPES_NOT_INFERRED: (a) =>
    `Some shapes inside the graph are not known${phrase(a, 'reason', ': %').replace(/\.$/, '')}; compute and memory that depend on them are unknown too.`,
  SHAPE_CONTRADICTION: (a) =>
    `Shapes contradict each other${phrase(a, 'reason', ': %')}${a.others === 0 ? '' : phrase(a, 'others', ' (and % more)')}.`,
  CONTROL_FLOW: (a) =>
    `The model branches or loops${phrase(a, 'operators', ' (%)')}${phrase(a, 'subgraphs', ', with % subgraphs')}; static-int8 leaves what is inside float.`,
  SEQUENCE_STATE: (a) =>
    `${say(a, 'output', 'An output')} looks like the next ${say(a, 'input', 'state')}: the model keeps state between calls, and the caller carries it.`,
  WEIGHT_NOT_FINITE: (a) =>
    `${say(a, 'tensor', 'A weight')} holds values of NaN or infinity${phrase(a, 'nan', ' (NaN: %')}${phrase(a, 'infinity', ', infinite: %')}${phrase(a, 'count', ', of % values)')}; a run that reaches them gives NaN or infinity too.`,
  WEIGHTS_DUPLICATED: (a) =>
    `${upper(count(a, 'groups', 'group'))} of weights with equal values${phrase(a, 'largest', ' (such as %)')}; kept once, the model would be ${bytes(a, 'bytes')} smaller.`,
  WEIGHTS_BEYOND_FLOAT16: (a) =>
    `${upper(count(a, 'count', 'weight'))} beyond the range of float16 (±65504)${phrase(a, 'tensors', ': %')}; a conversion to float16 must clamp them or leave them.`,
  WEIGHTS_SPARSE: (a) =>
    `${typeof a.ratio === 'number' ? formatRatio(a.ratio) : 'Most'} of all weights are zero; nothing in ONNX Runtime makes use of that by itself.`,
  RUNTIME_REFUSES: (a) => sentence(say(a, 'reason', 'ONNX Runtime refuses the model')),
  RUNTIME_DIES: (a) =>
    `${sentence(say(a, 'reason', 'ONNX Runtime does not survive this model'))} Do not load it outside of a guarded process.`,
  INTERFACE_DIFFERS: (a) =>
    `Callers of one model cannot call the other: ${[phrase(a, 'inputs', 'inputs %'), phrase(a, 'outputs', 'outputs %')].filter((text) => !/ none$/.test(text)).join('; ')}.`,
  GRAPH_DIFFERS: (a) => `The models differ in ${count(a, 'nodes', 'node')} and ${count(a, 'weights', 'weight')}.`,
  CPU_NO_KERNEL: (a) => `ONNX Runtime ${say(a, 'runtime', '')} has no CPU kernel for ${kernelOf(a)}: ${nodesOf(a)}.`,
  CPU_CASTS: (a) =>
    `${upper(count(a, 'count', 'node'))} in float16 without a CPU kernel of that type (${say(a, 'operators')}): ONNX Runtime casts to float32 and back, so float16 saves no time there.`,
  CUDA_NO_KERNEL: (a) =>
    `ONNX Runtime ${say(a, 'runtime', '')} has a kernel for ${kernelOf(a)} neither for CUDA nor for the CPU: ${nodesOf(a)}.`,
  CUDA_FALLBACK: (a) => `CUDA has no kernel for ${kernelOf(a)}: ${nodesOf(a)} on the CPU.`,
  CUDA_COPIES: (a) =>
    `${upper(count(a, 'count', 'node'))} on the CPU between nodes on CUDA: up to ${count(a, 'toHost', 'tensor')} to the host and ${count(a, 'toDevice', 'tensor')} back are copied in every run.`,
  CUDA_QUANTIZATION: (a) =>
    `${upper(count(a, 'quantize', 'QuantizeLinear node'))} and ${count(a, 'dequantize', 'DequantizeLinear node')}: CUDA calculates in float between them, so 8-bit activations cost time there; TensorRT is the way to use them.`,
  TENSORRT_OPERATOR: (a) => `TensorRT cannot import ${say(a, 'operator')}: ${nodesOf(a)}.`,
  TENSORRT_TYPE: (a) =>
    a.operator === undefined
      ? `TensorRT has no input or output of the type ${say(a, 'dataType', 'sequence, map or unknown')}: ${say(a, 'tensor')}.`
      : `TensorRT does not take ${say(a, 'operator')} of ${say(a, 'dataType')}: ${nodesOf(a)}.`,
  TENSORRT_LIMIT: (a) => `TensorRT takes ${limitOf(a)}.`,
  TENSORRT_QUANTIZATION: (a) =>
    `TensorRT cannot import ${say(a, 'operator')} ${QUANTIZATION_PROBLEMS.get(say(a, 'problem')) ?? 'like this'}: ${nodesOf(a)}.`,
  TENSORRT_CONTROL_FLOW: (a) =>
    `TensorRT runs ${say(a, 'operator')} ${a.operator === 'If' ? 'where both branches give tensors of the same rank' : 'where carried tensors keep their shapes'}${a.hasScanOutputs === true ? ' and the number of iterations is fixed' : ''}: ${nodesOf(a)}.`,
  TENSORRT_PLUGIN: (a) => `${say(a, 'operator')} comes from TensorRT's own plugin library: ${nodesOf(a)}.`,
  TENSORRT_OPSET: (a) =>
    `Opset ${say(a, 'version')} is outside of what TensorRT imports by its documentation (${say(a, 'oldest')} to ${say(a, 'newest')}).`,
  TENSORRT_PROFILE: (a) => profileText(a),
  OPENVINO_OPERATOR: (a) => `OpenVINO cannot convert ${say(a, 'operator')}: ${nodesOf(a)}.`,
  OPENVINO_LIMIT: (a) => `OpenVINO converts ${limitOf(a)}.`,
  OPENVINO_TYPE: (a) => `OpenVINO has no type ${say(a, 'dataType')}: ${nodesOf(a)} of ${say(a, 'operator')}.`,
  TRITON_TAG_UNKNOWN: (a) =>
    `Triton ${say(a, 'tritonTag')} is older than the releases that nimify knows; set service.tritonTag to a newer one.`,
  TRITON_OPSET_TOO_NEW: (a) =>
    `Triton ${say(a, 'tritonTag', '')} reads opset ${say(a, 'supported')} of ${say(a, 'domain', 'ai.onnx')} at most${phrase(a, 'onnxRuntime', ' (ONNX Runtime %)')}; this model has ${say(a, 'version')}.`,
  TRITON_OPTIONAL_INPUTS: (a) =>
    `${upper(count(a, 'count', 'weight'))} can be sent as optional inputs, which Triton only has without batching (max_batch_size 0).`,
  DATA_RANDOM: () =>
    'The samples are random noise: figures of accuracy prove nothing. Give real samples with --data PATH.',
  DATA_FEW_SAMPLES: (a) =>
    `Only ${count(a, 'samples', 'sample')}${phrase(a, 'enough', '; % or more are advised')}: the figures are rough.`,
  DATA_SHARED: (a) =>
    `Calibration and evaluation use the same ${count(a, 'samples', 'sample')}, ${SHARED_WHY.get(String(a.why)) ?? SHARED_WHY.get('few')}`,
  DATA_DUPLICATES: (a) =>
    `${upper(count(a, 'samples', 'sample'))} left out of the evaluation: calibration has equal ones.`,
  METHOD_SKIPPED: (a) =>
    `${say(a, 'method', 'A method')} was not tried: ${sentence(say(a, 'reason', 'it does not apply'))}`,
  METHOD_FAILED: (a) => `${say(a, 'method', 'A method')} failed: ${sentence(say(a, 'reason'))}`,
  WEIGHT_CLAMPED: (a) =>
    `${say(a, 'tensor', 'A weight')} has ${count(a, 'overflow', 'value')} beyond ±${say(a, 'limit')}, which is the largest number of ${say(a, 'type', 'its new type')}${a.underflow ? `, and ${count(a, 'underflow', 'value')} too near to zero` : ''}; they became the nearest that it has.`,
  WEIGHTS_NEAR_ZERO: (a) =>
    `${upper(count(a, 'values', 'value'))} of ${count(a, 'count', 'weight')} (${say(a, 'tensors')}) are nearer to zero than ${say(a, 'type', 'the new type')} can be; they became its smallest number of the same sign.`,
  CANDIDATE_REJECTED: (a) =>
    `${say(a, 'method', 'A candidate')} is rejected: ${sentence(say(a, 'reason', 'it is not within the budget'))}`,
  QUANTIZATION_DOES_NOT_PAY: (a) => sentence(`Quantizing does not pay for this model${phrase(a, 'reason', ': %')}`),
  SLO_NOT_MET: (a) =>
    `No way to run the model answers within ${say(a, 'latencyMs')} ms: the quickest, batches of ${say(a, 'batchSize')}, may take ${say(a, 'worstMs')} ms (${say(a, 'hardware')}).`,
  BUDGET_NOT_MET: (a) =>
    `No candidate holds the budget and pays, so that the original is served${a.reason ? `: ${say(a, 'reason')}` : ''}.`,
  NOT_MEASURED: () => 'Nothing was measured: whether the result answers as the original does is not known.',
  OUTPUT_NOT_FINITE: (a) =>
    `${say(a, 'output', 'An output')} has ${count(a, 'values', 'value')} of NaN or infinity where the original is finite.`,
  OUTPUT_SHAPE_DIFFERS: (a) =>
    `${say(a, 'output', 'An output')} has another shape than in the original for ${say(a, 'differing', 'some')} of ${count(a, 'samples', 'sample')}.`,
  ARTIFACT_MISSING: (a) => `${say(a, 'file', 'A file')} is missing${phrase(a, 'artifact', ' (%)')}.`,
  ARTIFACT_KEPT: (a) =>
    `${say(a, 'file', 'A file')} was edited and stays as it is${phrase(a, 'artifact', ' (%)')}; --overwrite replaces it.`,
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
  SECRET_IN_FILE: (a) =>
    `${phrase(a, 'file', '%: ')}this looks like ${say(a, 'kind')}. Revoke it, and take it from the environment or a Kubernetes Secret.`,
  SCAN_RULE: (a) => `${phrase(a, 'file', '%: ')}${say(a, 'message', 'A rule of the scanner applies.')}`,
  NODE_TOO_OLD: (a) => `Node ${say(a, 'found')} is too old; nimify needs ${say(a, 'needed')} or newer.`,
  RUNTIME_MISSING: (a) => `${say(a, 'reason', 'onnxruntime-node cannot be loaded.')}${phrase(a, 'hint', ' %')}`,
  RUNTIME_PROVIDERS: (a) => `${say(a, 'version')} with ${say(a, 'providers')}${cudaHint(a)}`,
  SQLITE_MISSING: (a) => `${say(a, 'reason', 'better-sqlite3 cannot be loaded.')}${phrase(a, 'hint', ' %')}`,
  SQLITE_TOO_OLD: (a) =>
    `SQLite ${say(a, 'found')} may damage the catalog when processes write at once; ${say(a, 'needed')} or newer is needed: npm install better-sqlite3`,
  CATALOG_DAMAGED: (a) => sentence(`Damage in ${catalogPart(a)}: ${say(a, 'reason')}`),
  CATALOG_UNUSABLE: (a) => `The catalog cannot be used: ${sentence(say(a, 'reason'))}${phrase(a, 'hint', ' %')}`,
  DATA_FOLDER_UNWRITABLE: (a) =>
    `${say(a, 'folder', 'The data folder')} cannot be written (${say(a, 'reason')}); set NIMIFY_HOME to a folder of yours.`,
  DISK_LOW: (a) =>
    `${upper(bytes(a, 'freeBytes'))} is free in ${say(a, 'folder', 'the data folder')}; ${bytes(a, 'neededBytes')} are advised.`,
  TOOL_FOUND: (a) => `${say(a, 'version', 'found')}, for ${say(a, 'purpose', 'later steps')}`,
  TOOL_NOT_FOUND: (a) => `not found${phrase(a, 'reason', ' (%)')}; only needed for ${say(a, 'purpose', 'later steps')}`,
  CHECK_OK: (a) => say(a, 'detail', 'in order'),
};

/** Behind "cannot import OPERATOR". */
const QUANTIZATION_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['arithmetic', '(it imports pairs of QuantizeLinear and DequantizeLinear instead)'],
  ['unsigned', 'of unsigned types (signed ones with zero point 0 are imported)'],
  ['bias', 'of an int32 bias (leave biases float)'],
  ['zero-point', 'with a zero point other than 0 (quantize symmetrically)'],
]);

/** "float16 (input 0) of Conv", "opset 22 of RoiAlign", "Optional". */
function kernelOf(args: Args): string {
  const operator = say(args, 'operator');
  if (args.reason === 'type') return `${say(args, 'dataType')} (${say(args, 'slot')}) of ${operator}`;
  if (args.reason === 'version') return `${operator} in opset ${say(args, 'opset')}`;
  return args.reason === 'attribute' ? `${operator} with this ${say(args, 'attribute')}` : operator;
}

/** "Resize only with mode nearest, not cubic: 1 node (up)". */
function limitOf(args: Args): string {
  const allowed = `${say(args, 'operator')} only with ${say(args, 'what')} ${say(args, 'allowed')}`;
  return `${allowed}, not ${say(args, 'found')}: ${nodesOf(args)}`;
}

/** "12 nodes (Conv_1, Conv_2, Conv_3 …)". */
function nodesOf(args: Args): string {
  const names = Array.isArray(args.nodes) ? args.nodes : [];
  const more = typeof args.count === 'number' && args.count > names.length ? ' …' : '';
  return `${count(args, 'count', 'node')}${names.length === 0 ? '' : ` (${names.join(', ')}${more})`}`;
}

/** Flags to copy. */
function profileText(args: Args): string {
  if (args.missing !== undefined) {
    return `TensorRT needs a range for every open dimension; give the usual sizes of ${say(args, 'missing')} with --bind to get a profile.`;
  }
  const shapes = ['min', 'opt', 'max'].map((end) => [end, say(args, `${end}Shapes`)] as const);
  const trtexec = shapes.map(([end, text]) => `--${end}Shapes=${text}`).join(' ');
  const options = shapes.map(([end, text]) => `trt_profile_${end}_shapes=${text}`).join(' ');
  const assumed = Array.isArray(args.assumed) && args.assumed.length > 0 ? ` (${say(args, 'assumed')} assumed)` : '';
  return `A profile for TensorRT${assumed}: trtexec ${trtexec}; in ONNX Runtime ${options}`;
}

const CATALOG_PARTS: ReadonlyMap<string, string> = new Map([
  ['database', 'the database of the catalog'],
  ['rows', 'the records of the catalog'],
  ['search', 'the search index of the catalog'],
  ['audit', 'the log of the catalog'],
  ['calibration', 'the kept calibrations of the catalog'],
  ['blob', 'a stored file of the catalog'],
]);

function catalogPart(args: Args): string {
  return CATALOG_PARTS.get(say(args, 'part')) ?? 'the catalog';
}

/** CUDA is not part of the package; its own installer fetches it on request. */
function cudaHint({ providers }: Args): string {
  if (!Array.isArray(providers) || providers.includes('cuda')) return '';
  return '; for CUDA run: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12';
}

/** A command line to copy: every open dim gets size 1. */
function bindHint(args: Args): string {
  const names = args.bind;
  if (!Array.isArray(names) || names.length === 0) return 'Give data, or sizes with --bind.';
  return `Give data, or sizes: --bind ${names.map((name) => `${name}=1`).join(',')}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
