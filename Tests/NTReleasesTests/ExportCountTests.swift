import NTReleases
import Testing

/// The numbers of names that Geoff Chappell's tables give, x86 and x64 names counted together.
///
/// Windows 7 has one more than the collected tables count: `PsChargeProcessCpuCycles`, which left
/// x64 in 6.1 but x86 only in 6.2.
@Suite struct ExportCountTests {
  static let counts: [(Release, kernel: Int, hal: Int?)] = [
    (.nt310, 618, 69), (.nt350, 752, 86), (.nt351, 854, 86), (.nt351sp2, 855, nil),
    (.nt351sp5, 858, nil), (.nt400, 1011, 90), (.nt400sp3, 1014, nil), (.nt400sp4, 1016, nil),
    (.nt400sp6a, 1016, nil), (.w2k, 1209, 95), (.w2ksp4, 1224, nil), (.wxp, 1458, 92),
    (.wxpsp2, 1483, nil), (.wxpsp3, 1487, nil), (.ws03, 1525, 100), (.ws03sp1, 1624, nil),
    (.vista, 1990, 115), (.win7, 2236, 125), (.win8, 2479, 128), (.win81, 2555, 127),
    (.win10_1507, 2770, 127), (.win10_1607, 2853, nil), (.win10_1709, 2960, nil),
    (.win10_1809, 3003, nil), (.win10_2004, 3178, 129),
  ]

  @Test(arguments: counts)
  func `the tables hold as many names as their source`(
    release: Release,
    kernel: Int,
    hal: Int?
  ) {
    func count(_ module: ExportModule) -> Int {
      ExportHistory.allRecords.count { record in
        guard record.confidence == .high, record.module == module, let first = record.first else {
          return false
        }
        let gap = record.gap.map { $0.from <= release && release < $0.until } ?? false
        return first <= release && release <= (record.last ?? release) && !gap
      }
    }
    #expect(count(.kernel) == kernel)
    if let hal { #expect(count(.hal) == hal) }
  }

  @Test func `every record says where it was learned`() {
    #expect(ExportHistory.allRecords.count == 3608)
    #expect(ExportHistory.allRecords.allSatisfy { !$0.source.isEmpty })
    #expect(ExportHistory.allRecords.count { $0.confidence == .high } == 3476)
    #expect(ExportHistory.allRecords.count { $0.confidence == .medium } == 108)
    #expect(ExportHistory.allRecords.count { $0.confidence == .low } == 24)
    #expect(ExportHistory.allRecords.count { $0.kind == .data } == 87)
  }

  @Test func `every record is found by its name and module`() {
    for record in ExportHistory.allRecords {
      #expect(ExportHistory.record(of: record.name, in: record.module) == record)
    }
  }

  @Test func `decorated names carry convention and argument bytes`() throws {
    func decorated(_ name: String) throws -> String? {
      try #require(ExportHistory.records(of: name).first { $0.convention != nil }).decoratedName
    }
    #expect(try decorated("MmMapLockedPages") == "_MmMapLockedPages@8")
    #expect(try decorated("MmMapLockedPagesSpecifyCache") == "_MmMapLockedPagesSpecifyCache@24")
    #expect(try decorated("IofCallDriver") == "@IofCallDriver@8")
    #expect(try decorated("DbgPrint") == "_DbgPrint")
    let stdcall = ExportHistory.allRecords.filter { $0.convention == .stdcall }
    #expect(stdcall.count == 2006, "2008, less two variables that a library decorates")
    #expect(stdcall.allSatisfy { ($0.argumentBytes ?? 1) % 4 == 0 })
  }
}
