/** The HTTP side of the server: routes, limits, and the form of errors. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../base/log.ts';
import { closeConnections } from './connections.ts';
import type { Models } from './models.ts';
import { ProtocolError } from './protocol-error.ts';
import { MAX_BODY_BYTES, tooLarge } from './request-body.ts';
import { ROUTES } from './routes.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
/** Names in URLs; find-my-way refuses longer ones than 100 unless told. */
const MAX_NAME_LENGTH = 1024;
/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 300_000;

/** Not listening yet. */
export async function makeHttpApp(models: Models, log: Log): Promise<FastifyInstance> {
  const { fastify } = await import('fastify');
  const fail = (error: FastifyError | ProtocolError, _request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendError(error, reply, log);
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_NAME_LENGTH },
    frameworkErrors: fail,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler(fail);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Not Found' }));
  closeConnections(app);
  addRoutes(app, models);
  return app;
}

function addRoutes(app: FastifyInstance, models: Models): void {
  for (const { method, url, handle } of ROUTES) {
    app.route({ method, url, handler: async (request, reply) => handle(request, reply, models) });
    app.route({
      method: METHODS.filter((other) => other !== method),
      url,
      handler: async () => {
        throw new ProtocolError('methodNotAllowed', 'Method Not Allowed');
      },
    });
  }
}

function sendError(error: FastifyError | ProtocolError, reply: FastifyReply, log: Log): FastifyReply {
  const known = 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? tooLarge() : error;
  if (known instanceof ProtocolError) {
    if (known.status >= 500) log.warn({ status: known.status, error: known.message }, 'a request failed');
    return reply.code(known.status).headers(known.headers).send({ error: known.message });
  }
  const status = (known as FastifyError).statusCode ?? 500;
  if (status < 500) return reply.code(status).send({ error: known.message });
  log.error({ err: known }, 'a request met a bug');
  return reply.code(500).send({ error: 'internal error' });
}
