"""The picture of a digit that a stranger sends: read, or refused in one sentence, within limits."""

import re
import struct
import zlib
from base64 import b64encode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from explainers.support.digits import digits
from explainers.support.drawing import prepared
from ui.locale import LANGUAGES, table
from ui.pad.upload import KINDS, LARGEST, Refused, drawing_of


def digit(factor: int = 8) -> Image.Image:
    """A real 7 or so, dark on white, with white around it."""
    shade = np.pad(digits().images[3].numpy(), 4)
    grey = 255 - (shade * 255).astype(np.uint8)
    return Image.fromarray(grey.repeat(factor, axis=0).repeat(factor, axis=1))


def sent(image: Image.Image, kind: str = "PNG", **more: object) -> str:
    file = BytesIO()
    image.save(file, kind, **more)
    return b64encode(file.getvalue()).decode()


def close(text: str, shift: int = 1) -> float:
    """The least mean difference from the real digit, which may be a pixel away."""
    seen, real = prepared(text), digits().images[3].numpy()
    steps = range(-shift, shift + 1)
    return min(float(np.abs(np.roll(seen, (i, j), (0, 1)) - real).mean()) for i in steps for j in steps)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes) -> str:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b64encode(whole).decode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read(kind: str) -> None:
    assert close(drawing_of(sent(digit().convert("RGB"), kind))) < 0.02


def test_light_on_dark_is_read_alike() -> None:
    negative = Image.fromarray(255 - np.asarray(digit()))
    assert drawing_of(sent(negative)) == drawing_of(sent(digit()))


def test_grey_paper_and_large_photos() -> None:
    grey = digit(40).point(lambda v: 90 + v // 2)
    assert grey.size == (1440, 1440)
    assert close(drawing_of(sent(grey, "JPEG", quality=80))) < 0.03


def test_transparency_is_white_paper() -> None:
    alpha = Image.fromarray(255 - np.asarray(digit()))
    image = Image.new("RGBA", alpha.size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), mask=alpha)
    assert close(drawing_of(sent(image))) < 0.02
    assert close(drawing_of(sent(image.convert("LA")))) < 0.02


def test_a_photo_that_says_it_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = digit().rotate(90, expand=True)
    assert close(drawing_of(sent(turned, "JPEG", exif=exif, quality=95))) < 0.02


def test_of_an_animation_the_first_image_counts() -> None:
    blank = Image.new("L", digit().size, 255)
    assert close(drawing_of(sent(digit(), "GIF", save_all=True, append_images=[blank] * 200))) < 0.03


REFUSED = {
    "nothing": ("", "picture_kind"),
    "no text": (None, "picture_kind"),
    "a number": (7, "picture_kind"),
    "no base64": ("a picture!", "picture_kind"),
    "text": (b64encode(b"1,2,3\n").decode(), "picture_kind"),
    "svg": (b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode(), "picture_kind"),
    "postscript": (b64encode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n").decode(), "picture_kind"),
    "tiff": (sent(digit(), "TIFF"), "picture_kind"),
    "too long": ("A" * (2 * LARGEST), "picture_large"),
    "just too long": (b64encode(b"\x89PNG" + bytes(LARGEST)).decode(), "picture_large"),
    "too wide": (sent(Image.new("1", (4001, 10))), "picture_pixels"),
    "a bomb": (png(30_000, 30_000, zlib.compress(bytes(900_000))), "picture_pixels"),
    "a lie about its size": (png(4000, 4000, zlib.compress(bytes(10))), "picture_broken"),
    "no size": (png(0, 0, zlib.compress(b"")), "picture_kind"),
    "cut off": (sent(digit())[:400], "picture_broken"),
    "a cut-off JPEG": (sent(digit(), "JPEG")[:1200], "picture_broken"),
    "noise under a head": (png(64, 64, bytes(range(256)) * 4), "picture_broken"),
    "white": (sent(Image.new("L", (50, 50), 255)), "picture_blank"),
    "black": (sent(Image.new("L", (50, 50), 0)), "picture_blank"),
    "clear": (sent(Image.new("RGBA", (50, 50), (0, 0, 0, 0))), "picture_blank"),
    "one pixel": (sent(Image.new("L", (1, 1), 9)), "picture_blank"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_refused_in_one_sentence(case: str) -> None:
    data, why = REFUSED[case]
    with pytest.raises(Refused) as refused:
        drawing_of(data)
    assert str(refused.value) == why
    for language in LANGUAGES:
        assert table(language, "ui")["errors"][why]


def test_a_bomb_of_text_in_a_small_picture() -> None:
    """A comment of 200 MB packed into 200 kB, inside of a picture."""
    good = BytesIO()
    digit().save(good, "PNG")
    data = good.getvalue()
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 9))
    with pytest.raises(Refused, match="picture_broken"):
        drawing_of(b64encode(data[:33] + text + data[33:]).decode())


def test_every_sentence_says_what_is_allowed_in_every_language() -> None:
    keys = {why for _, why in REFUSED.values()}
    for language in LANGUAGES:
        said = {key: table(language, "ui")["errors"][key] for key in keys}
        assert len(set(said.values())) == len(keys)
        assert re.search(r"2 MB", said["picture_large"])
        assert re.search(r"4[.,]000", said["picture_pixels"])
