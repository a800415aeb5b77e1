/** The door of the command line. Nothing but the version is known here without loading more. */
import type { ExitCode } from '../base/errors.ts';
import { packageVersion } from '../base/version.ts';
import type { ProcessIo } from './process-io.ts';

/**
 * Runs one command. Never throws and never ends the process.
 * @param argv the words behind the name of the program
 */
export async function run(argv: readonly string[], io: ProcessIo): Promise<ExitCode> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    io.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const { dispatch } = await import('./dispatch.ts');
  return dispatch(argv, io);
}
