"""What onnx.shape_inference says: the other side of compare.ts. Needs the package onnx; nothing else of nimify does.

  reference.py cases FOLDER              writes the models of ONNX's backend tests unless they are there; prints where
  reference.py infer FOLDER < PATHS      one line of JSON for each path and variant; variants are written to FOLDER
"""

import json
import os
import sys
import warnings

import onnx
from onnx import AttributeProto, TensorProto, shape_inference
from onnx.numpy_helper import to_array
from onnx.reference import ReferenceEvaluator

KINDS = ("tensor_type", "sequence_type", "optional_type", "map_type", "sparse_tensor_type")


def write_cases(parent):
    """`cmd_tools generate-data` of ONNX 1.23 makes the model tests only; these are the node tests too, without their data."""
    folder = os.path.join(parent, f"onnx-{onnx.__version__}")
    print(folder)
    if os.path.exists(folder):
        return
    from onnx.backend.test.case import model, node

    warnings.simplefilter("ignore")
    unfinished = f"{folder}.{os.getpid()}"
    for case in [*node.collect_testcases(None), *model.collect_testcases()]:
        if case.model is None:
            continue
        path = os.path.join(unfinished, case.kind, case.name, "model.onnx")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(case.model.SerializeToString())
        with open(os.path.join(os.path.dirname(path), "computed.json"), "w") as file:
            json.dump(computed_shapes(case), file)
    os.rename(unfinished, folder)


def computed_shapes(case):
    """Shapes of the tensors of the main graph when the model is computed on the data of its test; {} where it cannot be."""
    inputs = case.model.graph.input
    values = case.data_sets[0][0] if case.data_sets else []
    if len(values) != len(inputs):
        return {}
    feeds = {i.name: to_array(v) if isinstance(v, TensorProto) else v for i, v in zip(inputs, values, strict=True)}
    try:
        results = ReferenceEvaluator(case.model).run(None, feeds, intermediate=True)
    except Exception:
        return {}
    return {name: list(value.shape) for name, value in results.items() if name and hasattr(value, "shape")}


def subgraphs(nodes):
    for node in nodes:
        for attribute in node.attribute:
            way = f"{node.name or node.op_type}.{attribute.name}"
            if attribute.type == AttributeProto.GRAPH:
                yield way, attribute.g
            for graph in attribute.graphs:
                yield way, graph


def graphs_below(graph, place):
    """The graph and its subgraphs, outer before inner: the order of allGraphs in src/onnx/graph.ts."""
    yield place, graph
    for way, inner in subgraphs(graph.node):
        yield from graphs_below(inner, [*place, way])


def type_of(type_proto, symbols):
    kind = next((kind for kind in KINDS if type_proto.HasField(kind)), None)
    if kind is None:
        return None
    value = getattr(type_proto, kind)
    if kind in ("tensor_type", "sparse_tensor_type"):
        shape = [dim_of(dim, symbols) for dim in value.shape.dim] if value.HasField("shape") else None
        return {"kind": kind[: -len("_type")], "code": value.elem_type, "shape": shape}
    if kind == "map_type":
        return {"kind": "map", "code": value.key_type, "element": type_of(value.value_type, symbols)}
    return {"kind": kind[: -len("_type")], "element": type_of(value.elem_type, symbols)}


def dim_of(dim, symbols):
    if dim.HasField("dim_value"):
        return dim.dim_value if dim.dim_value >= 0 else None
    # Symbols that inference made up (unk__7) say nothing.
    return dim.dim_param if dim.dim_param in symbols else None


def dims_of(type_proto):
    for kind in KINDS:
        if type_proto.HasField(kind):
            value = getattr(type_proto, kind)
            if kind in ("tensor_type", "sparse_tensor_type"):
                yield from value.shape.dim
            else:
                yield from dims_of(value.value_type if kind == "map_type" else value.elem_type)


def symbols_of(model):
    values = [v for _, g in graphs_below(model.graph, []) for v in (*g.input, *g.output, *g.value_info)]
    return {dim.dim_param for value in values for dim in dims_of(value.type) if dim.dim_param}


def facts_of(model, symbols):
    result = []
    for place, graph in graphs_below(model.graph, []):
        values = {v.name: type_of(v.type, symbols) for v in (*graph.input, *graph.output, *graph.value_info)}
        for tensor in graph.initializer:
            values[tensor.name] = {"kind": "tensor", "code": tensor.data_type, "shape": list(tensor.dims)}
        result.append({"place": place, "values": {name: value for name, value in values.items() if value is not None}})
    return result


def undeclared(model):
    """Only inputs and weights keep their types: everything else has to be inferred."""
    for _, graph in graphs_below(model.graph, []):
        del graph.value_info[:]
        for output in graph.output:
            output.ClearField("type")
    return model


def symbolic(model):
    """The same, with a symbol of its own for each size of each input."""
    undeclared(model)
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in weights:
            continue
        for axis, dim in enumerate(dims_of(value.type)):
            if dim.HasField("dim_value"):
                dim.dim_param = f"{value.name}:{axis}"
    return model


VARIANTS = {"as-is": None, "undeclared": undeclared, "symbolic": symbolic}


def infer(path, variant, folder, number):
    change = VARIANTS[variant]
    model = onnx.load(path, load_external_data=False)
    if change is not None:
        model = change(model)
        path = os.path.join(folder, f"{number}-{variant}.onnx")
        with open(path, "wb") as file:
            file.write(model.SerializeToString())
    symbols = symbols_of(model)
    declared = facts_of(model, symbols)
    try:
        inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as error:
        return {"path": path, "declared": declared, "error": " ".join(str(error).split())[:400]}
    return {"path": path, "declared": declared, "graphs": facts_of(inferred, symbols)}


def main():
    command, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    if command == "cases":
        write_cases(folder)
        return
    for number, line in enumerate(sys.stdin):
        path = line.rstrip("\n")
        for variant in VARIANTS:
            print(json.dumps({"model": path, "variant": variant, **infer(path, variant, folder, number)}), flush=True)


main()
