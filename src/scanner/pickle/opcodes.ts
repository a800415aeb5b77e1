/** The operations of pickles, protocols 0 to 5. Source: Lib/pickletools.py of CPython 3.14. */

/** How the argument behind an operation is written. */
type Argument =
  | 'none'
  | 'line'
  | 'two-lines'
  | 'u8'
  | 'u16'
  | 'i32'
  | 'u64'
  | 'f64'
  /** Counted bytes: the width of the count. */
  | 'bytes1'
  | 'bytes4'
  | 'bytes8';

/** What it does to the stack, as far as names of globals are concerned. */
type Effect =
  /** Takes `takes` values and puts `puts` opaque ones. */
  | 'plain'
  /** Puts a text that may become the name of a global. */
  | 'text'
  | 'mark'
  /** Takes everything down to the last mark. */
  | 'to-mark'
  | 'duplicate'
  | 'put'
  | 'get'
  | 'memoize'
  /** Imports the name in its argument, or the two texts on the stack. */
  | 'global'
  | 'instance'
  | 'stack-global'
  | 'extension'
  | 'stop';

export interface Operation {
  readonly name: string;
  readonly argument: Argument;
  readonly effect: Effect;
  readonly takes: number;
  readonly puts: number;
}

const TABLE: Record<number, Operation> = {};

function add(
  code: number | string,
  name: string,
  argument: Argument,
  takes = 0,
  puts = 0,
  effect: Effect = 'plain',
): void {
  TABLE[typeof code === 'string' ? code.charCodeAt(0) : code] = { name, argument, effect, takes, puts };
}

add('(', 'MARK', 'none', 0, 0, 'mark');
add('.', 'STOP', 'none', 1, 0, 'stop');
add('0', 'POP', 'none', 1);
add('1', 'POP_MARK', 'none', 0, 0, 'to-mark');
add('2', 'DUP', 'none', 0, 0, 'duplicate');
add('F', 'FLOAT', 'line', 0, 1);
add('G', 'BINFLOAT', 'f64', 0, 1);
add('I', 'INT', 'line', 0, 1);
add('J', 'BININT', 'i32', 0, 1);
add('K', 'BININT1', 'u8', 0, 1);
add('L', 'LONG', 'line', 0, 1);
add('M', 'BININT2', 'u16', 0, 1);
add('N', 'NONE', 'none', 0, 1);
add('P', 'PERSID', 'line', 0, 1);
add('Q', 'BINPERSID', 'none', 1, 1);
add('R', 'REDUCE', 'none', 2, 1);
add('S', 'STRING', 'line', 0, 1, 'text');
add('T', 'BINSTRING', 'bytes4', 0, 1, 'text');
add('U', 'SHORT_BINSTRING', 'bytes1', 0, 1, 'text');
add('V', 'UNICODE', 'line', 0, 1, 'text');
add('X', 'BINUNICODE', 'bytes4', 0, 1, 'text');
add('a', 'APPEND', 'none', 2, 1);
add('b', 'BUILD', 'none', 2, 1);
add('c', 'GLOBAL', 'two-lines', 0, 1, 'global');
add('d', 'DICT', 'none', 0, 1, 'to-mark');
add('}', 'EMPTY_DICT', 'none', 0, 1);
add('e', 'APPENDS', 'none', 0, 0, 'to-mark');
add('g', 'GET', 'line', 0, 1, 'get');
add('h', 'BINGET', 'u8', 0, 1, 'get');
add('i', 'INST', 'two-lines', 0, 1, 'instance');
add('j', 'LONG_BINGET', 'i32', 0, 1, 'get');
add('l', 'LIST', 'none', 0, 1, 'to-mark');
add(']', 'EMPTY_LIST', 'none', 0, 1);
add('o', 'OBJ', 'none', 0, 1, 'to-mark');
add('p', 'PUT', 'line', 0, 0, 'put');
add('q', 'BINPUT', 'u8', 0, 0, 'put');
add('r', 'LONG_BINPUT', 'i32', 0, 0, 'put');
add('s', 'SETITEM', 'none', 3, 1);
add('t', 'TUPLE', 'none', 0, 1, 'to-mark');
add(')', 'EMPTY_TUPLE', 'none', 0, 1);
add('u', 'SETITEMS', 'none', 0, 0, 'to-mark');
add('B', 'BINBYTES', 'bytes4', 0, 1, 'text');
add('C', 'SHORT_BINBYTES', 'bytes1', 0, 1, 'text');
add(0x80, 'PROTO', 'u8');
add(0x81, 'NEWOBJ', 'none', 2, 1);
add(0x82, 'EXT1', 'u8', 0, 1, 'extension');
add(0x83, 'EXT2', 'u16', 0, 1, 'extension');
add(0x84, 'EXT4', 'i32', 0, 1, 'extension');
add(0x85, 'TUPLE1', 'none', 1, 1);
add(0x86, 'TUPLE2', 'none', 2, 1);
add(0x87, 'TUPLE3', 'none', 3, 1);
add(0x88, 'NEWTRUE', 'none', 0, 1);
add(0x89, 'NEWFALSE', 'none', 0, 1);
add(0x8a, 'LONG1', 'bytes1', 0, 1);
add(0x8b, 'LONG4', 'bytes4', 0, 1);
add(0x8c, 'SHORT_BINUNICODE', 'bytes1', 0, 1, 'text');
add(0x8d, 'BINUNICODE8', 'bytes8', 0, 1, 'text');
add(0x8e, 'BINBYTES8', 'bytes8', 0, 1, 'text');
add(0x8f, 'EMPTY_SET', 'none', 0, 1);
add(0x90, 'ADDITEMS', 'none', 0, 0, 'to-mark');
add(0x91, 'FROZENSET', 'none', 0, 1, 'to-mark');
add(0x92, 'NEWOBJ_EX', 'none', 3, 1);
add(0x93, 'STACK_GLOBAL', 'none', 2, 1, 'stack-global');
add(0x94, 'MEMOIZE', 'none', 0, 0, 'memoize');
add(0x95, 'FRAME', 'u64');
add(0x96, 'BYTEARRAY8', 'bytes8', 0, 1, 'text');
add(0x97, 'NEXT_BUFFER', 'none', 0, 1);
add(0x98, 'READONLY_BUFFER', 'none', 1, 1);

/** By the byte of the operation. */
export const OPERATIONS: readonly (Operation | undefined)[] = Array.from({ length: 256 }, (_, code) => TABLE[code]);
