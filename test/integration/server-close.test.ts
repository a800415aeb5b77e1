/** Closing a server whose clients do not behave. Without the care of closeConnections each of these would wait for ever. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { closeConnections } from '../../src/server/connections.ts';

const GRACE_MS = 200;

let app: FastifyInstance;
let port: number;
let release: () => void;
let hasStarted: Promise<void>;
beforeEach(async () => {
  app = fastify({ forceCloseConnections: false });
  closeConnections(app, GRACE_MS);
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  hasStarted = new Promise((started) => {
    app.post('/held', async () => {
      started();
      await held;
      return 'done';
    });
  });
  app.post('/now', async () => 'done');
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as { port: number }).port;
});

const request = (path: string, contentLength: number, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${contentLength}\r\n\r\n${body}`;

interface Client {
  readonly socket: Socket;
  /** All that the server said, once it has closed the connection. */
  readonly answer: Promise<string>;
}

/** Resolves when the server has accepted the connection. */
async function client(words: string): Promise<Client> {
  const accepted = once(app.server, 'connection');
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const answer = new Promise<string>((resolve) => {
    socket.on('error', () => {}).on('close', () => resolve(text));
  });
  await accepted;
  if (words !== '') socket.write(words);
  return { socket, answer };
}

/** Resolves when the server has the head of the request and the first three bytes of its body are on their way. */
async function clientInBody(contentLength: number): Promise<Client> {
  const received = once(app.server, 'request');
  const made = await client(request('/now', contentLength, 'abc'));
  await received;
  return made;
}

describe('closing', () => {
  test.each([
    ['says nothing', ''],
    ['stops in the head of its request', 'POST /no'],
  ])('does not wait for a client that %s', async (_, words) => {
    const { answer } = await client(words);
    await app.close();
    expect(await answer).toBe('');
  });

  test('waits no longer than the grace for a client that stops in the body of its request', async () => {
    const { answer } = await clientInBody(100);
    await app.close();
    expect(await answer).toBe('');
  });

  test('does not wait for a client that keeps its connection after an answer', async () => {
    const { socket, answer } = await client(request('/now', 3, 'abc'));
    await once(socket, 'data');
    await app.close();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('takes what still arrives within the grace', async () => {
    const { socket, answer } = await clientInBody(6);
    const closed = app.close();
    socket.write('def');
    await closed;
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/i);
  });

  test('waits for an answer that takes longer than the grace', async () => {
    const { answer } = await client(request('/held', 3, 'abc'));
    await hasStarted;
    const closed = app.close();
    await new Promise((resolve) => setTimeout(resolve, 2 * GRACE_MS));
    release();
    await closed;
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*done$/);
  });
});
