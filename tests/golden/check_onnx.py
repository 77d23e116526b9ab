"""Checks an exported ONNX file, runs it in ONNX Runtime and compares its logits with those computed in C++; prints figures as JSON.

usage: check_onnx.py NETWORK INPUTS EXPECTED SIZE CLASSES
INPUTS, EXPECTED: raw float32, (N, 3, SIZE, SIZE) and (N, CLASSES)
"""
import collections
import json
import sys
import tempfile

import numpy
import onnx
import onnxruntime

network, inputs_file, expected_file = sys.argv[1:4]
size, classes = int(sys.argv[4]), int(sys.argv[5])

model = onnx.load(network)
onnx.checker.check_model(model, full_check=True)
inputs = numpy.fromfile(inputs_file, dtype=numpy.float32).reshape(-1, 3, size, size)
expected = numpy.fromfile(expected_file, dtype=numpy.float32).reshape(-1, classes)

with tempfile.NamedTemporaryFile(suffix=".onnx") as optimized:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.optimized_model_filepath = optimized.name
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    operators = collections.Counter(node.op_type for node in onnx.load(optimized.name).graph.node)
logits = numpy.concatenate([session.run(["logits"], {"images": batch})[0] for batch in numpy.array_split(inputs, len(inputs) // 50 + 1)])

difference = numpy.abs(logits - expected)
print(
    json.dumps(
        {
            "num_inputs": len(inputs),
            "max_difference": float(difference.max()),
            "mean_difference": float(difference.mean()),
            "largest": float(numpy.abs(expected).max()),
            "same_argmax": float((logits.argmax(1) == expected.argmax(1)).mean()),
            "num_answers": len(set(expected.argmax(1).tolist())),
            "opset": model.opset_import[0].version,
            "info": json.loads(model.metadata_props[0].value),
            "input_shape": [one.dim_param or one.dim_value for one in model.graph.input[0].type.tensor_type.shape.dim],
            "operators": operators,  # that ONNX Runtime makes of it
        }
    )
)
