"""Documents: from an uploaded file to confirmed, encrypted, provable facts.

`intake` takes a file in, `processing` has it scanned, read and kept, `review` shows what was read
and takes what a person says of it, `vault` opens it for those who may, `erasure` ends it.
"""
