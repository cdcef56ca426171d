"""Texts to vectors with an ONNX model from a folder: onnxruntime and tokenizers, on threads of their own.

Importing it costs nothing: numpy, onnxruntime and tokenizers are loaded when a model is opened.
"""
