/** Protobuf by hand, for files that no serializer would write. */

export function varint(value: number | bigint, minBytes = 1): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n || bytes.length + 1 < minBytes) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

export const tag = (number: number, wire: number): Buffer => varint(number * 8 + wire);
export const int = (number: number, value: number | bigint, minBytes = 1): Buffer =>
  Buffer.concat([tag(number, 0), varint(value, minBytes)]);
export const fixed32 = (number: number, bits: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(bits);
  return Buffer.concat([tag(number, 5), bytes]);
};
export const delimited = (number: number, ...parts: (Uint8Array | string)[]): Buffer => {
  const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([tag(number, 2), varint(payload.length), payload]);
};

/** opset_import of version 17, then the graph: enough to be taken for a model. */
export const modelWith = (...graphParts: Uint8Array[]): Buffer =>
  Buffer.concat([int(1, 9), delimited(7, ...graphParts), delimited(8, int(2, 17))]);

/** A Constant node with one attribute. */
export const nodeWith = (...attributeParts: Uint8Array[]): Buffer =>
  delimited(1, delimited(4, 'Constant'), delimited(5, ...attributeParts));
