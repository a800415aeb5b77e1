/** The facts in the words and figures of README.md. */
import { batching } from '../batching.ts';
import { EXIT_TIMEOUT_SECONDS, SHARED_MEMORY_MIB, startupSeconds } from '../capacity.ts';
import { curlInfer } from '../example-request.ts';
import { GRAFANA_PORT } from '../images.ts';
import { imageReference, serverUrl } from '../layout.ts';
import { exampleSequence, type Role, servedTensors } from '../served-tensors.ts';
import { servedPorts } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { literal } from '../tensor-table.ts';
import { requestTensor } from '../tensors.ts';
import { measuredText } from './measured.ts';

/** A table of 300 tensors is read by nobody; openapi.json has them all. */
const MAX_LISTED_TENSORS = 20;

export function readmeData(facts: ServiceFacts): Record<string, unknown> {
  const { model, serving } = facts;
  return {
    name: facts.name,
    about: about(facts),
    nimifyVersion: facts.nimifyVersion,
    opset: model.opset,
    irVersion: model.irVersion,
    precision: model.precision,
    method: model.method,
    size: bytes(model.sizeBytes),
    sha256: model.sha256,
    sourceSha256: facts.sourceSha256,
    server: server(facts),
    resources: resources(facts),
    objective: objective(facts),
    tensors: tensorList(facts),
    preparation: preparation(facts),
    measured: measuredText(facts),
    url: serverUrl(facts),
    httpPort: serving.httpPort,
    metricsPort: serving.metricsPort,
    servePorts: servePorts(facts),
    grafanaPort: GRAFANA_PORT,
    image: imageReference(facts),
    // The other profiles install packages.
    buildFlags: serving.imageProfile === 'standard' ? ' --network none' : '',
    // A release may not begin with a digit everywhere, a namespace may not be a number.
    release: /^[a-z]/.test(facts.name) ? facts.name.slice(0, 53).replace(/-+$/, '') : `m-${facts.name}`.slice(0, 53),
    helmTimeout: `${Math.ceil((startupSeconds(facts) * serving.replicas) / 60) + 10}m`,
    curlInfer: curlInfer(facts),
    typescript: typescript(facts),
    dockerRun: dockerRun(facts),
  };
}

/** nimify serve listens where Triton does by default, whatever the ports of the service are. */
function servePorts({ serving }: ServiceFacts): string {
  const port = serving.httpPort === 8000 ? '' : ` --port ${serving.httpPort}`;
  return serving.metricsPort === 8002 ? port : `${port} --metrics-port ${serving.metricsPort}`;
}

function about(facts: ServiceFacts): string {
  const [inputs, outputs] = [servedTensors(facts, 'inputs').length, servedTensors(facts, 'outputs').length];
  return `An inference service: ${plural(inputs, 'input')}, ${plural(outputs, 'output')}, over the Open Inference Protocol V2 (${hasGrpc(facts) ? 'HTTP and gRPC' : 'HTTP'}).`;
}

function server(facts: ServiceFacts): string {
  const { imageProfile, tritonTag, instanceCount } = facts.serving;
  if (imageProfile === 'node') return 'nimify serve, in an image of Node';
  return `Triton ${tritonTag}, ${plural(instanceCount, 'instance')}, ${batchingWords(facts)}`;
}

function batchingWords(facts: ServiceFacts): string {
  const { maxBatchSize, blockedBy } = batching(facts);
  if (blockedBy !== null) return 'no batching across requests';
  return `batches of up to ${maxBatchSize}, which wait at most ${facts.serving.maxQueueDelayUs} µs`;
}

function resources({ serving }: ServiceFacts): string {
  const gpus = serving.gpus > 0 ? `, ${plural(serving.gpus, 'GPU')}` : '';
  return `${plural(serving.cpuCores, 'CPU core')}, ${serving.memoryMiB} MiB${gpus}; ${plural(serving.replicas, 'replica')}`;
}

function objective({ slo }: ServiceFacts): string {
  const percent = (ratio: number): string => `${Number((100 * ratio).toPrecision(8))} %`;
  const { latencyMs, availabilityRatio, latencyRatio } = slo;
  return `${percent(availabilityRatio)} of requests answered, ${percent(latencyRatio ?? availabilityRatio)} within ${latencyMs} ms`;
}

function tensorList(facts: ServiceFacts): string {
  const rows = (['inputs', 'outputs'] as const).flatMap((role) => rowsOf(facts, role));
  return ['| | Name | Type | Shape |', '|---|---|---|---|', ...rows].join('\n');
}

function rowsOf(facts: ServiceFacts, role: Role): string[] {
  const tensors = servedTensors(facts, role);
  const title = role === 'inputs' ? 'input' : 'output';
  const rows = tensors.slice(0, MAX_LISTED_TENSORS).map((tensor) => {
    const { name, datatype, shape } = requestTensor(tensor, facts);
    const sizes = tensor.shape === null ? 'any' : `[${shape.join(', ')}]`;
    return `| ${title} | ${code(literal(name))} | ${datatype} | ${sizes} |`;
  });
  const left = tensors.length - rows.length;
  return left > 0 ? [...rows, `| ${title} | and ${left} more, see openapi.json | | |`] : rows;
}

/** Code in a cell of a table: behind a fence that the text does not have, and without bars that end the cell. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${text.replaceAll('|', '\\|')}${space}${fence}`;
}

const SEQUENCE =
  'The model keeps state, and Triton keeps it for the client: every request has the parameters `sequence_id` (of its sequence),\n' +
  '`sequence_start` and `sequence_end`. `nimify serve` has no sequences: there the states are tensors of the request.';

function preparation(facts: ServiceFacts): string {
  if (exampleSequence(facts) !== null) return [...preprocessingWords(facts), SEQUENCE].join('\n\n');
  const states = facts.model.states.map(
    ({ input, output }) =>
      `The model keeps state between requests: send zeros as ${code(literal(input))} first, then what came back as ${code(literal(output))}.`,
  );
  return [...preprocessingWords(facts), ...states].join('\n\n');
}

function preprocessingWords({ preprocessing }: ServiceFacts): string[] {
  if (preprocessing === null) return [];
  if (preprocessing.kind === 'text') {
    const limit = preprocessing.maxTokens === null ? '' : `, at most ${preprocessing.maxTokens} tokens`;
    return [`Texts are split by the tokenizer of the model before they are sent${limit}.`];
  }
  const { input, layout, height, width, channels, mean, std } = preprocessing;
  const order = { rgb: 'red, green, blue', bgr: 'blue, green, red', gray: 'gray' }[channels];
  const axes = layout === 'nchw' ? 'channels before rows' : 'channels last';
  return [
    `${code(literal(input))} takes an image of ${width} × ${height} pixels, ${order}, ${axes}; from each value (0–255) ` +
      `${mean.join(', ')} is subtracted and the rest divided by ${std.join(', ')}.`,
  ];
}

/** The parts of the example in TypeScript that depend on the model. */
function typescript(facts: ServiceFacts): Record<string, string> {
  const [output] = servedTensors(facts, 'outputs');
  const isSequence = exampleSequence(facts) !== null;
  return {
    imports: isSequence ? 'Client, EXAMPLE_PARAMETERS, exampleInputs' : 'Client, exampleInputs',
    arguments: isSequence ? 'exampleInputs(), { parameters: EXAMPLE_PARAMETERS }' : 'exampleInputs()',
    output: literal(output?.name ?? ''),
  };
}

/** The embedded server of the Node image speaks HTTP alone. */
function hasGrpc({ serving }: ServiceFacts): boolean {
  return serving.imageProfile !== 'node';
}

/** The same hardening as in compose.yaml and in the chart. */
function dockerRun(facts: ServiceFacts): string {
  const { gpus, cpuCores, memoryMiB } = facts.serving;
  const options = [
    `--rm --name ${facts.name}`,
    '--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --user 1000:1000',
    `--cpus ${cpuCores} --memory ${memoryMiB}m --shm-size ${SHARED_MEMORY_MIB}m --stop-timeout ${EXIT_TIMEOUT_SECONDS + 10}`,
    ...(gpus > 0 ? [`--gpus ${gpus}`] : []),
    servedPorts(facts)
      .map((port) => `--publish 127.0.0.1:${port}:${port}`)
      .join(' '),
  ];
  return `docker run ${options.join(' \\\n  ')} \\\n  ${imageReference(facts)}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${Number((count / 1024 ** power).toFixed(1))} ${units[power]}`;
}
