"""InstructPix2Pix on torch and diffusers, in a process of its own.

What runs in the app's process imports no torch: `engine`, `host`, `messages`, `frames`, `modes`,
`cost`. What runs in the child's process: `child` and all that it imports.
"""
