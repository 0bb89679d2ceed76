"""Instruction data sets, and InstructPix2Pix training on them. No Qt."""
