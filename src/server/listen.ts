/** Ports: taking one, naming it, and saying why it cannot be taken. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSystemError, NimifyError } from '../base/errors.ts';

export interface Endpoint {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The flag that chooses another port. */
  readonly flag: string;
}

/** Anything that can listen: the app of fastify, or a server of Node through `listening`. */
export type Listen = (where: { host: string; port: number }) => Promise<AddressInfo>;

export function listening(server: Server): Listen {
  return (where) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => {
        server.off('error', reject);
        resolve(server.address() as AddressInfo);
      });
    });
}

/** @returns the base URL under which this machine reaches the server. @throws NimifyError PORT_IN_USE, USAGE */
export async function bind({ host, port, flag }: Endpoint, listen: Listen): Promise<string> {
  try {
    return urlOf(await listen({ host, port }));
  } catch (error) {
    throw isSystemError(error) ? refused(error, { host, port, flag }) : error;
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function refused(error: NodeJS.ErrnoException, { host, port, flag }: Endpoint): NimifyError {
  const details = { host, port, systemCode: error.code ?? '' };
  if (error.code === 'EADDRINUSE') {
    return new NimifyError('PORT_IN_USE', `Port ${port} of ${host} is taken by another process.`, {
      hint: `Add ${flag} 0 to take a free port, or name another one.`,
      details,
      cause: error,
    });
  }
  const why = error.code === 'EACCES' ? 'ports below 1024 need more rights' : `the system says ${error.code}`;
  return new NimifyError('USAGE', `Cannot listen on port ${port} of ${host}: ${why}.`, {
    hint: `Choose another address with --host, or another port with ${flag}.`,
    details,
    cause: error,
  });
}
