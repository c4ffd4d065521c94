import GuestABI
import NTKernel
import NTReleases
import Testing

@Suite struct ExportNameTests {
  private func exports(_ architecture: Architecture) throws -> [Export] {
    // The kernel's and the HAL's own routines, which only have addresses, are no exports of any release.
    try KernelFixture(.ws03sp1, architecture).kernel.exports.filter { export in
      ![
        "Iop", "Rtlp", "Halp", "ExpLookaside", "Fwpp", "Ndisp", "Fltp", "Ccp", "FsRtlp",
        "Videop", "MouseClass",
      ].contains {
        export.name.hasPrefix($0)
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `every routine is one that some release exports`(architecture: Architecture) throws {
    for export in try exports(architecture) {
      let isListed =
        !ExportHistory.records(of: export.name).isEmpty
        || ModuleFacts.all.contains { $0.exports[export.name] != nil }
      #expect(isListed, "\(export.name)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `every variable is one that some release exports`(architecture: Architecture) throws {
    for variable in try KernelFixture(.ws03sp1, architecture).kernel.dataExports {
      #expect(!ExportHistory.records(of: variable.name).isEmpty, "\(variable.name)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `no routine is declared twice`(architecture: Architecture) throws {
    let names = try exports(architecture).map(\.name)
    let counts = Dictionary(grouping: names, by: { $0 }).filter { $0.value.count > 1 }
    #expect(counts.isEmpty)
  }

  @Test func `the parameters take the bytes that import libraries say`() throws {
    var checked = 0
    for export in try exports(.x86) {
      for record in ExportHistory.records(of: export.name) where record.kind == .function {
        guard let decorated = record.decoratedName else { continue }
        #expect(export.decoratedName == decorated, "\(export.name)")
        checked += 1
      }
    }
    #expect(checked > 200)
  }
}
