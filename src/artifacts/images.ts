/** Images that generated files name, and how a container is asked whether it is ready. */

/** The image with all backends: the slim ones lack either ONNX Runtime or Triton itself. */
export function baseImage(tritonTag: string): string {
  return `nvcr.io/nvidia/tritonserver:${tritonTag}-py3`;
}

export const PROMETHEUS_IMAGE = 'prom/prometheus:v3.5.0';
export const GRAFANA_IMAGE = 'grafana/grafana:12.1.1';
export const PROMETHEUS_PORT = 9090;
export const GRAFANA_PORT = 3000;

/** curl comes with the Triton image. Triton answers 400 until every model is ready. */
export function healthCommand(httpPort: number): string[] {
  const url = `http://127.0.0.1:${httpPort}/v2/health/ready`;
  return ['curl', '--fail', '--silent', '--output', '/dev/null', '--max-time', '4', url];
}
