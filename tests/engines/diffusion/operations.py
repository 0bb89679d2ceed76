"""Counting floating-point operations, attention on a processor included."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count


def operations_counter() -> FlopCounterMode:
    """Return a counter; torch's own knows the attention of graphics cards alone."""
    on_processor = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={on_processor: _attention})


def _attention(
    query: Any, key: Any, value: Any, *_more: Any, out_shape: Any = None, **_others: Any
) -> int:
    count: Any = sdpa_flop_count
    return int(count(query, key, value))
