/** What `nimify convert` prints for people. */
import { formatBytes } from '../../base/units.ts';
import type { ConvertResult } from '../../pipeline/requests.ts';
import { facts, headline, page, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { fileText } from './figures.ts';

export function convertReport(style: Style, result: ConvertResult): string {
  const { output, input, files, opset, unusedFiles } = result;
  const [, ...dataFiles] = files;
  return page(
    headline(style, `${output.path} is written.`),
    facts(style, [
      ['From', `${input.path}, ${formatBytes(input.sizeBytes)}`],
      ['Size', fileText(output)],
      ['External', sumText(result.external, input.external)],
      ['Embedded', sumText(result.embedded, input.embedded)],
      ['Opset', opset === null ? undefined : opsetText(opset)],
      ['Cleaned up', cleanUpText(result)],
      ['Not used now', unusedFiles.length === 0 ? undefined : unusedFiles.join(', ')],
    ]),
    dataFiles.length === 0
      ? []
      : [
          title(style, 'Data files'),
          ...table(
            style,
            [
              { title: '', shrink: 'cut' },
              { title: '', align: 'right' },
            ],
            dataFiles.map(({ path, sizeBytes }) => [path, formatBytes(sizeBytes)]),
          ),
        ],
  );
}

function sumText(now: ConvertResult['external'], before: ConvertResult['external']): string | undefined {
  if (now.tensors === 0 && before.tensors === 0) return undefined;
  const tensors = now.tensors === 1 ? '1 tensor' : `${now.tensors} tensors`;
  return `${tensors}, ${formatBytes(now.bytes)} (${before.tensors} before)`;
}

function cleanUpText({ cleanUp }: ConvertResult): string | undefined {
  return cleanUp.length === 0 ? undefined : cleanUp.map(({ count, did }) => `${count} ${did}`).join(', ');
}

function opsetText({ from, to }: NonNullable<ConvertResult['opset']>): string {
  return from === to ? `${to}, as before` : `${from} → ${to}`;
}
