/**
 * Names by which a pickle runs code, reaches the machine or loads another pickle. Names that are on no list are refused
 * too; this one is for saying so with certainty. Sources: the CVE history of picklescan, and what the Python library has.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const BUILTINS = words(`
  eval exec execfile compile open file apply __import__ getattr setattr delattr input raw_input reload breakpoint
  map filter globals locals vars type print exit quit help memoryview super
`);
const CALLERS = words('attrgetter methodcaller itemgetter');

/** Module → names. */
export const DANGEROUS_NAMES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['__builtin__', BUILTINS],
  ['builtins', BUILTINS],
  ['operator', CALLERS],
  ['_operator', CALLERS],
  ['functools', words('partial reduce partialmethod')],
  ['torch', words('load compile')],
  ['torch.storage', words('_load_from_bytes')],
  ['torch.serialization', words('load')],
  ['numpy', words('load fromfile memmap loadtxt save savetxt')],
  ['pandas', words('read_pickle eval')],
  ['joblib', words('load')],
]);

/** Modules with all of their names and all modules below them. */
export const DANGEROUS_MODULES: ReadonlySet<string> = words(`
  os posix nt posixpath ntpath subprocess _posixsubprocess _winapi pty commands popen2
  sys runpy importlib imp zipimport pkgutil pip ensurepip venv site sysconfig distutils setuptools
  code codeop bdb pdb trace timeit profile cProfile doctest pydoc unittest idlelib lib2to3 cgitb
  pickle _pickle cPickle dill cloudpickle marshal shelve types ctypes _ctypes cffi inspect gc ast
  socket _socket ssl http httplib urllib urllib2 requests httpx aiohttp ftplib smtplib telnetlib xmlrpc asyncio
  io _io shutil tempfile pathlib glob fileinput linecache logging webbrowser platform signal threading
  multiprocessing concurrent _thread sqlite3 tarfile zipfile atexit weakref contextlib nose IPython jinja2
  torch.hub torch.utils.cpp_extension torch._dynamo torch._inductor torch.fx numpy.testing numpy.f2py
`);
