"""Strips the symbols off each library of a frozen folder, where that leaves it loadable: `strip_symbols.py DIR`.

Wheels bring some 100 MB of symbols nobody reads at run time. `strip` breaks libraries that were patched after they
were linked (OpenBLAS in the wheels of numpy and scipy: "ELF load command address/offset not page-aligned"), so each
result is looked at before it takes the old one's place. Only for ELF of 64 bits, that is: for Linux.
"""

import os
import struct
import subprocess
import sys
from pathlib import Path

ELF = b"\x7fELF\x02"
LOADABLE = 1
SEGMENT = struct.Struct("<IIQQQQQQ")


def loadable(content: bytes) -> bool:
    """Can the loader map every segment? File offset and address must agree modulo the alignment (System V ABI)."""
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _flags, offset, address, _physical, _in_file, _in_memory, alignment = SEGMENT.unpack_from(
            content, table + number * size
        )
        if kind == LOADABLE and alignment > 1 and (offset - address) % alignment:
            return False
    return True


def strip(library: Path) -> int:
    """Strips one library in place; returns the bytes saved, 0 where it had to stay as it was."""
    stripped = library.with_name(library.name + ".stripped")
    try:
        done = subprocess.run(
            ["strip", "--strip-unneeded", "-o", stripped, library], capture_output=True, text=True, check=False
        )
        if done.returncode or not loadable(stripped.read_bytes()):
            return 0
        saved = library.stat().st_size - stripped.stat().st_size
        stripped.chmod(library.stat().st_mode)
        os.replace(stripped, library)
        return saved
    finally:
        stripped.unlink(missing_ok=True)


def libraries(folder: Path) -> list[Path]:
    """Every shared library below, links aside."""
    found = []
    for path in sorted(folder.rglob("*.so*")):
        # CUDA's stay as NVIDIA made them
        if path.is_symlink() or not path.is_file() or "nvidia" in path.relative_to(folder).parts:
            continue
        with path.open("rb") as file:
            if file.read(len(ELF)) == ELF:
                found.append(path)
    return found


def main(folder: Path) -> None:
    """Strips all and says what that saved and what stayed."""
    saved = {library: strip(library) for library in libraries(folder)}
    kept = [library.name for library, gain in saved.items() if gain == 0 and library.stat().st_size > 5_000_000]
    said = f"{sum(saved.values()) / 1e6:.0f} MB of symbols taken off {len(saved)} libraries"
    sys.stderr.write(f"strip: {said}; large ones left as they were: {', '.join(kept)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
