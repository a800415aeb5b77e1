/** Who keeps the server from closing: clients that say nothing, or that never end their request, may not. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** What is still being received when the server closes has this long to arrive. */
const RECEIVE_GRACE_MS = 5000;

/**
 * Closing lets requests that are whole be answered. Connections without a request end at once, and those whose request
 * is still arriving after a grace: Node would wait for all of them, without limit.
 */
export function closeConnections(app: FastifyInstance, graceMs = RECEIVE_GRACE_MS): void {
  /** Open connections, and how far the request of each has come. */
  const states = new Map<Socket, 'idle' | 'receiving' | 'answering'>();
  const end = (state: 'idle' | 'receiving'): void => {
    for (const [socket, current] of states) if (current === state) socket.destroy();
  };
  let isClosing = false;

  app.server.on('connection', (socket: Socket) => {
    states.set(socket, 'idle');
    socket.once('close', () => states.delete(socket));
  });
  app.addHook('onRequest', (request, _reply, done) => {
    states.set(request.raw.socket, 'receiving');
    done();
  });
  app.addHook('preHandler', (request, _reply, done) => {
    states.set(request.raw.socket, 'answering');
    done();
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (states.has(request.raw.socket)) states.set(request.raw.socket, 'idle');
    done();
  });
  // An answer given while the server closes is the last one of its connection.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  app.addHook('preClose', (done) => {
    isClosing = true;
    end('idle');
    setTimeout(() => end('receiving'), graceMs).unref();
    done();
  });
}
