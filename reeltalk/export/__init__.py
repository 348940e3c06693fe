"""From a trained model to onnx/: full precision, and int8 where it keeps the verdicts."""

from reeltalk.export.onnx_files import LARGEST_FILE as LARGEST_FILE
from reeltalk.export.onnx_files import export_onnx as export_onnx
from reeltalk.export.onnx_files import quantize_onnx as quantize_onnx
from reeltalk.export.onnx_files import quantize_products as quantize_products
