internal import GuestABI
internal import Lockstep
internal import NTReleases

/// How many routines and variables are modelled, by component: the table in the README.
struct CoverageTable {
  /// One line of the table.
  struct Row: Equatable {
    let component: String
    let modelled: Int
    let exported: Int
  }

  let rows: [Row]

  /// Counts the names that some release exports on x86 or x64, and those of them that are modelled.
  ///
  /// - Throws: `OutOfHostMemory` if the host cannot provide the memory of small machines.
  init() throws {
    let modelled = try [Architecture.x86, .x64].map(ModelledNames.init)
    func isModelled(_ name: String) -> Bool { modelled.contains { $0.contains(name) } }
    var counts = [(modelled: Int, exported: Int)](repeating: (0, 0), count: Self.components.count)
    var names: Set<String> = []
    for record in ExportHistory.allRecords where Self.isExported(record) {
      // The HAL's routines that the kernel has too are counted once.
      guard names.insert(record.name).inserted else { continue }
      let index = Self.component(of: record.name)
      counts[index].exported += 1
      if isModelled(record.name) { counts[index].modelled += 1 }
    }
    var rows = zip(Self.components, counts).map { component, count in
      Row(component: component.name, modelled: count.modelled, exported: count.exported)
    }
    for facts in ModuleFacts.all {
      let count = facts.names.count { isModelled(facts.forwards[$0] ?? $0) }
      rows.append(
        Row(component: facts.module.fileName, modelled: count, exported: facts.names.count)
      )
    }
    rows.append(
      Row(
        component: "all",
        modelled: rows.reduce(0) { $0 + $1.modelled },
        exported: rows.reduce(0) { $0 + $1.exported }
      )
    )
    self.rows = rows
  }

  /// The table in Markdown.
  var markdown: String {
    let lines = rows.map { "| \($0.component) | \($0.modelled) | \($0.exported) |" }
    return (["| component | modelled | known to be exported |", "| --- | ---: | ---: |"] + lines)
      .joined(separator: "\n")
  }

  private static func isExported(_ record: ExportRecord) -> Bool {
    guard !record.isDeclaredOnly else { return false }
    return record.spans.isEmpty || record.spans.contains { [.x86, .x64].contains($0.platform) }
  }

  /// The kernel's components, with the prefixes of their names; the last has all other names.
  private static let components: [(name: String, prefixes: [String])] = [
    ("memory manager (Mm)", ["Mm"]),
    ("executive (Ex, Interlocked)", ["Ex", "Interlocked", "Pf", "Exi", "Exf"]),
    ("kernel (Ke, Ki)", ["Ke", "Ki", "Kf", "Kei", "KeI"]),
    ("I/O manager (Io)", ["Io", "Iof"]),
    ("processes (Ps)", ["Ps"]),
    ("objects (Ob)", ["Ob"]),
    ("security (Se, Lsa)", ["Se", "Lsa"]),
    ("registry (Cm)", ["Cm"]),
    ("power (Po)", ["Po"]),
    ("files and cache (FsRtl, Cc)", ["FsRtl", "Cc"]),
    ("run-time library (Rtl)", ["Rtl", "_Rtl", "Rtlx", "Pfx"]),
    ("system services (Nt, Zw)", ["Nt", "Zw"]),
    ("tracing (Etw, Wmi)", ["Etw", "Wmi", "Trace"]),
    ("HAL (Hal, ports, registers)", ["Hal", "READ_", "WRITE_", "x86Bios", "HALP"]),
    ("debugging (Dbg, Kd)", ["Dbg", "Kd", "vDbg"]),
    ("transactions (Tm)", ["Tm"]),
    ("verifier (Vf)", ["Vf", "Verifier"]),
    ("C library and others", []),
  ]

  /// The component of a name: that with the longest prefix.
  private static func component(of name: String) -> Int {
    var best = (index: components.count - 1, length: 0)
    for (index, component) in components.enumerated() {
      for prefix in component.prefixes where name.hasPrefix(prefix) && prefix.count > best.length {
        best = (index, prefix.count)
      }
    }
    return best.index
  }
}
