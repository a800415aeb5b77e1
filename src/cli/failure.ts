/** Every error that reaches the command line becomes a NimifyError with a code. */
import { NimifyError } from '../base/errors.ts';

/**
 * After an abort, whatever broke on the way out counts as the interruption.
 * @param versions what a report of a bug needs
 */
export function toNimifyError(error: unknown, signal: AbortSignal, versions: string): NimifyError {
  if (signal.aborted) {
    return new NimifyError('INTERRUPTED', 'Stopped. Nothing half-written is left.', { cause: error });
  }
  if (error instanceof NimifyError) return error;
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
  return new NimifyError('BUG', `Something happened that nimify did not foresee: ${name}: ${message}`, {
    details: { versions },
    cause: error,
  });
}
