/** Images that generated files name, and how a container is asked whether it is ready. */
import type { ServiceFacts } from './service-facts.ts';

/** The image with all backends: the slim ones lack either ONNX Runtime or Triton itself. */
export function baseImage(tritonTag: string): string {
  return `nvcr.io/nvidia/tritonserver:${tritonTag}-py3`;
}

export const PROMETHEUS_IMAGE = 'prom/prometheus:v3.5.0';
export const GRAFANA_IMAGE = 'grafana/grafana:12.1.1';
export const PROMETHEUS_PORT = 9090;
export const GRAFANA_PORT = 3000;

/** The embedded server; a release of Node that is supported for long. */
export const NODE_IMAGE = 'node:22-bookworm-slim';

/** curl comes with the Triton image and not with that of Node. Triton answers 400 until every model is ready. */
export function healthCommand({ serving }: ServiceFacts): string[] {
  const url = `http://127.0.0.1:${serving.httpPort}/v2/health/ready`;
  if (serving.imageProfile !== 'node')
    return ['curl', '--fail', '--silent', '--output', '/dev/null', '--max-time', '4', url];
  // A rejected promise ends Node with 1.
  return ['node', '-e', `fetch('${url}').then(({ ok }) => { if (!ok) throw 'not ready'; })`];
}
