/** The REST routes of the V2 protocol, as a table. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { modelConfiguration, modelMetadata, modelStatistics, repositoryIndex, serverMetadata } from './documents.ts';
import type { HostedModel } from './hosted-model.ts';
import { parseInferRequest } from './infer-request.ts';
import { encodeResponse } from './infer-response.ts';
import { isObject, member } from './json-access.ts';
import type { Models } from './models.ts';
import { prepareRequest } from './prepare.ts';
import { invalid } from './protocol-error.ts';
import { decompress, HEADER_SIZE, headerSizeOf } from './request-body.ts';
import { parseRequestJson } from './request-json.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Sends the reply, or returns what becomes the JSON of a 200. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply, models: Models) => unknown;
}

export const ROUTES: readonly Route[] = [
  { method: 'GET', url: '/v2', handle: serverMetadata },
  { method: 'GET', url: '/v2/health/live', handle: () => ({ live: true }) },
  { method: 'GET', url: '/v2/health/ready', handle: (_request, reply, models) => ready(reply, models.areReady) },
  { method: 'GET', url: '/v2/models/stats', handle: (_request, _reply, models) => modelStatistics(models.all) },
  { method: 'POST', url: '/v2/repository/index', handle: index },
  ...forModel('GET', '', modelMetadata),
  ...forModel('GET', '/config', modelConfiguration),
  ...forModel('GET', '/stats', (model) => modelStatistics([model])),
  ...forModel('POST', '/infer', infer),
  ...bothPaths('/ready').map((url): Route => ({ method: 'GET', url, handle: modelReady })),
];

function bothPaths(rest: string): string[] {
  return [`/v2/models/:model${rest}`, `/v2/models/:model/versions/:version(^\\d+$)${rest}`];
}

function forModel(
  method: Route['method'],
  rest: string,
  handle: (model: HostedModel, request: FastifyRequest, reply: FastifyReply) => unknown,
): Route[] {
  return bothPaths(rest).map((url) => ({
    method,
    url,
    handle: (request, reply, models) => {
      const { model, version } = request.params as ModelPath;
      return handle(models.get(model, version), request, reply);
    },
  }));
}

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

/** Triton answers 400, not 503, when something is not ready. */
function ready(reply: FastifyReply, isReady: boolean): object {
  reply.code(isReady ? 200 : 400);
  return { ready: isReady };
}

function modelReady(request: FastifyRequest, _reply: FastifyReply, models: Models): object {
  const { model, version } = request.params as ModelPath;
  if (models.find(model, version)?.state !== 'READY') throw invalid('Model version not ready');
  return { name: model, ready: true };
}

function index(request: FastifyRequest, _reply: FastifyReply, models: Models): object {
  const body = bodyOf(request);
  const json = body.length === 0 ? {} : parseRequestJson(body);
  return repositoryIndex(models.all, isObject(json) && member(json, 'ready') === true);
}

async function infer(model: HostedModel, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { name, version, maxBatchSize } = model.served;
  const { signature } = model;
  const body = await decompress(bodyOf(request), request.headers['content-encoding']?.trim().toLowerCase());
  const headerSize = headerSizeOf(request.headers[HEADER_SIZE] as string | undefined, body.length);
  const parsed = parseInferRequest(body, headerSize, name);
  const { feeds, outputs, batchSize } = prepareRequest(parsed, { ...signature, name, maxBatchSize });
  const facts = { id: parsed.id, model: name, version, isBatched: maxBatchSize > 0, outputs };
  const { bytes, headerSizeBytes } = await model.infer({
    feeds,
    outputNames: outputs.map((output) => output.name),
    batchSize,
    isCanceled: () => request.socket.destroyed,
    respond: (tensors) => encodeResponse(facts, tensors),
  });
  if (headerSizeBytes === undefined) return reply.header('content-type', 'application/json').send(bytes);
  reply.header('content-type', 'application/octet-stream').header('Inference-Header-Content-Length', headerSizeBytes);
  return reply.send(bytes);
}

/** Every body arrives as bytes, whatever its content type: Triton does not look at it either. */
function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
