import { resolve } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { Finding } from '../../base/findings.ts';
import { packageVersion } from '../../base/version.ts';
import { writeFileAtomic } from '../../base/write-files.ts';
import type { ScanOutcome } from '../../pipeline/scan.ts';
import { scanReport } from '../../ui/report/scan.ts';
import type { Style } from '../../ui/style.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { envelopeText } from '../envelope.ts';
import { codeOf, failOn } from '../exit-code.ts';
import type { SCAN_FORMATS } from '../flags.ts';

type Format = (typeof SCAN_FORMATS)[number];

/** As a file is read: no colours, no terminal to fit. */
const FILE_STYLE: Style = { columns: 100, isTty: false, hasColour: false, hasUnicode: true };

export async function run(call: Call): Promise<CommandOutcome> {
  const format = (call.text('format') ?? 'text') as Format;
  const output = call.text('output');
  if (format === 'sarif' && output === undefined && call.has('json')) throw conflict();
  const { scan } = await import('../../pipeline/scan.ts');
  const request = { path: resolve(call.io.cwd, call.operand(0)), isDeep: call.has('deep') };
  const { result, findings } = await scan(request, await call.openDeps());
  if (output !== undefined) {
    const text = await document(call, format, result, findings, FILE_STYLE);
    await writeFileAtomic(resolve(call.io.cwd, output), text, { force: call.has('force') });
  }
  const sarif = format === 'sarif' && output === undefined ? await document(call, format, result, findings) : undefined;
  return { result, findings, report: (style) => sarif ?? scanReport(style, result) };
}

async function document(
  call: Call,
  format: Format,
  result: ScanOutcome,
  findings: readonly Finding[],
  style = FILE_STYLE,
): Promise<string> {
  if (format === 'text') return scanReport(style, result);
  if (format === 'json') {
    const isOk = codeOf(findings, failOn(call)) === 0;
    return envelopeText({ command: 'scan', isOk, outcome: { result }, findings });
  }
  const { sarifText } = await import('../../ui/sarif.ts');
  return sarifText(result, { version: packageVersion(), cwd: call.io.cwd });
}

function conflict(): NimifyError {
  return new NimifyError('USAGE', '--json and --format sarif both want standard output.', {
    hint: 'Give the SARIF a file of its own: nimify scan PATH --json --format sarif -o scan.sarif',
  });
}
