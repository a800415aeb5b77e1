/** The outside world of one run; `bin/nimify.js` gives that of the process, tests give their own. */
import type { Environment } from '../base/paths.ts';
import type { OutputStream } from '../ui/io.ts';

export interface ProcessIo {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Environment;
  readonly cwd: string;
  readonly homeFolder: string;
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal;
  /** `Node 22.18.0, linux x64`, for reports of bugs. */
  readonly platform: string;
}
