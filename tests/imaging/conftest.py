"""Pictures and profiles that several tests of imaging need."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Primaries = Sequence[tuple[float, float]]
MakeProfile = Callable[[str], bytes]
Encode = Callable[..., bytes]

# Chromaticities of red, green and blue, and the curve's exponent.
_SPACES: dict[str, tuple[Primaries, float]] = {
    "Display P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), 2.2),
    "Adobe RGB": (((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)), 2.19921875),
    "sRGB, nearly": (((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)), 2.2),
    "linear": (((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)), 1.0),
    "swapped": (((0.150, 0.060), (0.300, 0.600), (0.640, 0.330)), 2.2),
}
_D65 = (0.3127, 0.3290)
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

# 64 x 48, a quarter each red, green, blue and white; made with libheif and x265. "turned" has EXIF
# with orientation 6 and the rotation that goes with it, the left half of "alpha" is transparent,
# "deep" has 10 bits a channel, "grey" is 10-bit grey: black and 50000 of 65535.
HEIC = {
    "turned": (
        "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005VZDn*}000000000XXk=`10000000000aA{+700000000000"
        "000000000G-+&aV*mgE07O6l0ssL300001>;M4(00000002M$0ssI200Jxk0RR9100000H~;_uIB98aW&i*H00"
        "062000$fZf0cy000000RRAKc4ILB0000LX>Mj^0ssI300IC2MR;ju000004sdC7Z2$lO00031009SSaB^?}008"
        "D`aAR)(004Gqc4I>U18@KU0FVFx0000U@BsY%`1k+-4+CHT0RR|40Sp2E{{wIU00RJ!0009300RIXx&lC90096"
        "hLID8-Z~y=U0FVFx0{{R603M(qfd!W8<fgf}2xu@M00096AOHXZ03l)k0RRR>0l{;?i2wiq6Ju{|a&BX6cmM$a"
        "4FCp!0000KX>)L8000000000$0000$0000eV{Bn?0000$000010000m000010000000002|NsB+000020000Ga"
        "A|mH000000|*ER00009X>xCL0{{R38EJ5BVE_OC000000RRC8fdT^sgoXeB02*m>Wo7^X0000001jhhb7KGk00"
        "9620001hZDe6|0000yC;_ht;5j2CzyJ9JfB*QzZbSGKWx+W9l*Iq@kstrg-fC$7_}D}T^FyzH@>YOFSpL04H~s"
        "rsf6Wj000006MR;ju002!*04e|g00;mA0S^EI000070000c0TKWM0000100sa600000Lt$-Ya$x`f"
    ),
    "alpha": (
        "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0007OZDn*}000000000XXk=`10000000000aA{+700000000000"
        "000000000G-+&aV*mgE07O6l0ssL300002j{pGx00000002M$0ssI200Ped0RR9100000o&W#<IB98aW&i*H00"
        "062000$fZf0cy000000RRAKc4ILB0000LX>Mj^0ssI200IC2Xm(>U000004sdC7Z2$lO0003100F9LaB^?}00D"
        "w&aAR)(004Gqc4I>U18@KU0FVFx0000U@BsY%`1k+-4+CHT0RR|40Sp2E{{wIU00RJ!0009300RIXx&lC90096"
        "hLID8-Z~y=U0FVFx0{{R603M(qfd!W8<fgf}2xu@M00096AOHXZ03l)k0RRR>0l{;?i2wiq6Ju{|a&BX6cmM$a"
        "4FCp!0000KX>)L8000000000$0000$0000eV{Bn?0000$000010000m000010000000002|NsB+000020000Ga"
        "A|mH000000|*ER0001RXm(>m0R#vD005u(000009`FGC{P_3)01pFT0096OKmiN^|NjIC00093pZEX(0{{RXx&"
        "lC90096cLID8;2mk;B0H62(00RI39>9VG7F(;5n&!ZO000bt00093gkk^z00u+>!E?Zg0000EaA|mH000000SE"
        "v904HH}ctZdH004DzZaQsnWoJ5QWp-maGB7bUI$?EqX=FMv00000AZc)IVE_OC000000ssL8fdT^sga85sh64w"
        "Pga7~l8fkK6W&i*H000004q<h8YybiP0RRC2008D~WMOmw002BF0j~+*IU^*$|M>)e|M<jiL--VB!8rbu#Q*b="
        "AOFtYYH0uX*hB~OL$81GR)9rV{=Gyu{rg&f%@6nh005dO0j?9kYkWih|HTk9MDzVsMJS25`gm^zn@{ctdwKFm%"
        "^VUVzh~X*30MJ~5(jas;=lQTHbR0T8GMzx!?J>j_k}m$7i(%hJSxE8oFs1mz`4_K__aQ-m+}w9IdB{(Le1iY8<"
        "&~HXl}PtN;|Eg`h-)r>#7Ecp_{9nL+a+PPphY|4Uc#`eO|2=dT&g3X6G#W`;M_yhX"
    ),
    "deep": (
        "0000SW^{RQXk}@500000ZE0pPXk}@5ZE0a<0004eZDn*}000000000XXk=`10000000000aA{+700000000000"
        "000000000B57=IV*mgE07O6l0RRC200001pa1~?00000002P%001LtX>Mi!000000RR916=`l}WdZ;I000310B"
        "Ck&F#rGn01j|zbZr0t000010002|X>f9I0002oX>en20001WXm(>m0R#vD005o1000009`FGC{rdU<01pFT009"
        "6OKmiN^|NjIC00093owxu10{{RXx&lC90096hLID8;2mk;B0G+r100RI39-ttB1lew`N^6^dhJykC00RIr0009"
        "30uW*V0RRR>0l{;?i2wiq6Ju{|a&BX6cmM$a4FCp!0000KX>)L8000000000$0000$0000eV{Bn?0000$00001"
        "0000m000010000000002|NsB+000020000GaA|mH000000}2WX0000OX>e^}0000000001009Mo0s{qv0000<Z"
        "De6|0000zC;_ht;5j2Qpa1&~umAp!caZ*Wm)sMN?<}YP+<brkb7=Fa|MV(|59<d0|LHiV6#xES6_@zBAij`WAO"
    ),
    "grey": (
        "0000SW^{RQXk}@500000ZE0pPXk}@5ZE0a<0004ZZDn*}000000000XXk=`10000000000aA{+700000000000"
        "000000000B57=IV*mgE07O6l0RRC200001n*ad-00000002n<001LtX>Mi!000000RR916=`l}WdZ;I000310B"
        "Ck&F#rGn01j|zbZr0t000010002@X>f9I0002jX>en20001TXm(>m0R#vD005o%000009`FGC{QCL;01pFT009"
        "6OKmiN^|NjIC00093o%jF%0{{RXx&lC90096eLID8;2mk;B0G;>%00RI39>9VG6J@%&DXwe?00093$N&HX00=;"
        "000967L;=Bbz=;3=025<xY;ta6Y<K_x01W^JfB*mh6lrsCWdHyG00000KmY&$KmY&$C}V74Z~y=RKmY&$0RR91"
        "FaQ7m0RR91000000{{R2@Bjb+0ssI24sdCBX#fBK009aB000<iaBX1#00000000310R@2q0|kTt002>KWMOmw0"
        "02cO0j?9kYkf`s|IoJEMDzVgvzUpw&@wOK=JVTz_T*|EF)7c#x9F5TK_vh%VK_5(-wY8|Etzs)%sGZdPk?<MQl"
        "}a`"
    ),
}


@pytest.fixture
def heic() -> dict[str, bytes]:
    """Small HEIC files by what is special about them."""
    return {name: base64.b85decode(text) for name, text in HEIC.items()}


@pytest.fixture
def quarters() -> NDArray[np.uint8]:
    """Return (48, 64, 3): red, green over blue, white."""
    pixels = np.empty((48, 64, 3), np.uint8)
    pixels[:24, :32], pixels[:24, 32:] = (220, 30, 30), (30, 200, 40)
    pixels[24:, :32], pixels[24:, 32:] = (30, 40, 210), (240, 240, 240)
    return pixels


@pytest.fixture
def encode() -> Encode:
    """Return a function that gives a Pillow image's bytes in some format."""

    def encoded(image: Image.Image | NDArray[np.uint8], file_format: str, **options: Any) -> bytes:
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        buffer = io.BytesIO()
        picture.copy().save(buffer, file_format, **options)
        return buffer.getvalue()

    return encoded


@pytest.fixture
def make_profile() -> MakeProfile:
    """Return a function that builds an RGB profile of primaries and a curve."""
    return _matrix_profile


def _matrix_profile(name: str) -> bytes:
    primaries, gamma = _SPACES[name]
    columns = _colourants(primaries).T
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = name.encode("ascii") + b"\0"
    description = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {
        b"desc": description + bytes(-len(description) % 4),
        b"wtpt": _xyz(_D50),
        b"rXYZ": _xyz(columns[0]),
        b"gXYZ": _xyz(columns[1]),
        b"bXYZ": _xyz(columns[2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    place = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += tag + struct.pack(">II", place + len(data), len(value))
        data += value
    header = struct.pack(">I4xI4s4s4s", place + len(data), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += _xyz(_D50)[8:] + bytes(48)
    return header + table + data


def _colourants(primaries: Primaries) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to XYZ, adapted to D50 as profiles want it."""

    def xyz(x: float, y: float) -> list[float]:
        return [x / y, 1.0, (1 - x - y) / y]

    matrix = np.array([xyz(*p) for p in primaries]).T
    white = np.array(xyz(*_D65))
    matrix = matrix * np.linalg.solve(matrix, white)
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD @ matrix
    return adapted


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))
