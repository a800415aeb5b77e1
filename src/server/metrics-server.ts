/** `GET /metrics` on a port of its own. */
import { createServer, type Server } from 'node:http';
import type { Log } from '../base/log.ts';
import type { Metrics } from './metrics.ts';

/** Not listening yet. */
export function makeMetricsServer(metrics: Metrics, log: Log): Server {
  return createServer((request, response) => {
    const send = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    };
    if (request.method !== 'GET') return send(405, 'Method Not Allowed\n');
    if (request.url?.split('?')[0] !== '/metrics') return send(404, 'Not Found\n');
    metrics.text().then(
      (text) => send(200, text),
      (error: unknown) => {
        log.error({ err: error }, 'the metrics cannot be written');
        send(500, 'internal error\n');
      },
    );
  });
}
