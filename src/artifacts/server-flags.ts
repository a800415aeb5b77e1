/** The command line of tritonserver, as data. */
import { hasLatencyHistogram } from '../runtime/releases/triton.ts';
import { EXIT_TIMEOUT_SECONDS } from './capacity.ts';
import type { ServiceFacts } from './service-facts.ts';
import { largestRequestBytes } from './tensors.ts';
import { hasResponseCache } from './triton/sequence.ts';

const SERVER_PROGRAM = '/opt/tritonserver/bin/tritonserver';
export const HISTOGRAM_FLAG = '--metrics-config=histogram_latencies=true';

/** Triton's own limit of one HTTP request, compressed or not. */
const DEFAULT_MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Flags of tritonserver for a model that is baked into the image and never changes while the server runs. */
export function serverFlags(facts: ServiceFacts): string[] {
  const { httpPort, grpcPort, metricsPort, tritonTag } = facts.serving;
  return [
    '--model-repository=/models',
    '--model-control-mode=none',
    // The configuration is complete: what the server would fill in could only differ from what was checked.
    '--disable-auto-complete-config',
    '--strict-readiness=true',
    `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`,
    `--http-port=${httpPort}`,
    `--grpc-port=${grpcPort}`,
    `--metrics-port=${metricsPort}`,
    ...(hasLatencyHistogram(tritonTag) ? [HISTOGRAM_FLAG] : []),
    ...maxInputFlag(facts),
    ...cacheFlag(facts),
    ...traceFlags(facts),
    '--log-format=ISO8601',
  ];
}

function maxInputFlag(facts: ServiceFacts): string[] {
  const bytes = largestRequestBytes(facts);
  return bytes !== null && bytes > DEFAULT_MAX_INPUT_BYTES ? [`--http-max-input-size=${bytes}`] : [];
}

/** Without a cache on the server Triton refuses a model that asks for one. */
function cacheFlag(facts: ServiceFacts): string[] {
  return hasResponseCache(facts) ? [`--cache-config=local,size=${facts.serving.responseCacheMiB * 1024 * 1024}`] : [];
}

/** One request in so many is traced; requests that carry a traceparent always are. */
const TRACE_RATE = 1000;

/** Triton speaks OTLP over HTTP only, and needs the whole path. */
function traceFlags({ name, serving: { tracingUrl } }: ServiceFacts): string[] {
  if (tracingUrl === null) return [];
  return [
    'mode=opentelemetry',
    'level=TIMESTAMPS',
    `rate=${TRACE_RATE}`,
    'count=-1',
    `opentelemetry,url=${tracingUrl}`,
    `opentelemetry,resource=service.name=${name}`,
  ].map((setting) => `--trace-config=${setting}`);
}

/** What the image starts. */
export function serverCommand(facts: ServiceFacts): string[] {
  return facts.serving.imageProfile === 'node' ? nodeCommand(facts) : [SERVER_PROGRAM, ...serverFlags(facts)];
}

function nodeCommand({ serving }: ServiceFacts): string[] {
  const program = '/opt/nimify/node_modules/nimify/bin/nimify.js';
  const ports = [`--port=${serving.httpPort}`, `--metrics-port=${serving.metricsPort}`];
  return ['node', program, 'serve', '/models', '--host=0.0.0.0', ...ports, '--progress=none'];
}

/** The embedded server speaks no gRPC. */
export function servedPorts({ serving }: ServiceFacts): number[] {
  const { httpPort, grpcPort, metricsPort, imageProfile } = serving;
  return imageProfile === 'node' ? [httpPort, metricsPort] : [httpPort, grpcPort, metricsPort];
}
