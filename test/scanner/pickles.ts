/** Pickles by hand, operation by operation, as pickletools would list them. */

type Part = Uint8Array | string;

const bytes = (...parts: Part[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1')));
const u32 = (value: number): Uint8Array => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};

export const proto = (version: number): Uint8Array => Uint8Array.of(0x80, version);
/** `c`: module and name in plain lines. */
export const global = (module: string, name: string): Uint8Array => bytes(`c${module}\n${name}\n`);
/** SHORT_BINUNICODE */
export const text = (value: string): Uint8Array => bytes(Uint8Array.of(0x8c, value.length), value);
/** BINBYTES */
export const blob = (value: Uint8Array): Uint8Array => bytes('B', u32(value.length), value);
export const STACK_GLOBAL = Uint8Array.of(0x93);
export const MEMOIZE = Uint8Array.of(0x94);
/** One argument, then a call. */
export const reduce = (argument: Uint8Array): Uint8Array => bytes(argument, Uint8Array.of(0x85), 'R');
export const STOP = bytes('.');

export const pickle = (...parts: Part[]): Uint8Array => bytes(...parts);

/** `os.system('id')` in protocol 0, as the textbook has it. */
export const SYSTEM_0 = bytes("cos\nsystem\n(S'id'\ntR.");
/** The same in protocol 4, where module and name are texts on the stack. */
export const SYSTEM_4 = pickle(proto(4), text('posix'), text('system'), STACK_GLOBAL, reduce(text('id')), STOP);
/** An empty OrderedDict. */
export const HARMLESS = pickle(proto(2), global('collections', 'OrderedDict'), ')R.');
/** The integer by which torch.load knows files that are not archives, then its protocol and the facts of the machine. */
export const TORCH_HEAD = pickle(
  proto(2),
  Uint8Array.of(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19),
  '.',
  proto(2),
  'M',
  Uint8Array.of(0xe9, 0x03),
  '.',
  proto(2),
  '}.',
);
