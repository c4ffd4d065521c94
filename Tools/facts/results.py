#!/usr/bin/env python3
"""Reads from mingw-w64's headers what kernel routines return, and what an x86 callee removes from the stack.

    Tools/facts/results.py [--check]

Writes Sources/CNTFacts/Data/results.tsv. It needs clang on PATH and mingw-w64's headers (Debian: mingw-w64-common). A routine is
left out whose result is of a kind that has no default: a structure, a floating-point number, or a status of a kind of its own;
and one that does not return; so is the C run-time library. The x86 bytes are left out where the table of exports says otherwise.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "Sources/CNTFacts/Data"
HEADERS = Path("/usr/share/mingw-w64/include")
SOURCE = "#include <ntifs.h>\n#include <wdmsec.h>\n#include <wmilib.h>\n"
TARGETS = ("i686", "x86_64")


def declarations(target):
    """The top-level declarations of the headers, as clang tells them."""
    command = [
        "clang", f"--target={target}-w64-windows-gnu", "-std=gnu11", "-ffreestanding", "-fms-extensions", "-w", "-nostdlibinc",
        "-isystem", HEADERS, "-isystem", HEADERS / "ddk", "-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000",
        "-fsyntax-only", "-Xclang", "-ast-dump=json", "-x", "c", "-",
    ]  # fmt: skip
    process = subprocess.run(command, input=SOURCE, capture_output=True, text=True, check=True)
    lines = []
    for line in process.stdout.splitlines():
        if line == "    {":
            lines = []
        lines.append(line)
        if line in ("    },", "    }"):
            yield json.loads("\n".join(lines).rstrip(","))


def kind(text, typedefs):
    """The kind of a type, or None for one that has no default."""
    seen = text
    while True:
        plain = re.sub(r"\b(const|volatile)\b", "", seen).strip()
        if plain == "NTSTATUS":
            return "status"
        if plain.upper().endswith("STATUS"):
            return None
        if plain.endswith("*"):
            return "pointer"
        if plain == "BOOLEAN":
            return "boolean"
        if plain not in typedefs:
            break
        seen = typedefs[plain]
    if plain == "void":
        return "void"
    words = set(plain.split())
    is_integer = words and words <= {"unsigned", "signed", "char", "short", "int", "long", "__int64", "_Bool"}
    return "integer" if is_integer or plain.startswith("enum ") else None


def routines(target):
    """Each routine's kind, and the bytes that it removes from the stack."""
    found, left = {}, set()
    typedefs, functions = {}, []
    for item in declarations(target):
        if item["kind"] == "TypedefDecl":
            typedefs[item["name"]] = item["type"]["qualType"]
        elif item["kind"] == "FunctionDecl":
            functions.append(item)
    for item in functions:
        name, text = item["name"], item["type"]["qualType"]
        inner = item.get("inner", [])
        if any(child["kind"] == "CompoundStmt" for child in inner) or not name[0].isupper():
            left.add(name)
            continue
        # What raises or stops does not return.
        is_end = "noreturn" in text or any("NoReturn" in child["kind"] for child in inner)
        row = (None if is_end else kind(text.split("(")[0].strip(), typedefs), removed(item))
        if found.setdefault(name, row) != row:
            left.add(name)
    return {name: row for name, row in found.items() if name not in left}


def removed(item):
    """The bytes that an x86 callee removes, by the name as the compiler decorates it."""
    match = re.fullmatch(r"([_@])\w+@(\d+)", item.get("mangledName", ""))
    count = sum(child["kind"] == "ParmVarDecl" for child in item.get("inner", []))
    if not match:
        # Drivers are compiled for __stdcall where a declaration names no convention, as some do not.
        return 0 if count == 0 or item.get("variadic") else None
    size = int(match[2])
    if match[1] == "_":
        return size
    # With wider parameters it depends on which of them are in registers.
    return size - 4 * min(count, 2) if size == 4 * count else None


def exported_bytes():
    """What the table of exports says of the names: the convention and the bytes of all parameters."""
    known = {}
    for line in (DATA / "exports.tsv").read_text().splitlines():
        if not line.startswith("#"):
            fields = line.split("\t")
            known.setdefault(fields[0], []).append((fields[2], fields[9], fields[10]))
    return known


def main():
    x86, x64 = map(routines, TARGETS)
    known = exported_bytes()
    lines = []
    for name in sorted(x86.keys() | x64.keys(), key=str.encode):
        kinds = {table[name][0] for table in (x86, x64) if name in table}
        if len(kinds) != 1 or None in kinds or any(row[0] == "data" for row in known.get(name, [])):
            continue
        size = x86[name][1] if name in x86 else None
        for _, convention, number in known.get(name, []):
            expected = {"stdcall": int(number or -1), "fastcall": max(int(number or -1) - 8, 0)}.get(convention, 0)
            if number and size != expected:
                size = None
        lines.append(f"{name}\t{kinds.pop()}\t{'' if size is None else size}")
    header = [
        "# What kernel routines return, and the bytes that an x86 callee removes from the stack.",
        "# Read from the declarations of mingw-w64's ntifs.h, ntddk.h, wdm.h, wdmsec.h and wmilib.h (public domain).",
        "# Generated by Tools/facts/results.py. Do not edit.",
        "#name\tresult\tx86_stack_bytes",
    ]
    text = "\n".join(header + lines) + "\n"
    path = DATA / "results.tsv"
    if "--check" in sys.argv:
        if path.read_text() != text:
            sys.exit("out of date: results.tsv")
        return
    path.write_text(text)
    print(len(lines), "routines")


if __name__ == "__main__":
    main()
