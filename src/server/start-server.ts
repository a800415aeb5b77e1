/** The embedded inference server: V2 REST on one port, Prometheus metrics on another. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { GuardLimits } from '../runtime/isolated/guard.ts';
import { HostedModel } from './hosted-model.ts';
import { makeHttpApp } from './http-app.ts';
import { bind, listening } from './listen.ts';
import { makeMetrics } from './metrics.ts';
import { makeMetricsServer } from './metrics-server.ts';
import { Models } from './models.ts';
import type { ServedModel } from './served-model.ts';

export interface ServerOptions {
  /** From readRepository. */
  readonly models: readonly ServedModel[];
  /** Address to listen on; 127.0.0.1 unless others may reach the server. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly httpPort: number;
  /** 0 takes a free port. */
  readonly metricsPort: number;
  /** Threads of ONNX Runtime per model; 0: one per core. */
  readonly threads: number;
  /** For models that are not trusted: each runs in a process of its own, under these limits. */
  readonly guard?: Omit<GuardLimits, 'signal'>;
  readonly log: Log;
  readonly clock: Clock;
  /** Closes the server like close(). */
  readonly signal?: AbortSignal;
  /** The script of the thread of a model, for another runtime than the built-in one. */
  readonly workerEntry?: URL;
}

export interface RunningServer {
  /** Without a slash at the end. */
  readonly httpUrl: string;
  /** The document itself: ends in `/metrics`. */
  readonly metricsUrl: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  /** Takes no more requests, answers those in flight, frees sessions, threads and ports. May be called twice. */
  close(): Promise<void>;
  /** Settles when the server has closed, by close() or by the signal. */
  readonly closed: Promise<void>;
}

/**
 * Listens first, so that liveness and a taken port show at once, then loads all models; resolves when all are ready.
 * @throws NimifyError PORT_IN_USE, USAGE (host or port not allowed), MODEL_NOT_SERVABLE, those of openModel and of
 *   openSession; the reason of the signal when it aborts meanwhile. Nothing stays open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, httpPort, metricsPort, log, signal } = options;
  signal?.throwIfAborted();
  const hosted = options.models.map((model) => new HostedModel(model, options));
  const app = await makeHttpApp(new Models(hosted), log);
  const metricsServer = makeMetricsServer(await makeMetrics(hosted), log);
  const { close, closed } = closeOnce(() => closeAll(app, metricsServer, hosted));
  try {
    const httpUrl = await bind({ host, port: httpPort, flag: '--port' }, async (where) => {
      await app.listen(where);
      return app.server.address() as AddressInfo;
    });
    const metricsBase = await bind({ host, port: metricsPort, flag: '--metrics-port' }, listening(metricsServer));
    await loadAll(hosted);
    signal?.throwIfAborted();
    const onAbort = (): void => {
      close().catch((error: unknown) => log.error({ err: error }, 'the server did not close cleanly'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return {
      httpUrl,
      metricsUrl: `${metricsBase}/metrics`,
      models: options.models.map(({ name, version }) => ({ name, version })),
      close,
      closed,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits for all, so that whatever was loaded can be closed when one failed. */
async function loadAll(hosted: readonly HostedModel[]): Promise<void> {
  const results = await Promise.allSettled(hosted.map((model) => model.load()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Requests first, then sessions: a session must not be released, nor a thread end, while a run is under way. */
async function closeAll(app: FastifyInstance, metricsServer: Server, hosted: readonly HostedModel[]): Promise<void> {
  await app.close();
  await Promise.all(hosted.map((model) => model.close()));
  if (!metricsServer.listening) return;
  await new Promise<void>((resolve) => {
    metricsServer.close(() => resolve());
    metricsServer.closeAllConnections();
  });
}

function closeOnce(work: () => Promise<void>): { close: () => Promise<void>; closed: Promise<void> } {
  let settle = (): void => {};
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= work().finally(settle);
    return closing;
  };
  return { close, closed };
}
