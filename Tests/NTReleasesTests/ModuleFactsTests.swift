import NTReleases
import Testing

@Suite struct ModuleFactsTests {
  private func availability(
    _ name: String,
    _ dll: String,
    _ release: Release,
    on platform: Platform = .x86
  ) throws -> Availability {
    try #require(
      ExportHistory.resolve(name, importedFrom: dll, by: release, on: platform)
    ).availability
  }

  @Test(arguments: ["WMILIB.SYS", "wmilib.sys", "WmiLib.Sys"])
  func `a module is found by its file's name in any case`(dll: String) throws {
    #expect(ExportModule(dll: dll)?.fileName == "wmilib.sys")
    #expect(try availability("WmiSystemControl", dll, .wxp).isExported)
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `a file that came with Windows 2000 is missing before`(release: Release) throws {
    let found = try availability("USBD_ParseConfigurationDescriptorEx", "USBD.SYS", release)
    if release < .w2k {
      #expect(found == .noModule(first: .w2k, last: nil, gap: nil))
    } else {
      #expect(found.isExported)
    }
  }

  @Test func `the filter manager is in XP SP2, but not in Windows Server 2003 before SP1`() throws {
    let releases = [Release.wxpsp1, .wxpsp2, .wxpsp3, .ws03, .ws03sp1, .win7]
    let found = try releases.map { try availability("FltRegisterFilter", "fltmgr.sys", $0) }
    #expect(found.map(\.isExported) == [false, true, true, false, true, true])
    #expect(found.map(\.isNotExported) == [true, false, false, true, false, false])
  }

  @Test func `a name of a known module that no source mentions is not known, and not missing`()
    throws
  {
    #expect(try availability("NdisNobodyKnows", "ndis.sys", .win7) == .unknown(.unlisted))
    #expect(
      try availability("NdisNobodyKnows", "fwpkclnt.sys", .wxp)
        == .noModule(first: .vista, last: nil, gap: nil)
    )
  }

  @Test func `names with an x86 compiler's decoration are on x86 only`() throws {
    let name = "_USBD_CreateConfigurationRequestEx@8"
    #expect(try availability(name, "usbd.sys", .win7).isExported)
    #expect(try availability(name, "usbd.sys", .win7, on: .x64).isNotExported)
  }

  @Test func `releases before the first that was looked at are not known`() throws {
    #expect(try availability("GetSecurityUserInfo", "ksecdd.sys", .w2k).isExported)
    #expect(
      try availability("GetSecurityUserInfo", "ksecdd.sys", .nt400)
        == .unknown(.moduleSeenOnlySince(.w2k))
    )
    #expect(
      try availability("VideoPortMapMemory", "videoprt.sys", .nt351)
        == .unknown(.seenOnlySince(.nt400))
    )
  }

  @Test func `a forwarder names a module without its ending`() {
    #expect(ExportModule(forwarder: "ntoskrnl") == .kernel)
    #expect(ExportModule(forwarder: "hal") == .hal)
    #expect(ExportModule(forwarder: "NDIS")?.fileName == "ndis.sys")
    #expect(ExportModule(forwarder: "nobody") == nil)
  }

  @Test func `no two modules export the same name`() {
    var owners: [String: String] = [:]
    for facts in ModuleFacts.all {
      for name in facts.names {
        #expect(owners[name] == nil, "\(name) of \(facts.module.fileName)")
        #expect(ExportHistory.records(of: name).isEmpty, "\(name) of \(facts.module.fileName)")
        owners[name] = facts.module.fileName
      }
    }
    #expect(owners.count > 150)
  }

  @Test func `every fact has a source`() {
    for facts in ModuleFacts.all {
      #expect(!facts.presence.evidence.citation.isEmpty)
      for name in facts.names { #expect(facts.exports[name]?.evidence.citation.isEmpty == false) }
    }
  }
}
