"""asrkit: n-gram language models, WFST graphs and hotwords for Paraformer ONNX models."""

__version__ = "0.1.0"
