"""Makes resize.json with Pillow 12.3: python make_resize.py > resize.json"""
import json
import numpy as np
from PIL import Image


def pattern(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 37 + y * 59 + c * 101 + x * y * (c + 3)) % 256).astype(np.uint8)


cases = []
FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
for size, target in [((7, 5), (3, 4)), ((7, 5), (11, 2)), ((4, 9), (4, 3)), ((9, 4), (2, 4)), ((3, 3), (8, 8)),
                     ((40, 31), (5, 6)), ((50, 2), (1, 1)), ((6, 60), (5, 3))]:
    image = Image.fromarray(pattern(*size))
    gray = image.convert("L")
    for name in FILTERS:
        code = Image.Resampling[name.upper()]
        cases.append({
            "size": size,
            "target": target,
            "filter": name,
            "rgb": np.asarray(image.resize(target, code)).reshape(-1).tolist(),
            "gray": np.asarray(gray.resize(target, code)).reshape(-1).tolist(),
        })
print(json.dumps(cases))
