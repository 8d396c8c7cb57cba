"""From a file's bytes to the fields of an invoice, each with its place, its evidence and a doubt.

Nothing here knows an issuer: labels of many languages, typed values, the arithmetic of an invoice
and geometry decide together. Everything is a pure function of the file; the modules that touch
hostile bytes (`container`, `text_layer`, `ocr`) run in the sandbox only.
"""
