"""Files that want to do harm, or that are not what they say; small to keep, made when needed."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib

import pikepdf

from tests.api.documents import sheets

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The file by which every scanner shows that it scans; it does nothing."""


def form_bomb(levels: int = 12, times: int = 10) -> bytes:
    """A small PDF whose page draws a form that draws forms, ten to the twelfth in all."""
    document = pikepdf.new()
    page = document.add_blank_page()
    inner = document.make_stream(b"0 0 m 1 1 l S")
    inner.update(_form())
    for _ in range(levels):
        outer = document.make_stream(b"/F Do " * times)
        outer.update(_form())
        outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
        inner = document.make_indirect(outer)
    page.Contents = document.make_stream(b"/F Do")
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
    return sheets.saved(document)


def endless_form() -> bytes:
    """A form that draws itself."""
    document = pikepdf.new()
    page = document.add_blank_page()
    form = document.make_stream(b"/F Do")
    form.update(_form())
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
    page.Contents = document.make_stream(b"/F Do")
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
    return sheets.saved(document)


def _form() -> dict[str, pikepdf.Object]:
    return {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Form,
        "/BBox": pikepdf.Array([0, 0, 10, 10]),
    }


def twice_packed(mebibytes: int = 200) -> bytes:
    """A stream packed twice: a kilobyte that unpacks to two hundred megabytes."""
    once = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    packed = b"".join([*(once.compress(zeros) for _ in range(mebibytes)), once.flush()])
    document = pikepdf.new()
    page = document.add_blank_page()
    stream = pikepdf.Stream(document, b"")
    both = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
    stream.write(zlib.compress(packed, 9), filter=both)
    page.Contents = stream
    return sheets.saved(document)


def many_pages(count: int = 200_000) -> bytes:
    """A PDF that really has so many pages, all of them the same."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b"3 0 R " * count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%sendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 4\n0000000000 65535 f \n"
    end = b"trailer<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + head + table + end


def broken_references() -> bytes:
    """A PDF whose table of objects points anywhere."""
    data = bytearray(sheets.pdf())
    start = data.rindex(b"startxref")
    return bytes(data[:start]) + b"startxref\n99999999999\n%%EOF" + b"\x00" * 20


def with_file_outside() -> bytes:
    """A PDF that names a file of the machine as its attachment."""
    document = pikepdf.open(io.BytesIO(sheets.pdf()))
    outside = pikepdf.Dictionary(
        Type=pikepdf.Name.Filespec, F=pikepdf.String("/etc/passwd"), UF=pikepdf.String("passwd")
    )
    names = pikepdf.Array([pikepdf.String("passwd"), document.make_indirect(outside)])
    document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
    return sheets.saved(document)


def zip_bomb(mebibytes: int = 100) -> bytes:
    """An archive of a file of zeros."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("zeros", "w") as file,
    ):
        for _ in range(mebibytes):
            file.write(bytes(1 << 20))
    return out.getvalue()


def archive_with_link() -> bytes:
    """An archive whose entry is a symbolic link out of it."""
    out = io.BytesIO()
    entry = zipfile.ZipInfo("invoice.pdf")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def huge_png(side: int = 10_001) -> bytes:
    """A PNG of a kilobyte that says it has a hundred million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def pdf_with_huge_picture() -> bytes:
    """The same in a PDF."""
    document = pikepdf.new()
    page = document.add_blank_page()
    picture = document.make_stream(b"")
    picture.update(
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Image,
            "/Width": 60_000,
            "/Height": 60_000,
            "/ColorSpace": pikepdf.Name.DeviceGray,
            "/BitsPerComponent": 8,
        }
    )
    page.Contents = document.make_stream(b"100 0 0 100 0 0 cm /I Do")
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
    return sheets.saved(document)


def billion_laughs() -> bytes:
    """XML whose entities multiply."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{laughs}]><l>&l9;</l>'.encode()


def outside_entity() -> bytes:
    """XML that asks for a file of the machine (XXE)."""
    doctype = b'<!DOCTYPE i [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return sheets.cii(number="&x;").replace(b"<rsm:Cross", doctype + b"<rsm:Cross", 1)


def ubl_with(payload: bytes) -> bytes:
    """A UBL invoice that carries a file in base64."""
    carried = base64.b64encode(payload).decode()
    return (
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
        ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
        ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
        "<cac:AdditionalDocumentReference><cac:Attachment>"
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="text/plain">{carried}'
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
        "</cac:AdditionalDocumentReference></Invoice>"
    ).encode()


def attached(payload: bytes, *, compressed: bool) -> bytes:
    """A PDF with a file attached, packed or as it is."""
    document = pikepdf.open(io.BytesIO(sheets.pdf()))
    document.attachments["notes.txt"] = pikepdf.AttachedFileSpec(
        document, payload, description="", filename="notes.txt", mime_type="", creation_date="",
        mod_date="",
    )  # fmt: skip
    out = io.BytesIO()
    how = pikepdf.StreamDecodeLevel.generalized
    document.save(out, compress_streams=compressed, stream_decode_level=None if compressed else how)
    return out.getvalue()
