internal import Findings

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
