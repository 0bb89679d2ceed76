"""The Request inside a picture: in a text chunk of PNG, in the XMP packet of everything else."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from desktop_app import __version__
from desktop_app.core.request import Request

SOFTWARE = f"Toonroom {__version__}"
PNG_KEYWORD = "toonroom:request"
_XMP_KEYS = ("xmp", "XML:com.adobe.xmp")
_LONGEST = 1 << 20

# Found by pattern, not by an XML parser: packets come from strangers.
_REQUEST_IN_XMP = re.compile(r"<toonroom:request>(.*?)</toonroom:request>", re.DOTALL)
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:toonroom="urn:toonroom:1" xmp:CreatorTool="{software}">\n'
    "<toonroom:request>{request}</toonroom:request>\n"
    "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
    '<?xpacket end="w"?>'
)


def xmp_packet(request_json: str) -> bytes:
    """Return an XMP packet that holds a Request."""
    request = html.escape(request_json, quote=False)
    return _XMP.format(software=html.escape(SOFTWARE), request=request).encode(
        "utf-8", "backslashreplace"
    )


def request_in(info: Mapping[Any, Any]) -> str | None:
    """Return the Request among a decoded picture's texts, None where there is none that holds."""
    found = info.get(PNG_KEYWORD)
    if isinstance(found, str):
        return _checked(found)
    for key in _XMP_KEYS:
        packet = info.get(key)
        if isinstance(packet, bytes):
            packet = packet.decode("utf-8", "replace")
        if isinstance(packet, str) and len(packet) <= _LONGEST:
            match = _REQUEST_IN_XMP.search(packet)
            if match:
                return _checked(html.unescape(match[1]))
    return None


def _checked(text: str) -> str | None:
    """Return `text` where it is a Request."""
    if len(text) > _LONGEST:
        return None
    try:
        Request.from_json(text)
    except (ValueError, TypeError):
        return None
    return str(text)
