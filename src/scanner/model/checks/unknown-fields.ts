/** Fields that the format does not define: newer than this version of nimify, or a place to hide something. */
import { byteLength } from '../../../onnx/bytes.ts';
import { LAYOUT, type Message } from '../../../onnx/proto.ts';
import type { ModelCheck } from '../check.ts';

/** So much is no forgotten flag any more. */
const SUSPICIOUS_BYTES = 1 << 20;

export const unknownFields: ModelCheck = {
  rules: ['unknown-fields'],
  visit(context) {
    let count = 0;
    let sizeBytes = 0;
    const see = (message: Message): void => {
      for (const { bytes } of message[LAYOUT]?.unknown ?? []) {
        count += 1;
        sizeBytes += byteLength(bytes);
      }
    };
    return {
      graph: see,
      fn: see,
      node: see,
      attribute: see,
      tensor: see,
      sparse: see,
      end() {
        see(context.model.proto);
        const severity = sizeBytes > SUSPICIOUS_BYTES ? 'warning' : undefined;
        if (count > 0) context.report('unknown-fields', { count, sizeBytes }, undefined, severity);
      },
    };
  },
};
