/** Chat templates, in files of their own and inside of configurations. */

import { utf8 } from '../../source.ts';
import { suspicions } from '../../template/suspicion.ts';
import type { FileCheck, FileContext } from '../check.ts';

export const template: FileCheck = {
  rules: ['chat-template', 'chat-template-code', 'scan-limit'],
  run(context) {
    const { source, limits } = context;
    if (source.sizeBytes > limits.maxTextBytes) {
      context.report('scan-limit', { what: `Only the first ${limits.maxTextBytes} bytes of templates are read.` });
    }
    checkTemplate(context, utf8(source.read(0, Math.min(source.sizeBytes, limits.maxTextBytes))), '');
  },
};

export function checkTemplate(context: FileContext, text: string, name: string, where?: string): void {
  const shown = name === '' ? '' : ` ${name}`;
  context.report('chat-template', { name: shown, length: text.length }, where);
  for (const { what, severity } of suspicions(text)) {
    context.report('chat-template-code', { name: shown, what }, where, severity);
  }
}
