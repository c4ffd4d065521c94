internal import Findings

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
