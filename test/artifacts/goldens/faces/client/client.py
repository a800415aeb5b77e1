#!/usr/bin/env python3
"""Client of the model faces over the Open Inference Protocol V2, as Triton and `nimify serve` speak it.

Needs Python 3.9 and nothing else. NumPy arrays are taken where they are given, and Tensor.numpy() makes them.

    python3 client.py                                an example request, zeros mostly
    python3 client.py --input NAME=values.json       values of one input: nested lists, or .npy with NumPy
    python3 client.py --health | --metadata

    from client import infer
    outputs = infer({...})                           name -> values; outputs[name].data

Values may be nested lists, flat lists (where the shape follows from the model), a pair (shape, flat list), or NumPy
arrays. FP16 and BF16 are Python floats here. Tensors travel as binary data; binary=False sends and asks for JSON.
"""

import argparse
import json
import random
import struct
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

MODEL = "faces"
DEFAULT_URL = "http://localhost:8000"

# Shapes as requests carry them, the batch included; -1: any size. "sample" and "element" (hexadecimal digits of one
# element) make the example.
INPUTS: List[Dict[str, Any]] = [
    { "name": "input", "datatype": "FP32", "shape": [1, 3, 240, 320], "sample": [1, 3, 240, 320], "element": "00000000" },
]

OUTPUTS: List[Dict[str, Any]] = [
    { "name": "scores", "datatype": "FP32", "shape": [1, 4420, 2] },
    { "name": "boxes", "datatype": "FP32", "shape": [1, 4420, 4] },
]

# What the example needs besides its inputs: it is a sequence by itself where the model keeps state.
EXAMPLE_PARAMETERS: Dict[str, Any] = {}

# Datatype of the protocol -> letter of struct and dtype of NumPy.
FORMATS = {
    "BOOL": ("?", "?"), "UINT8": ("B", "u1"), "INT8": ("b", "i1"), "UINT16": ("H", "<u2"), "INT16": ("h", "<i2"),
    "UINT32": ("I", "<u4"), "INT32": ("i", "<i4"), "UINT64": ("Q", "<u8"), "INT64": ("q", "<i8"),
    "FP16": ("e", "<f2"), "FP32": ("f", "<f4"), "FP64": ("d", "<f8"),
}
HALVES = ("FP16", "BF16")


class ServerError(Exception):
    """The server refused or failed: its own message, and the status of HTTP (400 request, 404 model, 503 queue full)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Tensor(NamedTuple):
    name: str
    datatype: str
    shape: Tuple[int, ...]
    data: List[Any]
    """Flat, in row-major order."""

    def numpy(self) -> Any:
        import numpy

        dtype = {"BYTES": "object", "BF16": "<f4"}.get(self.datatype) or FORMATS[self.datatype][1]
        return numpy.array(self.data, dtype=dtype).reshape(self.shape)


def infer(
    inputs: Dict[str, Any],
    outputs: Optional[Sequence[str]] = None,
    *,
    url: str = DEFAULT_URL,
    binary: bool = True,
    timeout_s: float = 30.0,
    retries: int = 3,
    request_id: Optional[str] = None,
    parameters: Optional[Dict[str, Any]] = None,
) -> Dict[str, Tensor]:
    """Runs the model once. timeout_s holds for connecting and for each read; 503 is tried again `retries` times.

    Raises ServerError, ValueError for values that do not fit the model, OSError when nobody answers.
    """
    body, header_size = encode_request(inputs, outputs, binary, request_id, parameters)
    headers = {"Content-Type": "application/json"}
    if header_size is not None:
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(header_size)}
    answer, answer_headers = call(f"/v2/models/{MODEL}/infer", url, body, headers, timeout_s, retries)
    return decode_response(answer, answer_headers.get("Inference-Header-Content-Length"))


def is_ready(url: str = DEFAULT_URL, timeout_s: float = 5.0) -> bool:
    """Whether the model takes requests; False where nobody answers."""
    try:
        call(f"/v2/models/{MODEL}/ready", url, timeout_s=timeout_s, retries=0)
        return True
    except (ServerError, OSError):
        return False


def metadata(url: str = DEFAULT_URL, timeout_s: float = 30.0) -> Dict[str, Any]:
    """Inputs and outputs as the server tells them."""
    return json.loads(call(f"/v2/models/{MODEL}", url, timeout_s=timeout_s)[0])


def example_inputs() -> Dict[str, Any]:
    """Inputs of the right shape, zeros mostly; open dimensions have small sizes."""
    return {
        spec["name"]: (spec["sample"], from_bytes(spec["datatype"], bytes.fromhex(spec["element"]) * product(spec["sample"])))
        for spec in INPUTS
    }


def call(
    path: str,
    url: str,
    body: Optional[bytes] = None,
    headers: Optional[Dict[str, str]] = None,
    timeout_s: float = 30.0,
    retries: int = 3,
) -> Tuple[bytes, Any]:
    request = urllib.request.Request(url.rstrip("/") + path, data=body, headers=headers or {})
    for attempt in range(retries + 1):
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                return response.read(), response.headers
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            if error.code != 503 or attempt == retries:
                raise ServerError(message_of(text, error.code), error.code) from None
        # Doubles up to 2 s, by chance anywhere in the upper half: clients must not come back all at once.
        time.sleep(min(2.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.0))
    raise AssertionError("unreachable")


def message_of(text: str, status: int) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text[:500] or f"HTTP status {status}"


def encode_request(
    inputs: Dict[str, Any],
    outputs: Optional[Sequence[str]],
    binary: bool,
    request_id: Optional[str],
    parameters: Optional[Dict[str, Any]],
) -> Tuple[bytes, Optional[int]]:
    unknown = sorted(set(inputs) - {spec["name"] for spec in INPUTS})
    if unknown:
        raise ValueError(f"the model has no input {unknown[0]!r}")
    tail: List[bytes] = []
    described = [encode_input(spec, inputs, binary, tail) for spec in INPUTS]
    halves = {spec["name"] for spec in OUTPUTS if spec["datatype"] in HALVES}
    wanted = [spec["name"] for spec in OUTPUTS] if outputs is None else list(outputs)
    request: Dict[str, Any] = {
        "inputs": described,
        "outputs": [{"name": name, "parameters": {"binary_data": binary or name in halves}} for name in wanted],
    }
    if request_id is not None:
        request["id"] = request_id
    if parameters:
        request["parameters"] = parameters
    head = json.dumps(request).encode("utf-8")
    return head + b"".join(tail), len(head) if tail else None


def encode_input(spec: Dict[str, Any], inputs: Dict[str, Any], binary: bool, tail: List[bytes]) -> Dict[str, Any]:
    name, datatype = spec["name"], spec["datatype"]
    if name not in inputs:
        raise ValueError(f"the input {name!r} is missing")
    shape, flat = shaped(spec, inputs[name])
    if product(shape) != len(flat):
        raise ValueError(f"{name!r} has {len(flat)} values, but the shape {list(shape)}")
    described = {"name": name, "datatype": datatype, "shape": list(shape)}
    # The protocol has no JSON for half floats.
    if not binary and datatype not in HALVES:
        return {**described, "data": [text_of(value) for value in flat] if datatype == "BYTES" else flat}
    data = to_bytes(datatype, flat)
    tail.append(data)
    return {**described, "parameters": {"binary_data_size": len(data)}}


def shaped(spec: Dict[str, Any], value: Any) -> Tuple[Sequence[int], List[Any]]:
    if hasattr(value, "tolist") and hasattr(value, "shape"):
        return value.shape, value.reshape(-1).tolist()
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(size, int) for size in value[0]):
        return list(value[0]), list(value[1])
    shape, flat = nested(value)
    return (shape, flat) if len(shape) > 1 else (shape_of(spec, len(flat)), flat)


def nested(value: Any) -> Tuple[List[int], List[Any]]:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return [], [value]
    parts = [nested(item) for item in value]
    if any(shape != parts[0][0] for shape, _ in parts):
        raise ValueError("nested lists of different lengths are no tensor")
    return [len(parts), *(parts[0][0] if parts else [])], [item for _, flat in parts for item in flat]


def shape_of(spec: Dict[str, Any], count: int) -> List[int]:
    shape = spec.get("shape")
    if shape is None or sum(size < 0 for size in shape) > 1:
        raise ValueError(f"{spec['name']!r} can have many shapes: give nested lists, or a pair (shape, values)")
    fixed = product([size for size in shape if size >= 0])
    return [count // max(1, fixed) if size < 0 else size for size in shape]


def product(sizes: Sequence[int]) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result


def text_of(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def to_bytes(datatype: str, flat: Sequence[Any]) -> bytes:
    if datatype == "BYTES":
        texts = [value if isinstance(value, bytes) else str(value).encode("utf-8") for value in flat]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    if datatype == "BF16":
        bits = struct.unpack(f"<{len(flat)}I", struct.pack(f"<{len(flat)}f", *flat))
        return struct.pack(f"<{len(flat)}H", *(round_bfloat16(value) for value in bits))
    try:
        return struct.pack(f"<{len(flat)}{FORMATS[datatype][0]}", *flat)
    except struct.error as error:
        raise ValueError(f"a value is no {datatype}: {error}") from None


def round_bfloat16(bits: int) -> int:
    """Upper half of a float32, rounded to the nearest, ties to even; NaN stays NaN."""
    if bits & 0x7FFFFFFF > 0x7F800000:
        return (bits >> 16) | 0x40
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16


def from_bytes(datatype: str, data: bytes) -> List[Any]:
    if datatype == "BYTES":
        texts, at = [], 0
        while at < len(data):
            (size,) = struct.unpack_from("<I", data, at)
            texts.append(data[at + 4 : at + 4 + size].decode("utf-8"))
            at += 4 + size
        return texts
    if datatype == "BF16":
        halves = struct.unpack(f"<{len(data) // 2}H", data)
        return list(struct.unpack(f"<{len(halves)}f", struct.pack(f"<{len(halves)}I", *(half << 16 for half in halves))))
    letter = FORMATS[datatype][0]
    return list(struct.unpack(f"<{len(data) // struct.calcsize('<' + letter)}{letter}", data))


def decode_response(body: bytes, header_size: Optional[str]) -> Dict[str, Tensor]:
    at = len(body) if header_size is None else int(header_size)
    answer = json.loads(body[:at])
    tensors = {}
    for output in answer["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            data = nested(output["data"])[1] if output["data"] else []
        else:
            data = from_bytes(output["datatype"], body[at : at + size])
            at += size
        tensors[output["name"]] = Tensor(output["name"], output["datatype"], tuple(output["shape"]), data)
    return tensors


def read_values(path: str) -> Any:
    if path.endswith(".npy"):
        import numpy

        return numpy.load(path)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main() -> int:
    parser = argparse.ArgumentParser(description=f"Runs the model {MODEL}.")
    parser.add_argument("--url", default=DEFAULT_URL)
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE", help="values of one input (.json, .npy)")
    parser.add_argument("--json", action="store_true", help="send and receive JSON instead of binary data")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--health", action="store_true", help="only ask whether the model is ready")
    parser.add_argument("--metadata", action="store_true", help="only print inputs and outputs as the server tells them")
    options = parser.parse_args()
    if options.health:
        ready = is_ready(options.url, options.timeout)
        print("ready" if ready else "not ready")
        return 0 if ready else 1
    try:
        if options.metadata:
            print(json.dumps(metadata(options.url, options.timeout), indent=2, ensure_ascii=False))
            return 0
        inputs = example_inputs()
        for pair in options.input:
            name, _, path = pair.rpartition("=")
            inputs[name] = read_values(path)
        outputs = infer(inputs, url=options.url, binary=not options.json, timeout_s=options.timeout, parameters=EXAMPLE_PARAMETERS)
    except (ServerError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for tensor in outputs.values():
        values = ", ".join(str(value) for value in tensor.data[:8])
        print(f"{tensor.name} {tensor.datatype} {list(tensor.shape)}: {values}{', …' if len(tensor.data) > 8 else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
