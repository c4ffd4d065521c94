internal import Findings

/// Finds reads of `MappedSystemVa`.
struct MappedSystemVaRead: Rule {
  let id: RuleID = "LS008"

  func check(_ event: Event, on path: Interpreter) {
    guard case .field(let access) = event, access.name == "MappedSystemVa",
      access.assignment == nil, !isMapped(access.mdl, path)
    else { return }
    let fix = path.pointer(to: access).map { mdl in
      SourceFix(
        .suggested,
        "ask for the system address, and test it for NULL",
        [
          SourceFix.Edit(
            access.range,
            "MmGetSystemAddressForMdlSafe(\(mdl), NormalPagePriority)"
          )
        ]
      )
    }
    path.report(
      id,
      .warning,
      at: access.range,
      "MappedSystemVa holds an address only once the MDL is mapped",
      fix: fix
    )
  }

  /// Whether the path has made sure of the mapping.
  private func isMapped(_ mdl: Symbol, _ path: Interpreter) -> Bool {
    if let state = path.state.mdls[mdl], state.contents == .nonpaged || state.systemMapping != nil {
      return true
    }
    return path.state.facts.contains { test, isTrue in
      guard isTrue, case .flag(mdl, let mask) = test else { return false }
      return mask.contains("MDL_MAPPED_TO_SYSTEM_VA")
        || mask.contains("MDL_SOURCE_IS_NONPAGED_POOL")
    }
  }
}

/// Finds writes to fields of MDLs that are the system's.
struct OpaqueFieldWritten: Rule {
  let id: RuleID = "LS040"

  func check(_ event: Event, on path: Interpreter) {
    guard case .field(let access) = event, let assignment = access.assignment,
      MDLFields.opaque.contains(access.name), !isKernel(path.text.path)
    else { return }
    if access.name == "MdlFlags", assignment != "=", let value = access.value {
      let words = path.text(value).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      let flags = words.filter { $0.hasPrefix("MDL_") }
      if !flags.isEmpty,
        flags.allSatisfy({ $0 == "MDL_MAPPING_CAN_FAIL" || $0 == "MDL_PAGES_LOCKED" })
      {
        return
      }
    }
    path.report(
      id,
      .error,
      at: access.range,
      "\(access.name) is the system's; drivers may write only Next, and the flag MDL_MAPPING_CAN_FAIL"
    )
  }
}

extension OpaqueFieldWritten {
  /// Whether a file is part of a kernel, whose fields they are.
  private func isKernel(_ path: String) -> Bool {
    path.lowercased().split(separator: "/").contains { folder in
      folder.hasPrefix("ntoskrnl") || folder == "ntos"
    }
  }
}

/// Finds reads of fields of MDLs for which there are macros.
struct OpaqueFieldRead: Rule {
  let id: RuleID = "LS041"

  func check(_ event: Event, on path: Interpreter) {
    guard case .field(let access) = event, access.assignment == nil,
      MDLFields.opaque.contains(access.name), access.name != "MappedSystemVa"
    else { return }
    let macros = ["ByteCount": "MmGetMdlByteCount", "ByteOffset": "MmGetMdlByteOffset"]
    var fix: SourceFix?
    if let macro = macros[access.name], let mdl = path.pointer(to: access) {
      fix = SourceFix(
        .safe,
        "use \(macro)",
        [SourceFix.Edit(access.range, "\(macro)(\(mdl))")]
      )
    }
    path.report(
      id,
      .note,
      at: access.range,
      "\(access.name) of an MDL is read directly",
      fix: fix
    )
  }
}

/// Finds accesses through an MDL's virtual address, which is no system address.
struct VirtualAddressAccessed: Rule {
  let id: RuleID = "LS042"

  func check(_ event: Event, on path: Interpreter) {
    guard case .access(let value, let range, _) = event, let mdl = path.virtualAddress(value)
    else { return }
    if let state = path.state.mdls[mdl] {
      guard state.contents != .nonpaged else { return }
      // The memory that the driver made the MDL for is its own, unless a user gave it.
      if state.allocator != nil, !path.isUserAddress(state.memory) { return }
    }
    let place = path.place(range, of: value)
    path.report(
      id,
      .error,
      at: place,
      "the virtual address of an MDL is valid only in the process that it belongs to",
      related: place == range
        ? [] : [SourceFinding.Related(range: range, message: "it is accessed here")]
    )
  }
}

extension Interpreter {
  /// The MDL whose field is accessed, as an argument for a routine that takes a pointer; nil where fixes cannot
  /// write it.
  fileprivate func pointer(to access: Event.FieldAccess) -> String? {
    let bytes = text.bytes
    var end = access.base.range.upperBound
    while end < access.range.upperBound, [0x20, 0x09, 0x29].contains(bytes[end]) { end += 1 }
    guard end < bytes.count else { return nil }
    let base = text(access.base)
    let isPointer = bytes[end] == UInt8(ascii: "-")
    let pointer = isPointer ? base : isSimple(access.base) ? "&\(base)" : "&(\(base))"
    let start = access.range.lowerBound
    let isAddressTaken =
      start > 0 && bytes[start - 1] == UInt8(ascii: "&")
      && (start < 2 || bytes[start - 2] != UInt8(ascii: "&"))
    return pointer.utf8.allSatisfy { $0 < 0x80 } && !isAddressTaken ? pointer : nil
  }
}
